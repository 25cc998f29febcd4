"""`python -m controlplane.probe web|worker|beat`: a container's answer to whether it is well."""

import http.client
import os
import sys


def main(arguments: list[str]) -> int:
    """Return 0 when the named process is well, else say why and return 1."""
    name = arguments[0] if arguments else "web"
    wrong = _web() if name == "web" else _heartbeat(name)
    if wrong:
        print(f"{name}: {wrong}")
    return 1 if wrong else 0


def _web() -> str:
    """Ask the web server itself; what it depends on is `/healthz/ready`, and not its own health."""
    host = os.environ.get("SENESCHAL_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    port = int(os.environ.get("SENESCHAL_PORT", "8000"))
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/healthz/live", headers={"Host": host})
        status = client.getresponse().status
    except OSError as error:
        return str(error)
    return "" if status == 200 else f"answers {status}"


def _heartbeat(name: str) -> str:
    """Look at the heartbeat that worker and beat leave in Redis."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
    import django

    django.setup()
    from controlplane import health

    return "" if (found := health.outcome_of(name)) == "ok" else found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
