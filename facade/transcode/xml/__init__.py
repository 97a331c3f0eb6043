"""XML: values become documents and back, by the shape that a schema gives them."""
