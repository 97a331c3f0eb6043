"""The network: names, addresses, proxies and TLS, up to an open connection."""
