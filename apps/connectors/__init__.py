"""Reaching outside systems, in plain Python."""
