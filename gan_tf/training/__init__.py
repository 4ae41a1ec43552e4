"""The steps of a training and the loop that runs them."""
