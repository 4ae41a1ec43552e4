"""The fault harness's trainings; what runs undisturbed runs in this process, for speed."""

import contextlib
import copy
import io
from pathlib import Path
from unittest import mock

import pytest

from gan_tf import cli
from gan_tf import train


@pytest.fixture(scope="session")
def harness():
    """The modules of experiments/ can be imported while it lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[2] / "experiments")
        yield


@pytest.fixture(scope="session")
def make_trainings(harness, tmp_path_factory):
    from injection.trainings import Session, Trainings

    class Here(Session):
        """The same command, without the seconds that a process takes to start."""

        def __init__(self, command, run_dir):
            out, err = io.StringIO(), io.StringIO()
            with contextlib.ExitStack() as stack:
                stack.enter_context(contextlib.redirect_stdout(out))
                stack.enter_context(contextlib.redirect_stderr(err))
                stack.enter_context(mock.patch("sys.argv", command[2:]))
                try:
                    cli.run(train.main)
                    self._status = 0
                except SystemExit as exit_:
                    self._status = exit_.code
            self._texts = out.getvalue(), err.getvalue()

        out = property(lambda self: self._texts[0])
        err = property(lambda self: self._texts[1])

        def end(self):
            return self._status

    def make(model):
        folder = tmp_path_factory.mktemp("faults") / model
        return Trainings(folder, model, last=Here)

    return make


@pytest.fixture(scope="session")
def gan(make_trainings):
    return make_trainings("gan")


@pytest.fixture(scope="session")
def acgan(make_trainings):
    return make_trainings("acgan")


@pytest.fixture
def apart():
    """Makes trainings end in a process of their own, too."""
    from injection.trainings import Session

    def of(trainings):
        other = copy.copy(trainings)
        other.last = Session
        return other

    return of
