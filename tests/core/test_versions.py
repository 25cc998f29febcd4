"""ETag and If-Match: one decides on what one saw."""

import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from apps.core.errors import PreconditionRequired, Stale
from apps.core.etags import etag_of, required_version


class Thing:
    """Something with a version."""

    version = 12


def request(if_match: str | None) -> Request:
    """A request with this If-Match."""
    headers = {} if if_match is None else {"If-Match": if_match}
    return Request(RequestFactory().post("/", headers=headers))


def test_the_tag_of_a_thing_is_its_version() -> None:
    assert etag_of(Thing()) == '"v12"'
    assert etag_of(object()) is None


def test_the_version_that_was_seen_is_read_from_the_tag() -> None:
    assert required_version(request('"v12"')) == 12


@pytest.mark.parametrize("header", [None, "", "*", '"v1", "v2"'])
def test_a_decision_upon_no_one_version_is_not_taken(header: str | None) -> None:
    with pytest.raises(PreconditionRequired):
        required_version(request(header))


@pytest.mark.parametrize("header", ['"12"', "v12", 'W/"v12"', '"v-1"', '"v"', '"v9999999999"', "x"])
def test_a_tag_that_was_never_given_out_is_stale(header: str) -> None:
    with pytest.raises(Stale):
        required_version(request(header))
