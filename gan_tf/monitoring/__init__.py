"""What a training writes and prints: metrics, samples, warnings, progress."""
