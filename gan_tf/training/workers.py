"""The processes that train one model together, a worker on each machine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable

import tensorflow as tf

from gan_tf.errors import InputError, WorkerLostError

# Machines of a cluster may start minutes apart.
_SECONDS_TO_JOIN = 600
# What a collective operation raises whose other side has gone.
_GONE = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.DeadlineExceededError,
)


class Workers:
    """All workers, as one of them sees them; one alone unless they are `multi_worker`.

    All workers do the same steps. One of them, the chief, writes and prints besides.

    Attributes:
        strategy: the `tf.distribute.Strategy` under which all variables are made.
        is_chief: whether this one is the chief.
    """

    def __init__(self, strategy: tf.distribute.Strategy, num: int = 1, index: int = 0):
        """Wraps a strategy.

        Args:
            strategy: of all workers.
            num: how many there are.
            index: which this one is; 0 is the chief.
        """
        self.strategy = strategy
        self.is_chief = index == 0
        self._num = num

    def wait(self) -> None:
        """Waits until every worker is here."""
        self._sum(0)

    def any(self, flag: bool) -> bool:
        """Returns whether `flag` is set on any worker; all of them have to ask."""
        return self._sum(int(flag)) > 0

    def from_chief(self, number: int) -> int:
        """Returns the chief's `number`, on every worker; all of them have to ask."""
        return self._sum(number if self.is_chief else 0)

    def together(self):
        """Returns a context that raises WorkerLostError where another worker goes."""
        return _together() if self._num > 1 else contextlib.nullcontext()

    def _sum(self, number):
        if self._num == 1:
            return number
        return int(self.strategy.reduce("SUM", tf.constant(number, tf.int64), None))


@contextlib.contextmanager
def _together():
    try:
        yield
    except _GONE as error:
        raise WorkerLostError(
            "another worker has ended (its own output says why) or cannot be reached, so "
            "this one ends too: start all of them again, and they continue from the last "
            "checkpoint"
        ) from error


def _alone():
    return Workers(tf.distribute.get_strategy())


def _mirrored():
    gpus = tf.config.list_logical_devices("GPU")
    devices = [d.name for d in gpus or tf.config.list_logical_devices("CPU")]
    return Workers(tf.distribute.MirroredStrategy(devices))


def _multi_worker():
    if not hasattr(signal, "alarm"):
        raise InputError("strategy (multi_worker) needs Linux or macOS: leave it out")
    num, index = _place(os.environ.get("TF_CONFIG", ""))
    print(
        f"waits     for all {num} workers of TF_CONFIG, {_SECONDS_TO_JOIN} s at most",
        file=sys.stderr,
        flush=True,
    )
    # TensorFlow waits without end and holds Python's lock, so that no thread and no
    # handler of ours would run; what the system does at an alarm, end the process, it does.
    signal.alarm(_SECONDS_TO_JOIN)
    try:
        with _together():
            workers = Workers(tf.distribute.MultiWorkerMirroredStrategy(), num, index)
            workers.wait()
    finally:
        signal.alarm(0)
    return workers


def _place(text: str) -> tuple[int, int]:
    """Returns (number of workers, index of this one), by the text of TF_CONFIG.

    Raises:
        InputError: TensorFlow could make nothing of it, or would wait for ever.
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
        pass  # as unsound as the rest
    raise InputError(
        f"TF_CONFIG ({' '.join(text.split())}) must be JSON of this form for strategy "
        '(multi_worker): {"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": '
        '{"type": "worker", "index": 0}}; docs/distributed.md has examples'
    )


JOIN: dict[str, Callable[[], Workers]] = {
    "none": _alone,
    "mirrored": _mirrored,
    "multi_worker": _multi_worker,
}
