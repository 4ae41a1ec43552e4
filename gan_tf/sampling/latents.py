"""Latent vectors z as a function of (seed, index), and the paths between them.

The words of row `index` are those of the counter-based generator Philox4x32-10 (Salmon et
al. 2011, https://doi.org/10.1145/2063384.2063405), whose key is the seed and whose counter
is (block, index). So NumPy, TensorFlow (whose stateless generator is the same) and a page
of JavaScript compute one z, and no row needs the rows before it.
"""

import numpy as np

_ROUNDS = 10
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85  # the golden ratio, and the square root of 3 less 1
_MASK = np.uint64(2**32 - 1)
_BLOCK = 4096  # rows at a time, which bounds the memory


def philox4x32(counter: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Returns the four random words of each counter, uint32 [..., 4].

    Args:
        counter: uint32 [..., 4], the least significant word first.
        key: two words.
    """
    x0, x1, x2, x3 = np.moveaxis(np.asarray(counter).astype(np.uint64), -1, 0)
    m0, m1 = map(np.uint64, _MULTIPLIERS)
    shift = np.uint64(32)
    for index in range(_ROUNDS):
        k0, k1 = (
            np.uint64((word + index * weyl) % 2**32) for word, weyl in zip(key, _WEYL)
        )
        low, high = m0 * x0, m1 * x2
        x0, x1 = (high >> shift) ^ x1 ^ k0, high & _MASK
        x2, x3 = (low >> shift) ^ x3 ^ k1, low & _MASK
    return np.stack([x0, x1, x2, x3], axis=-1).astype(np.uint32)


def sample_z(seed: int, num: int, latent_dim: int, noise: str) -> np.ndarray:
    """Returns z of the indices 0 to `num` - 1, float32 [num, latent_dim]; see `z_at`."""
    return z_at(seed, np.arange(num), latent_dim, noise)


def z_at(seed: int, indices: np.ndarray, latent_dim: int, noise: str) -> np.ndarray:
    """Returns z, float32 [N, latent_dim]; row i depends on (seed, indices[i]) alone.

    The row of `index` takes the words of the blocks j = 0, 1, ... in order, block j being
    `philox4x32` of the counter (j, index mod 2^32, index div 2^32, 0) and the key
    (seed mod 2^32, seed div 2^32). In float64, then rounded to float32,

    - normal: a pair of words (a, b) gives r cos(2 pi v), then r sin(2 pi v), with
      u = (a + 1) / 2^32, v = b / 2^32 and r = sqrt(-2 ln u) (Box & Muller 1958,
      https://doi.org/10.1214/aoms/1177706645);
    - uniform: a word a gives 2 (a + 0.5) / 2^32 - 1.

    Args:
        seed: from 0 to 2^64 - 1.
        indices: integers [N] from 0 to 2^63 - 1.
        latent_dim: length of z.
        noise: "normal" for N(0, 1), "uniform" for U(-1, 1).
    """
    seed = int(seed)  # NumPy's integers would overflow
    key = seed % 2**32, seed >> 32
    num_blocks = -(-latent_dim // 4)
    z = np.empty((len(indices), latent_dim), np.float32)
    for first in range(0, len(indices), _BLOCK):
        index = indices[first : first + _BLOCK].astype(np.uint64)
        counter = np.zeros((len(index), num_blocks, 4), np.uint64)
        counter[..., 0] = np.arange(num_blocks)
        counter[..., 1] = (index & _MASK)[:, None]
        counter[..., 2] = (index >> np.uint64(32))[:, None]
        words = philox4x32(counter, key).reshape(len(index), -1)
        values = _normal(words) if noise == "normal" else _uniform(words)
        z[first : first + len(index)] = values[:, :latent_dim]
    return z


def _normal(words):
    a, b = words[:, ::2].astype(np.float64), words[:, 1::2].astype(np.float64)
    radius = np.sqrt(-2 * np.log((a + 1) / 2**32))
    angle = 2 * np.pi * (b / 2**32)
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return pairs.reshape(words.shape)


def _uniform(words):
    return 2 * (words.astype(np.float64) + 0.5) / 2**32 - 1


def interpolate(
    start: np.ndarray, end: np.ndarray, fraction: np.ndarray, noise: str
) -> np.ndarray:
    """Returns the z on the path from `start` to `end`, float32 [T, latent_dim].

    Normal z follows an arc (slerp, White 2016, https://arxiv.org/abs/1609.04468,
    section 2.1): the middle of a straight line is shorter than nearly every z that the
    generator was trained on. Uniform z follows the line.

    Args:
        start: [latent_dim], where `fraction` is 0.
        end: [latent_dim], where `fraction` is 1.
        fraction: float [T, 1] in [0, 1].
        noise: "normal" or "uniform", the distribution of z.
    """
    if noise == "normal":
        cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
        angle = np.arccos(np.clip(cosine, -1, 1))
        if np.sin(angle) >= 1e-6:  # else the division below is by nearly 0
            arc = np.sin((1 - fraction) * angle) * start + np.sin(fraction * angle) * end
            return (arc / np.sin(angle)).astype(np.float32)
    return (start + fraction * (end - start)).astype(np.float32)
