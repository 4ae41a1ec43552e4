"""What `experiments/speed.py` measures, and the programs that it measures against."""
