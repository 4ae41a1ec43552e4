"""The logs of a run: metrics.jsonl for programs, train.log for people."""

import contextlib
import datetime
import json
from pathlib import Path

from gan_tf.errors import InputError
from gan_tf.files import atomic_write
from gan_tf.run_dir.files import writing


class MetricsLog:
    """The two log files of a run; an InputError says that the system refuses them."""

    def __init__(self, run_dir: Path):
        """Names the files and writes nothing."""
        self._run_dir = run_dir
        self._metrics = run_dir / "metrics.jsonl"

    def append(self, metrics: dict[str, float], step: int) -> None:
        """Appends one line to metrics.jsonl: {"step": step, **metrics}."""
        self._append(self._metrics, json.dumps({"step": step, **metrics}))

    def note(self, text: str) -> None:
        """Appends one line to train.log: the time and `text`."""
        now = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}"
        self._append(self._run_dir / "train.log", f"{now}  {text}")

    def rows(self) -> list[dict[str, float]]:
        """Returns the lines of metrics.jsonl, without one that a kill has cut.

        Values that are no numbers, as another program may have written, are left out.
        """
        return [
            {k: v for k, v in row.items() if isinstance(v, (int, float))}
            for row in self._rows()
        ]

    def _rows(self):
        if not self._metrics.exists():
            return []
        rows = []
        try:
            text = self._metrics.read_text(encoding="utf-8-sig", errors="replace")
        except OSError as error:
            raise InputError(
                f"{self._metrics} cannot be read ({error.strerror}): mend or remove it"
            ) from None
        for line in text.splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError, OverflowError):
                row = json.loads(line)
                rows.append({**row, "step": int(row["step"])})
        return rows

    def truncate_after(self, step: int) -> None:
        """Removes from metrics.jsonl the lines after `step`, and a partial line."""
        if not self._metrics.exists():
            return
        lines = [json.dumps(row) + "\n" for row in self._rows() if row["step"] <= step]
        with writing(self._run_dir), atomic_write(self._metrics, "w") as out:
            out.writelines(lines)

    def _append(self, file, line):
        with writing(self._run_dir), open(file, "a", encoding="utf-8") as out:
            out.write(line + "\n")
