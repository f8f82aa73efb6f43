"""Measures the whole system, each figure as a ratio to a floor measured in the same run on the same server."""
