"""Recognises where on earth somebody or something is."""

from apps.catalog.detecting import (
    NOT_THE_THING,
    KnownTag,
    Look,
    Proposal,
    by_name,
    detector,
    phrases,
    weigh,
)

PLACE = KnownTag("pii.coordinates", "Geographic position", 20, "A place, often of a person.")
LATITUDE = phrases("lat, latitude")
LONGITUDE = phrases("lon, lng, long, longitude")
POINT = phrases("location, position, geo, coordinates, gps, geom, coords, point")


@detector(PLACE)
def detect(look: Look) -> Proposal | None:
    """Latitudes, longitudes and points."""
    if look.family == "point":
        named = look.named(POINT)
        return by_name(look, PLACE, named, confidence=0.7) if named else None
    if look.family not in ("number", "text"):
        return None
    for names, limit in ((LATITUDE, 90.0), (LONGITUDE, 180.0)):
        named = look.named(names, but=NOT_THE_THING)
        if named:
            return weigh(
                look,
                PLACE,
                named=named,
                test=lambda text, limit=limit: _within(text, limit),  # type: ignore[misc]
                what=f"lie within {limit:.0f} degrees",
            )
    return None


def _within(text: str, limit: float) -> bool:
    try:
        return abs(float(text)) <= limit
    except ValueError:
        return False
