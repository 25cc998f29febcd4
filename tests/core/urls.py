"""The product's addresses, and a few that break on purpose."""

from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import SIGNED_IN, Endpoint, Input, Router
from apps.core.errors import Conflict
from apps.core.views import public, redirect, require
from controlplane import urls as product


class Said(Input):
    """What `said` takes."""

    words = serializers.CharField(max_length=20)
    number = serializers.IntegerField(required=False)
    things = serializers.JSONField(required=False)


class SaidSet(Endpoint):
    """Takes a body and says what it understood."""

    required = {"create": SIGNED_IN, "list": "catalog.view"}
    query_parameters = frozenset({"known"})
    body_limit = 2_000
    pagination_class = None

    def list(self, request: Request) -> Response:
        """The query."""
        return Response(dict(request.query_params.items()))

    def create(self, request: Request) -> Response:
        """The body, through PostgreSQL and back."""
        given = self.read(Said)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::text, %s::int", [given["words"], given.get("number")])
        return Response(given, status=201)


class Undeclared(Endpoint):
    """Says nothing about who may."""

    def list(self, request: Request) -> Response:
        """Never reached."""
        return Response("secret")


class UndeclaredView(APIView):
    """Says nothing about who may, without actions."""

    def get(self, request: Request) -> Response:
        """Never reached."""
        return Response("secret")


def undeclared_page(_request: HttpRequest) -> HttpResponse:
    """Never reached."""
    return HttpResponse("secret")


@require("catalog.view", post="catalog.classify")
def page(request: HttpRequest) -> HttpResponse:
    """Opened by some, changed by fewer."""
    return HttpResponse(request.method or "")


@require(SIGNED_IN)
def conflicting(_request: HttpRequest) -> HttpResponse:
    """Raise a problem with a field."""
    raise Conflict("It was decided by <b>Olga</b>.", fields={"version": "is no longer current"})


@require(SIGNED_IN)
def leaving(request: HttpRequest) -> HttpResponse:
    """Send the browser elsewhere."""
    return redirect(request, "/inbox")


@public
def broken(_request: HttpRequest) -> HttpResponse:
    """A defect of ours."""
    raise RuntimeError("the password is hunter2")


class BrokenView(APIView):
    """A defect of ours, in the API."""

    required = {"get": SIGNED_IN}

    def get(self, request: Request, **_: Any) -> Response:
        """Break."""
        raise RuntimeError("the password is hunter2")


_router = Router()
_router.register("said", SaidSet, "said")
_router.register("undeclared", Undeclared, "undeclared")

urlpatterns = [
    path("api/v1/", include(_router.urls)),
    path("api/v1/undeclared-view", UndeclaredView.as_view()),
    path("api/v1/broken", BrokenView.as_view()),
    path("undeclared-page", undeclared_page),
    path("page", page),
    path("conflicting", conflicting),
    path("leaving", leaving),
    path("broken", broken),
    *product.urlpatterns,
]
handler400, handler403 = product.handler400, product.handler403
handler404, handler500 = product.handler404, product.handler500
