"""Measurements, side by side with peers: one command, one table each."""
