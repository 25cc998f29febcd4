"""Says in one sentence why a PostgreSQL could not be connected to, and what to look at."""

import re

_AT = "{host}:{port}"

_SENTENCES: tuple[tuple[str, str], ...] = (
    (
        r"password authentication failed|no password supplied|empty password returned",
        "The password of {user} is not the one that " + _AT + " knows, or it has no role {user}.",
    ),
    (r'role ".*" does not exist', _AT + " has no role {user}."),
    (
        r"is not permitted to log in",
        "The role {user} is not permitted to log in to " + _AT + " (NOLOGIN).",
    ),
    (r'database ".*" does not exist', _AT + " has no database {dbname}."),
    (
        r"permission denied for database",
        "The role {user} may not connect to the database {dbname}: it lacks CONNECT on it.",
    ),
    (
        r"no pg_hba\.conf entry.*no encryption",
        _AT + " lets {user} in only with TLS: require it, or add a line to its pg_hba.conf.",
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        _AT + " lets nobody in as {user} from here: its pg_hba.conf has no line that allows it.",
    ),
    (
        r"could not translate host name|failed to resolve|Name or service not known"
        r"|nodename nor servname|getaddrinfo",
        "The name {host} cannot be resolved to an address.",
    ),
    (
        r"Connection refused",
        "Nothing listens at " + _AT + ": PostgreSQL is not running there, or on another port.",
    ),
    (
        r"timeout expired|timed out",
        _AT + " did not answer in time: a firewall may lie between, or the address is wrong.",
    ),
    (
        r"No route to host|unreachable",
        "There is no way from here to " + _AT + ".",
    ),
    (
        r"server does not support SSL",
        _AT + " does not speak TLS, and TLS is required.",
    ),
    (
        r"root certificate file .* does not exist",
        "The certificate of " + _AT + " cannot be checked: no root certificate is installed here.",
    ),
    (
        r"does not match host name",
        "The certificate of " + _AT + " is made out to another name.",
    ),
    (
        r"certificate verify failed|self.signed certificate",
        "The certificate of " + _AT + " is not signed by anybody trusted here.",
    ),
    (
        r"invalid response to SSL negotiation|SSL error|server closed the connection unexpectedly",
        "What answers at " + _AT + " broke off at once: it may not be a PostgreSQL.",
    ),
    (
        r"too many (clients|connections)|remaining connection slots",
        _AT + " has no connection left to give to {user}.",
    ),
    (
        r"database system is|terminating connection",
        _AT + " is starting or shutting down.",
    ),
    (
        r"due to statement timeout|due to lock timeout|could not obtain lock",
        _AT + " did not finish in time what {user} asked.",
    ),
)


def sentence(text: str, *, host: str, port: int, dbname: str, user: str) -> str:
    """What the client library's text means; unknown text is passed on, on one line."""
    for pattern, words in _SENTENCES:
        if re.search(pattern, text, re.IGNORECASE):
            return words.format(host=host, port=port, dbname=dbname, user=user)
    said = " ".join(text.split()).removeprefix("connection failed: ")
    return f"{host}:{port}/{dbname} did not answer {user}: {said}"
