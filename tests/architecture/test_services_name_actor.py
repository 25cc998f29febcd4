"""Every public service says by name what it takes, and who does it."""

import ast

from tests.architecture.code import Module, modules


def public_functions() -> list[tuple[Module, ast.FunctionDef]]:
    """The functions of services modules whose name has no underscore."""
    return [
        (module, node)
        for module in modules()
        if module.is_of_services
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def offered() -> set[tuple[str, str]]:
    """(app, name) of what services offer: by their package, or to a module beyond it."""
    found = set()
    for module in modules():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            parts = (node.module or "").split(".")
            if parts[:1] == ["apps"] and parts[2:3] == ["services"]:
                app = parts[1]
                own = module.is_of_services and _app(module) == app
                if not own or module.rooms == ("services", "__init__"):
                    found |= {(app, alias.name) for alias in node.names}
    return found


def _app(module: Module) -> str:
    return module.name.split("/")[1]


WITHOUT_ACTOR = {
    "answered_before": "the attempt it looks up names its actor",
    "fingerprint": "it computes and writes nothing",
    "remember": "the attempt it keeps names its actor",
}
"""The few that take none, and why."""


def test_every_offered_service_takes_named_arguments_and_among_them_who_does_it() -> None:
    names = offered()
    wrong = []
    for module, function in public_functions():
        if (_app(module), function.name) not in names or function.name in WITHOUT_ACTOR:
            continue
        if function.args.args or function.args.posonlyargs:
            wrong.append(f"{module.name}: {function.name} takes arguments by position")
        if "actor" not in [argument.arg for argument in function.args.kwonlyargs]:
            wrong.append(f"{module.name}: {function.name} does not take its actor by name")
    assert not wrong, "\n".join(wrong)


def test_no_service_reads_the_clock() -> None:
    """Only doors know what time it is; audit alone, which writes when something happened."""
    clocks = {"timezone.now", "datetime.now", "datetime.utcnow", "time.time"}
    wrong = []
    for module in modules():
        if module.rooms[:1] not in (("services",), ("selectors",), ("models",)):
            continue
        if module.name.startswith("apps/audit/"):
            continue
        for call in module.calls():
            if ast.unparse(call.func) in clocks:
                wrong.append(f"{module.name}:{call.lineno}")
    assert not wrong, "\n".join(wrong)
