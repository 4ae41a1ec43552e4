"""Distances and scores for sets of images: functions on arrays, usable on their own.

What needs a classifier is in modules of its own, so that importing this package does
not import TensorFlow: `judge_cache.load_judge`, `report.Reference` (all cheap metrics
in one call) and `cas.classification_accuracy_score`.
"""

from gan_tf.metrics.classifier_scores import (
    ClassRow,
    class_rows,
    class_total_variation,
    confusion_matrix,
    inception_score,
    label_accuracy,
    label_cross_entropy,
)
from gan_tf.metrics.clustering import kmeans
from gan_tf.metrics.data_copying import (
    CopyingTest,
    copying_test,
    mann_whitney_z,
    nearest_training_rows,
)
from gan_tf.metrics.frechet import (
    Moments,
    class_frechet_distances,
    frechet_bias,
    frechet_distance,
    moments,
)
from gan_tf.metrics.kid import KernelDistance, kernel_distance
from gan_tf.metrics.ndb import (
    BinReport,
    Bins,
    count_different_bins,
    jensen_shannon,
    make_bins,
    two_proportion_z,
)
from gan_tf.metrics.prdc import Manifold, manifold_metrics, squared_radii

__all__ = [
    "BinReport",
    "Bins",
    "ClassRow",
    "CopyingTest",
    "KernelDistance",
    "Manifold",
    "Moments",
    "class_frechet_distances",
    "class_rows",
    "class_total_variation",
    "confusion_matrix",
    "copying_test",
    "count_different_bins",
    "frechet_bias",
    "frechet_distance",
    "inception_score",
    "jensen_shannon",
    "kernel_distance",
    "kmeans",
    "label_accuracy",
    "label_cross_entropy",
    "make_bins",
    "manifold_metrics",
    "mann_whitney_z",
    "moments",
    "nearest_training_rows",
    "squared_radii",
    "two_proportion_z",
]
