"""The exceptions that are for the user, as opposed to a bug of ours."""


class InputError(ValueError):
    """Bad input from the user: a flag, a Config field, a data file or a run directory.

    The message is one line: what is wrong (its name and value), the rule it breaks, and
    what to do about it. Commands print that line and exit with status 2; any other
    exception is a bug and keeps its traceback.
    """


class DivergedError(ArithmeticError):
    """A training left the finite numbers and was stopped; its last good state is saved.

    The message is one line: what was not finite, of which network, at which step, what
    was kept and what to try. Commands print that line and exit with `exit_status`.
    """

    exit_status = 1
