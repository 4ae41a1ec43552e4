"""TensorFlow operations: random numbers, histograms, and data-parallel replicas."""
