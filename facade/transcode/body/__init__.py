"""Bodies: arguments become the bytes of a request, media type by media type."""
