"""Command lines for people who are not on the server."""
