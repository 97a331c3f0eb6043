"""A typed service for Envoy's grpc_json_reverse_transcoder: what it can carry, as its files."""
