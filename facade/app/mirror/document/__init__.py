"""The OpenAPI document of a version, as it is with the facade in the backend's place."""
