"""The search columns that PostgreSQL itself keeps up to date, with identifiers split to words."""

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import F, Func, GeneratedField, TextField, Value

CAMEL = r"([[:lower:][:digit:]])([[:upper:]])"
SEPARATORS = r"[^[:alnum:]]+"


class _Replace(Func):
    """`regexp_replace` of every match, which is immutable."""

    function = "regexp_replace"
    output_field = TextField()


class _Weighted(Func):
    """The words of a text, weighted; `simple` knows no language and drops no word."""

    template = "setweight(to_tsvector('simple'::regconfig, %(expressions)s), %(weight)s)"
    output_field = SearchVectorField()


class _Together(Func):
    """Two search vectors as one."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = SearchVectorField()


class _Text(Func):
    """A text with its split form behind it, so that both spellings are found."""

    template = "(%(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field = TextField()


def _plain(field: str) -> Func:
    return _Replace(F(field), Value(SEPARATORS), Value(" "), Value("g"))


def _split(field: str) -> Func:
    humps = _Replace(F(field), Value(CAMEL), Value(r"\1 \2"), Value("g"))
    return _Replace(humps, Value(SEPARATORS), Value(" "), Value("g"))


def search_column(weights: Mapping[str, str]) -> GeneratedField:
    """A generated tsvector over these text columns, each with a weight from A (most) to D."""
    vector: Any = None
    for field, weight in weights.items():
        part = _Weighted(_Text(_plain(field), _split(field)), weight=f"'{weight}'")
        vector = part if vector is None else _Together(vector, part)
    return GeneratedField(expression=vector, output_field=SearchVectorField(), db_persist=True)
