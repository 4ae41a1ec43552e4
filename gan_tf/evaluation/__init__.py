"""All metrics of a generator's images, beside those of real images.

    >>> import gan_tf
    >>> evaluator = gan_tf.evaluation.Evaluator(gan_tf.data.load("mnist"))
    >>> evaluator.score_sampler(gan_tf.load("runs/acgan")).metrics["frechet_ratio"]

The metrics themselves are in `gan_tf.metrics`. Importing this package does not import
TensorFlow.
"""

from gan_tf.evaluation.cache import load_classifier
from gan_tf.evaluation.evaluator import SEED, Evaluation, Evaluator
from gan_tf.evaluation.splits import NUM, split

__all__ = ["NUM", "SEED", "Evaluation", "Evaluator", "load_classifier", "split"]
