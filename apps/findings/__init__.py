"""Anything that a person must look at, opened and closed by measurement."""
