"""The MLP GAN whose losses are written on probabilities, by the preset `gan-50k`.

    python experiments/gan_50k.py

The source's settings: the networks of `gan-classic`; -log D(x) - log(1 - D(G(z))) and
-log D(G(z)); batches of 256; 50,000 iterations; a log file beside the console (the run's
train.log); a sheet of fake and one of real images at the end; other ratios of updates.

Result: half of the images are ones, zeros and sixes less than 1 %; coverage 0.35 where
real images have 0.95; five updates of D to one of G leave nothing but ones. Both forms of
the loss are one function until 1 - D has no digits left, at the logit 16.64.
docs/experiments.md has all of it.
"""

from collections.abc import Sequence

import numpy as np
import tutorial_pictures as pictures
from tutorial import Experiment
from tutorial_timing import time_process

from gan_tf import cli

_PRESET = "gan-50k"
_RATIOS = [(1, 1), (1, 2), (2, 1), (5, 1)]
_RATIO_STEPS = 10_000


def probability_losses(logits):
    """Returns (-log D, -log(1 - D)) of D = sigmoid(logits), float32, as the source does."""
    import tensorflow as tf

    probabilities = tf.sigmoid(tf.constant(logits, tf.float32))
    return -tf.math.log(probabilities).numpy(), -tf.math.log(1 - probabilities).numpy()


def logit_losses(logits):
    """Returns the same of the logits, as gan_tf.losses does."""
    import tensorflow as tf

    logits = tf.constant(logits, tf.float32)
    return tf.nn.softplus(-logits).numpy(), tf.nn.softplus(logits).numpy()


def overflow(which: int, sign: int) -> float:
    """Returns the float32 logit nearest to 0 at which a probability loss is infinite.

    Args:
        which: 0 for -log D, 1 for -log(1 - D).
        sign: on which side of 0 to look.
    """
    finite, infinite = np.float32(0), np.float32(sign * 200)
    while True:
        middle = np.float32((finite + infinite) / 2)
        if middle in (finite, infinite):
            return float(infinite)
        if np.isinf(probability_losses([middle])[which][0]):
            infinite = middle
        else:
            finite = middle


def largest_difference(reach: float) -> float:
    """Returns the largest relative difference of the forms for |logit| up to `reach`."""
    logits = np.linspace(-reach, reach, 10_001)
    pairs = zip(probability_losses(logits), logit_losses(logits))
    return float(max(np.max(np.abs(p / q - 1)) for p, q in pairs))


def about_the_forms() -> str:
    """Returns a paragraph of Markdown with what was computed here."""
    return (
        "**Probabilities or logits.** -log D(x) - log(1 - D(G(z))) and softplus(-l(x)) + "
        "softplus(l(G(z))) are one function. In float32 they differ by at most "
        f"{largest_difference(4):.1e} of the value for logits from -4 to 4, "
        f"{largest_difference(8):.1e} up to 8 and {largest_difference(16):.1e} up to 16: "
        "1 - D has fewer and fewer digits left. From the logit "
        f"{overflow(1, 1):.2f} on D is 1, and -log(1 - D) is infinite and its gradient is "
        f"not a number; -log D is infinite from {overflow(0, -1):.1f} down. The form on "
        "logits is finite for every logit, and is what the preset trains with."
    )


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    experiment = Experiment("gan_50k", _PRESET, argv, __doc__)
    experiment.train(_PRESET)
    experiment.train_default("gan")
    for d_steps, g_steps in _RATIOS:
        group = f"{d_steps} D to {g_steps} G updates"
        ratio = {"d_steps": d_steps, "g_steps": g_steps}
        experiment.train(_PRESET, group, steps=_RATIO_STEPS, **ratio)
    loop = ("tf1_gan", "probabilities", "session")
    time_process(experiment, "TensorFlow 1 session", loop, 1_000)

    file = experiment.picture("losses.png", "Its losses.")
    pictures.losses(file, experiment.curves())
    pictures.comparison(experiment, "gan")
    experiment.finish([about_the_forms()])


if __name__ == "__main__":
    cli.run(main)
