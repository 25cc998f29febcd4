"""Shows one form on a page of its own: what it is for, what it asks, and the way back."""

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def asked(
    request: HttpRequest, form: BaseForm, *, title: str, act: str, back: str, sub: str = ""
) -> HttpResponse:
    """The form, empty or with what was refused; then with status 422."""
    told = {"form": form, "title": title, "act": act, "back": back, "sub": sub}
    status = 422 if form.is_bound else 200
    return render(request, "identity/form.html", told, status=status)
