"""A page with the shell and doors that answer in each way that a door of ours may answer."""

import json

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.http import require_POST

from apps.core.errors import Refused
from apps.core.views import public

PAGE = """
{% extends "base.html" %}
{% block title %}Doors{% endblock %}
{% block content %}
  <h1>Doors</h1>
  <div id="place">before</div>
  <button type="button" class="s-btn" hx-post="/saved" hx-target="#place">Save</button>
  <button type="button" class="s-btn" hx-post="/refused" hx-target="#place">Refuse</button>
  <button type="button" class="s-btn" hx-post="/gone" hx-target="#place">Gone</button>
  <button type="button" class="s-btn" hx-post="/ruled-out" hx-target="#place">Rule out</button>
  <button type="button" class="s-btn" hx-post="/broken" hx-target="#place">Break</button>
{% endblock %}
"""


@public
def shell(request: HttpRequest) -> HttpResponse:
    """The page with one button for each door."""
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


@public
@require_POST
def saved(request: HttpRequest) -> HttpResponse:
    """A change that succeeded, and says so."""
    answer = HttpResponse('<p data-focus data-said="The grant ends today">after</p>')
    answer["HX-Trigger"] = json.dumps({"announce": {"text": "Saved", "tone": "ok"}})
    return answer


@public
@require_POST
def forbidden_by_rule(request: HttpRequest) -> HttpResponse:
    """What a service refused."""
    raise Refused("Vault cannot mask columns.")


@public
@require_POST
def refused(request: HttpRequest) -> HttpResponse:
    """A form with an error."""
    return HttpResponse("<p>the reason is missing</p>", status=422)


@public
@require_POST
def gone(request: HttpRequest) -> HttpResponse:
    """Something that is no longer there, with a whole page as its answer."""
    return HttpResponse("<h1>a whole page</h1>", status=404)


@public
@require_POST
def broken(request: HttpRequest) -> HttpResponse:
    """A failure of ours."""
    return HttpResponse("<h1>a whole page</h1>", status=500)


urlpatterns = [
    path("", shell),
    path("saved", saved),
    path("refused", refused),
    path("gone", gone),
    path("ruled-out", forbidden_by_rule),
    path("broken", broken),
    path("", include("apps.home.urls")),
]
