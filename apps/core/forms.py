"""Lets a form show what a service refused, beside the field at fault."""

from collections.abc import Callable
from typing import TypeVar

from django.forms import BaseForm

from apps.core.errors import Problem

T = TypeVar("T")


def carried_out(form: BaseForm, carry_out: Callable[[], T]) -> T | None:
    """What the service returned; None when the form is not filled in well or the service refused.

    Then the form says why. What is no fault of the form (a status of 5xx) is raised on.
    """
    if not form.is_valid():
        return None
    try:
        return carry_out()
    except Problem as problem:
        if problem.status >= 500:
            raise
        known = {name: text for name, text in problem.fields.items() if name in form.fields}
        for name in known:
            form.add_error(name, problem.detail)
        if not known:
            form.add_error(None, problem.detail)
        return None
