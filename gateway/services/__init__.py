"""The services of gateway.v1, and of documents: each answers its methods by what it stands on."""
