"""The MLP GAN whose losses are computed from probabilities: the preset `gan-50k`.

    python experiments/gan_50k.py

The networks of `gan-classic`; -log D(x) - log(1 - D(G(z))) and -log D(G(z)); batches of
256; 50,000 steps; other ratios of updates. The preset computes the same losses from
logits; the script measures where the two forms differ in float32.
"""

import numpy as np
from tutorials import Tutorial


def loss_forms(logits):
    """Returns -log D and -log(1 - D), float32 [2, N], from D and from the logits."""
    import tensorflow as tf

    logits = tf.constant(logits, tf.float32)
    d = tf.sigmoid(logits)
    from_probabilities = tf.stack([-tf.math.log(d), -tf.math.log(1 - d)])
    from_logits = tf.nn.softplus(tf.stack([-logits, logits]))
    return from_probabilities.numpy(), from_logits.numpy()


def largest_difference(reach: float) -> float:
    """Returns the largest relative difference of the forms for |logit| up to `reach`."""
    one, other = loss_forms(np.linspace(-reach, reach, 10_001))
    return float(np.abs(one / other - 1).max())


def overflows() -> tuple[float, float]:
    """Returns the logits nearest to 0 (+-5e-5) of infinite -log D and -log(1 - D)."""
    logits = np.linspace(-110, 110, 2_200_001, dtype=np.float32)
    infinite = np.isinf(loss_forms(logits)[0])
    return float(logits[infinite[0]].max()), float(logits[infinite[1]].min())


def note() -> str:
    """Returns a paragraph of Markdown about both forms."""
    low, high = overflows()
    return (
        "**Probabilities or logits.** -log D(x) - log(1 - D(G(z))) and softplus(-l(x)) + "
        "softplus(l(G(z))) are one function. In float32 they differ by at most "
        f"{largest_difference(4):.1e} of the value for logits from -4 to 4, "
        f"{largest_difference(8):.1e} up to 8 and {largest_difference(16):.1e} up to 16: "
        f"1 - D has fewer and fewer digits left. From the logit {high:.2f} on D is 1, and "
        "-log(1 - D) is infinite and its gradient is not a number; -log D is infinite from "
        f"{low:.1f} down. The form on logits is finite for every logit, and is what the "
        "preset trains with."
    )


def main(argv=None):
    """Trains, times, draws and records."""
    loop = ("TensorFlow 1 session", 1_000, "session", "tf1_gan", "probabilities")
    tutorial = Tutorial("gan-50k", __doc__, argv, loop)
    for d, g in ((1, 1), (1, 2), (2, 1), (5, 1)):
        group = f"{d} D to {g} G updates"
        tutorial.train(group=group, steps=10_000, d_steps=d, g_steps=g)
    tutorial.finish(notes=[note()])


if __name__ == "__main__":
    main()
