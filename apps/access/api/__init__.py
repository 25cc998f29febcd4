"""The REST door of access, by noun."""
