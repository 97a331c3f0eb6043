"""Events: what happened, kept in order, watched, and delivered to those who subscribed."""
