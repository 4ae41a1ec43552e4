"""The exceptions that are not bugs of ours: wrong input, and a machine that has gone."""


class InputError(ValueError):
    """Bad input from the user: a flag, a Config field, a data file or a run directory.

    The message is one line: what is wrong (its name and value), the rule it breaks, and
    what to do about it. Commands print that line and exit with status 2; any other
    exception is a bug and keeps its traceback.
    """


class WorkerLostError(RuntimeError):
    """A worker of a training on several machines has gone, and the others cannot go on.

    The message is one line. Commands print it and exit with `exit_status`, which means
    "try again" (EX_TEMPFAIL of sysexits.h).
    """

    exit_status = 75
