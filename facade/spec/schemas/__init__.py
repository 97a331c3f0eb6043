"""Schemas: those of any dialect become plain JSON Schema 2020-12."""
