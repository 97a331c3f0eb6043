"""The flow file: what a definition says, read from a text or a tree, and written again."""
