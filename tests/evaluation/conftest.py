import numpy as np
import pytest


@pytest.fixture(scope="session")
def bars():
    """(uint8 [240, 14, 14, 1], int64 [240]): class 0 level bars, 1 upright, 2 blobs."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(240) % 3)
    images = rng.integers(0, 40, [240, 14, 14, 1])
    for image, label in zip(images, labels, strict=True):
        row, column = rng.integers(2, 10, 2)
        if label == 0:
            image[row : row + 2] += 200
        elif label == 1:
            image[:, column : column + 2] += 200
        else:
            image[row : row + 4, column : column + 4] += 200
    return images.astype(np.uint8), labels
