"""Decodes many picture files: first their headers, to know all faults, then the pixels."""

import contextlib
import math
import os
import re
import struct
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import PIL.Image
import PIL.ImageOps

from gan_tf.data import pixels, resizing
from gan_tf.data.progress import progress
from gan_tf.data.settings import DataSettings
from gan_tf.data.source_files import Faults, File
from gan_tf.data.validation import check_image_sides, check_num_bytes
from gan_tf.errors import InputError, counted

# Raster formats that are known by their first bytes and run no other program.
_FORMATS = "PNG JPEG MPO BMP GIF WEBP TIFF PPM AVIF JPEG2000 ICO PCX QOI SGI".split()
SUFFIXES = frozenset(
    ".png .jpg .jpeg .jpe .jfif .bmp .gif .webp .tif .tiff .pgm .ppm .pbm .pnm .avif .jp2 "
    ".ico .pcx .qoi .sgi .heic .heif".split()
)
_GREY_MODES = frozenset(("1", "L", "LA", "La"))
_ORIENTATION = 0x0112  # the EXIF tag
# Where Pillow finds EXIF data.
_EXIF = {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"}
# Of Pillow's decoder, for 16 bits per channel. A BMP's BGR;16 has 16 bits per pixel.
_DEEP_TILE = r"(?<!BGR);16|SGI16|'ppm.*'RGB', \d{4}"
_MAX_PIXELS = 10**8  # of one picture, before it is resized


class Picture(NamedTuple):
    """A picture file, of which the header was read.

    Attributes:
        file: the `File`.
        size: (width, height) as a viewer shows it.
        mode: Pillow's.
        orientation: EXIF's number, 1 for upright.
    """

    file: File
    size: tuple[int, int]
    mode: str
    orientation: int

    @property
    def has_16_bits(self) -> bool:
        """Whether its grey values have more than 8 bits."""
        return self.mode.startswith("I")


def scan(files: Sequence[File], faults: Faults) -> tuple[list[Picture], list[str]]:
    """Returns the pictures, and the names of the files that are none, by their headers."""
    found, others = [], []
    for file in progress(files, "files"):
        is_named = os.path.splitext(file.name)[1].lower() in SUFFIXES
        with faults.of(file):
            try:
                with _opened(file) as picture:
                    mode, size = picture.mode, picture.size
                    if not is_named and _is_thumbnail(picture):
                        raise OSError("a raw photograph")
                    if math.prod(size) <= _MAX_PIXELS and _has_late_exif(picture):
                        picture.load()  # where Pillow finds it
                    orientation = _orientation(picture)
                    # A TIFF's size is already that of the upright picture.
                    if picture.format != "TIFF" and orientation in range(5, 9):
                        size = size[::-1]
            except Exception:  # as in `Faults.of`
                if is_named:
                    raise
                others.append(file.name)
                continue
            _check(file.name, mode, size)
            found.append(Picture(file, size, mode, orientation))
    return found, others


def value_range(
    pictures: Sequence[Picture], faults: Faults, notes: list[str]
) -> tuple[int, int]:
    """Returns the values that are black and white: of 16 bits, the ends of what is used.

    Raises:
        InputError: some have 16 bits of grey and others do not.
    """
    deep = [p for p in pictures if p.has_16_bits]
    if not deep:
        return 0, 255
    if len(deep) < len(pictures):
        flat = next(p for p in pictures if not p.has_16_bits)
        raise InputError(
            f"{deep[0].file.name}: has 16 bits per pixel, but {flat.file.name} has 8, or "
            "is in colour: save all of them alike"
        )
    ends: list[int] = []
    for info in progress(deep, "pictures of 16 bits"):
        with faults.of(info.file), _opened(info.file) as picture:
            values = _deep_values(info, picture)
            ends += [int(values.min()), int(values.max())]
    low, high = min(ends, default=0), max(ends, default=0)
    if high <= 255:
        return 0, 255
    notes.append(
        f"16 bits: the range of the set, {low:,} (black) to {high:,} (white), becomes 0 to "
        "255"
    )
    return low, max(high, low + 1)


def read(
    pictures: Sequence[Picture],
    levels: tuple[int, int],
    settings: DataSettings,
    faults: Faults,
    notes: list[str],
) -> tuple[np.ndarray, list[int]]:
    """Returns the pixels of the `pictures` of one split, with the `levels` of all splits.

    Returns:
        uint8 [N, H, W, C] with C 1 or 3, and the N indices of the pictures that could be
        decoded.

    Raises:
        InputError: their sizes differ.
    """
    width, height = _common_size(pictures, settings)
    is_grey = all(p.mode in _GREY_MODES or p.has_16_bits for p in pictures)
    is_grey = is_grey and len(set(settings.background_rgb)) == 1
    shape = len(pictures), height, width, 1 if is_grey else 3
    check_num_bytes("the pictures", math.prod(shape), resizing.ADVICE)
    images = np.empty(shape, np.uint8)
    rows: list[int] = []
    counts: Counter[str] = Counter()
    for i, picture in enumerate(progress(pictures, "pictures")):
        with faults.of(picture.file):
            images[len(rows)] = _decode(picture, is_grey, levels, settings, counts)
            rows.append(i)
    images = images[: len(rows)]
    num_grey = pixels.count_grey(images)
    if 0 < num_grey < len(images) and settings.channels == "own":
        others = len(images) - num_grey
        notes.append(f"{num_grey:,} grey and {others:,} colour pictures: all become colour")
    if settings.image_size and {p.size for p in pictures} != {(width, height)}:
        notes.append(resizing.resize_note([p.size for p in pictures], settings))
    notes += _notes(counts, settings)
    return images, rows


@contextlib.contextmanager
def _opened(file):
    PIL.Image.init()  # registers all formats, once; some depend on the installation
    formats = [name for name in _FORMATS if name in PIL.Image.OPEN]
    with warnings.catch_warnings(), file.open() as opened:
        # Pillow warns of unusual but readable files; huge ones are refused here.
        warnings.simplefilter("ignore")
        with PIL.Image.open(opened, formats=formats) as picture:
            yield picture


def _is_thumbnail(picture):
    """Whether a TIFF says that it is one, as the first picture of a raw photograph."""
    return picture.format == "TIFF" and picture.tag_v2.get(254, 0) & 1


def _has_late_exif(picture):
    """Whether a PNG has EXIF data after its pixels."""
    if picture.format != "PNG" or _EXIF.intersection(picture.info):
        return False
    start, kind = picture.fp.tell(), b""
    picture.fp.seek(8)
    while kind != b"eXIf" and len(head := picture.fp.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        picture.fp.seek(length + 4, os.SEEK_CUR)
    picture.fp.seek(start)
    return kind == b"eXIf"


def _orientation(picture):
    """Returns EXIF's number of a picture's orientation, 1 for upright."""
    # `getexif` of a PNG without such data decodes the pixels.
    if picture.format == "TIFF" or _EXIF.intersection(picture.info):
        # Damaged data raise whatever Pillow's parser does; viewers ignore them, too.
        with contextlib.suppress(Exception):
            return picture.getexif().get(_ORIENTATION, 1)
    return 1


def _check(name, mode, size):
    width, height = size
    # Before the pixels are decoded, so that a huge picture takes no memory.
    if width * height > _MAX_PIXELS:
        raise InputError(f"{name}: has {width}x{height} pixels, more than {_MAX_PIXELS:,}")
    if mode.startswith("F"):
        raise InputError(f"{name}: has 32-bit floats: save it with 8 or 16 bits")


def _common_size(pictures, settings):
    if settings.image_size:
        return settings.image_size[::-1]
    counts = Counter(p.size for p in pictures)
    if len(counts) > 1:
        first = pictures[0]
        other = next(p for p in pictures if p.size != first.size)
        most = "x".join(map(str, counts.most_common(1)[0][0]))
        a, b = (f"{p.size[0]}x{p.size[1]}" for p in (other, first))
        raise InputError(
            f"{other.file.name}: is {a}, but {first.file.name} is {b}, and all images must "
            f"have one size ({len(counts):,} sizes, most often {most}): choose one with "
            "--size, such as --size 32, and with --fit crop, pad or stretch"
        )
    width, height = pictures[0].size
    check_image_sides(pictures[0].file.name, height, width)
    return width, height


def _deep_values(info, picture):
    values = np.asarray(picture).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise InputError(
            f"{info.file.name}: has values from {values.min()} to {values.max()}, but "
            "pictures have 8 or 16 bits: save it with 8 bits"
        )
    return values


def _decode(info, is_grey, levels, settings, counts):
    """Returns the pixels of one picture, [H, W, 1] or [H, W, 3].

    `levels` are the values of 16 bits that become 0 and 255.
    """
    with _opened(info.file) as picture:
        if getattr(picture, "is_animated", False) and picture.format != "MPO":
            counts["frames"] += 1
            picture.seek(0)
        turned = info.orientation in range(2, 9)
        is_deep = re.search(_DEEP_TILE, str(picture.tile[:1]))
        picture.load()
        upright = PIL.ImageOps.exif_transpose(picture) if turned else picture
        counts["turned"] += turned
        if info.has_16_bits:
            grey = pixels.scale_range(_deep_values(info, upright), *levels)
            upright = PIL.Image.fromarray(grey)
        elif is_deep:
            counts["deep"] += 1
        elif picture.mode not in (*_GREY_MODES, "RGB", "RGBA", "P", "PA", "RGBa", "RGBX"):
            counts[f"mode {picture.mode}"] += 1
        if upright.mode in ("LA", "La", "PA", "RGBA", "RGBa") or (
            "transparency" in upright.info
        ):
            upright = upright.convert("RGBA")
            if np.asarray(upright.getchannel("A")).min() < 255:
                counts["transparent"] += 1
                canvas = PIL.Image.new(
                    "RGBA", upright.size, (*settings.background_rgb, 255)
                )
                upright = PIL.Image.alpha_composite(canvas, upright)
        # Of a grey picture, all three channels are the same.
        upright = upright.convert("L" if is_grey else "RGB")
        if settings.image_size:
            upright = resizing.resize(upright, settings)
        return np.asarray(upright).reshape(*upright.size[::-1], -1)


def _notes(counts, settings):
    if counts["turned"]:
        of_those = counted(counts["turned"], "picture", "are")
        yield f"{of_those} turned upright by the EXIF orientation"
    if counts["transparent"]:
        yield pixels.transparency_note(counts["transparent"], settings)
    if counts["deep"]:
        of_those = counted(counts["deep"], "picture", "have")
        yield f"{of_those} 16 bits per channel: the upper 8 are used"
    if counts["frames"]:
        of_those = counted(counts["frames"], "picture", "have")
        yield f"{of_those} several frames: the first one is used"
    for key, count in counts.items():
        if key.startswith("mode "):
            yield f"{counted(count, 'picture')} of the colours {key[5:]}: converted to RGB"
