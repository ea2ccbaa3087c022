"""The page of all projects, driven without a browser."""

from __future__ import annotations

import html
import os
import re
import time
from pathlib import Path

import openpyxl
import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from framepack.checkpoints.table import checkpoint_named
from framepack.media.pictures import picture_hash
from framepack.shots.request import ShotRequest, default_settings
from pages.board.project_state import state_words, states_of
from pages.serving.files import still_url
from pages.session.database import session, settings
from projects.archive.content import content_of
from projects.archive.writing import write_archive
from projects.database.tables import Project, ProjectUpdate, ShotUpdate, new_id
from projects.queue.orders import enqueue_render
from projects.storage.pictures import add_picture
from projects.stories.story import ShotStory, Story
from projects.storyboard.journal import undo
from projects.storyboard.projects import create_project, delete_project, edit_project
from projects.storyboard.reading import list_projects, shots_of
from projects.storyboard.shots import NewShot, add_shots, edit_shot
from tests.support.finished_takes import render_all
from tests.support.page_driver import open_page, png, text_of, use_studio


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_studio(tmp_path, monkeypatch)


def names() -> list[str]:
    with session() as opened:
        return [summary.project.name for summary in list_projects(session=opened)]


def shown(at: AppTest) -> list[str]:
    """The names on the cards, in order."""
    return [html.unescape(name) for name in re.findall(r"<bdi>(.*?)</bdi>", text_of(at))]


def make(name: str) -> str:
    with session() as opened:
        made = create_project(session=opened, name=name)
        opened.commit()
        return made.id


def create(at: AppTest, name: str) -> AppTest:
    at.text_input(key="new-name").set_value(name)
    at.button(key="FormSubmitter:create-Create").click()
    return at.run()


def test_an_empty_studio_says_in_three_steps_what_to_do() -> None:
    said = text_of(open_page())

    assert "No projects yet" in said
    assert said.count("<li>") == 3


def test_a_project_is_created_and_its_storyboard_opened() -> None:
    at = create(open_page(), "海边")

    assert names() == ["海边"]
    assert ">海边</h1>" in text_of(at)


def test_a_project_without_a_name_is_called_something() -> None:
    create(open_page(), "  ")

    assert names() == ["Untitled"]


def test_a_project_is_renamed_in_its_card() -> None:
    id = make("Before")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("rename").run()
    at.text_input(key=f"name-{id}").set_value("After").run()

    assert names() == ["After"]


def test_another_name_can_be_undone_from_the_journal() -> None:
    id = make("Before")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("rename").run()
    at.text_input(key=f"name-{id}").set_value("After").run()

    with session() as opened:
        undo(session=opened, project_id=id)
        opened.commit()

    assert names() == ["Before"]


def test_a_project_is_duplicated() -> None:
    id = make("One")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("duplicate").run()

    assert sorted(names()) == ["One", "One (copy)"]


def test_a_deleted_project_can_be_brought_back() -> None:
    id = make("Precious")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("delete").run()
    assert names() == []
    assert "“Precious” was deleted." in text_of(at)

    at.button(key="undo-0").click().run()

    assert names() == ["Precious"]


def test_an_archived_project_is_out_of_sight_until_it_is_asked_for() -> None:
    make("Here")
    id = make("Old")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("archive").run()
    assert shown(at) == ["Here"]
    assert "“Old” is in the archive now." in text_of(at)

    at.toggle(key="with-archived").set_value(True).run()
    assert shown(at) == ["Old", "Here"]
    at.menu_button(key=f"menu-{id}").click("unarchive").run()

    assert shown(at) == ["Old", "Here"]
    assert not at.toggle  # there is nothing in the archive any more


def test_archiving_can_be_taken_back() -> None:
    id = make("Old")
    at = open_page()
    at.menu_button(key=f"menu-{id}").click("archive").run()
    assert "All projects are in the archive" in text_of(at)

    at.button(key="undo-0").click().run()

    assert shown(at) == ["Old"]


def test_projects_are_found_by_their_names_in_every_script() -> None:
    for name in ("Café am Meer", "海邊的早晨", "Night train"):
        make(name)
    at = open_page()
    for words, found in (("cafe MEER", ["Café am Meer"]), ("早晨", ["海邊的早晨"]), ("ｎｉｇｈｔ", ["Night train"])):
        assert shown(at.text_input(key="find").set_value(words).run()) == found

    at.text_input(key="find").set_value("boat").run()
    assert "No project is called “boat”" in text_of(at)
    at.button(key="show-all").click().run()

    assert len(shown(at)) == 3


def test_of_a_thousand_projects_some_are_drawn_and_more_on_request() -> None:
    with session() as opened:
        for number in range(1000):
            create_project(session=opened, name=f"Number {number:04d}")
        opened.commit()
    at = open_page()
    assert len(shown(at)) == 24
    assert at.button(key="show-more").label == "Show more (976 left)"

    at.button(key="show-more").click().run()
    assert len(shown(at)) == 48
    assert shown(at.text_input(key="find").set_value("0417").run()) == ["Number 0417"]
    assert "show-more" not in [button.key for button in at.button]


# --- projects from what there is --------------------------------------------------------------------------------------


def shots() -> list[tuple[str, float, bool]]:
    """What the shots of the only project say, how long they last, and whether they have a picture."""
    with session() as opened:
        (project,) = list_projects(session=opened)
        made = shots_of(session=opened, project_id=project.project.id)
    return [(shot.prompt, shot.seconds, shot.media_id is not None) for shot in made]


def test_a_text_becomes_a_project_of_a_shot_for_each_line() -> None:
    at = open_page()
    at.text_area(key="new-text").set_value("Waves roll in. (2 s)\nA boat comes home.")
    at.button(key="new-from-text").click().run()

    assert names() == ["Untitled"]
    assert shots() == [("Waves roll in.", 2.0, False), ("A boat comes home.", 4.0, False)]


def test_what_is_wrong_with_a_text_is_said_and_the_text_stays() -> None:
    at = open_page()
    at.text_area(key="new-text").set_value("prompt,seconds\nWaves,soon")
    at.button(key="new-from-text").click().run()

    assert names() == []
    assert "The length in line 2 is no number of seconds up to 600: “soon”." in text_of(at)
    assert at.text_area(key="new-text").value == "prompt,seconds\nWaves,soon"

    assert "no number of seconds" not in text_of(at.switch_page("film.py").run().switch_page("project_list.py").run())


def dropped(*files: tuple[str, bytes]) -> AppTest:
    at = open_page()
    at.file_uploader(key="new-files-0").set_value([(name, data, "") for name, data in files])
    return at.run()


def test_pictures_become_shots_in_the_order_people_number_them_whatever_they_are_called() -> None:
    at = dropped(("b 10.jfif", png(colour="red")), ("b 2", png(colour="blue")))

    with session() as opened:
        (project,) = list_projects(session=opened)
        pictures = [shot.media_id for shot in shots_of(session=opened, project_id=project.project.id)]
    assert pictures == [picture_hash(png(colour="blue")), picture_hash(png(colour="red"))]
    assert ">Untitled</h1>" in text_of(at)


def a_story(image: str) -> bytes:
    settings = default_settings(checkpoint_named("draft"), height=192, width=192)
    request = ShotRequest(settings, "weights", "Waves <b>roll</b>.", 7, 2.0, image)
    told = ShotStory(start="cut", request=request, fps=30, frames=61, units=())
    return Story(algorithm=2, of="film", name="<i>Sea</i>", shots=(told,)).text().encode()


def test_a_story_gives_its_project_back_and_says_which_picture_is_lacking() -> None:
    at = dropped(("sea.json", a_story("ab" * 32)))

    assert names() == ["<i>Sea</i>"]
    assert shots() == [("Waves <b>roll</b>.", 2.0, False)]
    assert "its hash begins with abababababab); give it that picture" in text_of(at)
    assert "<i>Sea" not in text_of(at)


def test_a_story_that_cannot_be_used_is_said_and_makes_no_project() -> None:
    at = dropped(("sea.json", a_story("ab" * 32).replace(b'"seed":7', b'"seed":-7')))

    assert names() == []
    assert "What sea.json says of what made it cannot be used: “seed” cannot be so" in text_of(at)


def test_a_project_from_pictures_has_the_shape_of_the_first() -> None:
    dropped(("a.png", png(180, 320)))

    with session() as opened:
        (project,) = list_projects(session=opened)
    assert project.project.height is not None
    assert project.project.width is not None
    assert project.project.height > project.project.width
    assert project.project.name == "a"


def test_a_table_and_pictures_go_together() -> None:
    dropped(("1.png", png()), ("shots.csv", "prompt;seconds\nWaves;3\nNight;2".encode("utf-16")))

    assert shots() == [("Waves", 3.0, True), ("Night", 2.0, False)]


def test_what_cannot_be_read_is_said_by_its_name_and_the_rest_is_taken() -> None:
    at = dropped(("a.png", png()), ("b.png", b"\x89PNG nothing more"), ("c.txt", b" \n"))
    said = text_of(at)

    assert [has_picture for _, _, has_picture in shots()] == [True]
    assert "b.png" in said
    assert "“c.txt” is empty." in said


def test_a_storyboard_file_says_how_it_is_opened() -> None:
    at = dropped(("film.toml", b'[[shot]]\nimage = "a.png"'))

    assert names() == []
    assert "python -m projects render film.toml -o film.mp4" in text_of(at)


def test_a_screenplay_and_a_workbook_become_shots_and_a_timeline_says_where_it_belongs(tmp_path: Path) -> None:
    play = "INT. LIGHTHOUSE - NIGHT\n\nThe lamp goes out.\n\nKEEPER\nOh no!\n"
    dropped(("play.fountain", play.encode()))
    assert [prompt for prompt, _, _ in shots()] == ["The lamp goes out."]
    assert "cut.edl is a timeline" in text_of(dropped(("cut.edl", b"TITLE: CUT")))

    book = openpyxl.Workbook()
    for row in (("Prompt", "Seconds"), ("海浪", 3)):
        book.worksheets[0].append(row)
    book.save(tmp_path / "shots.xlsx")
    dropped(("shots.xlsx", (tmp_path / "shots.xlsx").read_bytes()))
    assert {"play", "shots"} == set(names())


def test_a_projects_archive_is_opened_as_it_was(tmp_path: Path) -> None:
    with session() as opened:
        made = create_project(session=opened, name="潮汐")
        add_shots(session=opened, project_id=made.id, new=[NewShot(prompt="Waves.")])
        opened.commit()
        write_archive(content_of(session=opened, settings=settings(), project_id=made.id), tmp_path / "tides.zip")
    at = dropped(("tides.zip", (tmp_path / "tides.zip").read_bytes()))

    assert names() == ["潮汐", "潮汐"]
    assert ">潮汐</h1>" in text_of(at)
    assert "is opened from its archive" in text_of(at)


# --- how projects are doing -------------------------------------------------------------------------------------------


def states() -> list[str]:
    with session() as opened:
        projects = [summary.project for summary in list_projects(session=opened)]
        return [state_words(state)[0] for state in states_of(opened, projects).values()]


def test_a_project_says_how_it_is_doing() -> None:
    id = make("The sea")
    assert states() == ["No shots yet"]
    with session() as opened:
        media = add_picture(session=opened, settings=settings(), data=png(), name="sea.png").media.id
        new = [NewShot(prompt="Waves.", seconds=0.5, media_id=media)] * 2
        first, _ = add_shots(session=opened, project_id=id, new=new)
        opened.commit()
    assert states() == ["Not rendered yet"]

    with session() as opened:
        takes = render_all(opened, settings(), id)
        opened.commit()
    assert states() == ["Done"]
    assert still_url(takes[0].id) in text_of(open_page())

    with session() as opened:
        add_shots(session=opened, project_id=id, new=new[:1])
        opened.commit()
    assert states() == ["1 of 3 not rendered"]

    with session() as opened:
        edit_shot(session=opened, shot_id=first.id, changes=ShotUpdate(prompt="The sea is calm."))
        opened.commit()
    assert states() == ["1 of 3 out of date"]

    with session() as opened:
        enqueue_render(session=opened, project_id=id, shot_ids=[first.id])
        opened.commit()
    assert states() == ["Rendering"]


def test_whether_a_project_is_out_of_date_is_not_said_without_the_weights_of_its_model() -> None:
    id = make("The sea")
    with session() as opened:
        media = add_picture(session=opened, settings=settings(), data=png(), name="sea.png").media.id
        new = [NewShot(prompt="Waves.", seconds=0.5, media_id=media)]
        add_shots(session=opened, project_id=id, new=new)
        render_all(opened, settings(), id)
        edit_project(session=opened, project_id=id, changes=ProjectUpdate(checkpoint="f1"))
        opened.commit()

    assert states() == ["Its model is not on this computer"]


def test_a_project_is_judged_again_only_where_something_changed() -> None:
    id = make("The sea")
    with session() as opened:
        project = opened.get_one(Project, id)
        assert states_of(opened, [project], patience=0.0) == {}
        judged = states_of(opened, [project])
        assert states_of(opened, [project], patience=0.0) == judged

        add_shots(session=opened, project_id=id, new=[NewShot(prompt="Waves.")])

        assert states_of(opened, [project], patience=0.0) == {}


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_what_a_person_wrote_never_becomes_markup() -> None:
    make('<img src=x onerror="alert(1)">')
    at = open_page()

    assert "<img src=x" not in text_of(at)


def test_what_is_not_needed_is_counted_when_somebody_asks_and_freed_when_somebody_wants_it() -> None:
    make("Kept")
    needless = settings().takes_dir / f"{new_id()}.mp4"
    needless.write_bytes(bytes(2_000_000))
    an_hour_ago = time.time() - 3700
    os.utime(needless, (an_hour_ago, an_hour_ago))
    at = open_page()
    assert "on the disk" not in text_of(at)

    at.button(key="upkeep-look").click().run()

    assert "2.0 MB of it not needed any more" in text_of(at)
    assert needless.exists()

    at.button(key="upkeep-free").click().run()

    assert not needless.exists()
    assert "2.0 MB were freed." in text_of(at)
    assert names() == ["Kept"]


def test_what_was_deleted_goes_for_good_only_by_a_button_of_its_own() -> None:
    make("Kept")
    with session() as opened:
        delete_project(session=opened, project_id=make("Gone"))
        opened.commit()
    at = open_page()
    at.button(key="upkeep-look").click().run()
    assert "upkeep-free" not in [button.key for button in at.button]
    assert "“Gone”" in at.button(key="upkeep-free-deleted").help

    at.button(key="upkeep-free-deleted").click().run()

    with session() as opened:
        assert [project.name for project in opened.exec(select(Project)).all()] == ["Kept"]
