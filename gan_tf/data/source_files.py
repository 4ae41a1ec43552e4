"""The files of a folder or of an archive, and those of them that cannot be read."""

import contextlib
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

import PIL

from gan_tf.data import sniff
from gan_tf.data.settings import DataSettings
from gan_tf.errors import InputError, counted


class File(NamedTuple):
    """A file of a folder or of an archive.

    Attributes:
        name: its path below the root, with "/".
        open: returns it, open for reading; raises OSError, or, of an archive, what
            `zipfile` and `zlib` raise.
    """

    name: str
    open: Callable[[], IO[bytes]]


class Faults:
    """The files that cannot be read, to name them all at once."""

    def __init__(self, settings: DataSettings):
        self._skip, self._lines = settings.skip_bad, dict[str, str]()

    @contextlib.contextmanager
    def of(self, file: File) -> Iterator[None]:
        """Notes what goes wrong with a file inside."""
        try:
            yield
        except MemoryError:
            raise
        except InputError as error:
            self._lines[file.name] = str(error)
        except Exception as error:  # damaged files raise a dozen types
            text = f"{file.name}: cannot be read as a picture ({_reason(file, error)})"
            self._lines[file.name] = text

    def settle(self, num_good: int, notes: list[str], where: str = "") -> None:
        """Raises an `InputError` that names the files, or notes that they are skipped.

        Without any good ones, it says `where`, such as " of test".
        """
        if not self._lines:
            return
        count, named = len(self._lines), named_faults(list(self._lines.values()), "files")
        if not num_good:
            raise InputError(f"{named}: no picture{where} can be read; replace them")
        if not self._skip:
            them = "them" if count > 1 else "it"
            raise InputError(
                f"{named}: replace or remove {them}, or go on without {them} (--skip_bad)"
            )
        notes.append(f"skipped {counted(count, 'bad file')} (--skip_bad): {named}")


def named_faults(faults: list[str], noun: str) -> str:
    """Returns the text of the first ten `faults`, and how many more `noun` have one."""
    more = f"; and {len(faults) - 10:,} more {noun}" if len(faults) > 10 else ""
    return "; ".join(faults[:10]) + more


def _reason(file, error):
    with contextlib.suppress(Exception), file.open() as opened:
        head = opened.read(sniff.HEAD_BYTES)
        if sniff.kind_of(head) != "picture":
            return sniff.describe(head)
    return "damaged" if isinstance(error, PIL.UnidentifiedImageError) else error
