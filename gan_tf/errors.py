"""The exceptions that the user can act on, as opposed to a bug of this package.

Their messages are one line. Commands print it and exit with the status `exit_status`; any
other exception is a bug and keeps its traceback.
"""

import contextlib
from collections.abc import Sequence

_OF_ONE = {"are": "is", "have": "has"}


class InputError(ValueError):
    """Bad input from the user: a flag, a Config field, a data file or a run directory.

    The message says what is wrong (its name and value), the rule it breaks, and what to do
    about it.
    """

    exit_status = 2

    def __init__(self, message: str):
        super().__init__(printable(message))


class DivergedError(ArithmeticError):
    """A training was stopped at a non-finite value.

    The message says what was not finite, of which network, at which step, which checkpoint
    is the last good one and what to try.
    """

    exit_status = 1


class WorkerLostError(RuntimeError):
    """A worker of a distributed training is gone, and the others cannot continue."""

    exit_status = 75  # "try again", EX_TEMPFAIL of sysexits.h


def printable(text: str) -> str:
    """Returns a text as one line, with U+FFFD in place of what is not printable."""
    # File names and the messages of other libraries may hold line breaks, and control
    # characters of the terminal.
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else "\ufffd" for c in line)


def listed(names: Sequence[object], most: int = 10) -> str:
    """Returns the first `most` names as text, and how many there are; "none" for none."""
    shown = [name if len(name) <= 40 else f"{name[:37]}..." for name in map(str, names)]
    if len(names) <= most:
        return ", ".join(shown) or "none"
    return f"{', '.join(shown[:most])}, ... ({len(names):,} in all)"


def counted(num: int, noun: str, verb: str = "") -> str:
    """Returns such as "12 images are" or "1 image is", with the `verb` of several."""
    if num == 1:
        return f"1 {noun} {_OF_ONE.get(verb, verb)}".rstrip()
    return f"{num:,} {noun}s {verb}".rstrip()


@contextlib.contextmanager
def naming(name: str, value: object):
    """Lets the message of an `InputError` raised inside begin with `name (value): `."""
    try:
        yield
    except InputError as error:
        text = str(error).removeprefix(f"{value}: ")  # a file that names itself
        raise InputError(f"{name} ({value}): {text}") from error
