"""The faults that `experiments/faults.py` injects, and its checks of what remains."""
