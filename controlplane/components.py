"""How templates are read: as Cotton does, but a component ends where its markup ends."""

from django.conf import settings
from django.template import Origin
from django_cotton.cotton_loader import Loader as CottonLoader


class Loader(CottonLoader):  # type: ignore[misc]
    """Cotton's loader without the line break at the end of a component's file.

    It would stand as a space behind every badge and identifier within a sentence.
    """

    def get_contents(self, origin: Origin) -> str:
        """Return a template's compiled text."""
        text: str = super().get_contents(origin)
        is_component = str(origin.template_name).startswith(f"{settings.COTTON_DIR}/")
        return text.rstrip("\n") if is_component else text
