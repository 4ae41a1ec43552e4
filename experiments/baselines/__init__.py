"""The rows of `experiments/speed.py`, and the programs that they compare with."""
