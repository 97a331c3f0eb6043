"""What is generated of the pages, and how."""
