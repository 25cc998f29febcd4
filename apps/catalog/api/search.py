"""The search over assets, columns, tags and people, at the REST door."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api.shapes import FoundRow
from apps.catalog.selectors.search import search
from apps.core.api import Endpoint
from apps.core.errors import Invalid
from apps.identity.who import user_of

LONGEST = 200


class SearchSet(Endpoint):
    """Everything that has words beginning with those typed."""

    required = {"list": "catalog.view"}
    query_parameters = frozenset({"q"})
    serializer_class = FoundRow
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        responses=FoundRow(many=True),
        parameters=[OpenApiParameter("q", {"type": "string", "maxLength": LONGEST}, required=True)],
        operation_id="search",
    )
    def list(self, request: Request) -> Response:
        """The best of each kind first."""
        found = search(user_of(request), _asked(request))
        return Response([FoundRow().to_representation(one) for one in found])


def _asked(request: Request) -> str:
    text = request.query_params.get("q")
    if text is None or len(text) > LONGEST:
        raise Invalid(
            f"q is what to look for, of {LONGEST} characters at most.",
            fields={"q": "is needed" if text is None else "is too long"},
        )
    return text
