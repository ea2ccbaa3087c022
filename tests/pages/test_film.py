"""The page of a project's films, driven without a browser."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from framepack.media.video import probe
from framepack.messages import Message
from pages.board.reading import read_board
from pages.board.rows import render_row
from pages.serving.files import download_url, film_url
from pages.session.database import session, settings
from projects.database.tables import Film, Progress, ProjectUpdate, Render, ShotUpdate
from projects.films.films import films_of
from projects.messages import stored
from projects.queue.deliveries import Delivery
from projects.storage.pictures import add_picture
from projects.storage.places import film_path
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import NewShot, add_shots, edit_shot
from tests.support.films import make
from tests.support.finished_takes import render_all
from tests.support.page_driver import open_page, png, text_of, use_studio


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_studio(tmp_path, monkeypatch)


def make_project(*, shots: int = 1, takes: bool) -> str:
    """A project of shots of half a second, with a finished take of each on disk where asked."""
    with session() as opened:
        settings().make_folders()
        project = create_project(session=opened, name="The sea")
        media = add_picture(session=opened, settings=settings(), data=png(), name="sea.png").media
        new = [NewShot(prompt="Waves.", seconds=0.5, media_id=media.id)] * shots
        add_shots(session=opened, project_id=project.id, new=new)
        if takes:
            render_all(opened, settings(), project.id)
        opened.commit()
        return project.id


def reword(project: str, place: int) -> None:
    """Change a shot, so that its take is out of date."""
    with session() as opened:
        shot = shots_of(session=opened, project_id=project)[place]
        edit_shot(session=opened, shot_id=shot.id, changes=ShotUpdate(prompt="The sea is calm."))
        opened.commit()


def films(project: str) -> list[Film]:
    with session() as opened:
        return films_of(session=opened, project_id=project)


def made(project: str) -> Film:
    """What a worker does with the film that was ordered last."""
    with session() as opened:
        film = films_of(session=opened, project_id=project)[0]
        make(opened, settings(), film)
        return film


def orders() -> list[list[str]]:
    with session() as opened:
        return [render.shot_ids for render in opened.exec(select(Render)).all()]


def keys(at: AppTest) -> set[str | None]:
    return {button.key for button in at.button}


def links(at: AppTest) -> list[str]:
    return [f"{one.proto.page}?{one.proto.query_string}" for one in at.get("page_link")]


def test_a_storyboard_that_is_not_rendered_says_how_many_shots_are_missing_and_where() -> None:
    project = make_project(shots=3, takes=False)
    at = open_page("film.py", project=project)

    assert "3 shots are not rendered yet." in text_of(at)
    assert at.button(key="deliver-share").disabled
    with session() as opened:
        first = shots_of(session=opened, project_id=project)[0].id
    assert any(f"shot={first}" in link for link in links(at))


def test_what_is_missing_is_ordered_on_the_spot() -> None:
    project = make_project(shots=2, takes=False)
    at = open_page("film.py", project=project)
    assert at.button(key="render-missing").label == "Render what is missing (2)"
    at.button(key="render-missing").click().run()

    with session() as opened:
        assert orders() == [[shot.id for shot in shots_of(session=opened, project_id=project)]]
    assert "render-missing" not in keys(at)


def test_the_work_under_way_is_said_as_on_the_board() -> None:
    project = make_project(shots=2, takes=False)
    with session() as opened:
        ids = [shot.id for shot in shots_of(session=opened, project_id=project)]
        render = Render(project_id=project, shot_ids=ids, status="running")
        opened.add(render)
        opened.flush()
        at_work = {"section": 1, "sections": 2, "step": 3, "steps": 12, "seconds_per_step": 2.0, "phase": "sampling"}
        opened.add(Progress(render_id=render.id, shot_id=ids[0], **at_work))
        opened.commit()
        row = render_row(read_board(opened, project), render, opened.get_one(Progress, render.id))
    at = open_page("film.py", project=project)

    assert "Rendering SH0010, step 3 of 12" in text_of(at)
    assert f"{row.left} left" in text_of(at)
    assert [bar.proto.value for bar in at.get("progress")] == [round(100 * row.share)]


def test_shots_that_lack_something_to_be_rendered_are_counted_apart() -> None:
    project = make_project(shots=2, takes=False)
    with session() as opened:
        add_shots(session=opened, project_id=project, new=[NewShot(prompt="No picture.")])
        opened.commit()
    said = text_of(open_page("film.py", project=project))

    assert "3 shots are not rendered yet." in said
    assert "1 of them lacks something before it can be rendered." in said


def test_of_a_shot_that_lacks_two_things_the_way_to_it_is_shown_once() -> None:
    project = make_project(shots=0, takes=False)
    with session() as opened:
        add_shots(session=opened, project_id=project, new=[NewShot(prompt="No picture.")] * 2)
        opened.commit()
    at = open_page("film.py", project=project)

    assert "2 of them lack something before they can be rendered." in text_of(at)
    assert [one.proto.label for one in at.get("page_link")].count("Go to SH0010") == 1


def test_a_film_is_ordered_made_watched_and_downloaded() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="deliver-share").click().run()
    (film,) = films(project)
    said = text_of(at)
    assert "It is being made; you can go on working meanwhile." in said
    assert "The sea · MP4 (H.264)" in said
    assert [bar.proto.value for bar in at.get("progress")] == [0]

    film = made(project)
    at.run()
    said = text_of(at)
    assert f'src="{film_url(film.id)}"' in said
    assert f'href="{download_url(film.id)}"' in said
    assert f"{film.frames} frames" in said
    assert "256 × 144 pixels" in said
    assert probe(film_path(settings(), film)).frames == film.frames == 15
    assert not at.get("progress")


def test_no_second_film_is_made_of_the_same_takes() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="deliver-share").click().run()
    at.button(key="deliver-share").click().run()
    assert "“The sea” is being made already." in text_of(at)
    made(project)
    at.run()
    assert "“The sea” holds exactly the takes that are chosen now." in text_of(at)
    at.button(key="deliver-share").click().run()

    assert len(films(project)) == 1
    assert "“The sea” holds exactly these takes already." in text_of(at)


def test_a_film_is_called_off_and_one_that_failed_is_tried_again() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="deliver-share").click().run()
    (film,) = films(project)
    at.button(key=f"cancel-{film.id}").click().run()
    assert "The film was called off." in text_of(at)
    assert films(project)[0].status == "cancelled"
    assert not at.get("progress")

    at.button(key="deliver-share").click().run()
    for path in settings().takes_dir.glob("*.mp4"):
        path.unlink()
    failed = made(project)
    assert failed.status == "failed"
    at.run()
    assert "The take of SH0010 is no longer there" in text_of(at)
    assert f"/api/report?order={failed.id}" in text_of(at)
    at.button(key=f"again-{failed.id}").click().run()

    assert [one.status for one in films(project)] == ["queued", "cancelled"]


def test_of_a_film_that_found_no_room_is_said_that_it_begins_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="deliver-share").click().run()
    with monkeypatch.context() as patch:
        patch.setattr("projects.delivery.film_making.write_from", full)
        failed = made(project)
    at.run()
    assert "It begins again by itself when the cause is gone." in text_of(at)
    with session() as opened:
        opened.get_one(Film, failed.id).error = stored(Message("film-out-of-memory"))
        opened.commit()
    at.run()
    assert "could not be made" in text_of(at)
    assert "begins again by itself" not in text_of(at)


def test_every_format_and_exact_settings_are_reached() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.session_state["formats"] = True
    at.run()
    at.selectbox(key="format").set_value("vp9").run()
    at.selectbox(key="quality-vp9").set_value("exact").run()
    at.number_input(key="crf-vp9").set_value(33).run()
    at.selectbox(key="size").set_value(480).run()
    at.selectbox(key="rate").set_value(25).run()
    at.button(key="deliver-format").click().run()
    for key in ("deliver-edit", "deliver-archive"):
        at.button(key=key).click().run()
    at.menu_button(key="deliver-timeline").click("fcp7").run()

    asked = [Delivery.from_json(film.order) for film in reversed(films(project))]
    assert asked[0] == Delivery("vp9", crf=33, size=480, fps=25)
    assert [one.format for one in asked] == ["vp9", "otioz", "archive", "fcp7"]


def test_a_film_of_other_takes_is_a_film_of_its_own_and_comes_first() -> None:
    project = make_project(shots=2, takes=True)
    at = open_page("film.py", project=project)
    at.button(key="deliver-share").click().run()
    earlier = made(project)
    reword(project, 0)
    at.run()
    assert "1 shot changed since its take was made." in text_of(at)
    assert at.button(key="render-missing").label == "Render what changed (1)"

    with session() as opened:
        render_all(opened, settings(), project)
        opened.commit()
    at.run()
    at.button(key="deliver-share").click().run()
    newest = made(project)
    at.run()

    said = text_of(at)
    assert said.index(film_url(newest.id)) < said.index("Other films and files") < said.index(download_url(earlier.id))
    # The earlier one is fetched only by who wants to watch it.
    assert f'src="{film_url(earlier.id)}"' not in said


def test_a_film_is_given_another_name() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="deliver-share").click().run()
    film = made(project)
    at.run()
    at.menu_button(key=f"menu-{film.id}").click("rename").run()
    at.text_input(key=f"name-{film.id}").set_value("第一版").run()

    assert [film.name for film in films(project)] == ["第一版"]
    assert "第一版" in text_of(at)


def test_a_film_that_was_thrown_away_can_be_brought_back() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="deliver-share").click().run()
    film = made(project)
    at.run()
    at.menu_button(key=f"menu-{film.id}").click("delete").run()
    assert films(project) == []
    assert "The film “The sea” was thrown away." in text_of(at)
    assert "No film yet" in text_of(at)

    at.button(key="undo-0").click().run()

    assert [one.id for one in films(project)] == [film.id]


def test_the_table_of_shots_is_folded_away() -> None:
    at = open_page("film.py", project=make_project(shots=2, takes=True))

    assert [box.label for box in at.expander][:3] == [
        "Other formats and exact settings",
        "Cut the film",
        "Shots of the film (2)",
    ]
    assert "SH0020" not in text_of(at)


def test_a_film_whose_file_is_gone_is_said_so_and_can_be_made_again() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    at.button(key="deliver-share").click().run()
    film = made(project)
    at.run()
    film_path(settings(), film).unlink()
    at.run()

    assert "is no longer there. Make the film again." in text_of(at)
    at.button(key="deliver-share").click().run()
    assert len(films(project)) == 2


def test_the_real_pass_has_takes_orders_and_films_of_its_own() -> None:
    project = make_project(takes=True)
    at = open_page("film.py", project=project)
    assert not at.get("button_group")
    at.button(key="deliver-share").click().run()
    film = made(project)
    with session() as opened:
        changes = ProjectUpdate(real_checkpoint="draft", real_steps=2)
        edit_project(session=opened, project_id=project, changes=changes)
        opened.commit()

    at = open_page("film.py", project=project)
    assert film_url(film.id) in text_of(at)
    at.button_group(key=f"pass-{project}").set_value("real").run()

    assert at.query_params["pass"] == "real"
    assert f"storyboard?project={project}&pass=real" in links(at)
    assert "1 shot is not rendered yet." in text_of(at)
    assert film_url(film.id) not in text_of(at)
    at.button(key="render-missing").click().run()
    with session() as opened:
        assert [render.made_for for render in opened.exec(select(Render)).all()] == ["real"]
    at.button(key="deliver-archive").click().run()
    assert [film.made_for for film in films(project)] == ["real", "draft"]
