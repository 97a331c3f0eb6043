"""Where the items of a streamed answer begin and end; pure, fed piece by piece."""
