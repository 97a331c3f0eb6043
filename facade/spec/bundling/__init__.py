"""Bundling: documents of several files become one."""
