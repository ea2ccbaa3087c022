"""Boxes for files: each file is taken in once, and the box is empty again."""

from __future__ import annotations

import uuid

import pytest
from streamlit.testing.v1 import AppTest

NOTES = ("notes.txt", b"Fog.", "text/plain")
MORE = ("more.txt", b"Rain.", "text/plain")


def one_box() -> None:
    """A page with a box for one file, and what it took in."""
    import streamlit as st

    from pages.session.emptied import box_for_file

    names = st.session_state.setdefault("names", [])
    box_for_file("notes", "Notes", lambda file: names.append(file.name))


def box_for_several() -> None:
    """A page with a box for several files, and what it took in each time."""
    import streamlit as st

    from pages.session.emptied import box_for_files

    names = st.session_state.setdefault("names", [])
    box_for_files("notes", "Notes", lambda files: names.append([file.name for file in files]))


def test_a_file_is_taken_in_and_the_box_is_empty_again() -> None:
    at = AppTest.from_function(one_box).run()
    at.file_uploader(key="notes-0").set_value(NOTES).run()
    assert at.session_state["names"] == ["notes.txt"]
    assert at.file_uploader(key="notes-1").value is None

    # The same file, chosen again by a person, is another one.
    at.file_uploader(key="notes-1").set_value(NOTES).run()
    assert at.session_state["names"] == ["notes.txt", "notes.txt"]


def put_in(monkeypatch: pytest.MonkeyPatch, at: AppTest, key: str, files: object, *ids: int) -> None:
    """Put files into a box, as a browser does that gives them these ids."""
    given = iter(ids)
    with monkeypatch.context() as patched:
        patched.setattr(uuid, "uuid4", lambda: uuid.UUID(int=next(given)))
        at.file_uploader(key=key).set_value(files)
    at.run()


def test_what_a_browser_hands_in_once_more_is_taken_in_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at = AppTest.from_function(one_box).run()
    put_in(monkeypatch, at, "notes-0", NOTES, 1)
    put_in(monkeypatch, at, "notes-1", NOTES, 1)
    assert at.session_state["names"] == ["notes.txt"]

    put_in(monkeypatch, at, "notes-1", MORE, 2)
    assert at.session_state["names"] == ["notes.txt", "more.txt"]


def test_of_several_files_those_that_are_new_are_taken_in_together(monkeypatch: pytest.MonkeyPatch) -> None:
    at = AppTest.from_function(box_for_several).run()
    put_in(monkeypatch, at, "notes-0", [NOTES, MORE], 1, 2)
    put_in(monkeypatch, at, "notes-1", [NOTES, MORE, ("last.txt", b"Snow.", "text/plain")], 1, 2, 3)

    assert at.session_state["names"] == [["notes.txt", "more.txt"], ["last.txt"]]
    assert at.file_uploader(key="notes-2").value == []
