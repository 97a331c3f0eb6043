"""Arguments become an HTTP request, and its answer an outcome. Pure."""
