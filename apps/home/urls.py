"""Addresses of the pages that belong to no single part of the product."""

from django.urls import include, path

from apps.home.holdings import panel as holdings
from apps.home.inbox import views as inbox
from apps.home.palette import palette
from apps.home.style_guide import style_guide
from apps.home.systems import systems

pages = [
    path("", inbox.inbox, name="home"),
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/<uuid:uuid>", inbox.approval, name="approval"),
    path("inbox/<uuid:uuid>/decide", inbox.decide, name="decide"),
    path("inbox/<uuid:uuid>/preview", inbox.preview, name="preview"),
    path("people/<uuid:uuid>/holdings", holdings, name="holdings"),
    path("palette", palette, name="palette"),
    path("style-guide", style_guide, name="style-guide"),
    path("systems", systems, name="systems"),
]

urlpatterns = [path("", include((pages, "home")))]
