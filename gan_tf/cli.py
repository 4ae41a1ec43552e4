"""What the commands share: flags, one-line errors, and a quiet start of TensorFlow."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from absl import flags

from gan_tf.errors import DivergedError, InputError, WorkerLostError
from gan_tf.fields import Rule

# absl's own, which read more flags from a file and let unknown ones pass.
_HIDDEN = ("flagfile", "undefok")


class Flag(NamedTuple):
    """One flag of a command.

    Attributes:
        name: without the dashes.
        rule: its type and range.
        help: one sentence.
        default: as `--help` shows it; empty if there is none.
        group: the heading under which `--help` lists it.
    """

    name: str
    rule: Rule
    help: str
    default: str = ""
    group: str = "flags"


class _Parser(flags.ArgumentParser):
    def __init__(self, rule: Rule):
        self._rule = rule

    def parse(self, argument):
        return self._rule.parse(argument)


def parse(argv: Sequence[str], usage: str, table: Sequence[Flag]) -> dict[str, Any]:
    """Returns {name: value} of the flags that `argv` sets.

    Args:
        argv: the command's name and its arguments.
        usage: what `--help` says above the flags.
        table: all flags.

    Raises:
        InputError: an unknown flag, a value that breaks its rule, a stray argument.
        SystemExit: with status 0, after `--help`.
    """
    # Not the global absl.flags.FLAGS, in which two commands that share a flag's name
    # could not both be imported.
    values = flags.FlagValues()
    for flag in table:
        if flag.rule.kind is bool:
            flags.DEFINE_boolean(flag.name, None, flag.help, flag_values=values)
        else:
            flags.DEFINE(
                _Parser(flag.rule), flag.name, None, flag.help, flag_values=values
            )
    flags.DEFINE_boolean("help", False, "show this", flag_values=values)
    for argument in argv[1:]:
        name = argument.lstrip("-").split("=")[0]
        if name in _HIDDEN and argument.startswith("-"):
            raise InputError(
                f"Unknown command line flag '{name}' (--help lists the flags)"
            )
    try:
        stray = values(list(argv))[1:]
    except (flags.Error, ValueError) as error:  # a ValueError of --noresample_z=1
        raise InputError(f"{error} (--help lists the flags)") from None
    if values["help"].value:
        print(_help(usage, table))
        raise SystemExit(0)
    if stray:
        raise InputError(
            f"unexpected argument {stray[0]!r}: settings are flags (--help)"
        )
    return {
        flag.name: values[flag.name].value
        for flag in table
        if values[flag.name].value is not None
    }


def _help(usage, table):
    lines = [usage.strip()]
    for group in dict.fromkeys(flag.group for flag in table):
        lines += ["", f"{group}:"]
        for flag in (f for f in table if f.group == group):
            default = f" [{flag.default}]" if flag.default else ""
            lines.append(f"  --{flag.name}{default}")
            text = f"{flag.help}: {flag.rule.text}"
            lines += textwrap.wrap(
                text, 84, initial_indent=" " * 6, subsequent_indent=" " * 6
            )
    return "\n".join(lines)


def run(main: Callable[[Sequence[str]], None]) -> None:
    """Runs a command and exits: 0 done, 130 stopped by Ctrl-C, else as `errors` says.

    What `errors` names is one line on stderr. Any other exception is a bug of ours and
    keeps its traceback.
    """
    # What a terminal cannot show must not end a training.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        main(sys.argv)
    except (InputError, DivergedError, WorkerLostError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has left, as in `... | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def import_tensorflow() -> None:
    """Imports TensorFlow without the lines that it writes to stderr while it starts.

    They tell of libraries that are not there and are of no use to a reader; no setting
    of TensorFlow's removes them all. If the import fails they are shown after all.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held, contextlib.ExitStack() as stack:
        stderr = os.dup(2)
        stack.callback(os.close, stderr)
        os.dup2(held.fileno(), 2)
        try:
            importlib.import_module("tensorflow")
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
