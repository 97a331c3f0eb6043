"""Which connectors, versions and actions there are, and how they change."""
