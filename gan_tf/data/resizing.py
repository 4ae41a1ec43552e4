"""Pictures and arrays of images in the size that `--size` and `--fit` set."""

import math

import numpy as np
import PIL.Image
import PIL.ImageOps

from gan_tf.data.progress import progress
from gan_tf.data.settings import DataSettings
from gan_tf.data.validation import check_num_bytes

ADVICE = "use fewer or smaller images (--subset, --size)"  # to `check_num_bytes`


def resize(picture: PIL.Image.Image, settings: DataSettings) -> PIL.Image.Image:
    """Returns a picture of mode L or RGB in the `size` of the settings, as `fit` says."""
    assert settings.image_size
    height, width = settings.image_size
    bicubic = PIL.Image.Resampling.BICUBIC
    if settings.fit == "crop":
        return PIL.ImageOps.fit(picture, (width, height), bicubic)
    if settings.fit == "stretch":
        return picture.resize((width, height), bicubic)
    colour = settings.background_rgb
    if picture.mode == "L" and len(set(colour)) > 1:
        picture = picture.convert("RGB")
    fill = colour[0] if picture.mode == "L" else colour
    scale = min(width / picture.width, height / picture.height)
    if min(picture.size) * scale < 1:  # Pillow would round it to no pixels
        size = [max(1, round(side * scale)) for side in picture.size]
        picture = picture.resize((size[0], size[1]), bicubic)
    return PIL.ImageOps.pad(picture, (width, height), bicubic, color=fill)


def resize_array(array, settings, notes):
    """Returns uint8 [N, H, W, C] in that size, with a note of the size before."""
    height, width = settings.image_size
    result = None
    for i, image in enumerate(progress(array, "images, resized")):
        picture = PIL.Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
        pixels = np.asarray(resize(picture, settings)).reshape(height, width, -1)
        if result is None:
            shape = len(array), *pixels.shape
            check_num_bytes("the resized images", math.prod(shape), ADVICE)
            result = np.empty(shape, np.uint8)
        result[i] = pixels
    notes.append(resize_note([array.shape[2:0:-1]], settings))
    return result


def resize_note(sizes, settings: DataSettings) -> str:
    """Returns the line about images of the (width, height) `sizes`, which are resized."""
    sizes = sorted(set(sizes))
    text = ", ".join(f"{width}x{height}" for width, height in sizes[:3])
    more = f" and {len(sizes) - 3:,} other sizes" if len(sizes) > 3 else ""
    height, width = settings.image_size or (0, 0)
    return f"images of {text}{more} are resized to {width}x{height} (--fit {settings.fit})"
