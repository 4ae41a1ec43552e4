"""Judging a generator: all metrics of its images, beside those of real images.

    >>> from gan_tf.evaluation import Evaluator
    >>> evaluator = Evaluator(gan_tf.data.load("mnist"))
    >>> evaluator.score_sampler(gan_tf.load("runs/acgan")).metrics["frechet_ratio"]

`gan_tf.metrics` defines the metrics; here they are put to use. Importing this package
does not import TensorFlow.
"""

from gan_tf.evaluation.evaluator import SEED, Evaluation, Evaluator
from gan_tf.evaluation.splits import NUM, split

__all__ = ["NUM", "SEED", "Evaluation", "Evaluator", "split"]
