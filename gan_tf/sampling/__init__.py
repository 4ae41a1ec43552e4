"""Images of chosen classes from a trained generator, and the files that hold them."""
