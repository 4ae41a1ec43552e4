"""The TensorFlow 1 MLP GAN of 100,000 iterations, by the preset `gan-100k`.

    python experiments/gan_100k.py
    python experiments/gan_100k.py --gpu 1

The source's settings: those of `gan-classic`, with one draw of noise for both updates;
100,000 iterations; the loss curves kept; a grid every 1,000, shown as an animation; a GPU
chosen by its number, with memory that grows.

Result: half of the images are ones, fours and sevens have gone; coverage 0.35 where real
images have 0.95, although G's loss is flat from step 20,000 on.
docs/experiments.md has all of it.
"""

from collections.abc import Sequence

import tutorial_pictures as pictures
from tutorial import Experiment
from tutorial_timing import time_process

from gan_tf import cli

_PRESET = "gan-100k"
_FRAMES = 34


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    experiment = Experiment("gan_100k", _PRESET, argv, __doc__)
    experiment.train(_PRESET)
    experiment.train_default("gan")
    loop = ("tf1_gan", "shared_noise", "session")
    time_process(experiment, "TensorFlow 1 session", loop, 1_000)

    run = experiment.run()
    num = pictures.numbered_grids(run)
    pictures.animation(run.path / "training.gif", run, num)
    text = "The training, always the same noise: every third of its grids."
    pictures.animation(experiment.picture("training.gif", text), run, _FRAMES)
    file = experiment.picture("losses.png", "Its losses.")
    pictures.losses(file, experiment.curves())
    pictures.comparison(experiment, "gan")
    text = (
        f"The run's `training.gif` shows all {num - 1} grids, `grids/*.png` holds them."
    )
    experiment.finish([text])


if __name__ == "__main__":
    cli.run(main)
