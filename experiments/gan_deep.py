"""The MLP GAN of the PyTorch tutorial: the preset `gan-deep`.

    python experiments/gan_deep.py --torch_python PATH --out again

z[64] N(0, 1); 256 - 256, LeakyReLU 0.2, tanh, pixels in [-1, 1]; Adam 3e-4; batches of
100, shuffled without replacement; 200 epochs; losses, mean D(x) and D(G(z)) every 300
steps. The tutorial initializes weights and biases as PyTorch does, uniformly; the preset
initializes weights from N(0, sqrt(2 / fan_in)) and biases with 0. Without PyTorch the
tutorial's own loop is not timed.
"""

import plots
from tutorials import Tutorial


def main(argv=None):
    """Trains, times, draws and records."""
    loop = ("PyTorch loop", 600, "eager", "torch_gans", "deep")
    tutorial = Tutorial("gan-deep", __doc__, argv, loop)
    fractions = (10 / 200, 50 / 200, 100 / 200, 150 / 200, 1)  # of the epochs
    picture = tutorial.picture("epochs.png")
    plots.over_time(picture, tutorial.run(), fractions, slice(16), columns=4)
    tutorial.finish()


if __name__ == "__main__":
    main()
