"""The settings that decide, besides the files, which pixels are read and trained."""

import dataclasses
import functools
import re

from gan_tf.errors import InputError
from gan_tf.fields import config_field

_data = functools.partial(config_field, "data")
MIN_SIDE, MAX_SIDE = 4, 256  # of an image, in pixels


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """How the images of a source are read; part of `gan_tf.Config`.

    Raises:
        InputError: a value breaks its setting's rule.
    """

    size: str = _data(
        "own",
        "size of every image, such as 32, or 32x48 for 32 wide and 48 high; own: as it is",
    )
    fit: str = _data(
        "crop",
        "how an image of other proportions gets the --size: its longer side is cropped, "
        "its shorter side is padded with --background, or it is stretched",
        choices=("crop", "pad", "stretch"),
    )
    channels: str = _data(
        "own",
        "1: grey, 3: colour; own: grey where all images are grey",
        choices=("own", "1", "3"),
    )
    background: str = _data(
        "white",
        "colour under transparent pixels and around padded images, a name or #rrggbb",
    )
    subset: int = _data(
        0,
        "read at most so many training images, and as many test images, of each class in "
        "proportion, for a first try (0: all)",
        (0, 10**9),
    )
    skip_bad: bool = _data(False, "skip pictures, and lines of CSV files, that are damaged")

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            try:
                parsed = field.metadata["field"].parse(value)
            except ValueError as error:
                raise InputError(f"{field.name} ({value!r}) {error}") from None
            object.__setattr__(self, field.name, parsed)
        _ = self.image_size, self.background_rgb  # both raise InputError

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) of `size`; None for the images' own."""
        if self.size == "own":
            return None
        sides = re.fullmatch(r"([0-9]{1,4})(?:[xX]([0-9]{1,4}))?", self.size)
        if sides:
            width, height = int(sides[1]), int(sides[2] or sides[1])
            if MIN_SIDE <= min(width, height) and max(width, height) <= MAX_SIDE:
                return height, width
        raise InputError(
            f"size ({self.size!r}) must be own, a side such as 32, or width x height such "
            f"as 32x48, with sides from {MIN_SIDE} to {MAX_SIDE}"
        )

    @property
    def background_rgb(self) -> tuple[int, int, int]:
        """Red, green and blue of `background`, 0 to 255."""
        from PIL import ImageColor

        try:
            red, green, blue = bytes(ImageColor.getrgb(self.background)[:3])
            return red, green, blue
        except ValueError:
            raise InputError(
                f"background ({self.background!r}) must be the name of a colour, such as "
                "black, or #rrggbb"
            ) from None
