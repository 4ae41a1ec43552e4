"""The PyTorch tutorial's MLP GAN, by the preset `gan-deep`.

    python experiments/gan_deep.py --torch_python PATH

The source's settings: z[64] N(0, 1); 256 - 256, LeakyReLU 0.2, tanh, pixels in [-1, 1];
Adam 3e-4; batches of 100, shuffled without replacement; 200 epochs; every 300 steps epoch,
losses, mean D(x) and D(G(z)); real images once, fake ones every epoch; both networks at
the end (the run's networks/*.keras). Its weights start as PyTorch's do, uniform; here they
start as in all perceptrons of this package, N(0, sqrt(2 / fan_in)), biases 0.

Without PyTorch its own loop is not timed.

Result: noise for ten epochs, then all digits, unevenly: coverage 0.73 where real images
have 0.95, and little change after epoch 100. docs/experiments.md has all of it.
"""

from collections.abc import Sequence

import tutorial_pictures as pictures
from baselines.timing import has_torch
from tutorial import Experiment
from tutorial_timing import time_process

from gan_tf import cli

_PRESET = "gan-deep"
_SHOWN = (10 / 200, 50 / 200, 100 / 200, 150 / 200, 1)  # of the epochs


def _time_against_torch(experiment):
    python = experiment.torch_python
    if not has_torch(python):
        experiment.record.setdefault("against", {"skipped": "PyTorch is not installed"})
        return
    loop = ("torch_gans", "deep", "eager")
    time_process(experiment, "PyTorch loop", loop, 600, python)


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    experiment = Experiment("gan_deep", _PRESET, argv, __doc__)
    experiment.train(_PRESET)
    experiment.train_default("gan")
    _time_against_torch(experiment)

    text = "The same noise after 10, 50, 100, 150 and 200 epochs."
    shown = pictures.over_time(experiment.run(), _SHOWN, first=0, num=16)
    pictures.panels(experiment.picture("epochs.png", text), shown, columns=4)
    file = experiment.picture("losses.png", "Its losses.")
    pictures.losses(file, experiment.curves())
    pictures.comparison(experiment, "gan")
    experiment.finish([])


if __name__ == "__main__":
    cli.run(main)
