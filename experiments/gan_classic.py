"""The MLP GAN of the TensorFlow 1.3 tutorial with TensorBoard: the preset `gan-classic`.

    python experiments/gan_classic.py

z[100] U(-1, 1), new for each update; 100 - 128 - 784 and 784 - 128 - 1, ReLU, sigmoid;
weights N(0, sqrt(2 / fan_in)), biases 0; sigmoid cross-entropy; Adam 1e-3; batches of
128; 10,000 steps; losses printed and a 4x4 grid every 1,000. Five seeds; the losses at
step 0 are those of a training of one step.
"""

import plots
import tables
from tutorials import Tutorial

# What the author's run printed: single batches, at iterations 0, 1000 ... 9000.
AUTHOR = {
    "step": [1_000 * i for i in range(10)],
    "losses/d_loss": [
        2.182, 0.03771, 0.009744, 0.05684, 0.147, 0.1608, 0.1224, 0.2813, 0.3479, 0.5232
    ],
    "losses/g_loss": [1.512, 9.551, 6.254, 7.012, 5.546, 6.116, 6.683, 4.842, 4.619, 3.558],
}  # fmt: skip


def main(argv=None):
    """Trains, times, draws and records."""
    loop = ("TensorFlow 1 session", 1_000, "session", "tf1_gan", "logits")
    tutorial = Tutorial("gan-classic", __doc__, argv, loop)
    for seed in range(2 if tutorial.quick else 5):
        tutorial.train(seed=seed)
        tutorial.train(group="first step", seed=seed, evaluate=False, steps=1)
    curves = [
        {tag: [0 if tag == "step" else first[tag][0], *rest[tag]] for tag in rest}
        for first, rest in zip(tutorial.curves("first step"), tutorial.curves())
    ]
    plots.numbered_grids(tutorial.run())
    tutorial.finish(curves, AUTHOR, notes=[tables.author_losses(AUTHOR, curves)])


if __name__ == "__main__":
    main()
