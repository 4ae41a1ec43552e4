"""The TensorFlow 1 MLP GAN of 100,000 iterations: the preset `gan-100k`.

    python experiments/gan_100k.py

The settings of `gan-classic`, with one z for both updates; 100,000 steps; a grid every
1,000, shown as an animation.
"""

import numpy as np
import plots
from tutorials import Tutorial

from gan_tf.sampling import image_io


def main(argv=None):
    """Trains, times, draws and records."""
    loop = ("TensorFlow 1 session", 1_000, "session", "tf1_gan", "shared_noise")
    tutorial = Tutorial("gan-100k", __doc__, argv, loop)
    run = tutorial.run()
    grids = np.stack(plots.numbered_grids(run)[1:])
    image_io.write_gif(run.path / "training.gif", grids)
    image_io.write_gif(tutorial.picture("training.gif"), grids[::3])
    tutorial.finish()


if __name__ == "__main__":
    main()
