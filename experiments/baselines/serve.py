"""The baseline's side of `baselines.timing.Worker`. Imports nothing but Python's own."""

import sys
from collections.abc import Callable


def serve(steps: dict[str, Callable[[], object]], version: str) -> None:
    """Runs as many steps as each line of stdin asks for, "<name> <number>", until its end.

    Args:
        steps: {name: function that does one step}; names without white space.
        version: of what is measured, such as "torch 2.13.0".
    """
    print(f"ready {version}", flush=True)
    for line in sys.stdin:
        name, num = line.split()
        for _ in range(int(num)):
            steps[name]()
        print("done", flush=True)
