"""Trains an evaluation classifier, of MNIST or of other labelled data.

    python experiments/train_classifier.py --out classifier.npz

Prints the accuracy of each epoch on the held-out twelfth of the training images, then
once the accuracy of the finished classifier on the test set; of data without one, a
seventh of the images is it. The weights in gan_tf/datasets come from a former training
loop of the same recipe: all published figures are in their features, so they are not
replaced.
"""

from pathlib import Path

import numpy as np
import records

from gan_tf import data
from gan_tf.evaluation import split
from gan_tf.evaluation.cache import print_epoch
from gan_tf.evaluation.classifier import train_classifier


def main(argv=None):
    """Trains, saves and prints the accuracy."""
    parser = records.plain_parser(__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    train, (images, labels), _ = split(data.load(args.data))
    options = {"epochs": args.epochs, "on_epoch": print_epoch}
    classifier = train_classifier(*train, args.seed, **options)
    classifier.save(args.out)
    accuracy = np.mean(classifier.outputs(images).logits.argmax(axis=1) == labels)
    print(f"test accuracy {accuracy:.4f}\n{args.out}: {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
