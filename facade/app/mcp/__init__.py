"""The Model Context Protocol: connectors as tools, over Streamable HTTP and without sessions."""
