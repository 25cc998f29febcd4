"""Durable work in rows."""
