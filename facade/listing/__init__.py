"""What lists answer: in order, filtered, page by page."""
