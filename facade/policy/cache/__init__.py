"""The cache: answers of safe calls, remembered in this process and in what processes share."""
