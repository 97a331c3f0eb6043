"""The connctd face: instances and clients over HTTP, on the same connections and subjects."""
