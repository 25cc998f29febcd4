"""The one failure of the embedded servers: a sentence that says what to do."""


class EmbeddedFailure(Exception):
    """Something a person must change before the embedded servers can run."""
