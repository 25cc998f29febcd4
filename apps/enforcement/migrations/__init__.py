"""The tables of enforcement, step by step."""
