"""Structure: what the standard asks of a document's objects, as tables."""
