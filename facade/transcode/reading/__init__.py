"""Reading: an HTTP request becomes the arguments that it was made of."""
