"""The exceptions that are for the user, as opposed to a bug of ours."""

from __future__ import annotations

import contextlib


class InputError(ValueError):
    """Bad input from the user: a flag, a Config field, a data file or a run directory.

    The message is one line: what is wrong (its name and value), the rule it breaks, and
    what to do about it. Commands print that line and exit with status 2; any other
    exception is a bug and keeps its traceback.
    """

    exit_status = 2

    def __init__(self, message: str):
        # File names and the messages of other libraries may hold line breaks, and
        # characters that would command the terminal.
        line = " ".join(message.split())
        super().__init__("".join(c if c.isprintable() else "\ufffd" for c in line))


class DivergedError(ArithmeticError):
    """A training left the finite numbers and was stopped; its last good state is saved.

    The message is one line: what was not finite, of which network, at which step, what
    was kept and what to try. Commands print that line and exit with `exit_status`.
    """

    exit_status = 1


class WorkerLostError(RuntimeError):
    """A worker of a training on several machines has gone, and the others cannot go on.

    The message is one line. Commands print it and exit with `exit_status`, which means
    "try again" (EX_TEMPFAIL of sysexits.h).
    """

    exit_status = 75


@contextlib.contextmanager
def naming(name: str, value: object):
    """Puts `name (value): ` before the message of an `InputError` that is raised inside."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{name} ({value}): {error}") from error
