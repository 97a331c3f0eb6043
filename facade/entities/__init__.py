"""What is listed, read and changed one by one: derived from paths, and executed as actions are."""
