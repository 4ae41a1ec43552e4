"""Measures what a classifier learns from generated images: CAS, and sets for training.

    python experiments/cas.py --run_dir runs/acgan
    python experiments/cas.py --run_dir runs/acgan --rows plain "1.5, dropped" --seeds 0 1

Each row is one classifier of CAS's recipe, trained on images of one generator. "plain" is
CAS: as many images as the data have, once, with z as in the training. The other rows are
sets made for training, as `gan_tf.generate --for_training` writes them: z multiplied by a
factor, images of which the evaluation classifier does not predict the label dropped or not,
and new images in each epoch. "distilled" learns the evaluation classifier's soft labels,
which measures distillation, not the images alone.

"held_out" is the accuracy on 5,000 real training images, by which the factor is chosen, and
"test" that on the test images. No classifier of a row is trained on real images; the
generator and the evaluation classifier are. Rows that are in experiments/results/cas.json
are not measured again.
"""

import itertools
import time
from typing import NamedTuple

import numpy as np
import records

from gan_tf import data
from gan_tf.evaluation import load_classifier, split
from gan_tf.evaluation.cas import build_cas_network
from gan_tf.evaluation.classifier_networks import batch_size_for
from gan_tf.sampling.training_set import generate_training_set


class Row(NamedTuple):
    """What a classifier is trained on; the probability 0 drops no image."""

    z_factor: float = 1.0
    probability: float = 0.0
    new_images: bool = True
    soft_labels: bool = False


FACTORS = (1.0, 1.3, 1.5)
ROWS = {
    "plain": Row(new_images=False),
    **{f"{factor}": Row(factor) for factor in FACTORS},
    **{f"{factor}, dropped": Row(factor, 0.5) for factor in FACTORS},
    "1.5, dropped, distilled": Row(1.5, 0.5, soft_labels=True),
}
_EPOCHS, _BATCH_SIZE, _HELD_OUT = 10, 64, 5_000
_SEEDS_APART = 100  # of z, of two seeds of a row


def sets(row: Row, sampler, counts, classifier, seed: int):
    """Yields the images and the targets [N, K] of each epoch."""
    for z_seed in itertools.count(seed * _SEEDS_APART):
        options = classifier.probabilities, row.probability, row.z_factor
        made, labels = generate_training_set(sampler, counts, z_seed, *options)
        one_hot = np.eye(len(counts), dtype=np.float32)[labels]
        one = made.images, made.soft_labels if row.soft_labels else one_hot
        print(f"{made.num_drawn:,} images drawn for {len(labels):,}", flush=True)
        yield one
        while not row.new_images:
            yield one


def train(per_epoch, epochs: int, seed: int):
    """Returns CAS's classifier, trained as by `classification_accuracy_score`.

    The last 1/12 of the first set chooses the epoch; no set's last 1/12 is trained on.
    """
    import keras

    rng, best, model = np.random.default_rng(seed), -1.0, None
    for images, targets in itertools.islice(per_epoch, epochs):
        num = len(images) - len(images) // 12
        if model is None:
            model = build_cas_network(images.shape[1:], targets.shape[1], seed)
            loss = keras.losses.CategoricalCrossentropy(from_logits=True)
            model.compile(keras.optimizers.Adam(1e-3), loss, jit_compile=False)
            held_out = images[num:], targets[num:]
        batch_size = batch_size_for(num, _BATCH_SIZE)
        order = rng.permutation(num)[: num - num % batch_size]
        options = {"batch_size": batch_size, "shuffle": False, "verbose": 0}
        model.fit(images[order], targets[order], **options)
        accuracy = accuracy_of(model, *held_out)
        print(f"accuracy on held-out generated images {accuracy:.4f}", flush=True)
        if accuracy >= best:  # the last of equally good epochs, as the package
            best, weights = accuracy, model.get_weights()
    model.set_weights(weights)
    return model


def accuracy_of(model, images, targets) -> float:
    """Returns the fraction of the images that are classified as their targets [N, K]."""
    logits = model.predict(images, batch_size=500, verbose=0)
    return float(np.mean(logits.argmax(axis=1) == targets.argmax(axis=1)))


def main(argv=None) -> None:
    """Measures the rows that are missing."""
    parser = records.parser(__doc__)
    parser.add_argument("--run_dir", required=True, help="of MNIST or other labelled data")
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    args = records.parse(parser, argv)
    records.start_tensorflow()
    run = records.load_run(args.run_dir)
    dataset = data.load(run.config.data, **run.config.reading())
    (x, y), (x_test, y_test), _ = split(dataset)
    classifier, sampler = load_classifier(x, y), run.sampler()
    step = run.checkpoints.steps()[-1]
    counts = np.bincount(y, minlength=dataset.num_classes).tolist()
    if args.quick:
        counts = [24] * len(counts)
    rows = np.random.default_rng(0).permutation(len(x))[:_HELD_OUT]
    one_hot = np.eye(len(counts))
    real = {"held_out": (x[rows], one_hot[y[rows]]), "test": (x_test, one_hot[y_test])}
    file = args.out / records.RESULTS / "cas.json"
    for name, seed in itertools.product(args.rows, args.seeds):
        key = {"data": dataset.name, "preset": run.config.preset, "run": run.path.name}
        key |= {"step": step, "name": name, "seed": seed}
        if records.has_row(file, key):
            continue
        print(f"{name}, seed {seed}", flush=True)
        start, row = time.monotonic(), ROWS[name]
        per_epoch = sets(row, sampler, counts, classifier, seed)
        model = train(per_epoch, 2 if args.quick else _EPOCHS, seed)
        result = {part: accuracy_of(model, *real[part]) for part in real}
        print(f"{name}, seed {seed}: {result}", flush=True)
        result |= {"settings": row._asdict(), "seconds": time.monotonic() - start}
        records.append_row(file, {**key, **result})


if __name__ == "__main__":
    main()
