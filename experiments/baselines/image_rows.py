"""Row 8 and half of row 9: images a second."""

from __future__ import annotations

import functools

import numpy as np
from baselines.ours import mnist, trainer
from baselines.timing import Effort, alternate, compared, rate

from gan_tf.sampling.sampler import Sampler
from gan_tf.sampling import image_io as images

_PLAIN_BATCH = 32
_LABEL = 7


def generation(effort: Effort) -> list[dict]:
    """Making images by the sampler against a loop of generator.predict."""
    ours = trainer("acgan")
    generator = ours.train_step.ema_generator
    image_range = ours.train_step.model.image_range
    names = mnist().class_names
    sampler = Sampler(generator, image_range, ours.config.noise, names)

    def predict(num):
        made = []
        for start in range(0, num, _PLAIN_BATCH):
            size = min(_PLAIN_BATCH, num - start)
            z = np.random.normal(size=(size, ours.config.latent_dim))
            inputs = [z.astype(np.float32), np.full(size, _LABEL, np.int32)]
            made.append(generator.predict(inputs, verbose=0))
        return images.to_uint8(np.concatenate(made), *image_range)

    num = 64 if effort.quick else 10_000
    sides = {
        "gan_tf": rate(functools.partial(sampler.generate, _LABEL), num),
        "predict at 32": rate(predict, num),
    }
    values = alternate(sides, effort.rounds)
    return [compared(f"`acgan`: making {num:,} images", "images/s", values)]


def batch_sizes(effort: Effort) -> list[dict]:
    """Training at batch 512 against 128 and 32, images a second."""
    rows = []
    for model, num_images in (("gan", 51_200), ("acgan", 16_384)):
        sides = {}
        for size in (512, 128, 32):
            run = trainer(model, batch_size=size).train
            sides[f"batch {size}"] = rate(run, effort.num(num_images // size), size)
        values = alternate(sides, effort.rounds)
        what = f"`{model}`: training at batch 512 against 128 and 32"
        rows.append(compared(what, "images/s", values))
    return rows
