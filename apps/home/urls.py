"""Addresses of the pages that belong to no single part of the product."""

from django.urls import include, path

from apps.home.style_guide import style_guide
from apps.home.systems import systems

pages = [
    path("style-guide", style_guide, name="style-guide"),
    path("systems", systems, name="systems"),
]

urlpatterns = [path("", include((pages, "home")))]
