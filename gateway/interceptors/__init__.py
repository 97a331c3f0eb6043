"""What wraps every RPC."""
