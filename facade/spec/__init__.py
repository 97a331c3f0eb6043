"""An OpenAPI document becomes actions. Pure."""
