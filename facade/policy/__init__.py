"""One module for each policy of a call; none knows another."""
