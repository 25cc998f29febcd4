"""The habits of the house that a reader can count on, read out of the source."""

import ast

from tests.architecture.code import PROJECT, dotted, modules

LONGEST_FILE, LONGEST_FUNCTION = 400, 60
DANGEROUS = {
    "compile",
    "eval",
    "exec",
    "marshal.load",
    "marshal.loads",
    "os.popen",
    "os.system",
    "pickle.load",
    "pickle.loads",
    "shelve.open",
    "yaml.load",
    "yaml.unsafe_load",
}
"""Calls that run what they are given."""


def test_every_module_says_what_it_is() -> None:
    silent = [module.name for module in modules() if not ast.get_docstring(module.tree)]
    assert not silent, "\n".join(silent)


def test_no_module_tells_more_than_one_story() -> None:
    long = {module.name: module.lines for module in modules() if module.lines > LONGEST_FILE}
    assert not long, long


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{module.name}: {function.name}": length
        for module in modules()
        for function in module.functions()
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long, long


def test_nothing_runs_text_or_unpacks_objects() -> None:
    found = [
        f"{module.name}:{call.lineno} {dotted(call.func)}"
        for module in modules()
        for call in module.calls()
        if dotted(call.func) in DANGEROUS
    ]
    assert not found, "\n".join(found)


def test_no_shell_reads_a_command() -> None:
    found = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        for call in module.calls()
        for keyword in call.keywords
        if keyword.arg == "shell" and getattr(keyword.value, "value", None) is True
    ]
    assert not found, "\n".join(found)


def test_nothing_is_searched_by_reading_every_row() -> None:
    found = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.keyword) and (node.arg or "").endswith("__icontains")
        for node in [node.value]
    ]
    assert not found, "\n".join(found)


def test_no_app_shares_the_base_of_its_configuration() -> None:
    """With two candidates in `apps.py` Django silently uses neither."""
    wrong = []
    for module in modules():
        if module.rooms != ("apps",):
            continue
        classes = [node for node in module.tree.body if isinstance(node, ast.ClassDef)]
        if [dotted(base) for one in classes for base in one.bases] != ["AppConfig"]:
            wrong.append(module.name)
        wrong += [
            f"{module.name} imports from {node.module}"
            for node in module.tree.body
            if isinstance(node, ast.ImportFrom) and node.module != "django.apps"
            if any(alias.name.endswith("Config") for alias in node.names)
        ]
    assert not wrong, "\n".join(wrong)


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "helpers", "misc", "common", "tools", "signals"}
    assert [module.name for module in modules() if drawers & set(module.rooms)] == []


def test_no_rest_door_declares_its_own_way_in() -> None:
    """A viewset that sets permission classes would not be asked what it requires."""
    found = []
    for module in modules():
        if not module.name.startswith("apps/") or module.name.startswith("apps/core/"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Assign) and any(
                dotted(target) in {"permission_classes", "authentication_classes"}
                for target in node.targets
            ):
                found.append(f"{module.name}:{node.lineno}")
    assert not found, "\n".join(found)


def test_nothing_is_exempt_from_csrf() -> None:
    found = [
        module.name for module in modules() if "csrf_exempt" in (PROJECT / module.name).read_text()
    ]
    assert not found, "\n".join(found)


def test_templates_trust_nothing_that_people_wrote() -> None:
    trusting = ("|safe", "autoescape off", "mark_safe", "|safeseq")
    found = [
        path.relative_to(PROJECT).as_posix()
        for path in sorted((PROJECT / "templates").rglob("*.html"))
        if any(word in path.read_text() for word in trusting)
    ]
    assert not found, "\n".join(found)
