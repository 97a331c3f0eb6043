"""The page that shows every document, with Swagger UI."""
