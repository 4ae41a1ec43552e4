"""The processes that train one model together, one worker per machine."""

import contextlib
import json
import os
import re
import signal
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from gan_tf.config import Config
from gan_tf.errors import InputError, WorkerLostError

# Machines of a cluster may start minutes apart.
_SECONDS_TO_JOIN = 600
# What a collective operation raises when the process on its other side has ended.
_WORKER_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.DeadlineExceededError,
)


class Workers:
    """All workers, from the side of one of them; a single one without `multi_worker`.

    All workers run the same steps. One of them, the chief, also writes and prints.

    Attributes:
        strategy: the `tf.distribute.Strategy` under which all variables are created.
        is_chief: whether this worker is the chief.
    """

    def __init__(self, strategy: tf.distribute.Strategy, num: int = 1, index: int = 0):
        """Wraps the strategy of `num` workers, for that of `index`; 0 is the chief."""
        self.strategy = strategy
        self.is_chief = index == 0
        self._num = num

    def wait(self) -> None:
        """Waits until every worker has called this."""
        self._sum(0)

    def any(self, flag: bool) -> bool:
        """Returns whether `flag` is set on any worker; every worker must call this."""
        return self._sum(int(flag)) > 0

    def check_equal(self, number: int, what: str, run_dir: Path) -> None:
        """Checks that all workers have read the same number; every one must call this.

        Args:
            number: what this worker has read in the run directory.
            what: what is counted, for the error.
            run_dir: the run directory.

        Raises:
            InputError: this worker has another one than the chief.
        """
        if number != self._sum(number if self.is_chief else 0):
            raise InputError(
                f"run_dir ({run_dir}) must be one folder that all workers share: "
                f"this worker can read {number} {what}, and the chief another number"
            )

    def check_settings(self, config: Config) -> None:
        """Checks that all workers have the same settings; every one must call this.

        Raises:
            InputError: this worker has others than the chief.
        """
        differing = []
        for name, value in config.as_dict().items():
            # The path of equal data may differ; a preset's name says nothing more.
            if name in ("data", "preset"):
                continue
            checksum = zlib.crc32(json.dumps(value).encode())
            if checksum != self._sum(checksum if self.is_chief else 0):
                differing.append(f"{name} ({value})")
        if differing:
            raise InputError(
                f"{', '.join(differing)} must be as on the chief: give each of these "
                "flags, with one value, to all workers"
            )

    def together(self):
        """Returns a context that raises WorkerLostError when another worker ends."""
        return _together() if self._num > 1 else contextlib.nullcontext()

    def _sum(self, number):
        if self._num == 1:
            return number
        return int(self.strategy.reduce("SUM", tf.constant(number, tf.int64), None))


@contextlib.contextmanager
def _together():
    try:
        yield
    except _WORKER_LOST as error:
        raise WorkerLostError(
            "another worker has ended (see its output) or cannot be reached, so this one "
            "ends too: start all of them again, and they resume from the last checkpoint"
        ) from error


def _mirrored():
    gpus = tf.config.list_logical_devices("GPU")
    devices = [d.name for d in gpus or tf.config.list_logical_devices("CPU")]
    return Workers(tf.distribute.MirroredStrategy(devices))


def _multi_worker():
    if not hasattr(signal, "alarm"):
        raise InputError("strategy (multi_worker) needs Linux or macOS: leave it out")
    num, index = _place(os.environ.get("TF_CONFIG", ""))
    print(
        f"Waiting for all {num} workers of TF_CONFIG, at most {_SECONDS_TO_JOIN} s",
        file=sys.stderr,
        flush=True,
    )
    # TensorFlow waits without a limit and holds Python's lock, so no thread and no signal
    # handler of ours would run; the system's own action at an alarm ends the process.
    signal.alarm(_SECONDS_TO_JOIN)
    try:
        with _together():
            workers = Workers(tf.distribute.MultiWorkerMirroredStrategy(), num, index)
            workers.wait()
    except RuntimeError as error:
        if "must be configured at program startup" not in str(error):
            raise
        raise InputError(
            "strategy (multi_worker) must begin before TensorFlow computes: start a new "
            "process, and give data as a path or as arrays"
        ) from error
    finally:
        signal.alarm(0)
    return workers


def _place(text: str) -> tuple[int, int]:
    """Returns (number of workers, index of this one), by the text of TF_CONFIG.

    Raises:
        InputError: TensorFlow could not use it, or would wait without a limit.
    """
    try:
        config = json.loads(text)
        # A chief, where one is named, comes before the workers.
        groups, task = sorted(config["cluster"].items()), config["task"]
        places = [(kind, i) for kind, hosts in groups for i in range(len(hosts))]
        addresses = [address for _, hosts in groups for address in hosts]
        kinds = {kind for kind, _ in groups}
        sound = (
            kinds <= {"chief", "worker"}
            and ("chief", 1) not in places
            and all(re.fullmatch(r"\S+:\d+", address) for address in addresses)
            and len(set(addresses)) == len(addresses)
        )
        if sound:
            return len(places), places.index((task["type"], task["index"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # refused below, like the rest
    raise InputError(
        f"TF_CONFIG ({' '.join(text.split())}) must be JSON of this form for strategy "
        '(multi_worker): {"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": '
        '{"type": "worker", "index": 0}}; docs/distributed.md has examples'
    )


JOIN: dict[str, Callable[[], Workers]] = {
    "none": lambda: Workers(tf.distribute.get_strategy()),
    "mirrored": _mirrored,
    "multi_worker": _multi_worker,
}
