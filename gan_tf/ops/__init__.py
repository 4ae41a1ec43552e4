"""TensorFlow operations: random numbers, convolutions, augmentation, replicas and more."""
