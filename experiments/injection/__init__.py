"""What experiments/faults.py does to trainings, and how it looks at what is left."""
