"""Addresses of the pages that belong to no single part of the product."""

from django.urls import include, path

from apps.home.style_guide import style_guide

pages = [path("style-guide", style_guide, name="style-guide")]

urlpatterns = [path("", include((pages, "home")))]
