"""Typed gRPC: the services of connectors, as their documents describe them."""
