"""Tries bad input on the commands, and holds what must hold of every refusal."""

import hashlib
import io
import os
import sys
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest

from gan_tf import cli
from gan_tf import evaluate, generate, train

COMMANDS = {"train": train.main, "generate": generate.main, "evaluate": evaluate.main}
SECONDS = 20  # a refusal takes milliseconds on an idle machine


class Accepted(Exception):
    """Input got past every check."""


@contextmanager
def stopped_when_accepted():
    """Ends what is not refused in `Accepted`, before a training or a judge's training."""

    def accept(*args, **kwargs):
        raise Accepted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gan_tf.training.session.Session.run", accept)
        patch.setattr("gan_tf.evaluation.evaluator.load_judge", accept)
        yield


class Outcome:
    """How a command ended: its status and what it printed, as a shell would see them."""

    def __init__(self, command, arguments):
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        started, self.status = time.monotonic(), 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [command, *arguments])
            with redirect_stdout(out), redirect_stderr(err):
                try:
                    cli.run(COMMANDS[command])
                except SystemExit as end:
                    self.status = end.code or 0
        self.seconds = time.monotonic() - started
        self.out, self.err = (self._text(stream) for stream in (out, err))

    @staticmethod
    def _text(stream):
        stream.flush()
        return stream.buffer.getvalue().decode()


def tree(folder):
    """{path: what is there} of everything under a folder, links not followed."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(root, name)
            if os.path.islink(path):
                found[path] = os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    found[path] = hashlib.sha256(file.read()).hexdigest()
            else:
                found[path] = "folder, or a special file"
    return found


class Refusals:
    """Runs commands in a folder of their own and records what was tried there."""

    def __init__(self, home):
        self.home = home
        self.tried = {}  # {area: {what was tried}}
        self.modules = set()  # whose tests have run

    def __call__(self, area, command, *arguments, says=(), given=None):
        """Tries one bad input; returns the line that refuses it.

        Args:
            area: under which it is counted.
            command: "train", "generate" or "evaluate".
            *arguments: of the command.
            says: what the line must say, beside being one line.
            given: bytes or a folder that the arguments name, so that two files of one
                name count as two inputs.
        """
        arguments = [str(argument) for argument in arguments]
        before, folder = tree(self.home), os.getcwd()
        os.chdir(self.home)
        try:
            with stopped_when_accepted():
                outcome = Outcome(command, arguments)
        finally:
            os.chdir(folder)
        what = f"{command} {arguments}: {outcome.err!r}"
        assert outcome.status == 2, what
        line = outcome.err.removesuffix("\n")
        assert outcome.err.endswith("\n") and line.isprintable(), what
        assert line.startswith("error: "), what
        assert outcome.seconds < SECONDS, what
        for part in says:
            assert part in line, f"{part!r} is not in: {what}"
        assert tree(self.home) == before, f"files changed by {what}"
        self.tried.setdefault(area, set()).add((command, *arguments, repr(given)))
        return line
