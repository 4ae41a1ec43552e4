"""The newest checkpoints of a run, each of them complete or absent."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import tensorflow as tf

from gan_tf.errors import InputError, listed
from gan_tf.files import atomic_write
from gan_tf.run_dir.files import writing

# What reading a corrupt checkpoint raises: a flipped bit, a cut file, a missing shard.
_CORRUPT = (tf.errors.OpError, IndexError, ValueError)


class Checkpoints:
    """The folder `checkpoints` of a run; a checkpoint is named by its step.

    TensorFlow's state file `checkpoint` is written for `tf.train.latest_checkpoint` and
    never read here: the files in the folder decide which checkpoints there are.
    """

    def __init__(self, run_dir: Path):
        """Names the folder of `run_dir`, which need not exist yet."""
        self._run_dir = run_dir
        self._folder = run_dir / "checkpoints"
        self._saved = run_dir / ".saved"

    def index(self, step: int) -> Path:
        """Returns the file whose presence means that the checkpoint is complete."""
        return self._folder / f"step-{step}.index"

    def steps(self) -> list[int]:
        """Returns the steps that have a checkpoint, oldest first."""
        files = self._folder.glob("step-*.index")
        matches = (re.fullmatch(r"step-(\d+)\.index", file.name) for file in files)
        return sorted(int(match[1]) for match in matches if match)

    def have_gone(self) -> bool:
        """Returns whether there are none, although there were, and none was deleted here.

        A file outside of the folder says so, which may be deleted or be on another disk.
        """
        return self._saved.exists() and not self.steps()

    def save(self, checkpoint: tf.train.Checkpoint, step: int) -> None:
        """Writes the checkpoint of `step`, unless there is one.

        Raises:
            InputError: it cannot be written; the older ones are unchanged.
        """
        with writing(self._run_dir):
            if step not in self.steps():
                # TensorFlow renames the index last, when the data are complete.
                checkpoint.write(str(self.index(step).with_suffix("")))
            self._write_state(set())

    def prune(self, keep: int, protected: Iterable[int] = ()) -> None:
        """Deletes all checkpoints but the `keep` newest ones and those of `protected`."""
        with writing(self._run_dir):
            if old := set(self.steps()[:-keep]).difference(protected):
                self._delete(old)

    def delete_after(self, step: int) -> None:
        """Deletes the checkpoints after `step`."""
        with writing(self._run_dir):
            self._delete({s for s in self.steps() if s > step})

    def is_intact(self, step: int) -> bool:
        """Returns whether every array of the checkpoint of `step` can be read."""
        try:
            with self._readable(step) as prefix:
                reader = tf.train.load_checkpoint(prefix)
                for name in reader.get_variable_to_shape_map():
                    reader.get_tensor(name)
        except _CORRUPT:
            return False
        return True

    def restore(self, checkpoint: tf.train.Checkpoint) -> tuple[int, list[str]]:
        """Restores the newest checkpoint that can be read.

        Returns:
            (its step, or 0 if there is no checkpoint; descriptions of those skipped).

        Raises:
            InputError: there are checkpoints, and none can be read.
        """
        skipped: list[str] = []
        for step in reversed(self.steps()):
            try:
                with self._readable(step) as prefix:
                    checkpoint.read(prefix).assert_consumed()
                return step, skipped
            except (*_CORRUPT, AssertionError):
                # The names or shapes of an intact one are those of other networks.
                kind = "incompatible" if self.is_intact(step) else "corrupt"
                skipped.append(f"{kind} checkpoint {step}")
        if skipped:
            raise InputError(
                f"run_dir ({self._run_dir}) has no checkpoint that can be restored "
                f"({', '.join(skipped)}): name another --run_dir"
            )
        return 0, []

    def truncate_after(self, step: int) -> None:
        """Removes the checkpoints after `step`, and the partial files of a killed save.

        The later ones could not be restored: they are moved to the folder `corrupt`.
        """
        corrupt = self._folder / "corrupt"
        with writing(self._run_dir):
            for partial in self._folder.glob("step-*_temp"):
                shutil.rmtree(partial)
            later_steps = {s for s in self.steps() if s > step}
            self._write_state(later_steps)
            for later in later_steps:
                corrupt.mkdir(exist_ok=True)
                for file in self._files(later):
                    file.replace(corrupt / file.name)
            for data in self._folder.glob("step-*.data-*"):
                if not data.with_suffix(".index").exists():
                    data.unlink()

    def restore_part(self, part: tf.train.Checkpoint, step: int) -> None:
        """Restores from a checkpoint only the objects of `part`, and all of them.

        Raises:
            InputError: there is no such checkpoint, or it cannot be read.
        """
        steps = self.steps()
        if step not in steps:
            raise InputError(
                f"checkpoint ({step}) must be one of {listed(steps)} in run_dir "
                f"({self._run_dir})"
            )
        try:
            with self._readable(step) as prefix:
                status = part.read(prefix).expect_partial()
                status.assert_existing_objects_matched()
        except (*_CORRUPT, AssertionError) as error:
            if self.is_intact(step):
                raise InputError(
                    f"checkpoint ({step}) in run_dir ({self._run_dir}) is of other "
                    "networks, or of those of another version: train again"
                ) from None
            raise InputError(
                f"checkpoint ({step}) in run_dir ({self._run_dir}) cannot be read "
                f"({type(error).__name__}): use another one "
                f"({listed([other for other in steps if other != step])}), or train again"
            ) from None

    def _delete(self, steps: set[int]):
        self._write_state(steps)
        for step in sorted(steps, reverse=True):
            for file in self._files(step):
                file.unlink()

    def _files(self, step: int) -> list[Path]:
        # The index first: without it, the rest is not a checkpoint.
        return sorted(self._folder.glob(f"step-{step}.*"), reverse=True)

    def _write_state(self, without: set[int]):
        """Writes the state file for all checkpoints but those that will be removed."""
        names = [f"step-{step}" for step in self.steps() if step not in without]
        state = self._folder / "checkpoint"
        if names:
            self._saved.touch()
            # TensorFlow's own writer is not safe against a power failure.
            with atomic_write(state, "w") as out:
                out.write(f'model_checkpoint_path: "{names[-1]}"\n')
                for name in names:
                    out.write(f'all_model_checkpoint_paths: "{name}"\n')
        else:
            state.unlink(missing_ok=True)
            self._saved.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _readable(self, step: int) -> Iterator[str]:
        """Yields a prefix of the checkpoint which TensorFlow can read.

        TensorFlow takes a prefix for a glob pattern before it opens it as it is, so that
        no escape of a bracket or a backslash works; a symbolic link contains neither.
        """
        name = self.index(step).stem
        if not {"[", "\\"} & set(self._folder.as_posix()):
            yield str(self._folder / name)
            return
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder, "link")
            try:
                link.symlink_to(self._folder.resolve(), target_is_directory=True)
            except OSError:  # Windows, without the right to make links
                link.mkdir()
                for file in self.index(step).parent.glob(f"{name}.*"):
                    shutil.copy(file, link)
            yield str(link / name)
