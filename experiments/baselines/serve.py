"""The baseline's end of `baselines.timing.Worker`; imports the standard library only."""

import sys
from collections.abc import Callable


def serve(steps: dict[str, Callable[[], object]], version: str) -> None:
    """Runs the steps that each line of stdin requests, "<name> <number>", until its end.

    Args:
        steps: {name: function that does one step}; names without white space.
        version: of the framework, such as "torch 2.13.0".
    """
    print(f"ready {version}", flush=True)
    for line in sys.stdin:
        name, num = line.split()
        for _ in range(int(num)):
            steps[name]()
        print("done", flush=True)
