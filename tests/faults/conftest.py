"""Trainings of the fault experiment; undisturbed ones run in this process, for speed."""

import contextlib
import io
import sys
from unittest import mock

import pytest
from injection.trainings import Session, Trainings

from gan_tf import cli, train

collect_ignore = [] if sys.platform == "linux" else ["test_faults.py"]


@pytest.fixture(scope="session")
def gan(tmp_path_factory):
    class InProcess(Session):
        """The same command, without the seconds that a process takes to start."""

        out = err = ""

        def __init__(self, command, run_dir):
            out, err, self.status = io.StringIO(), io.StringIO(), 0
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                mock.patch("sys.argv", command[2:]),
            ):
                try:
                    cli.run(train.main)
                except SystemExit as end:
                    self.status = end.code
            self.out, self.err = out.getvalue(), err.getvalue()

        def end(self):
            return self.status

    return Trainings(tmp_path_factory.mktemp("faults") / "gan", "gan", last=InProcess)
