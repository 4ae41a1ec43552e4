"""What a run says in text: metrics.jsonl for programs, train.log for people."""

from __future__ import annotations

import contextlib
import datetime
import json
from pathlib import Path

from gan_tf.run_dir.files import replace_text, writing


class MetricsLog:
    """The two files of one run; those that write raise an InputError if it cannot be."""

    def __init__(self, run_dir: Path):
        """Names them; nothing is written yet."""
        self._run_dir = run_dir
        self._metrics = run_dir / "metrics.jsonl"

    def append(self, metrics: dict[str, float], step: int) -> None:
        """Appends an entry to metrics.jsonl: {"step": step, **metrics}."""
        self._append(self._metrics, json.dumps({"step": step, **metrics}))

    def note(self, text: str) -> None:
        """Appends a line to train.log, after the time."""
        now = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}"
        self._append(self._run_dir / "train.log", f"{now}  {text}")

    def rows(self) -> list[dict[str, float]]:
        """Returns the entries of metrics.jsonl; to be called after `rewind`."""
        if not self._metrics.exists():
            return []
        lines = self._metrics.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def truncate_after(self, step: int) -> None:
        """Drops from metrics.jsonl what was logged after `step`, and a half line."""
        if not self._metrics.exists():
            return
        kept = []
        text = self._metrics.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
        with writing(self._run_dir):
            replace_text(self._metrics, "".join(kept))

    def _append(self, file, line):
        with writing(self._run_dir):
            with open(file, "a", encoding="utf-8") as out:
                out.write(line + "\n")
