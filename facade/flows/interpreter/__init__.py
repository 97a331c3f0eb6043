"""The steps of a flow, done one after the other by whoever keeps what they came to."""
