"""Trains an evaluation classifier, of MNIST or of other labelled data.

    python experiments/train_classifier.py --out classifier.npz
    python experiments/train_classifier.py --name audit --seed 1 --out audit.npz

Prints the accuracy of each epoch on the 5,000 held-out training images, then once the
accuracy of the finished classifier on the test set; of data without one, a seventh of the
images is it. The weights in gan_tf/datasets come from a former training loop of the same
recipe (`--name default --seed 0`): all published figures are in their features, so they
are not replaced.
"""

import argparse
from pathlib import Path

import numpy as np

from gan_tf import data
from gan_tf.evaluation import split
from gan_tf.evaluation.classifier import train_classifier
from gan_tf.evaluation.classifier_networks import NETWORKS


def main(argv=None):
    """Trains, saves and prints the accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", choices=list(NETWORKS), default="default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    train, (images, labels), _ = split(data.load(args.data))

    def on_epoch(epoch, accuracy):
        print(f"epoch {epoch + 1}: held-out accuracy {accuracy:.4f}", flush=True)

    options = {"name": args.name, "epochs": args.epochs, "on_epoch": on_epoch}
    classifier = train_classifier(*train, args.seed, **options)
    classifier.save(args.out)
    predicted = classifier.outputs(images).logits.argmax(axis=1)
    print(f"test accuracy {np.mean(predicted == labels):.4f}")
    print(f"{args.out}: {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
