"""Connections: connectors made one's own, checked, and called by requests of one's own."""
