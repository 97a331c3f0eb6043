"""The gRPC face of Portico."""
