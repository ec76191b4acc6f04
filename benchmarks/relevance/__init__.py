"""Relevance, side by side: `python -m benchmarks.relevance CORPUS_FOLDER` prints one table."""
