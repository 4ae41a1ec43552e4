"""Latent vectors z as a function of (seed, index), and the paths between them."""

import numpy as np

# z is drawn in blocks of this many, each from a random generator of (seed, block), so
# that row i does not depend on how many rows are drawn.
_BLOCK = 64


def sample_z(seed: int, num: int, latent_dim: int, noise: str) -> np.ndarray:
    """Returns z, float32 [num, latent_dim]; row i depends on (seed, i) alone.

    Args:
        seed: 0 or more.
        num: number of rows, 1 or more.
        latent_dim: length of z.
        noise: "normal" for N(0, 1), "uniform" for U(-1, 1).
    """
    blocks = []
    for block in range(-(-num // _BLOCK)):
        rng = np.random.default_rng([seed, block])
        shape = (_BLOCK, latent_dim)
        uniform = noise == "uniform"
        blocks.append(rng.uniform(-1, 1, shape) if uniform else rng.standard_normal(shape))
    return np.concatenate(blocks)[:num].astype(np.float32)


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
