"""Errors that a person can act on, each of which becomes an RFC 9457 problem at the door."""

from collections.abc import Mapping


class Problem(Exception):
    """Something a caller did or met that has a name.

    `detail` is one sentence that says what happened and what to do. `fields` names each input at
    fault with its own sentence. `status` is the HTTP status at the REST door.
    """

    status = 500
    slug = "problem"
    title = "Something went wrong"

    def __init__(self, detail: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields: dict[str, str] = dict(fields or {})


class Invalid(Problem):
    """The input cannot be understood or is out of bounds."""

    status = 400
    slug = "invalid"
    title = "The input is not valid"


class Forbidden(Problem):
    """The actor may not do this."""

    status = 403
    slug = "forbidden"
    title = "You may not do this"


class NotFound(Problem):
    """There is no such thing, or the actor may not know that there is."""

    status = 404
    slug = "not-found"
    title = "Not found"


class Conflict(Problem):
    """The thing is no longer in the state that the caller expects."""

    status = 409
    slug = "conflict"
    title = "It is no longer in that state"


class Stale(Problem):
    """The caller decided on a version that has been replaced since (If-Match failed)."""

    status = 412
    slug = "stale"
    title = "It has changed since you looked"


class PreconditionRequired(Problem):
    """The caller must say which version they decide on (If-Match is missing)."""

    status = 428
    slug = "precondition-required"
    title = "Say which version you saw"


class Refused(Problem):
    """It could be understood, and it is not done for the reason given: never approximated."""

    status = 422
    slug = "refused"
    title = "Refused"


class Unavailable(Problem):
    """An outside system could not be reached; trying again later may help."""

    status = 503
    slug = "unavailable"
    title = "A system cannot be reached"
