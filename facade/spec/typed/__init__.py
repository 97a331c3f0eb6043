"""Typed: what a document becomes as a gRPC service, and the numbers that its fields keep."""
