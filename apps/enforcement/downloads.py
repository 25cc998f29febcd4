"""Evidence as a file to keep, at either door."""

from django.http import HttpResponse

from apps.enforcement.models import Evidence


def download(evidence: Evidence) -> HttpResponse:
    """The bytes as they were kept; their digest is in the headers, in the name and in the book."""
    name = f"evidence-{evidence.sha256[:16]}.json"
    return HttpResponse(
        bytes(evidence.body),
        content_type=evidence.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Repr-Digest": f"sha-256=:{evidence.base64}:",
        },
    )
