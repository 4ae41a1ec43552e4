"""The losses of D computed from probabilities, beside those computed from logits."""

import numpy as np
import tensorflow as tf


def from_probabilities(logits):
    """Returns (-log D, -log(1 - D)) of D = sigmoid(logits), in float32."""
    d = tf.sigmoid(tf.constant(logits, tf.float32))
    return -tf.math.log(d).numpy(), -tf.math.log(1 - d).numpy()


def from_logits(logits):
    """Returns the same as softplus(-logits) and softplus(logits), in float32."""
    logits = tf.constant(logits, tf.float32)
    return tf.nn.softplus(-logits).numpy(), tf.nn.softplus(logits).numpy()


def largest_difference(reach: float) -> float:
    """Returns the largest relative difference of the forms for |logit| up to `reach`."""
    logits = np.linspace(-reach, reach, 10_001)
    pairs = zip(from_probabilities(logits), from_logits(logits))
    return float(max(np.abs(one / other - 1).max() for one, other in pairs))


def overflows() -> tuple[float, float]:
    """Returns the logits nearest to 0 (+-5e-5) of infinite -log D and -log(1 - D)."""
    logits = np.linspace(-110, 110, 2_200_001, dtype=np.float32)
    infinite = [logits[np.isinf(loss)] for loss in from_probabilities(logits)]
    return float(infinite[0].max()), float(infinite[1].min())


def note() -> str:
    """Returns a paragraph of Markdown about both forms."""
    low, high = overflows()
    return (
        "**Probabilities or logits.** -log D(x) - log(1 - D(G(z))) and softplus(-l(x)) + "
        "softplus(l(G(z))) are the same function. In float32 their relative difference is "
        f"at most {largest_difference(4):.1e} for logits from -4 to 4, "
        f"{largest_difference(8):.1e} up to 8 and {largest_difference(16):.1e} up to 16, "
        f"because 1 - D loses digits. From the logit {high:.2f} on, D is 1, -log(1 - D) is "
        f"infinite and its gradient is not a number; below {low:.1f}, -log D is infinite. "
        "The form on logits is finite for every logit; the preset uses it."
    )
