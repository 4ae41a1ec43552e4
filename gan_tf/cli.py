"""Shared by the commands: their flags, and errors of one line."""

import dataclasses
import errno
import io
import os
import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from absl import flags

from gan_tf.errors import DivergedError, InputError, WorkerLostError
from gan_tf.fields import Field

# absl's own, which read more flags from a file and let unknown ones pass.
_HIDDEN = ("flagfile", "undefok")
# {what other programs call a flag, without its underscores: what it is called here, or,
# after a bar, in a command without that one}.
_OTHER_NAMES = {
    name: [group.split() for group in flags_here.split("|")]
    for flags_here, names in {
        "steps": "epochs epoch numepochs nepochs iterations iters niter numiters maxiter "
        "numsteps nsteps maxsteps trainsteps totalsteps",
        "g_learning_rate d_learning_rate": "lr learningrate alpha",
        "g_learning_rate": "lrg glr",
        "d_learning_rate": "lrd dlr",
        "batch_size": "batch bs batchsize bsz",
        "latent_dim": "zdim nz latent latentsize zsize noisedim noisesize codings",
        "beta_1": "b1 beta1 beta",
        "beta_2": "b2 beta2",
        "out|run_dir": "output o outdir outputdir outf outpath savedir dir name workdir",
        "run_dir": "logdir modeldir checkpointdir ckptdir resume expname",
        "data": "dataset dataroot datadir datapath datasetpath dataname input traindir",
        "label": "labels class classes y digit",
        "num": "n numimages nsamples numsamples samples count",
        "seed": "manualseed randomseed",
        "gpu": "gpus gpuid device cuda",
        "save_every": "saveinterval savefreq checkpointinterval",
        "sample_every": "sampleinterval samplefreq",
        "log_every": "loginterval logfreq",
        "mixed_precision": "amp fp16 bf16 precision",
        "jit_compile": "xla jit compile",
        "preset": "config cfg",
        "model": "gan arch net network",
        "checkpoint": "ckpt step epochnum",
    }.items()
    for name in names.split()
}


class Flag(NamedTuple):
    """One flag of a command.

    Attributes:
        name: without the dashes.
        field: its type and range.
        help: one sentence.
        default: as `--help` shows it; empty for none.
        implied: the value of a flag that is given without one; empty for none.
        group: the heading under which `--help` lists it.
    """

    name: str
    field: Field
    help: str
    default: str = ""
    group: str = "flags"
    implied: str = ""


RUN_DIR = Flag("run_dir", Field(str), "the run", "the newest suitable run under runs/")
CHECKPOINT = Flag(
    "checkpoint", Field(str), "step of a saved checkpoint, or best", "the newest"
)
WEIGHTS = Flag(
    "weights",
    Field(str, choices=("ema", "raw")),
    "the EMA of the generator's weights, or the trained weights themselves",
    "ema",
)


def setting_flags(defaults: Any) -> list[Flag]:
    """Returns the flags of the settings of a dataclass, whose values are the defaults.

    Its fields are made by `fields.config_field`.
    """
    table = []
    for setting in dataclasses.fields(defaults):
        value = getattr(defaults, setting.name)
        default = str(value).lower() if isinstance(value, bool) else str(value)
        table.append(Flag(setting.name, default=default, **setting.metadata))
    return table


class _Parser(flags.ArgumentParser):
    def __init__(self, field: Field):
        self._field = field

    def parse(self, argument):
        return self._field.parse(argument)


def parse(
    argv: Sequence[str],
    usage: str,
    table: Sequence[Flag],
    help_table: Callable[[dict[str, Any]], Sequence[Flag]] | None = None,
    positional: str = "",
) -> dict[str, Any]:
    """Returns {name: value} of the flags that `argv` sets.

    Args:
        argv: the command's name and its arguments.
        usage: the text of `--help` above the flags.
        table: all flags.
        help_table: a function of {name: value} that returns the flags for `--help`, where
            their defaults depend on the others; None for `table`.
        positional: name of the argument that is no flag; empty for none.

    Raises:
        InputError: an unknown flag, a value that breaks its rule, a stray argument.
        SystemExit: with status 0, after `--help`.
    """
    # Not the global absl.flags.FLAGS, in which two commands that share a flag's name
    # could not both be imported.
    known = flags.FlagValues()
    known.set_gnu_getopt(True)  # flags may follow the argument
    flags.DEFINE_boolean("help", False, "show this", short_name="h", flag_values=known)
    for flag in table:
        parser, is_switch = _Parser(flag.field), flag.field.kind is bool
        known[flag.name] = flags.Flag(
            parser, None, flag.name, None, flag.help, boolean=is_switch
        )
    for argument in argv[1:]:
        name = argument.lstrip("-").split("=")[0]
        if name in _HIDDEN and argument.startswith("-"):
            raise InputError(f"Unknown command line flag '{name}' (--help lists the flags)")
    implied = {f"--{flag.name}": flag.implied for flag in table if flag.implied}
    words = [
        f"{word}={implied[word]}" if word in implied and after.startswith("-") else word
        for word, after in zip(argv, [*argv[1:], "-"])
    ]
    try:
        stray = known(words)[1:]
    except flags.UnrecognizedFlagError as error:
        name = error.flagname
        others = _OTHER_NAMES.get(re.sub(r"[-_]", "", name).lower(), [])
        names = [flag.name for flag in table]
        here = next((group for group in others if set(group) <= set(names)), None)
        if not here:
            raise InputError(f"{error} (--help lists the flags)") from None
        epochs = "; an epoch is images / batch_size steps" if "epoch" in name else ""
        raise InputError(
            f"Unknown command line flag '{name}': use --{' and --'.join(here)}{epochs} "
            "(--help lists the flags)"
        ) from None
    except (flags.Error, ValueError) as error:  # a ValueError of --noresample_z=1
        raise InputError(f"{error} (--help lists the flags)") from None
    values = {flag.name: known[flag.name].value for flag in table}
    given = {name: value for name, value in values.items() if value is not None}
    if known["help"].value:
        print(_help(usage, help_table(given) if help_table else table))
        raise SystemExit(0)
    if positional and stray:
        given[positional] = stray.pop(0)
    if stray:
        raise InputError(f"unexpected argument {stray[0]!r}: settings are flags (--help)")
    return given


def check_checkpoint(values: dict[str, Any], *words: str) -> None:
    """Raises InputError if the flag "checkpoint" is no step, "best" or one of `words`."""
    text, known = values.get("checkpoint", "best"), ("a step", "best", *words)
    if not re.fullmatch(r"[0-9]{1,9}", text) and text not in known[1:]:
        rule = f"{', '.join(known[:-1])}, or {known[-1]}"
        raise InputError(f"checkpoint ({text}) must be {rule}")


def check_exclusive(values: dict[str, Any], *names: str) -> None:
    """Raises InputError if more than one of the flags `names` is set."""
    given = [name for name in names if name in values]
    if len(given) > 1:
        raise InputError(
            f"{given[0]} and {given[1]} exclude each other: leave one of them out"
        )


def _help(usage, table):
    lines = [usage.strip()]
    for group in dict.fromkeys(flag.group for flag in table):
        lines += ["", f"{group}:"]
        for flag in (f for f in table if f.group == group):
            default = f" [{flag.default}]" if flag.default else ""
            value = f"[={flag.implied}]" if flag.implied else ""
            lines.append(f"  --{flag.name}{value}{default}")
            is_text = flag.field.kind is str and not flag.field.choices
            rule = "" if is_text else f": {flag.field.text}"
            text = textwrap.fill(flag.help + rule, 78, break_on_hyphens=False)
            lines.append(textwrap.indent(text, " " * 6))
    return "\n".join(lines)


def run(main: Callable[[Sequence[str]], None]) -> None:
    """Runs a command and exits: 0 done, 130 after Ctrl-C, else an error's `exit_status`."""
    # A character that the terminal cannot show must not end a training.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    status = 0
    try:
        status = _exit_status(main)
        if sys.stdout:
            sys.stdout.flush()  # here, where an error of it is handled
    except OSError as error:
        # A broken pipe: the reader of our output has ended, as in `... | head`.
        if not isinstance(error, BrokenPipeError):
            if error.errno != errno.ENOSPC or error.filename or not sys.stdout:
                raise
            print("error: the output cannot be written: the disk is full", file=sys.stderr)
        status = status or 1
        # What is left of it must not raise again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if status:
        sys.exit(status)


def _exit_status(main):
    try:
        main(sys.argv)
    except (InputError, DivergedError, WorkerLostError) as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except SystemExit as error:  # of --help
        return error.code
    return 0
