"""The TensorFlow 1.3 tutorial's MLP GAN with TensorBoard, by the preset `gan-classic`.

    python experiments/gan_classic.py

The source's settings: z[100] U(-1, 1), new for each update; 100 - 128 - 784 and
784 - 128 - 1, relu, sigmoid; weights N(0, sqrt(2 / fan_in)), biases 0; sigmoid
cross-entropy; Adam 1e-3; batches of 128; 10,000 iterations; scalars and histograms every
100, losses printed and a 4x4 grid every 1,000.

Result: D and G losses of five seeds follow those that its author printed; zeros and sixes
are forgotten; coverage 0.16 where real images have 0.95.
docs/experiments.md has all of it.
"""

from collections.abc import Sequence

import tutorial_pictures as pictures
from tutorial import Experiment
from tutorial_timing import time_process

from gan_tf import cli

_PRESET = "gan-classic"
_SEEDS = 5
# What its author's run printed: single batches, at iterations 0, 1000 ... 9000.
AUTHOR = {
    "step": [1_000 * i for i in range(10)],
    "losses/d_loss": [
        2.182, 0.03771, 0.009744, 0.05684, 0.147, 0.1608, 0.1224, 0.2813, 0.3479, 0.5232
    ],
    "losses/g_loss": [
        1.512, 9.551, 6.254, 7.012, 5.546, 6.116, 6.683, 4.842, 4.619, 3.558
    ],
}  # fmt: skip


def joined(first, rest):
    """Returns the curve `first`, of one step, as iteration 0 of the curve `rest`."""
    return {tag: [*first[tag], *values] for tag, values in rest.items()} | {
        "step": [0, *rest["step"]]
    }


def beside_the_author(curves) -> str:
    """Returns a Markdown table of the author's losses and of those of our seeds."""
    lines = [
        "| iteration | D loss, author | D loss, ours | G loss, author | G loss, ours |",
        "|---" * 5 + "|",
    ]
    for index, step in enumerate(AUTHOR["step"]):
        cells = []
        for tag in ("losses/d_loss", "losses/g_loss"):
            ours = [c[tag][c["step"].index(step)] for c in curves if step in c["step"]]
            if ours:
                cells.append(f"{AUTHOR[tag][index]:g}")
                cells.append(f"{min(ours):.3g} - {max(ours):.3g}")
        if cells:
            lines.append(f"| {step:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    experiment = Experiment("gan_classic", _PRESET, argv, __doc__)
    for seed in range(_SEEDS):
        experiment.train(_PRESET, seed=seed)
        experiment.train(_PRESET, "first step", seed, judged=False, steps=1)
    experiment.train_default("gan")
    loop = ("tf1_gan", "logits", "session")
    time_process(experiment, "TensorFlow 1 session", loop, 1_000)

    firsts = experiment.record["runs"]["first step"].values()
    curves = [joined(f["curve"], c) for f, c in zip(firsts, experiment.curves())]
    text = (
        "The losses of five seeds, means over 100 steps, beside those of single batches "
        "that the tutorial's author printed."
    )
    pictures.losses(experiment.picture("losses.png", text), curves, AUTHOR)
    pictures.comparison(experiment, "gan")
    num = pictures.numbered_grids(experiment.run())
    experiment.finish(
        [
            beside_the_author(curves),
            f"`grids/000.png` to `grids/{num - 1:03d}.png` in the run's directory are its "
            "4x4 grids, the first one before any step.",
        ]
    )


if __name__ == "__main__":
    cli.run(main)
