"""An exported stretch, and the one file that verifies it without us."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.audit import services
from apps.audit.models import Entry
from apps.audit.selectors import Search
from apps.audit.signing import Storage
from apps.core.actors import SystemActor
from apps.core.errors import Refused
from cli import seneschal_verify

ACTOR = SystemActor("auditor")
EVERYTHING = Search()
VERIFIER = Path(seneschal_verify.__file__)
pytestmark = pytest.mark.django_db


@pytest.fixture
def given(signed_book: None, outside: Storage, tmp_path: Path) -> Path:
    """A folder as an auditor has it: the export, the checkpoints, the key, the verifier."""
    folder = tmp_path / "auditor"
    folder.mkdir()
    write_segment(folder / "book.jsonl", EVERYTHING)
    shutil.copytree(outside.folders[1], folder / "checkpoints")
    shutil.copy(outside.public, folder / "key.pem")
    return folder


def write_segment(path: Path, search: Search) -> services.Segment:
    stretch = services.export(search=search, at=timezone.now(), actor=ACTOR)
    path.write_bytes(b"".join(stretch))
    return stretch


def verify(folder: Path, *more: str, name: str = "book.jsonl") -> int:
    return seneschal_verify.main(
        [
            str(folder / name),
            "--checkpoints",
            str(folder / "checkpoints"),
            "--key",
            str(folder / "key.pem"),
            *more,
        ]
    )


def test_an_untouched_export_holds(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(given, "--whole") == 0
    said = capsys.readouterr().out
    assert said.startswith("OK\n#1 to #61: 61 entries hold.\n4 signed checkpoints agree")


def test_the_export_is_written_down_with_what_was_asked_for(signed_book: None) -> None:
    services.export(search=Search(within={"on": ["thing:1"]}), at=timezone.now(), actor=ACTOR)
    entry = Entry.objects.get(action="audit.export_entries")
    assert entry.actor == "system:auditor"
    assert entry.content["detail"] == {"entries": 9, "search": {"on": ["thing:1"]}}


def test_what_was_not_asked_for_is_withheld_and_the_chain_still_holds(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = Search(within={"on": ["thing:2"]}, without={"who": ["system:nobody*"]})
    stretch = write_segment(given / "some.jsonl", search)
    lines = [json.loads(line) for line in (given / "some.jsonl").read_bytes().splitlines()]
    assert lines[0]["search"] == {"on": ["thing:2"], "not_who": ["system:nobody*"]}
    shown = [line["entry"]["subject"] for line in lines[1:] if "entry" in line]
    assert shown == ["thing:2"] * stretch.header.entries
    assert verify(given, name="some.jsonl") == 0
    assert "withheld (digests only)" in capsys.readouterr().out


def test_a_stretch_begins_and_ends_at_checkpoints(signed_book: None) -> None:
    stretch = services.export(
        search=Search(within={"on": ["thing:5"]}, until=Entry.objects.order_by("id")[30].at),
        at=timezone.now(),
        actor=ACTOR,
    )
    assert (stretch.header.first, stretch.header.last) == (1, 40)


def test_a_stretch_from_the_middle_is_verified_by_itself(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    since = Entry.objects.order_by("id")[45].at
    write_segment(given / "late.jsonl", Search(since=since))
    assert verify(given, name="late.jsonl") == 0
    assert "#41 to #" in capsys.readouterr().out
    assert verify(given, "--whole", name="late.jsonl") == 1


def test_nothing_that_matches_is_not_exported(signed_book: None) -> None:
    with pytest.raises(Refused):
        services.export(
            search=Search(within={"who": ["user:ghost"]}), at=timezone.now(), actor=ACTOR
        )
    assert not Entry.objects.filter(action="audit.export_entries").exists()


@pytest.mark.parametrize(
    ("find", "put", "seq"),
    [
        (b'"number":0,', b'"number":1,', 1),
        (b'Entry n\xc2\xba 3"', b'Entry n\xc2\xba 9"', 4),
        (b',"seq":17}', b',"seq":18}', 17),
    ],
)
def test_the_first_changed_place_is_named(
    given: Path, capsys: pytest.CaptureFixture[str], find: bytes, put: bytes, seq: int
) -> None:
    book = given / "book.jsonl"
    book.write_bytes(book.read_bytes().replace(find, put, 1))
    assert verify(given) == 1
    assert f"BROKEN at #{seq}:" in capsys.readouterr().out


def test_without_checkpoints_nothing_is_proven(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert seneschal_verify.main([str(given / "book.jsonl")]) == 4
    assert "NOT PROVEN" in capsys.readouterr().out


def test_a_checkpoint_that_was_changed_is_named(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sorted((given / "checkpoints").rglob("*.json"))[1]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"count":40', b'"count":41'))
    assert verify(given) == 1
    assert "000000000040.json is not signed by this key" in capsys.readouterr().out


def test_what_cannot_be_read_is_said_in_a_sentence(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(given, name="nothing.jsonl") == 2
    (given / "odd.jsonl").write_text("hello\n")
    assert verify(given, name="odd.jsonl") == 2
    (given / "checkpoints" / "2026.json").write_text("[]")
    assert verify(given) == 2
    assert "is not a checkpoint" in capsys.readouterr().err


def test_it_runs_alone_without_django(given: Path) -> None:
    shutil.copy(VERIFIER, given / "verify.py")
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "verify.py",
            "book.jsonl",
            "--checkpoints",
            "checkpoints",
            "--key",
            "key.pem",
            "--whole",
        ],
        cwd=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("OK\n")


def test_it_says_when_cryptography_is_missing(given: Path) -> None:
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        f"sys.argv[0] = 'seneschal-verify'; exec(open({str(VERIFIER)!r}).read())"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            code,
            "book.jsonl",
            "--checkpoints",
            "checkpoints",
            "--key",
            "key.pem",
        ],
        cwd=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "pip install cryptography" in done.stdout


def test_the_command_exports_and_refuses_to_overwrite(signed_book: None, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    call_command("audit_export", file, on=["thing:1"])
    assert json.loads(file.read_bytes().splitlines()[0])["entries"] == 9
    with pytest.raises(CommandError, match="exists already"):
        call_command("audit_export", file)
    with pytest.raises(CommandError, match="Nothing in the book matches"):
        call_command("audit_export", tmp_path / "none.jsonl", who=["user:ghost"])
    assert not (tmp_path / "none.jsonl").exists()
