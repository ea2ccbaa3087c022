"""What somebody typed is shown as it was typed: no page reads markup in a name, a prompt or a note."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.session.database import session, settings
from projects.database.tables import ProjectUpdate, ShotUpdate
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import NewShot, add_shots, edit_shot
from tests.support.page_driver import open_page, png, text_of, use_studio

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'><b>x"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project in which everything that can be typed is markup."""
    use_studio(tmp_path, monkeypatch)
    settings().make_folders()
    with session() as opened:
        made = create_project(session=opened, name=MARKUP)
        media = add_picture(session=opened, settings=settings(), data=png(), name=f"{MARKUP}.png").media
        new = [NewShot(media_id=media.id, name=MARKUP, prompt=MARKUP), NewShot(prompt=MARKUP, start="continue")]
        add_shots(session=opened, project_id=made.id, new=new)
        for shot in shots_of(session=opened, project_id=made.id):
            typed = ShotUpdate(prompt=f"{MARKUP} again", name=MARKUP, dialogue=MARKUP, notes=MARKUP)
            edit_shot(session=opened, shot_id=shot.id, changes=typed)
        edit_project(session=opened, project_id=made.id, changes=ProjectUpdate(words_before=MARKUP))
        opened.commit()
        return made.id


def test_no_page_reads_it_as_markup(project: str) -> None:
    with session() as opened:
        (first, _) = shots_of(session=opened, project_id=project)
    pages = [open_page(), open_page("queue.py"), open_page("film.py", project=project)]
    board = open_page("storyboard.py", project=project)
    board.query_params["shot"] = first.id
    pages.append(board.run())

    for page in pages:
        assert not page.exception
        assert not read_as_markup(page)
    assert "&lt;img src=x onerror=alert(1)&gt;" in text_of(pages[0])


def read_as_markup(page: AppTest) -> list[str]:
    """What of the page would be an element that somebody typed."""
    bodies = [element.proto.body for element in page.get("html")]
    bodies += [element.proto.body for element in page.markdown if element.proto.allow_html]
    return [body for body in bodies if "<img src=x" in body or "<script>alert" in body or "\"'><b>x" in body]
