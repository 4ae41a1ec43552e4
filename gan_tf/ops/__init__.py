"""TensorFlow operations: random numbers, convolutions, augmentation, histograms, replicas."""
