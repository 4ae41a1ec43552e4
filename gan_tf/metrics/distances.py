"""Euclidean distances between two sets of rows, one block at a time."""

import numpy as np

from gan_tf.metrics.validation import check_pair

# Distances per block: 4M float64 are 32 MB, large enough for an efficient product.
BLOCK_ENTRIES = 1 << 22


def distance_blocks(rows, columns):
    """Yields (slice, squared distances [len(slice), M]) until all rows are done.

    Uses |x|^2 + |y|^2 - 2 x.y in float64: one matrix product, and exact for pixels,
    whose squares are integers. Memory does not grow with the number of rows.

    Args:
        rows: float64 [N, D].
        columns: float64 [M, D].
    """
    # Moving the origin to the middle of the data keeps the cancellation small.
    origin = columns.mean(axis=0).round()
    rows, columns = rows - origin, columns - origin
    row_squares = np.einsum("nd,nd->n", rows, rows)
    column_squares = np.einsum("nd,nd->n", columns, columns)
    step = max(1, BLOCK_ENTRIES // len(columns))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        squares = rows[part] @ columns.T
        squares *= -2.0
        squares += row_squares[part, None]
        squares += column_squares
        yield part, np.maximum(squares, 0.0, out=squares)


def nearest_neighbours(queries, rows):
    """Returns the nearest row of each query, the first of equally near ones.

    Args:
        queries: [N, D] (or images, flattened).
        rows: [M, D].

    Returns:
        (indices int64 [N], distances float64 [N]).
    """
    queries, rows = check_pair(queries, rows, names=("queries", "rows"))
    indices, squares = np.empty(len(queries), np.int64), np.empty(len(queries))
    for part, block in distance_blocks(queries, rows):
        indices[part] = block.argmin(axis=1)
        squares[part] = block.min(axis=1)
    return indices, np.sqrt(squares)
