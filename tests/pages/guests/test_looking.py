"""A project looked at by a link, in a studio that is shared: the page, its files and notes, and nothing beside them."""

from __future__ import annotations

import http.client
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from sqlmodel import Session

from framepack.media.video import write_frames
from pages.guests.guest_page import PAGE_SHOTS
from projects.database.opening import make_engine, session_for
from projects.database.tables import Project, Shot, Take
from projects.door.password import set_password
from projects.guests.links import NewLink, end_link, links_of, make_link
from projects.guests.notes import notes_of
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import take_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.plain_pictures import png
from tests.support.running_studio import Studio, running_studio


@dataclass(frozen=True)
class Shown:
    """A shared studio with a project of two shots, one with a take, and links to it and to another project."""

    studio: Studio
    project: Project
    shots: list[Shot]
    take: Take
    word: str
    looking: str
    foreign: str

    def session(self) -> Session:
        return session_for(make_engine(self.studio.settings.database_url))

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.studio.url).netloc, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            got = connection.getresponse()
            return Answer(got.status, got.headers, got.read())
        finally:
            connection.close()

    def note(self, word: str, **fields: str) -> Answer:
        form = urllib.parse.urlencode(fields)
        sent = {"Content_Type": "application/x-www-form-urlencoded", "Origin": self.studio.url}
        return self.ask(f"/look/{word}/notes", "POST", form, **sent)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", errors="replace")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    home = tmp_path_factory.mktemp("looked-at") / "studio"
    set_password(StudioSettings.from_environment({"STUDIO_HOME": str(home)}), "correct horse battery")
    with running_studio(home, STUDIO_SHARE="1") as studio:
        settings = studio.settings
        with session_for(make_engine(settings.database_url)) as session:
            project = create_project(session=session, name="海邊 <b>Sea</b>")
            picture = add_picture(session=session, settings=settings, data=png(64, 48), name="sea.png").media.id
            shots = add_shots(
                session=session,
                project_id=project.id,
                new=[NewShot(prompt="Waves <i>roll</i> in.", media_id=picture), NewShot(prompt="Night.")],
            )
            take = Take(shot_id=shots[1].id, number=1, status="done", frames=2, width=64, height=64, fps=30)
            session.add(take)
            shots[1].chosen_draft_id = take.id
            other = create_project(session=session, name="Other")
            add_shots(session=session, project_id=other.id, new=[NewShot(prompt="x") for _ in range(PAGE_SHOTS + 1)])
            words = [
                make_link(session=session, project_id=one.id, wanted=NewLink("Choir", None, may_note=may))[1]
                for one, may in ((project, True), (project, False), (other, True))
            ]
            session.commit()
        settings.takes_dir.mkdir(parents=True, exist_ok=True)
        greys = [np.full((64, 64, 3), grey, dtype=np.uint8) for grey in (40, 200)]
        write_frames(take_path(settings, take.id), greys, 30)
        yield Shown(studio, project, shots, take, *words)


def test_a_link_shows_the_project_without_a_password_and_no_more(shown: Shown) -> None:
    page = shown.ask(f"/look/{shown.word}")
    assert page.status == 200
    assert "海邊 &lt;b&gt;Sea&lt;/b&gt;" in page.text
    assert "Waves &lt;i&gt;roll&lt;/i&gt; in." in page.text
    assert "<script" not in page.text
    assert "2 shots" in page.text
    for path in ("/", "/api/projects", f"/files/takes/{shown.take.id}", f"/look/{shown.word}/../../api/projects"):
        assert shown.ask(path).status in (400, 401, 404), path
    assert shown.ask("/", Cookie=f"studio-session={shown.word}").status == 401
    assert shown.ask("/api/projects", Authorization=f"Bearer {shown.word}").status == 401


def test_the_page_speaks_the_language_of_the_browser(shown: Shown) -> None:
    assert '<html lang="zh-Hant-TW"' in shown.ask(f"/look/{shown.word}", Accept_Language="zh-TW,zh;q=0.9").text
    assert "2 個鏡頭" in shown.ask(f"/look/{shown.word}", Accept_Language="zh-TW").text


def test_files_are_sent_by_the_link_they_belong_to_only(shown: Shown) -> None:
    picture = shown.shots[0].media_id
    for file, kind in (
        (f"takes/{shown.take.id}", "video/mp4"),
        (f"stills/{shown.take.id}", "image/webp"),
        (f"pictures/{picture}", "image/webp"),
    ):
        sent = shown.ask(f"/look/{shown.word}/{file}")
        assert (sent.status, sent.headers["content-type"]) == (200, kind)
        assert len(sent.data) > 50
        # The link may have ended the next time.
        assert "no-cache" in sent.headers["cache-control"]
        for word in (shown.foreign, "nothing", ""):
            assert shown.ask(f"/look/{word}/{file}").status == 404
    part = shown.ask(f"/look/{shown.word}/takes/{shown.take.id}", Range="bytes=0-3")
    assert (part.status, len(part.data)) == (206, 4)
    for wrong in ("takes/" + "0" * 32, "takes/../x", "film/x", "pictures/x", "stills/x", "takes/%2e%2e", "notes"):
        assert shown.ask(f"/look/{shown.word}/{wrong}").status in (400, 404, 405)


def test_a_note_is_kept_and_comes_back_on_the_page(shown: Shown) -> None:
    kept = shown.note(shown.word, shot=shown.shots[0].id, author="阿明", text="<b>慢</b>\r\nslower")
    assert kept.status == 303
    assert kept.headers["location"] == f"/look/{shown.word}#{shown.shots[0].id}"
    assert "HttpOnly" in kept.headers["set-cookie"]
    with shown.session() as session:
        (note,) = notes_of(session=session, project_id=shown.project.id)
    assert (note.shot_id, note.author, note.text) == (shown.shots[0].id, "阿明", "<b>慢</b>\nslower")
    page = shown.ask(f"/look/{shown.word}", Cookie=kept.headers["set-cookie"].partition(";")[0]).text
    assert "&lt;b&gt;慢&lt;/b&gt;<br>slower" in page
    assert 'value="阿明"' in page


def test_what_cannot_be_kept_stands_on_the_page_with_the_reason(shown: Shown) -> None:
    refused = shown.note(shown.word, shot=shown.shots[0].id, author="Mine", text=" \n")
    assert refused.status == 400
    assert "There is nothing in the note yet." in refused.text
    assert 'value="Mine"' in refused.text
    assert "<details open>" in refused.text
    looked = shown.note(shown.looking, text="A note.")
    assert (looked.status, "By this link you can look" in looked.text) == (400, True)
    assert "<form" not in shown.ask(f"/look/{shown.looking}").text


@pytest.mark.parametrize("fields", [{"text": "x" * 40_000}, {f"f{n}": "x" for n in range(50)}, {}])
def test_a_form_that_no_page_of_ours_sends_keeps_nothing(shown: Shown, fields: dict[str, str]) -> None:
    with shown.session() as session:
        had = len(notes_of(session=session, project_id=shown.project.id))
    assert shown.note(shown.word, **fields).status == 400
    with shown.session() as session:
        assert len(notes_of(session=session, project_id=shown.project.id)) == had


def test_a_foreign_page_notes_nothing(shown: Shown) -> None:
    sent = {"Content_Type": "application/x-www-form-urlencoded", "Origin": "https://else.example"}
    assert shown.ask(f"/look/{shown.word}/notes", "POST", "text=A+note", **sent).status == 403


def test_a_shot_of_another_project_cannot_be_noted_on(shown: Shown) -> None:
    refused = shown.note(shown.foreign, shot=shown.shots[0].id, text="A note.")
    assert (refused.status, "There is no shot" in refused.text, "A note." in refused.text) == (400, True, True)


def test_a_long_board_comes_in_parts(shown: Shown) -> None:
    first, second = (shown.ask(f"/look/{shown.foreign}{asked}").text for asked in ("", f"?from={PAGE_SHOTS}"))
    assert first.count('class="shot"') == PAGE_SHOTS
    assert second.count('class="shot"') == 1
    assert f"{PAGE_SHOTS + 1}–{PAGE_SHOTS + 1}" in first
    for odd in ("?from=-1", "?from=x", "?from=7", "?from=٣", "?from=99999999999999"):
        assert shown.ask(f"/look/{shown.foreign}{urllib.parse.quote(odd, safe='?=')}").text.count('class="shot"') > 0


def test_the_page_may_be_framed_by_nobody_sends_its_forms_home_and_is_kept_nowhere(shown: Shown) -> None:
    page = shown.ask(f"/look/{shown.word}")
    policy = page.headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["referrer-policy"] == "same-origin"


# The last: it ends the link.


def test_a_link_that_was_ended_leads_nowhere(shown: Shown) -> None:
    with shown.session() as session:
        for link in links_of(session=session, project_id=shown.project.id):
            end_link(session=session, link_id=link.id)
        session.commit()
    page = shown.ask(f"/look/{shown.word}")
    assert page.status == 404
    assert "This link leads nowhere" in page.text
    assert "Sea" not in page.text
    assert shown.ask(f"/look/{shown.word}/takes/{shown.take.id}").status == 404
    gone = shown.note(shown.word, text="A note.")
    assert (gone.status, "This link leads nowhere" in gone.text) == (404, True)
