"""Two documents compared: what a change means for those who call."""
