"""Trains the judge that is shipped for MNIST, or a second one for an audit.

    python experiments/train_judge.py
    python experiments/train_judge.py --name audit --seed 1 --out audit.npz

Prints the accuracy of each epoch on the 5,000 held-out training images and, once, that
of the finished judge on the test set. The shipped file was made by the first command.
"""

import argparse
import hashlib
import time
from pathlib import Path

import numpy as np

from gan_tf.evaluation.classifier import train_judge
from gan_tf.evaluation.classifier_networks import NETWORKS

PACKAGE = Path(__file__).resolve().parents[1] / "gan_tf"


def main():
    """Trains, saves, and prints what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", choices=list(NETWORKS), default="judge")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--data", type=Path, default=PACKAGE / "datasets" / "mnist.npz")
    parser.add_argument(
        "--out", type=Path, default=PACKAGE / "metrics" / "judges" / "mnist.npz"
    )
    args = parser.parse_args()
    with np.load(args.data, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}

    start = time.perf_counter()
    judge = train_judge(
        data["x_train"],
        data["y_train"],
        args.seed,
        name=args.name,
        epochs=args.epochs,
        on_epoch=lambda epoch, accuracy: print(
            f"epoch {epoch + 1}: {accuracy:.4f} held out, "
            f"{time.perf_counter() - start:.0f} s",
            flush=True,
        ),
    )
    judge.save(args.out)
    predicted = judge.probabilities(data["x_test"]).argmax(axis=1)
    print(f"test accuracy {np.mean(predicted == data['y_test']):.4f}")
    print(f"{args.out}: {args.out.stat().st_size:,} bytes")
    print("sha256", hashlib.sha256(args.out.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
