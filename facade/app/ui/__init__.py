"""The dashboard: pages for people, made here and shown by whatever browser they have."""
