"""Text to matrix, and whole trainings, measured."""
