"""Shows how data are understood, without a training: `python -m gan_tf.data PATH`."""

from collections.abc import Sequence

from gan_tf import cli, data
from gan_tf.data.report import GRID_COLUMNS, class_grid, summary_lines
from gan_tf.data.settings import DataSettings
from gan_tf.errors import InputError
from gan_tf.fields import Field
from gan_tf.files import check_writable, local_path
from gan_tf.sampling import image_io

USAGE = """
usage: python -m gan_tf.data PATH [--size 32] [flags]

Reads data as a training with the same flags does, prints what was understood, and writes
a grid of the images: one row per class, the pixels as they are trained. docs/data.md
lists what PATH may be.
"""
_DEFAULT_OUT = "contact.png"


def flags() -> list[cli.Flag]:
    """Returns the command's flags."""
    out = cli.Flag("out", Field(str), "the grid, a .png", _DEFAULT_OUT, "data")
    return [*cli.setting_flags(DataSettings()), out]


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, flags(), positional="path")
    if "path" not in values:
        raise InputError("PATH is missing: name a folder or a file, or mnist")
    source, out = values.pop("path"), local_path("out", values.pop("out", _DEFAULT_OUT))
    if out.suffix.lower() != ".png":
        raise InputError(f"out ({out}) must end in .png")
    data.check_outside("out", out, source)
    check_writable("out", out)
    dataset = data.load(source, **values)
    print("\n".join(summary_lines(dataset)))
    image_io.write_image(out, image_io.grid(class_grid(dataset), GRID_COLUMNS))
    print(f"wrote     {out}")


if __name__ == "__main__":
    cli.run(main)
