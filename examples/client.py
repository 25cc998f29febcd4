"""Signs in as one of the demo's people through the front door and talks REST from then on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

API = "/api/v1"


class Client:
    """One person: signed in with a password once, an API token of their own ever after."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        form = self.http.get("/accounts/login/")
        form.raise_for_status()
        signed_in = self.http.post(
            "/accounts/login/",
            data={"login": email, "password": password, "csrfmiddlewaretoken": self._csrf()},
            headers={"Referer": f"{url}/accounts/login/"},
        )
        if not signed_in.is_redirect or "seneschal_session" not in self.http.cookies:
            raise RuntimeError(f"{email} could not sign in")

    def get(self, path: str, **query: str) -> Any:
        """What stands there. Raises httpx.HTTPStatusError."""
        return self._read(self.http.get(API + path, params=query))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Create or do something, once. Raises httpx.HTTPStatusError."""
        return self._read(self._send(path, body, {"Idempotency-Key": str(uuid4())}))

    def try_decide(self, approval: str, terms: dict[str, Any]) -> tuple[int, Any]:
        """Approve on these terms; the status and what was said."""
        seen = self.http.get(f"{API}/approvals/{approval}")
        reply = self._send(
            f"/approvals/{approval}/decide",
            {"answer": "approve", "note": "As asked, for a short while.", "terms": terms},
            {"If-Match": seen.headers.get("ETag", "")},
        )
        return reply.status_code, reply.json()

    def download(self, path: str, *, post: bool = False) -> bytes:
        """A file, as bytes."""
        reply = self._send(path.removeprefix(API), {}, {}) if post else self.http.get(path)
        reply.raise_for_status()
        return reply.content

    def _send(
        self, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response:
        return self.http.post(
            API + path,
            json=body or {},
            headers=headers | {"X-CSRFToken": self._csrf(), "Referer": str(self.http.base_url)},
        )

    def _csrf(self) -> str:
        return self.http.cookies.get("seneschal_csrf") or ""

    def _read(self, reply: httpx.Response) -> Any:
        if reply.is_error:
            raise RuntimeError(f"{reply.request.method} {reply.request.url}: {reply.text[:600]}")
        return reply.json()


def soon(**span: float) -> str:
    """The instant so far from now, as the API takes it."""
    return (datetime.now(UTC) + timedelta(**span)).isoformat()
