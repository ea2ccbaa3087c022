"""No secret, no word of a person and no file's name comes into a log; what helps to find faults stays."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pydantic
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from framepack.errors import ImageRejected
from framepack.messages import Message
from projects.database.opening import make_engine, migrate
from projects.database.tables import Project
from projects.logs.hiding import Hiding, in_log
from projects.settings import CHECKOUT, StudioSettings

PROMPT = "A red kite over the harbour of Ann"
PASSWORD = "tr0ub4dor-and-3"
KEY = "key-of-the-endpoint-4711"


@pytest.fixture
def hiding(tmp_path: Path) -> Hiding:
    environ = {
        "STUDIO_HOME": str(tmp_path / "studio"),
        "STUDIO_DATABASE_URL": f"postgresql+psycopg://ann:{PASSWORD}@db.lan/studio",
        "STUDIO_REWRITE_KEY": KEY,
    }
    return Hiding(StudioSettings.from_environment(environ), environ)


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("cannot reach postgresql://ann:wo@rd@db.lan/studio", "cannot reach postgresql://…@db.lan/studio"),
        (f"the server refused {PASSWORD}", "the server refused …"),
        (f"sent {KEY}.", "sent …."),
        ("Authorization: Bearer abcdefgh123", "Authorization: Bearer …"),
        ("Cookie: studio-session=0a1b2c", "Cookie: …"),
        ('{"token": "0a1b2c", "n": 3}', '{"token": "…", "n": 3}'),
        ("GET /x?api_key=0a1b2c&n=3", "GET …"),
        ("the hub refused hf_abcdefghijkl", "the hub refused …"),
        (
            f"[SQL: UPDATE shot SET prompt=?]\n[parameters: ('{PROMPT}', 3)]",
            "[SQL: UPDATE shot SET prompt=?]\n[parameters: …]",
        ),
        (f"DETAIL:  Failing row contains (3, {PROMPT}).", "DETAIL: …"),
        ("No such file: '/home/ann/My films/the kite.mp4'", "No such file: '….mp4'"),
        ("cannot read /home/ann/kite.png, it says", "cannot read ….png, it says"),
        (r"cannot read C:\Users\ann\kite.png", "cannot read ….png"),
        ("WARNING here: my holiday.jpg: it is no picture", "WARNING here: ….jpg: it is no picture"),
        ("Worker annabels-pc-1a2b3c4d-cuda:0 is ready.", "Worker <computer>-1a2b3c4d-cuda:0 is ready."),
        ("“my holiday.jpg” is no picture", "“….jpg” is no picture"),
        ("ImageRejected: my holiday.jpg is no picture", "ImageRejected: ….jpg is no picture"),
    ],
)
def test_what_must_not_stand_in_a_log_is_hidden(hiding: Hiding, said: str, logged: str) -> None:
    assert hiding.hidden(said) == logged


@pytest.mark.parametrize(
    "said",
    [
        "Made section 0a1b2c3d4e5f in 12.3 s.",
        "The process of the film 0a1b2c ended with status -9.",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
        "cannot open /dev/nvidia0",
        "POST /api/shots/0a1b/card answered 500",
        "2 cards work on the shot together.",
        "tokens read: 77 of 512",
    ],
)
def test_what_helps_to_find_a_fault_stays(hiding: Hiding, said: str) -> None:
    assert hiding.hidden(said) == said


def test_places_of_the_program_are_named_without_whose_they_are(hiding: Hiding, tmp_path: Path) -> None:
    home, hash = tmp_path / "studio", "0a" * 32
    for path, logged in (
        (CHECKOUT / "projects" / "names.py", "<studio>/projects/names.py"),
        (Path(sys.prefix) / "lib" / "x.py", "<python>/lib/x.py"),
        (home / "sections" / "0a" / hash / "frames.mp4", f"<home>/sections/0a/{hash}/frames.mp4"),
        (home / "studio.db", "<home>/studio.db"),
        (home / "loras" / hash / "ann by night.safetensors", "<home>/loras/….safetensors"),
    ):
        assert hiding.hidden(f'File "{path}", line 3') == f'File "{logged}", line 3'


def test_a_message_is_said_with_its_id_and_without_a_persons_words() -> None:
    logged = in_log(ImageRejected("my holiday.jpg", Message("no-picture")).message)
    assert "holiday" not in logged
    assert logged.split(":")[0] == ImageRejected("x", Message("no-picture")).message.id
    assert "cuda:1" in in_log(Message("device-unavailable", {"device": "cuda:1", "available": "cpu"}))


def test_the_databases_errors_do_not_repeat_what_was_to_be_written(tmp_path: Path) -> None:
    database = make_engine(f"sqlite:///{tmp_path / 'studio.db'}")
    migrate(database)
    with Session(database) as session:
        session.add_all([Project(id="a", name=PROMPT), Project(id="a", name=PROMPT)])
        with pytest.raises(sa.exc.IntegrityError) as raised:
            session.commit()
    database.dispose()
    assert PROMPT not in str(raised.value)


def test_what_pydantic_was_given_is_hidden(hiding: Hiding) -> None:
    with pytest.raises(pydantic.ValidationError) as raised:
        pydantic.TypeAdapter(int).validate_python(PROMPT)
    assert PROMPT not in hiding.hidden(str(raised.value))


def test_workers_and_what_they_start_log_messages_only_without_a_persons_words() -> None:
    """Whoever logs a message says it by ``in_log``, and nobody logs a prompt, a title or a file's name."""
    for file in sorted(CHECKOUT.joinpath("projects").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("_log."):
                used = {node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute)}
                called = {ast.unparse(node.func) for node in ast.walk(call) if isinstance(node, ast.Call)}
                assert not used & {"prompt", "title", "file_name", "words", "text"}, (file, call.lineno)
                assert "in_english" not in called, (file, call.lineno)
