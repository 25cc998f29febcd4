"""The purposes that data is used for."""

from apps.access.models import Purpose


def purposes_in_use() -> list[str]:
    """Their keys, those retired left out."""
    return list(Purpose.objects.filter(active=True).values_list("key", flat=True))
