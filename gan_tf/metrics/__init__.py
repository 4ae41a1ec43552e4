"""Distances and scores of sets of images: NumPy functions of arrays.

What needs a classifier is in `gan_tf.evaluation`, so that importing this package does not
import TensorFlow.
"""

from gan_tf.metrics.classifier_scores import (
    class_total_variation,
    confusion_matrix,
    inception_score,
    label_accuracy,
    label_cross_entropy,
)
from gan_tf.metrics.data_copying import DataCopying, data_copying_test, mann_whitney_z
from gan_tf.metrics.distances import nearest_neighbours
from gan_tf.metrics.frechet import (
    Moments,
    class_frechet_distances,
    frechet_bias,
    frechet_distance,
    moments,
)
from gan_tf.metrics.kid import KernelDistance, kernel_distance
from gan_tf.metrics.prdc import PRDC, knn_squared_radii, prdc
