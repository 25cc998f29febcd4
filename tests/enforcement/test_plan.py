"""Plans: what is compared, in which order it is done, and when it must wait."""

from apps.connectors.contracts import Direction, Document
from apps.enforcement.drifting import Believed, Kind, drifted
from apps.enforcement.plan import KEPT_WHOLE, Plan, Verb, plan, texts_of
from apps.enforcement.valve import holds


def direction(old: Document | None, new: Document | None) -> Direction:
    before, after = (old or {}).get("n", 0), (new or {}).get("n", 0)
    if "both" in (new or {}):
        return Direction.BOTH
    return Direction.TIGHTEN if after <= before else Direction.LOOSEN


def made(desired: dict[str, Document], own: dict[str, Document], **left: object) -> Plan:
    return plan(desired=desired, own=own, direction=direction, **left)  # type: ignore[arg-type]


def test_equal_documents_are_left_alone() -> None:
    assert not made({"a": {"n": 1}}, {"a": {"n": 1}})


def test_what_tightens_goes_first_and_what_loosens_last() -> None:
    own = {name: {"n": n, "dataset": name} for name, n in zip("abcd", (1, 5, 3, 1), strict=True)}
    wanted = {name: {"n": n, "dataset": name} for name, n in zip("abde", (2, 4, 1, 1), strict=True)}
    wanted["d"]["both"] = 1
    found = made(wanted, own)
    assert [(change.name, change.verb) for change in found.changes] == [
        ("b", Verb.CHANGE),
        ("c", Verb.REMOVE),
        ("d", Verb.CHANGE),
        ("a", Verb.CHANGE),
        ("e", Verb.CREATE),
    ]


def test_what_documents_share_comes_after_them_and_vanishes_last() -> None:
    own = {"shared": {"n": 0}, "t1": {"n": 2, "dataset": "t1"}, "t2": {"n": 1, "dataset": "t2"}}
    gone = made({"t2": {"n": 3, "dataset": "t2"}}, own)
    assert [change.name for change in gone.changes] == ["t1", "t2", "shared"]
    new = made({**own, "t3": {"n": 1, "dataset": "t3"}, "a shared": {"n": 1}}, own)
    assert [change.name for change in new.changes] == ["t3", "a shared"]


def test_names_to_be_left_alone_are_neither_changed_nor_removed() -> None:
    assert not made({"a": {"n": 2}}, {"a": {"n": 1}, "b": {"n": 1}}, untouched=["a", "b"])


def test_a_fingerprint_follows_the_content_and_not_the_order_of_keys() -> None:
    one = made({"a": {"n": 1, "m": [1, 2]}}, {})
    assert one.digest == made({"a": {"m": [1, 2], "n": 1}}, {}).digest
    assert one.digest != made({"a": {"n": 1, "m": [2, 1]}}, {}).digest


def test_a_huge_plan_is_stored_with_the_documents_of_its_first_changes_only() -> None:
    stored = made({f"{n:05}": {"n": n + 1} for n in range(KEPT_WHOLE + 5)}, {}).as_json()
    assert len(stored) == KEPT_WHOLE + 5
    assert "after" in stored[KEPT_WHOLE - 1]
    assert "after" not in stored[KEPT_WHOLE]
    assert stored[-1]["after_sha256"]


def test_documents_are_shown_by_their_statements_or_by_what_those_do_not_tell() -> None:
    one = {"statements": ["GRANT a", "GRANT b"], "on": True}
    other = {"statements": ["GRANT a"], "on": True}
    assert texts_of(one, other) == ("GRANT a\nGRANT b", "GRANT a")
    assert texts_of(None, other) == ("", "GRANT a")
    off = {**one, "on": False}
    assert ['"on": true' in t for t in texts_of(one, off)] == [True, False]
    assert texts_of(one, one) == ("GRANT a\nGRANT b",) * 2


def owning(number: int) -> dict[str, Document]:
    return {f"d{n}": {"n": 1} for n in range(number)}


def test_a_pass_that_removes_more_than_thirty_per_cent_of_ten_is_held() -> None:
    own = owning(10)
    three = made({name: own[name] for name in list(own)[3:]}, own)
    four = made({name: own[name] for name in list(own)[4:]}, own)
    assert holds(three, owned=10) == ""
    assert "4 of 10" in holds(four, owned=10)


def test_nine_documents_are_too_few_for_the_valve() -> None:
    assert holds(made({}, owning(9)), owned=9) == ""


def test_what_was_released_no_longer_counts_also_when_the_rest_is_left() -> None:
    everything = made({}, owning(20))
    names = [change.name for change in everything.changes]
    assert holds(everything, owned=20)
    assert holds(everything, owned=20, released=names) == ""
    rest = made({}, {name: {"n": 1} for name in names[8:]})
    assert holds(rest, owned=12, released=names) == ""


def test_a_release_does_not_cover_other_removals() -> None:
    own = owning(20)
    assert holds(made({}, own), owned=20, released=["d0", "d1"])


def test_changes_by_other_hands_are_told_from_ours() -> None:
    one, two, other = {"n": 1}, {"n": 2}, {"n": 3}
    believed = [
        Believed("same", one),
        Believed("altered", one),
        Believed("gone", one),
        Believed("sent", one, pending=True, intended=two),
        Believed("not sent", one, pending=True, intended=two),
        Believed("neither", one, pending=True, intended=two),
        Believed("being removed", one, pending=True, intended=None),
        Believed("being made", None, pending=True, intended=one),
    ]
    own = {
        "same": one,
        "altered": other,
        "sent": two,
        "not sent": one,
        "neither": other,
        "extra": one,
    }
    assert {each.name: each.kind for each in drifted(believed, own)} == {
        "altered": Kind.ALTERED,
        "gone": Kind.GONE,
        "neither": Kind.ALTERED,
        "extra": Kind.EXTRA,
    }
