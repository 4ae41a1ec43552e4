"""The arrays of operations as integers of few bits, in the bytes that the page reads."""

import zlib
from collections.abc import Sequence

import numpy as np

from gan_tf.exporting.operations import Operation


class WeightsWriter:
    """Collects arrays as bytes; each becomes {"shape", "offset"} in a description.

    An array of two axes or more is quantized: each column w of its last axis is
    q * scale, with integers q of `bits` bits and one float32 scale. Its bytes are those
    of the scales, then of q as uint16 (0, -1, 1, -2, ... are 0, 1, 2, 3, ...), the low
    bytes before the high ones, which compress. A vector is float32.
    """

    def __init__(self):
        """Holds nothing yet."""
        self._data = bytearray()

    def describe(self, made: Sequence[Operation], bits: int) -> list[Operation]:
        """Returns operations with descriptions in place of their arrays."""
        return [
            {
                key: self._add(value, bits) if isinstance(value, np.ndarray) else value
                for key, value in operation.items()
            }
            for operation in made
        ]

    def compressed(self) -> bytes:
        """Returns all bytes in zlib's format."""
        # Weights do not repeat: this strategy spends its codes on their distribution.
        compressor = zlib.compressobj(9, strategy=zlib.Z_FILTERED)
        return compressor.compress(self._data) + compressor.flush()

    def _add(self, array, bits):
        description = {"shape": array.shape, "offset": len(self._data)}
        if array.ndim == 1:
            self._data += array.astype("<f4").tobytes()
            return description
        matrix = array.reshape(-1, array.shape[-1])
        largest = np.abs(matrix).max(axis=0)
        scale = (np.where(largest > 0, largest, 1) / (2 ** (bits - 1) - 1)).astype("<f4")
        q = np.rint(matrix / scale).astype(np.int32)
        self._data += scale.tobytes()
        interleaved = ((q << 1) ^ (q >> 31)).astype("<u2").reshape(-1, 1)
        self._data += interleaved.view(np.uint8).T.tobytes()
        return description


def read_operations(described: Sequence[Operation], compressed: bytes) -> list[Operation]:
    """Returns the operations that `WeightsWriter` described, with float32 arrays."""
    data = zlib.decompress(compressed)

    def array(description):
        shape, offset = description["shape"], description["offset"]
        scale = np.frombuffer(data, "<f4", shape[-1], offset)
        if len(shape) == 1:
            return scale
        size = int(np.prod(shape))
        planes = np.frombuffer(data, np.uint8, 2 * size, offset + scale.nbytes)
        low, high = planes.reshape(2, size).astype(np.int32)
        interleaved = low + 256 * high
        q = (interleaved >> 1) ^ -(interleaved & 1)
        return q.reshape(shape).astype(np.float32) * scale

    return [
        {
            key: array(value) if isinstance(value, dict) else value
            for key, value in operation.items()
        }
        for operation in described
    ]
