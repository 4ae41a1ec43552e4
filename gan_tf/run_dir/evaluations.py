"""A run's metrics.json: the evaluations of its checkpoints, and which is the best."""

import collections
import json
import math
from pathlib import Path
from typing import Any

from gan_tf.errors import InputError
from gan_tf.run_dir.files import write_json

_FILE = "metrics.json"
# What reading a corrupt file raises: of the system, of JSON, and of unexpected values.
_CORRUPT = (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError)


def key(record: dict[str, Any]) -> tuple[int, str]:
    """Returns (step, weights): of which networks the evaluation is."""
    return int(record["step"]), str(record["weights"])


def read(run_dir: Path) -> list[dict[str, Any]]:
    """Returns the evaluations of a run, ordered by step, weights and number of images.

    Raises:
        InputError: the file is corrupt.
    """
    file = run_dir / _FILE
    if not file.exists():
        return []
    try:
        records = json.loads(file.read_text(encoding="utf-8-sig"))["evaluations"]
        for record in records:
            if type(record["step"]) is not int:
                raise TypeError(f"step {record['step']!r}")
            hash(_kind(record))
            _frechet_ratio(record)
            for value in record["metrics"].values():
                float(value or 0)  # null is not defined
        return sorted(records, key=_identity)
    except _CORRUPT as error:
        raise InputError(
            f"{file} is damaged ({type(error).__name__}: {error}): remove it"
        ) from None


def with_earlier(run_dir: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Returns `record` with the metrics that only the evaluation it will replace has.

    Those of other versions of the packages are not kept: `record` names its versions.
    """
    for one in read(run_dir):
        is_same = _identity(one) == _identity(record)
        if is_same and one.get("versions") == record["versions"]:
            parts = {name: one.get(name, {}) | record[name] for name in ("metrics", "real")}
            if parts["metrics"].keys() > record["metrics"].keys():
                # Its notes do not say that these were left out.
                parts["notes"] = one["notes"]
            return record | parts
    return record


def write(run_dir: Path, record: dict[str, Any]) -> None:
    """Adds an evaluation; it replaces one of the same networks, images and number."""
    others = [r for r in read(run_dir) if _identity(r) != _identity(record)]
    records = sorted([*others, record], key=_identity)
    write_json(run_dir, _FILE, {"evaluations": records})


def truncate_after(run_dir: Path, step: int) -> None:
    """Removes the evaluations of later steps than `step`."""
    records = read(run_dir)
    earlier = [record for record in records if record["step"] <= step]
    if len(earlier) < len(records):
        write_json(run_dir, _FILE, {"evaluations": earlier})


def best(run_dir: Path, steps: list[int]) -> int | None:
    """Returns which of `steps` has the smallest Frechet ratio of EMA weights, or None.

    Ratios of different numbers of images, data or classifiers cannot be compared: those of
    most evaluations are.
    """
    found = _ratios(run_dir, steps)
    kind = max(found, key=lambda kind: (len(found[kind]), kind), default=None)
    ratio, step = min(found[kind], default=(math.inf, None))
    return step if ratio < math.inf else None


def best_of_each_kind(run_dir: Path, steps: list[int]) -> set[int]:
    """Returns the best of `steps` by each kind of evaluation, so that none is lost."""
    smallest = map(min, _ratios(run_dir, steps).values())
    return {step for ratio, step in smallest if ratio < math.inf}


def _ratios(run_dir, steps):
    """Returns {kind of evaluation: [(Frechet ratio, step)]} of EMA weights of `steps`."""
    found = collections.defaultdict(list)
    for record in read(run_dir):
        if record["weights"] == "ema" and record["step"] in steps:
            found[_kind(record)].append((_frechet_ratio(record), record["step"]))
    return found


def _identity(record):
    return (*key(record), *_kind(record))


def _kind(record):
    # Equal data may have moved, and have another name.
    data = record.get("crc32", record.get("data", ""))
    more = (str(record.get(name, "")) for name in ("test_sha256", "weights_sha256"))
    return record.get("num", 0), str(data), *more


def _frechet_ratio(record):
    """Returns infinity for null, which stands for an undefined ratio."""
    ratio = record["metrics"]["frechet_ratio"]
    return math.inf if ratio is None else float(ratio)
