"""Where a system may be: which addresses may be connected to, and which secrets referred to."""

import ipaddress
import os
import re
import socket
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from apps.core.errors import Invalid

LOGINS = ("scan", "apply", "probe")
"""What we log in with: to list, to write rules, and to ask as somebody."""
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OUR_OWN = re.compile(r"(SENESCHAL_(?!SYSTEM_)|DATABASE_|REDIS_|DJANGO_|CELERY_|AWS_|PG)")
"""Environment variables that are about us and never the secret of a system."""

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def checked_address(address: dict[str, Any]) -> dict[str, Any]:
    """The address in full, when its parts are well-formed and its host may be connected to.

    Raises Invalid, with each part at fault named.
    """
    wrong: dict[str, str] = {}
    host = str(address.get("host", "")).strip()
    if not _HOST.fullmatch(host):
        wrong["address.host"] = "must be a host name or an IP address"
    port = address.get("port", 5432)
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65535:
        wrong["address.port"] = "must be a number from 1 to 65535"
    dbname = str(address.get("dbname", "")).strip()
    if not 1 <= len(dbname.encode()) <= 63:
        wrong["address.dbname"] = "must be the name of a database"
    sslmode = address.get("sslmode", "prefer")
    if sslmode not in SSL_MODES:
        wrong["address.sslmode"] = f"must be one of {', '.join(SSL_MODES)}"
    if unknown := sorted(address.keys() - {"host", "port", "dbname", "sslmode"}):
        wrong["address"] = f"has parts that are not known: {', '.join(unknown)}"
    if not wrong and (refusal := why_not(host)):
        wrong["address.host"] = refusal
    if wrong:
        raise Invalid("The address cannot be used.", fields=wrong)
    return {"host": host, "port": port, "dbname": dbname, "sslmode": sslmode}


def why_not(host: str) -> str:
    """Why this host may not be connected to; empty when it may.

    Every address behind its name must be public, or lie in a network of CONNECTABLE_NETWORKS.
    """
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return "cannot be resolved to an address"
    allowed = [ipaddress.ip_network(text) for text in settings.CONNECTABLE_NETWORKS]
    for text in sorted(str(one) for one in found):
        if not _may(ipaddress.ip_address(text.partition("%")[0]), allowed):
            return (
                f"leads to {text}, which is not public and lies in none of the networks of "
                "SENESCHAL_ALLOWED_NETWORKS"
            )
    return ""


def _may(address: Address, allowed: Sequence[Network]) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in allowed if network.version == address.version):
        return True
    return address.is_global and not address.is_multicast


def checked_secrets(secrets: dict[str, Any]) -> dict[str, Any]:
    """The logins and the mask key, when all secrets are references that may be used.

    Raises Invalid with the part at fault named; what was sent in place of a reference is not
    repeated, for it may be the secret itself.
    """
    wrong: dict[str, str] = {}
    found: dict[str, Any] = {}
    for name in LOGINS:
        login = secrets.get(name)
        if not login:
            if name == "scan":
                wrong["secrets.scan"] = "is needed: without it nothing can be listed"
            continue
        if not isinstance(login, dict) or set(login) != {"user", "secret"}:
            wrong[f"secrets.{name}"] = "must have a user and a secret"
            continue
        user = str(login["user"])
        if not 1 <= len(user.encode()) <= 63:
            wrong[f"secrets.{name}.user"] = "must be the name of a role"
        if refusal := _bad_reference(login["secret"]):
            wrong[f"secrets.{name}.secret"] = refusal
        found[name] = {"user": user, "secret": login["secret"]}
    if key := secrets.get("mask_key"):
        if refusal := _bad_reference(key):
            wrong["secrets.mask_key"] = refusal
        found["mask_key"] = key
    if secrets.keys() - {*LOGINS, "mask_key"}:
        wrong["secrets"] = "takes scan, apply, probe and mask_key"
    users = [login["user"] for name, login in found.items() if name != "mask_key"]
    if len(set(users)) < len(users):
        wrong["secrets"] = "names one role twice: scan, apply and probe are three roles"
    if wrong:
        raise Invalid("The logins cannot be used.", fields=wrong)
    return found


def is_reference(text: Any) -> bool:
    """Whether this has the form of a reference, whatever it leads to; all else may be a secret."""
    kind, _, name = str(text).partition(":")
    return bool(
        (kind == "env" and _VARIABLE.fullmatch(name)) or (kind == "file" and name.startswith("/"))
    )


def _bad_reference(reference: Any) -> str:
    """Why this is no reference that may be used; empty when it is one."""
    if not is_reference(reference):
        return (
            "must be a reference to a secret, env:NAME or file:/path, and never the secret itself"
        )
    kind, _, name = str(reference).partition(":")
    if kind == "env":
        return "names a variable of Seneschal's own" if OUR_OWN.match(name) else ""
    return _bad_file(name)


def _bad_file(name: str) -> str:
    """Why this file is nobody's secret but ours or the machine's; empty when it may be used."""
    path = os.path.realpath(name)
    if path.startswith(f"{os.path.realpath(settings.SYSTEM_SECRETS_FOLDER)}/"):
        return ""
    if path.startswith(f"{os.path.realpath(settings.DATA_FOLDER)}/"):
        return f"is a file of Seneschal's own; put it into {settings.SYSTEM_SECRETS_FOLDER}"
    if path.startswith(("/proc/", "/sys/", "/dev/", "/etc/")):
        return "is a file of the machine's own"
    return ""
