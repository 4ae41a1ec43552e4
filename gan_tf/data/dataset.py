"""What a source of training images gives."""

from typing import NamedTuple

import numpy as np


class Dataset(NamedTuple):
    """Validated images in memory.

    Attributes:
        name: `mnist`, `fashion_mnist`, or the name of the folder, or of the file without
            its extension; `my_data` of images from Python.
        x_train: uint8 [N, H, W, C], N >= 1, H and W in 4..256, C 1 (grey) or 3 (RGB).
        y_train: int32 [N] in [0, num_classes), each class at least once; None when the
            data have no labels.
        x_test: uint8 [M, H, W, C], held-out images; None if the source has none.
        y_test: int32 [M] in [0, num_classes); None if the source has none.
        class_names: one name per class; empty when the data have no labels.
        notes: one line each, of what was understood of the source or left out.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray | None
    x_test: np.ndarray | None
    y_test: np.ndarray | None
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of every image."""
        height, width, channels = self.x_train.shape[1:]
        return height, width, channels

    @property
    def num_classes(self) -> int:
        """Number of classes, 0 when the data have no labels."""
        return len(self.class_names)

    def summary(self) -> str:
        """Returns one line of text: `mnist: 60,000 images 28x28x1, 10 classes, ...`."""
        parts = [
            f"{len(self.x_train):,} image{'s' * (len(self.x_train) > 1)} "
            f"{'x'.join(map(str, self.image_shape))}",
            f"{self.num_classes:,} class{'es' * (self.num_classes > 1)}"
            if self.num_classes
            else "no labels",
        ]
        if self.x_test is not None:
            parts.append(f"{len(self.x_test):,} test images")
        return f"{self.name}: {', '.join(parts)}"
