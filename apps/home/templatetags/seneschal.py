"""Filters with which the components turn values into what a page shows."""

import difflib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

register = template.Library()

HUES = 8
NEIGHBOURS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a compared document; `kind` is same, added, removed or skip."""

    kind: str
    number: int | None
    text: str


@register.filter
def initials(name: str) -> str:
    """The first letters of a name's first and last word, in capitals."""
    words = [word for word in str(name).replace(".", " ").replace("_", " ").split() if word]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:2].upper()
    return (words[0][0] + words[-1][0]).upper()


@register.filter
def hue(name: str) -> int:
    """A number from 0 to 7 that is always the same for the same name."""
    return zlib.crc32(str(name).encode()) % HUES


@register.filter
def has_text(markup: str) -> bool:
    """Whether markup would show anything: text, a picture or a control."""
    return bool(strip_tags(str(markup)).strip()) or any(
        sign in str(markup) for sign in ("<svg", "<input", "<img")
    )


@register.filter
def share(value: float, whole: float) -> str:
    """`value` in per cent of `whole`, between 0 and 100."""
    try:
        percent = 100 * float(value) / float(whole)
    except (TypeError, ValueError, ZeroDivisionError):
        return "0"
    return f"{min(max(percent, 0), 100):.2f}"


@register.filter
def tone(level: str) -> str:
    """The tone of a flash message's level."""
    return {"success": "ok", "error": "bad", "warning": "warn"}.get(level, "accent")


@register.filter
def tone_icon(level: str) -> str:
    """The icon of a flash message's level."""
    names = {"success": "circle-check", "error": "circle-alert", "warning": "triangle-alert"}
    return names.get(level, "info")


@register.filter
def kind(field: BoundField) -> str:
    """How a form field is laid out: checkbox, radio or input."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "radio"
    return "checkbox" if isinstance(widget, CheckboxInput) else "input"


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's control in the product's style; Django ties it to its help and errors."""
    if isinstance(field.field.widget, CheckboxInput | FileInput):
        return field.as_widget()
    own = field.field.widget.attrs
    attrs: dict[str, str | bool] = {"class": f"s-input {own.get('class', '')}".strip()}
    if str(own.get("placeholder", "")).startswith(str(field.label)):
        attrs["placeholder"] = False  # it only repeats the label
    return field.as_widget(attrs=attrs)


@register.filter
def compared(before: str, after: str) -> list[Line]:
    """Every line of two texts, marked as same, added or removed."""
    return list(_lines(str(before).splitlines(), str(after).splitlines()))


@register.filter
def changed(before: str, after: str) -> list[Line]:
    """The changed lines of two texts with three neighbours; longer equal stretches are skipped."""
    lines = compared(before, after)
    near: set[int] = set()
    for index, line in enumerate(lines):
        if line.kind != "same":
            near.update(range(index - NEIGHBOURS, index + NEIGHBOURS + 1))
    if not near:
        return lines
    kept: list[Line] = []
    for index, line in enumerate(lines):
        if index in near:
            kept.append(line)
        elif not kept or kept[-1].kind != "skip":
            kept.append(Line("skip", None, "⋯"))
    return kept


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    for step, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(
        a=old, b=new, autojunk=False
    ).get_opcodes():
        if step == "equal":
            for offset, text in enumerate(new[new_from:new_to], start=new_from + 1):
                yield Line("same", offset, text)
            continue
        for offset, text in enumerate(old[old_from:old_to], start=old_from + 1):
            yield Line("removed", offset, text)
        for offset, text in enumerate(new[new_from:new_to], start=new_from + 1):
            yield Line("added", offset, text)
