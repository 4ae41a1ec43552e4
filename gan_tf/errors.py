"""The one exception that means "the input is wrong", as opposed to a bug of ours."""


class InputError(ValueError):
    """Bad input from the user: a flag, a Config field, a data file or a run directory.

    The message is one line: what is wrong (its name and value), the rule it breaks, and
    what to do about it. Commands print that line and exit with status 2; any other
    exception is a bug and keeps its traceback.
    """
