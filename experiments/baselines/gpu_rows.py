"""Row "gpu": how fast the default AC-GAN trains on a GPU, and what makes it fast."""

import shutil
import statistics
import subprocess
import threading
from collections.abc import Callable

from baselines.ours import trainer
from baselines.timing import Effort, alternate, compared, rate

from gan_tf.training import devices

# Its defaults first; the other sides change one setting.
_SIDES = {
    "defaults": {},
    "steps_per_loop 1": {"steps_per_loop": 1},
    "steps_per_loop 200": {"steps_per_loop": 200},
    "without XLA": {"jit_compile": "off"},
    "float32": {"mixed_precision": "off"},
}
_STEPS = 1_000
_QUERY = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
_SECONDS_BETWEEN_QUERIES = 0.25


def gpu(effort: Effort) -> list[dict]:
    """The default acgan against itself with one setting changed; one row a setting.

    A row has the name of the device and, where there is `nvidia-smi`, the fraction of the
    time in which the GPU was busy while the defaults were measured.
    """
    device, num = devices.select_gpus(), effort.num(_STEPS)
    runs = {name: trainer("acgan", **more).train for name, more in _SIDES.items()}
    sides = {name: rate(run, num) for name, run in runs.items()}
    values = alternate(sides, effort.rounds)
    busy = _busy_fraction(lambda: runs["defaults"](num))
    ours = {"defaults": values.pop("defaults")}
    return [
        compared(
            f"`acgan` on {device}: its defaults against {name}",
            "steps/s",
            {**ours, name: rates},
            busy=busy,
        )
        for name, rates in values.items()
    ]


def _busy_fraction(work: Callable[[], object]) -> float | None:
    """Returns the GPU's median utilization during `work`; None without nvidia-smi."""
    found: list[float] = []
    done = threading.Event()

    def sample():
        while not done.wait(_SECONDS_BETWEEN_QUERIES):
            printed = subprocess.run(_QUERY, capture_output=True, text=True, check=True)
            found.append(float(printed.stdout.split()[0]) / 100)

    if not shutil.which(_QUERY[0]):
        return None
    thread = threading.Thread(target=sample)
    thread.start()
    work()
    done.set()
    thread.join()
    return statistics.median(found) if found else None
