"""K-means, for the metrics that count images in cells."""

import numpy as np

from gan_tf.errors import InputError
from gan_tf.metrics.distances import distance_blocks
from gan_tf.metrics.validation import check_features

# Rows of one block of a round: its product with the centres stays in the cache.
BLOCK_ROWS = 4096


def kmeans(features, num_cells, seed=0, max_rounds=100):
    """Returns centres, float64 [num_cells, D], by Lloyd's rounds from k-means++.

    Seeding: Arthur & Vassilvitskii 2007, https://dl.acm.org/doi/10.5555/1283383.1283494.
    Stops when no row changes its cell, or after `max_rounds`. The rounds work in
    float32, which is twice as fast and moves at most a row that lies between two cells.

    Args:
        features: [N, D], N >= num_cells.
        num_cells: number of centres.
        seed: of the seeding.
        max_rounds: greatest number of rounds.
    """
    features = check_features(features)
    if not 1 <= num_cells <= len(features):
        raise InputError(
            f"num_cells ({num_cells}) must be in [1, {len(features)}], the rows given."
        )
    origin = features.mean(axis=0)
    rows = (features - origin).astype(np.float32)
    centres = _spread_centres(rows, num_cells, np.random.default_rng(seed))
    cells = None
    for _ in range(max_rounds):
        new_cells, sums, gaps = _assign(rows, centres)
        if cells is not None and np.array_equal(new_cells, cells):
            break
        cells = new_cells
        counts = np.bincount(cells, minlength=num_cells)
        filled = counts > 0
        centres[filled] = (sums[filled] / counts[filled, None]).astype(np.float32)
        # An empty cell starts again from a row that is served worst, if any is at all.
        for cell, row in zip(np.flatnonzero(~filled), np.argsort(-gaps), strict=False):
            if gaps[row] > 0:
                centres[cell] = rows[row]
    return centres + origin


def _assign(rows, centres):
    """Returns each row's cell, the sum of each cell's rows, squared distances [N]."""
    cells = np.empty(len(rows), np.int64)
    gaps = np.empty(len(rows), np.float32)
    sums = np.zeros(centres.shape)
    half_squares = 0.5 * np.einsum("kd,kd->k", centres, centres)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        nearness = block @ centres.T - half_squares
        nearest = nearness.argmax(axis=1)
        members = np.zeros([len(centres), len(block)], np.float32)
        members[nearest, np.arange(len(block))] = 1.0
        sums += members @ block
        cells[start : start + BLOCK_ROWS] = nearest
        gaps[start : start + BLOCK_ROWS] = np.einsum(
            "nd,nd->n", block - centres[nearest], block - centres[nearest]
        )
    return cells, sums, gaps


def nearest_rows(queries, rows):
    """Returns, for each query, the index of its nearest row and the squared distance.

    Args:
        queries: float64 [N, D].
        rows: float64 [M, D].

    Returns:
        (int64 [N], float64 [N]); the first of equally near rows.
    """
    nearest = np.empty(len(queries), np.int64)
    squares = np.empty(len(queries))
    for part, block in distance_blocks(queries, rows):
        nearest[part] = block.argmin(axis=1)
        squares[part] = np.take_along_axis(block, nearest[part, None], axis=1)[:, 0]
    return nearest, squares


def _spread_centres(rows, num_cells, rng):
    """k-means++: each next centre is a row, drawn by its squared distance so far."""
    squares = np.einsum("nd,nd->n", rows, rows)
    centres = rows[rng.integers(len(rows), size=1)]
    gaps = np.full(len(rows), np.inf)
    while len(centres) < num_cells:
        last = centres[-1]
        gaps = np.minimum(gaps, (squares - 2.0 * (rows @ last) + last @ last).clip(0.0))
        total = gaps.sum()
        # All rows may coincide with centres already; then any row will do.
        weights = gaps / total if total > 0 else None
        centres = np.concatenate([centres, rows[[rng.choice(len(rows), p=weights)]]])
    return centres
