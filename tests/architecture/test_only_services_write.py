"""Rows are changed by services alone: no other room calls what writes them."""

import ast

from tests.architecture.code import Module, modules

WRITING = {
    "abulk_create",
    "abulk_update",
    "acreate",
    "adelete",
    "aget_or_create",
    "asave",
    "aupdate",
    "aupdate_or_create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "save",
    "select_for_update",
    "update_or_create",
}
"""Methods that only a model or a queryset has."""
SHARED = {"create", "update", "delete", "add", "remove", "set", "clear"}
"""Methods that dictionaries, sets and others have as well; writing when called on a queryset."""
OF_ROWS = {"objects", "filter", "exclude", "all", "get_queryset", "select_related", "order_by"}


def writes(module: Module) -> list[str]:
    """Each call in the module that writes rows, with its line."""
    found = []
    for call in module.calls():
        if not isinstance(call.func, ast.Attribute):
            continue
        name = call.func.attr
        if ast.unparse(call.func.value) == "super()":
            continue  # a model that refuses to be written some way
        if name in WRITING or (name in SHARED and _is_of_rows(call.func.value)):
            found.append(f"{module.name}:{call.lineno} .{name}()")
    return found


def _is_of_rows(value: ast.expr) -> bool:
    """Whether this expression is a queryset: something after `.objects` or `.filter(…)`."""
    while True:
        if isinstance(value, ast.Call):
            value = value.func
        elif isinstance(value, ast.Attribute):
            if value.attr in OF_ROWS:
                return True
            value = value.value
        else:
            return False


def test_only_services_write() -> None:
    outside = [
        write
        for module in modules()
        if module.name.startswith("apps/") and not module.is_of_services
        for write in writes(module)
    ]
    assert not outside, "\n".join(outside)


def test_the_test_sees_what_writes() -> None:
    text = """
Thing.objects.create(name="a")
Thing.objects.filter(pk=1).update(name="b")
thing.save(update_fields=["name"])
Thing.objects.filter(pk=1).select_related("x").delete()
{}.update(name="c")
cache.delete("key")
"""
    module = Module(modules()[0].path, ast.parse(text), 6)
    assert [write.rsplit(" ", 1)[1] for write in writes(module)] == [
        ".create()",
        ".update()",
        ".save()",
        ".delete()",
    ]


def test_nothing_runs_sql_that_writes_outside_of_services() -> None:
    outside = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.name.startswith("apps/") and not module.is_of_services
        if not module.name.startswith(("apps/connectors/", "apps/audit/"))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.lstrip().upper().startswith(("INSERT INTO", "UPDATE ", "DELETE FROM"))
    ]
    assert not outside, "\n".join(outside)
