"""The password as it is kept: a hash that only the owner reads, whose change ends everything that came in by it."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from projects.door.password import (
    LEAST_CHARACTERS,
    MOST_CHARACTERS,
    is_password,
    is_program_token,
    kept_password,
    program_token,
    set_password,
)
from projects.door.sessions import begin_session, find_session
from projects.errors import StudioError
from projects.settings import CHECKOUT, StudioSettings

WORD = "correct horse battery"


def test_before_one_is_set_nothing_is_the_password(studio: StudioSettings) -> None:
    assert kept_password(studio) is None
    assert not is_password(studio, "")
    assert not is_program_token(studio, "")


def test_the_word_itself_is_kept_nowhere_and_its_hash_is_argon2id(studio: StudioSettings) -> None:
    set_password(studio, WORD)

    kept = kept_password(studio)
    assert kept is not None
    assert kept.hash.startswith("$argon2id$")
    assert is_password(studio, WORD)
    assert not is_password(studio, WORD + "!")
    assert not any(WORD.encode() in file.read_bytes() for file in studio.home.rglob("*") if file.is_file())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_only_the_owner_reads_what_is_kept(studio: StudioSettings) -> None:
    set_password(studio, WORD)
    begin_session(studio, "any", time.time())

    assert stat.S_IMODE(studio.door_dir.stat().st_mode) == 0o700
    files = [file for file in studio.door_dir.rglob("*") if file.is_file()]
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_another_password_ends_sessions_and_tokens(studio: StudioSettings) -> None:
    set_password(studio, WORD)
    first = kept_password(studio)
    assert first is not None
    token, session = program_token(studio), begin_session(studio, first.id, time.time())
    assert token is not None
    assert is_program_token(studio, token)

    set_password(studio, WORD)

    second = kept_password(studio)
    assert second is not None
    assert find_session(studio, session, second.id, time.time()) is None
    assert find_session(studio, session, first.id, time.time()) is None
    assert not is_program_token(studio, token)
    assert not is_program_token(studio, "töken")


def test_letters_composed_in_another_way_are_the_same_password(studio: StudioSettings) -> None:
    set_password(studio, "e\u0301te\u0301 en mer, 1998")
    assert is_password(studio, "\u00e9t\u00e9 en mer, 1998")


def test_one_too_short_or_too_long_is_refused_and_the_earlier_one_stays(studio: StudioSettings) -> None:
    set_password(studio, WORD)
    for wrong in ("x" * (LEAST_CHARACTERS - 1), "x" * (MOST_CHARACTERS + 1)):
        with pytest.raises(StudioError, match="characters"):
            set_password(studio, wrong)
    assert is_password(studio, WORD)
    assert not is_password(studio, "x" * 10_000_000)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"hash": "nonsense", "id": "1"}', '{"id": "1"}'])
def test_a_damaged_file_lets_nobody_in_and_says_so(studio: StudioSettings, damage: str) -> None:
    set_password(studio, WORD)
    (studio.door_dir / "password.json").write_text(damage, encoding="utf-8")
    with pytest.raises(StudioError, match="damaged, so nobody is let in"):
        is_password(studio, WORD)


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of POSIX")
def test_the_command_asks_twice_and_shows_nothing_of_it(tmp_path: Path) -> None:
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path)})

    status, shown = typed(tmp_path, WORD, WORD)
    assert status == 0
    assert "The password is set" in shown
    assert WORD not in shown
    assert is_password(settings, WORD)

    status, shown = typed(tmp_path, "another good one", "another bad one")
    assert status == 2
    assert "The two differ" in shown
    assert is_password(settings, WORD)


def test_the_command_takes_no_password_from_elsewhere(tmp_path: Path) -> None:
    whole = [sys.executable, "-m", "projects", "password"]
    environment = {**os.environ, "STUDIO_HOME": str(tmp_path)}
    refused = subprocess.run(
        whole, cwd=CHECKOUT, env=environment, input=f"{WORD}\n{WORD}\n", capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "typed in a terminal" in refused.stderr
    assert not (tmp_path / "door").exists()


def typed(home: Path, *lines: str) -> tuple[int, str]:
    """The status of ``python -m projects password`` in a terminal of its own, and all that this showed."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "projects", "password"],
        cwd=CHECKOUT,
        env={**os.environ, "STUDIO_HOME": str(home)},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    shown = b""
    for line in lines:
        before = len(shown)
        while b": " not in shown[before:]:  # the prompt; echo is off once it stands there
            shown += os.read(ours, 1000)
        os.write(ours, f"{line}\n".encode())
    status = process.wait(60)
    try:
        while data := os.read(ours, 1000):
            shown += data
    except OSError:  # its end of the terminal is closed
        pass
    os.close(ours)
    return status, shown.decode()
