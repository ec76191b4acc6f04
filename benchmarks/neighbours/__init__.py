"""How fast the nearest articles are found, and how many of the exact ones."""
