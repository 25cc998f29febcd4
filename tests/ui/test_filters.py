"""The filters of the components, one promise each."""

import pytest
from django import forms

from apps.home.templatetags import seneschal


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maya Okafor", "MO"),
        ("svc-churn-model", "SV"),
        ("m.okafor", "MO"),
        ("", "?"),
        ("Å B C", "ÅC"),
    ],
)
def test_initials_are_of_the_first_and_the_last_word(name: str, letters: str) -> None:
    assert seneschal.initials(name) == letters


def test_a_name_always_has_the_same_hue() -> None:
    assert seneschal.hue("Maya Okafor") == seneschal.hue("Maya Okafor")
    assert {seneschal.hue(f"person {number}") for number in range(99)} == set(range(8))


@pytest.mark.parametrize(
    ("value", "whole", "percent"),
    [(1, 4, "25.00"), (9, 4, "100.00"), (-1, 4, "0.00"), (1, 0, "0"), (None, 4, "0")],
)
def test_a_share_stays_between_nothing_and_all(
    value: float | None, whole: float, percent: str
) -> None:
    assert seneschal.share(value, whole) == percent  # type: ignore[arg-type]


def test_compared_texts_keep_every_line_and_say_what_happened_to_it() -> None:
    lines = seneschal.compared("a\nb\nc", "a\nB\nc\nd")
    assert [(line.kind, line.number, line.text) for line in lines] == [
        ("same", 1, "a"),
        ("removed", 2, "b"),
        ("added", 2, "B"),
        ("same", 3, "c"),
        ("added", 4, "d"),
    ]


def test_changed_texts_skip_what_is_far_from_a_change() -> None:
    before = "\n".join(str(number) for number in range(20))
    lines = seneschal.changed(before, before.replace("10", "ten"))
    assert [line.text for line in lines] == ["⋯", *"789", "10", "ten", "11", "12", "13", "⋯"]
    assert seneschal.changed("same", "same") == seneschal.compared("same", "same")


def test_a_control_keeps_its_own_class_and_points_to_its_help_and_error() -> None:
    class Form(forms.Form):
        reason = forms.CharField(
            help_text="In one sentence.", widget=forms.TextInput(attrs={"class": "s-input--mono"})
        )

    markup = seneschal.control(Form({})["reason"])
    assert 'class="s-input s-input--mono"' in markup
    assert 'aria-invalid="true"' in markup
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in markup
