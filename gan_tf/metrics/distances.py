"""Euclidean distances between two sets of rows, one block at a time."""

import numpy as np

from gan_tf.metrics.validation import check_features, check_pair

# Distances per block: 4M float64 are 32 MB, large enough for an efficient product.
BLOCK_ENTRIES = 1 << 22
_BLOCK_VALUES = 1 << 23  # of rows that are float64 at a time: 64 MB, a few times


def distance_blocks(rows, columns):
    """Yields (slice, squared distances [len(slice), M]) until all rows are done.

    Uses |x|^2 + |y|^2 - 2 x.y in float64: one matrix product, and exact for pixels,
    whose squares are integers. Besides a copy of both sets, memory is that of one block.

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


def nearest_neighbours(queries, rows, names=("queries", "rows")):
    """Returns the nearest row of each query, the first of equally near ones.

    Both are converted to float64 one block at a time, so that memory does not grow with
    their number.

    Args:
        queries: [N, D] (or images, flattened).
        rows: [M, D].
        names: of the two, for errors.

    Returns:
        (indices int64 [N], distances float64 [N]).
    """
    queries, rows = np.asarray(queries), np.asarray(rows)
    heads = [a[:1] if a.ndim > 1 else a for a in (queries, rows)]
    check_pair(heads[0], heads[1], names=names)
    indices = np.zeros(len(queries), np.int64)
    nearest = np.full(len(queries), np.inf)
    length = max(1, _BLOCK_VALUES // max(1, queries[0].size))
    for first in range(0, len(queries), length):
        block = slice(first, first + length)
        wanted = check_features(queries[block], name=names[0])
        for start in range(0, len(rows), length):
            others = check_features(rows[start : start + length], name=names[1])
            for part, squares in distance_blocks(wanted, others):
                row, lowest = squares.argmin(axis=1), squares.min(axis=1)
                closer = lowest < nearest[block][part]
                indices[block][part][closer] = start + row[closer]
                nearest[block][part][closer] = lowest[closer]
    return indices, np.sqrt(nearest)
