"""How a dataset is called between connectors, rules and the catalog: `schema.name`."""


def qualified(schema: str, name: str) -> str:
    """`schema.name`; a part that holds a dot or a quote is quoted, so that no two names meet."""
    return f"{_part(schema)}.{_part(name)}"


def parts(dataset: str) -> tuple[str, str]:
    """The schema and the name behind a qualified name.

    Raises ValueError when it is not one.
    """
    found: list[str] = []
    rest = dataset
    while rest:
        part, rest = _first(rest)
        found.append(part)
    if len(found) != 2 or not all(found):
        raise ValueError(f"not a schema.name: {dataset!r}")
    return found[0], found[1]


def _part(name: str) -> str:
    if "." in name or '"' in name:
        return '"' + name.replace('"', '""') + '"'
    return name


def _first(text: str) -> tuple[str, str]:
    if not text.startswith('"'):
        part, _, rest = text.partition(".")
        return part, rest
    end = 1
    while end < len(text):
        if text[end] == '"':
            if text[end + 1 : end + 2] != '"':
                break
            end += 1
        end += 1
    return text[1:end].replace('""', '"'), text[end + 2 :]
