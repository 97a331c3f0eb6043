"""Pagination: by which rule an action pages, as its document says."""
