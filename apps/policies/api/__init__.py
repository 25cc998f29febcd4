"""The REST door of policies."""
