"""Editions, recuts and documents on the page of the film, driven without a browser."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
import pytest
from streamlit.testing.v1 import AppTest

from pages.session.database import session, settings
from projects.database.tables import Edition
from projects.films.editions import create_edition, editions_of, shots_in
from projects.films.films import films_of
from projects.films.material import film_of
from projects.storage.pictures import add_picture
from projects.storyboard.journal import journaled
from projects.storyboard.projects import create_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import NewShot, add_shots
from projects.timelines.files import write_timeline
from projects.timelines.media import media_of
from tests.support.finished_takes import render_all
from tests.support.page_driver import png, text_of, use_studio

ROUTER = Path(__file__).resolve().parents[2] / "pages" / "studio.py"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project of three rendered shots of half a second."""
    use_studio(tmp_path / "studio", monkeypatch)
    settings().make_folders()
    with session() as opened:
        project = create_project(session=opened, name="潮汐")
        media = add_picture(session=opened, settings=settings(), data=png(), name="sea.png").media
        new = [NewShot(prompt=f"Wave {n}.", seconds=0.5, media_id=media.id) for n in range(3)]
        add_shots(session=opened, project_id=project.id, new=new)
        render_all(opened, settings(), project.id)
        opened.commit()
        return project.id


def film_page(project: str, edition: str | None = None) -> AppTest:
    at = AppTest.from_file(str(ROUTER), default_timeout=30).run()
    at.query_params["project"] = project
    if edition:
        at.query_params["edition"] = edition
    at = at.switch_page("film.py").run()
    assert not at.exception
    return at


def editions(project: str) -> list[Edition]:
    with session() as opened:
        return editions_of(session=opened, project_id=project)


def make_edition(project: str, name: str = "9:16") -> str:
    with session() as opened:
        with journaled(session=opened, project_id=project, kind="add-edition"):
            made = create_edition(session=opened, project_id=project, name=name)
        opened.commit()
        return made.id


def labels(project: str) -> list[str]:
    with session() as opened:
        return [shot.label for shot in shots_of(session=opened, project_id=project)]


def labels_of(edition_id: str) -> list[str]:
    with session() as opened:
        edition = opened.get_one(Edition, edition_id)
        return [shot.label for shot, shown in shots_in(session=opened, edition=edition) if shown]


def unfolded(at: AppTest, key: str) -> AppTest:
    at.session_state[key] = True
    return at.run()


def test_an_edition_is_begun_chosen_deleted_and_taken_back(project: str) -> None:
    at = film_page(project)
    at.text_input(key=f"new-edition-name-{project}").input("短版")
    next(button for button in at.button if button.label == "Create").click().run()

    (made,) = editions(project)
    assert (made.name, at.query_params["edition"]) == ("短版", made.id)
    assert "The edition “短版” is there" in text_of(at)

    at.menu_button(key=f"menu-edition-{made.id}").click("rename").run()
    at.text_input(key=f"name-edition-{made.id}").set_value("直式").run()
    assert [one.name for one in editions(project)] == ["直式"]
    at.menu_button(key=f"menu-edition-{made.id}").click("delete").run()
    assert (editions(project), "edition" in at.query_params) == ([], False)
    at.button(key="undo-0").click().run()
    assert [one.id for one in editions(project)] == [made.id]
    assert at.query_params["edition"] == made.id


def test_an_edition_has_its_own_shape_shots_and_words_and_says_how_it_differs(project: str) -> None:
    edition = make_edition(project)
    at = unfolded(film_page(project, edition), "own-cut")
    at.selectbox(key=f"edition-{edition}-shape").set_value("tall").run()
    at.selectbox(key=f"edition-{edition}-captions").set_value("burned").run()
    first = at.selectbox(key=f"edition-shot-{edition}").value
    at.toggle(key=f"edition-{edition}-shown-{first}").set_value(False).run()
    at.button(key="edition-move-1").click().run()
    at.text_area(key=f"edition-{edition}-dialogue-{first}").set_value("喂！").run()

    (made,) = editions(project)
    assert (made.shape, made.film) == ("tall", {"captions": "burned"})
    assert made.shots == {first: {"left_out": True, "dialogue": "喂！"}}
    assert labels_of(edition) == ["SH0020", "SH0030"]
    assert made.order is not None
    assert made.order.index(first) == 1
    assert labels(project) == ["SH0010", "SH0020", "SH0030"]

    said = text_of(unfolded(at, "compared"))
    assert "SH0010 is in the first film only." in said
    assert "captions: none, then in the picture." in said


def test_what_is_ordered_while_an_edition_is_shown_is_a_film_of_it(project: str) -> None:
    edition = make_edition(project, "短版")
    at = film_page(project, edition)
    at.button(key="deliver-share").click().run()

    with session() as opened:
        (film,) = films_of(session=opened, project_id=project)
    assert (film.edition_id, film.name) == (edition, "短版")


def recut(project: str, folder: Path) -> bytes:
    """The project's film without its second shot, as an editor leaves it."""
    folder.mkdir()
    with session() as opened:
        timeline = film_of(session=opened, project_id=project)
        media = media_of(session=opened, settings=settings(), timeline=timeline)
        write_timeline("otio", timeline, media, folder / "film.otio")
    cut = otio.adapters.read_from_file(str(folder / "film.otio"))
    del cut.video_tracks()[0][1]
    otio.adapters.write_to_file(cut, str(folder / "recut.otio"))
    return (folder / "recut.otio").read_bytes()


def test_a_recut_is_told_before_it_is_taken_over_and_undone_with_one_click(project: str, tmp_path: Path) -> None:
    data = recut(project, tmp_path / "out")
    at = unfolded(film_page(project), "recut-fold")
    at.file_uploader(key="recut-file-0").set_value(("重剪.otio", data, "")).run()

    assert "Taken out: SH0020." in text_of(at)
    assert labels(project) == ["SH0010", "SH0020", "SH0030"]
    at.button(key="recut-take").click().run()
    assert labels(project) == ["SH0010", "SH0030"]
    assert "The recut is taken over." in text_of(at)
    at.button(key="undo-0").click().run()
    assert labels(project) == ["SH0010", "SH0020", "SH0030"]


def test_a_recut_is_kept_as_an_edition_or_taken_over_into_one(project: str, tmp_path: Path) -> None:
    data = recut(project, tmp_path / "out")
    edition = make_edition(project)
    at = unfolded(film_page(project, edition), "recut-fold")
    at.file_uploader(key="recut-file-0").set_value(("recut.otio", data, "")).run()
    at.button(key="recut-keep").click().run()

    kept = next(one for one in editions(project) if one.id != edition)
    assert at.query_params["edition"] == kept.id
    assert labels_of(kept.id) == ["SH0010", "SH0030"]
    assert labels_of(edition) == labels(project) == ["SH0010", "SH0020", "SH0030"]

    at = unfolded(film_page(project, edition), "recut-fold")
    at.file_uploader(key="recut-file-0").set_value(("recut.otio", data, "")).run()
    at.button(key="recut-take").click().run()
    assert labels_of(edition) == ["SH0010", "SH0030"]


def test_a_file_that_is_no_timeline_is_said_in_one_sentence(project: str) -> None:
    at = unfolded(film_page(project), "recut-fold")
    at.file_uploader(key="recut-file-0").set_value(("../../film.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", ""))
    at.run()

    assert "film.xml" in text_of(at)
    assert "recut-take" not in {button.key for button in at.button}
