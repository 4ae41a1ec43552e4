"""The Keras AC-GAN: the preset `acgan-classic`.

    python experiments/acgan_classic.py

z[100] N(0, 1) times the embedding of the label; convolutional networks with batch
normalization and dropout; Adam 2e-4, beta_1 0.5; batches of 128. The tutorial makes the
fakes for D in inference mode and updates D on real images, then on fakes. The preset
updates D once, by the sum of both losses, on fakes made in training mode, which the
update of G shares. The script evaluates 600 steps of both.
"""

import shutil

import plots
from tutorials import Tutorial

import gan_tf


def program(seed, steps):
    """Returns the sampler of the tutorial's own program after `steps` steps on MNIST."""
    import keras
    from baselines.keras_acgan import ClassicACGAN

    keras.utils.set_random_seed(seed)
    mnist = gan_tf.data.load("mnist")
    made = ClassicACGAN(mnist.x_train, mnist.y_train, 128)
    for _ in range(steps):
        made.step()
    return made.sampler()


def main(argv=None):
    """Trains, times, draws and records."""
    loop = ("Keras program", 20, "keras", "keras_acgan")
    tutorial = Tutorial("acgan-classic", __doc__, argv, loop)
    num = tutorial.num(600)
    for seed in range(1 if tutorial.quick else 2):
        tutorial.train(group=f"acgan-classic, {num} steps", seed=seed, steps=num)
        tutorial.add(f"its own loop, {num} steps", seed, num, program)
    run, fractions = tutorial.run(), (1 / 12, 1 / 4, 1 / 2, 3 / 4, 1)
    sevens, picture = slice(70, 80), tutorial.picture("digit.png")
    plots.over_time(picture, run, fractions, sevens, columns=5)
    for drawing in run.path.glob("networks/*.png"):  # where graphviz is installed
        shutil.copy(drawing, tutorial.picture(drawing.name))
    tutorial.finish()


if __name__ == "__main__":
    main()
