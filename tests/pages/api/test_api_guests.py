"""Guests' links and notes through the interface, and by ``python -m projects guests``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pages.session.database import session, settings
from projects.__main__ import main
from projects.guests.links import link_by_word
from projects.guests.notes import NewNote, add_note
from tests.pages.api.conftest import Interface


def test_a_project_is_shared_and_its_notes_are_done_in_both_ways(
    api: Interface, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(settings().home))

    def said(*words: str, status: int = 0) -> str:
        assert main(["guests", *words]) == status
        return capsys.readouterr().out

    def plain(*words: str) -> Any:
        return json.loads(said(*words, "--json"))

    project = f"/api/projects/{api.post('/api/projects', {'name': '海'})['id']}"
    shared, noted = f"{project}/guest-links", f"{project}/guest-notes"
    made, other = api.post(shared, {"name": "合唱", "days": None}), plain("share", "海", "--no-notes")
    with session() as opened:
        link, of = link_by_word(session=opened, word=made["address"].removeprefix("/look/"))
        assert link_by_word(session=opened, word=other["url"].rpartition("/look/")[2])[1] == of
        note = add_note(session=opened, link=link, wanted=NewNote(None, "", "好")).id
        opened.commit()
    ours, theirs = plain("list"), api.get(shared)
    assert [(one["may_note"], one["ends_at"] is None) for one in ours] == [(False, False), (True, True)]
    assert [one | {"address": None} for one in ours] == theirs

    said("end", other["id"])
    api.patch(f"/api/guest-links/{made['id']}", {"ended": True})
    assert (said("list", "海"), api.get(shared)) == ("", [])
    said("end", made["id"], "--undo")
    api.patch(f"/api/guest-links/{other['id']}", {"ended": False})
    assert (said("list").count("until"), api.get(shared)) == (2, theirs)

    assert said("notes", "海") == f"{note}  the whole  合唱: 好\n"
    done = api.patch(f"/api/guest-notes/{note}", {"done": True})
    assert (plain("notes", "海"), api.get(noted), api.get(noted, done=True)) == ([], [], [done])
    said("done", note, "--undo")
    said("done", note)
    assert "done" in said("notes", "海", "--all")
    assert api.patch(f"/api/guest-notes/{note}", {"done": False}) == done | {"done_at": None}

    assert api.post(shared, {"days": 5}, 400)["error"] == "guest-days"
    for wrong in (["share", "海", "--days", "5"], ["share", ""], ["end", "x"], ["done", "x"]):
        assert said(*wrong, status=2) == ""
    api.post(f"{project}/delete")
    assert (said("list"), api.get(shared, 404)["error"], api.get(noted, 404)["error"]) == ("", "gone", "gone")
