"""The checkpoints of a run: whole or not there, the newest few."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import tensorflow as tf

from gan_tf.errors import InputError
from gan_tf.run_dir.files import writing

# What reading a damaged checkpoint raises: a flipped bit, a cut file, a missing shard.
_DAMAGE = (tf.errors.OpError, IndexError, ValueError)


class Checkpoints:
    """The folder `checkpoints` of a run, a checkpoint being named by its step."""

    def __init__(self, run_dir: Path, keep: int):
        """Looks at a folder, which need not be there yet.

        Args:
            run_dir: the run.
            keep: how many checkpoints to keep, the newest.
        """
        self._run_dir = run_dir
        self._keep = keep

    def index(self, step: int) -> Path:
        """Returns the file whose presence says that the checkpoint of `step` is whole."""
        return self._run_dir / "checkpoints" / f"step-{step}.index"

    def steps(self) -> list[int]:
        """Returns the steps that have a checkpoint, oldest first."""
        names = (file.name for file in self._run_dir.glob("checkpoints/step-*.index"))
        matches = (re.fullmatch(r"step-(\d+)\.index", name) for name in names)
        return sorted(int(match[1]) for match in matches if match)

    def save(
        self, checkpoint: tf.train.Checkpoint, step: int, protected: int | None = None
    ) -> None:
        """Writes the checkpoint of `step` and deletes what is beyond the newest few.

        Args:
            checkpoint: what to write.
            step: its step.
            protected: the step of an older one that stays.

        Raises:
            InputError: it cannot be written; the older ones are as they were.
        """
        with writing(self._run_dir):
            if step not in self.steps():
                # The index is renamed into place last: where it is, the data are whole.
                checkpoint.write(self._prefix(step))
            for old in set(self.steps()[: -self._keep]) - {protected}:
                self._delete(old)

    def delete_from(self, step: int) -> None:
        """Deletes the checkpoints of `step` and later ones, the newest first."""
        with writing(self._run_dir):
            for newer in reversed([s for s in self.steps() if s >= step]):
                self._delete(newer)

    def is_intact(self, step: int) -> bool:
        """Whether every array of the checkpoint of `step` can be read."""
        try:
            reader = tf.train.load_checkpoint(self._prefix(step))
            for name in reader.get_variable_to_shape_map():
                reader.get_tensor(name)
        except _DAMAGE:
            return False
        return True

    def restore(self, checkpoint: tf.train.Checkpoint) -> tuple[int, list[str]]:
        """Reads the newest checkpoint that is whole.

        Returns:
            (its step, or 0 if there is none; what had to be passed over, in words).

        Raises:
            InputError: there are checkpoints, and none can be read.
        """
        skipped: list[str] = []
        for step in reversed(self.steps()):
            try:
                checkpoint.read(self._prefix(step)).assert_consumed()
                return step, skipped
            except (*_DAMAGE, AssertionError) as error:
                # A whole one was refused for its shapes or names: other networks wrote it.
                why = f"damaged ({type(error).__name__})"
                if self.is_intact(step):
                    why = "of another version"
                skipped.append(f"checkpoint {step} is {why}")
        if skipped:
            raise InputError(
                f"run_dir ({self._run_dir}): {'; '.join(skipped)}: name another --run_dir"
            )
        return 0, []

    def truncate_after(self, step: int) -> None:
        """Leaves no checkpoint after `step`, and nothing that a kill left half done.

        A training that goes on from `step` makes the later ones again. Those that are
        there could not be read; they are moved to the folder `passed_over`.
        """
        folder = self._run_dir / "checkpoints"
        aside = folder / "passed_over"
        with writing(self._run_dir):
            for draft in folder.glob("step-*_temp"):
                shutil.rmtree(draft)
            for later in [s for s in self.steps() if s > step]:
                aside.mkdir(exist_ok=True)
                # The index first: without it the rest is no checkpoint.
                for file in sorted(folder.glob(f"step-{later}.*"), reverse=True):
                    file.replace(aside / file.name)
            for data in folder.glob("step-*.data-*"):
                if not data.with_suffix(".index").exists():
                    data.unlink()

    def restore_part(self, part: tf.train.Checkpoint, step: int) -> None:
        """Reads of a checkpoint only what `part` names, and all of that.

        Raises:
            InputError: there is no such checkpoint, or it cannot be read.
        """
        steps = self.steps()
        choices = ", ".join(map(str, steps))
        if step not in steps:
            raise InputError(
                f"checkpoint ({step}) must be one of {choices} in run_dir "
                f"({self._run_dir})"
            )
        try:
            status = part.read(self._prefix(step)).expect_partial()
            status.assert_existing_objects_matched()
        except (*_DAMAGE, AssertionError) as error:
            raise InputError(
                f"checkpoint ({step}) in run_dir ({self._run_dir}) cannot be read "
                f"({type(error).__name__}): use one of {choices}"
            ) from None

    def _delete(self, step):
        # The index first: without it the rest is no checkpoint.
        self.index(step).unlink()
        for file in self._run_dir.glob(f"checkpoints/step-{step}.*"):
            file.unlink()

    def _prefix(self, step):
        return str(self.index(step).with_suffix(""))
