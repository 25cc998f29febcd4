"""Commands of the examples."""
