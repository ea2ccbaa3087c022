"""The page of one storyboard, driven without a browser."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.shots.presets import PRESETS
from pages.session.database import session, settings
from projects.database.tables import Progress, Project, Render, Shot, ShotUpdate, Take
from projects.queue.orders import active_renders
from projects.storage.pictures import add_picture
from projects.storage.places import take_path
from projects.storyboard.projects import create_project
from projects.storyboard.reading import get_project, shots_of, wordings
from projects.storyboard.shots import add_shot, edit_shot
from projects.takes.takes import finish_take, record_take
from tests.support.page_driver import open_page, png, text_of, use_studio
from tests.support.rendering import plans_by_rows


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_studio(tmp_path, monkeypatch)


@pytest.fixture
def project() -> str:
    """A project of two shots: one with a picture and a prompt, one that continues it."""
    with session() as opened:
        settings().make_folders()
        made = create_project(session=opened, name="The sea")
        media = add_picture(session=opened, settings=settings(), data=png(), name="sea.png").media
        add_shot(session=opened, project_id=made.id, prompt="Waves roll in.", seconds=2.0, media_id=media.id)
        add_shot(session=opened, project_id=made.id, prompt="Night falls.", seconds=2.0, start="continue")
        opened.commit()
        return made.id


def shots(project: str) -> list[Shot]:
    with session() as opened:
        return shots_of(session=opened, project_id=project)


def stored(project: str) -> Project:
    with session() as opened:
        return get_project(session=opened, project_id=project)


def rendered(project: str, shot: Shot) -> Take:
    """A finished take of the shot as it is now, as the worker would have recorded it."""
    with session() as opened:
        identity = checkpoint_identity(checkpoint_named("draft"), None)
        plans = plans_by_rows(opened, project, identity)
        planned = next(plan.planned for plan in plans if plan.shot.id == shot.id)
        assert planned is not None
        take = record_take(session=opened, shot_id=shot.id, planned=planned)
        take_path(settings(), take.id).write_bytes(b"a video")
        finish_take(session=opened, take_id=take.id, seconds_spent=1.0)
        opened.commit()
        return take


def test_the_shots_are_shown_in_order_with_their_state(project: str) -> None:
    at = open_page("storyboard.py", project=project)

    said = text_of(at)
    assert said.index("SH0010") < said.index("SH0020")
    assert "Draft: rough animatic" in said
    assert said.count("Not rendered") == 2
    assert at.button(key="render-changed").label == "Render what changed (2)"


def test_a_prompt_is_saved_as_it_is_changed_and_its_earlier_wording_kept(project: str) -> None:
    shot = shots(project)[0]
    at = open_page("storyboard.py", project=project)
    at.text_area(key=f"prompt-{shot.id}").set_value("暴风雨来了。").run()

    assert shots(project)[0].prompt == "暴风雨来了。"
    with session() as opened:
        assert [wording.prompt for wording in wordings(session=opened, shot_id=shot.id)] == ["Waves roll in."]

    at.button(key=f"toggle-{shot.id}").click().run()
    assert "Waves roll in." in text_of(at)


def test_the_page_shows_what_the_database_holds_not_what_it_once_showed(project: str) -> None:
    shot = shots(project)[0]
    at = open_page("storyboard.py", project=project)
    with session() as opened:
        edit_shot(session=opened, shot_id=shot.id, changes=ShotUpdate(prompt="From another window."))
        opened.commit()

    at.run()

    assert at.text_area(key=f"prompt-{shot.id}").value == "From another window."


def test_length_and_start_are_saved_as_they_are_changed(project: str) -> None:
    second = shots(project)[1]
    at = open_page("storyboard.py", project=project)
    at.number_input(key=f"seconds-{second.id}").set_value(3.5).run()
    at.segmented_control(key=f"start-{second.id}").set_value("cut").run()

    assert (shots(project)[1].seconds, shots(project)[1].start) == (3.5, "cut")
    assert "It has no picture yet" in text_of(at)


def test_a_seed_is_a_whole_number_of_any_length(project: str) -> None:
    shot = shots(project)[0]
    at = open_page("storyboard.py", project=project)
    at.button(key=f"toggle-{shot.id}").click().run()
    at.text_input(key=f"seed-{shot.id}").set_value("9223372036854775807").run()
    assert shots(project)[0].seed == 2**63 - 1

    at.text_input(key=f"seed-{shot.id}").set_value("seven").run()

    assert shots(project)[0].seed == 2**63 - 1
    assert "The seed “seven” is not a whole number" in text_of(at)
    assert at.text_input(key=f"seed-{shot.id}").value == "9223372036854775807"


def test_a_box_whose_change_was_never_called_back_is_saved_all_the_same(project: str) -> None:
    shot = shots(project)[0]
    at = open_page("storyboard.py", project=project)
    # As when a browser reports the box only together with another page: the value comes, the callback does not.
    at.session_state[f"prompt-{shot.id}"] = "Typed in the last moment."
    at.run()

    assert shots(project)[0].prompt == "Typed in the last moment."


def test_shots_are_moved_with_plain_buttons(project: str) -> None:
    first, second = shots(project)
    at = open_page("storyboard.py", project=project)
    at.button(key=f"move-up-{second.id}").click().run()

    assert [shot.id for shot in shots(project)] == [second.id, first.id]


def test_a_deleted_shot_can_be_brought_back(project: str) -> None:
    first, second = shots(project)
    at = open_page("storyboard.py", project=project)
    at.menu_button(key=f"menu-{first.id}").click("delete").run()
    assert [shot.id for shot in shots(project)] == [second.id]

    at.button(key="undo-0").click().run()

    assert [shot.id for shot in shots(project)] == [first.id, second.id]


def test_several_pictures_become_one_shot_each_without_a_prompt(project: str) -> None:
    at = open_page("storyboard.py", project=project)
    box = at.file_uploader(key=f"pictures-{project}-0")
    box.set_value([("b.png", png(colour="red"), "image/png"), ("a.png", png(colour="blue"), "image/png")]).run()

    added = shots(project)[2:]
    assert [shot.prompt for shot in added] == ["", ""]
    assert len({shot.media_id for shot in added}) == 2
    assert "Not ready yet" in text_of(at)
    assert at.button(key=f"render-{added[0].id}").disabled


def test_a_file_that_is_no_picture_is_refused_in_a_sentence_and_the_others_are_kept(project: str) -> None:
    at = open_page("storyboard.py", project=project)
    box = at.file_uploader(key=f"pictures-{project}-0")
    box.set_value([("a.png", b"not a picture", "image/png"), ("b.png", png(), "image/png")]).run()

    assert len(shots(project)) == 3
    assert "The picture a.png cannot be used" in text_of(at)


def test_a_picture_is_taken_whatever_its_name_ends_with_and_what_is_to_be_said_of_it_is_said(project: str) -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    at = open_page("storyboard.py", project=project)
    box = at.file_uploader(key=f"pictures-{project}-0")
    assert not box.proto.type
    box.set_value([("a.jfif", file.getvalue(), "application/octet-stream")]).run()

    assert len(shots(project)) == 3
    assert "About the picture a.jfif: it is an animation" in text_of(at)


def test_what_changed_is_ordered_from_the_generator_and_can_be_cancelled(project: str) -> None:
    at = open_page("storyboard.py", project=project)
    at.button(key="render-changed").click().run()

    with session() as opened:
        (render,) = active_renders(session=opened, project_id=project)
    assert render.shot_ids == [shot.id for shot in shots(project)]
    assert "Waiting for the generator" in text_of(at)

    at.button(key="cancel").click().run()

    with session() as opened:
        assert active_renders(session=opened, project_id=project) == []
    assert at.button(key="render-changed").label == "Render what changed (2)"


def test_what_is_ordered_is_what_is_out_of_date_at_the_click_not_when_the_page_was_drawn(project: str) -> None:
    first, second = shots(project)
    at = open_page("storyboard.py", project=project)
    assert at.button(key="render-changed").label == "Render what changed (2)"
    rendered(project, first)
    at.button(key="render-changed").click().run()

    with session() as opened:
        (render,) = active_renders(session=opened, project_id=project)
    assert render.shot_ids == [second.id]


def test_what_is_ordered_already_is_not_ordered_again(project: str) -> None:
    windows = [open_page("storyboard.py", project=project) for _ in range(2)]
    for at in windows:
        at.button(key="render-changed").click().run()

    with session() as opened:
        assert len(active_renders(session=opened, project_id=project)) == 1
    assert "There is nothing to render" in text_of(windows[1])


def test_the_work_under_way_is_shown_step_by_step(project: str) -> None:
    first = shots(project)[0]
    with session() as opened:
        render = Render(project_id=project, shot_ids=[shot.id for shot in shots(project)], status="running")
        opened.add(render)
        opened.flush()
        step = Progress(render_id=render.id, shot_id=first.id, shot_index=1, shot_count=2, section=1, sections=2)
        step.step, step.steps, step.seconds_per_step, step.phase = 3, 12, 1.0, "sampling"
        opened.add(step)
        opened.commit()

    said = text_of(open_page("storyboard.py", project=project))

    assert "Rendering SH0010 (shot 1 of 2)" in said
    # 9 steps of this section, 12 of the next, and 24 of the shot after it.
    assert "Drawing, section 1 of 2, step 3 of 12 · about 45 s left" in said


def test_an_edit_makes_a_take_and_what_continues_it_out_of_date(project: str) -> None:
    first, second = shots(project)
    rendered(project, first)
    rendered(project, second)
    at = open_page("storyboard.py", project=project)
    assert text_of(at).count(">Ready<") == 2
    assert at.button(key="render-changed").label == "Everything is rendered"

    at.text_area(key=f"prompt-{first.id}").set_value("Fog comes in.").run()

    assert text_of(at).count(">Out of date<") == 2
    assert at.button(key="render-changed").label == "Render what changed (2)"


def test_an_earlier_take_can_be_chosen_again(project: str) -> None:
    first = shots(project)[0]
    old = rendered(project, first)
    with session() as opened:
        edit_shot(session=opened, shot_id=first.id, changes=ShotUpdate(seed=1))
        opened.commit()
    rendered(project, first)
    at = open_page("storyboard.py", project=project)
    at.button(key=f"toggle-{first.id}").click().run()
    at.button(key=f"choose-{old.id}").click().run()

    assert shots(project)[0].chosen_draft_id == old.id


def test_an_earlier_take_is_thrown_away_and_taken_back(project: str) -> None:
    first = shots(project)[0]
    old = rendered(project, first)
    with session() as opened:
        edit_shot(session=opened, shot_id=first.id, changes=ShotUpdate(seed=1))
        opened.commit()
    new = rendered(project, first)
    at = open_page("storyboard.py", project=project)
    at.button(key=f"toggle-{first.id}").click().run()
    assert f"delete-{new.id}" not in {button.key for button in at.button}
    at.button(key=f"delete-{old.id}").click().run()

    assert "Take 1 of SH0010 was thrown away." in text_of(at)
    assert f"choose-{old.id}" not in {button.key for button in at.button}

    at.button(key="undo-0").click().run()

    assert f"choose-{old.id}" in {button.key for button in at.button}


def test_without_a_generator_the_page_says_what_to_do(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.rendering.STARTING_SECONDS", 0.0)

    assert "python -m projects worker" in text_of(open_page("storyboard.py", project=project))


def test_weights_that_are_not_there_are_said_with_the_command_that_fetches_them(
    project: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STUDIO_MODELS", str(tmp_path / "none"))
    at = open_page("storyboard.py", project=project)
    at.session_state[f"settings-{project}"] = True
    at.run()
    at.selectbox(key=f"project-checkpoint-{project}").set_value("f1").run()

    assert "python -m framepack download f1" in text_of(at)
    assert at.button(key="render-changed").disabled


def test_a_preset_is_saved_as_it_is_chosen_and_says_what_it_costs(project: str) -> None:
    at = open_page("storyboard.py", project=project)
    at.session_state[f"settings-{project}"] = True
    at.run()
    at.selectbox(key=f"project-preset-{project}").set_value("quick").run()

    assert PRESETS["quick"].costs in [caption.value for caption in at.caption]
    assert at.selectbox(key=f"project-preset-{project}").value == "quick"


def with_settings(project: str) -> AppTest:
    """The storyboard with its settings open."""
    at = open_page("storyboard.py", project=project)
    at.session_state[f"settings-{project}"] = True
    return at.run()


def test_the_settings_list_the_shapes_of_the_model_and_one_that_is_chosen_makes_takes_out_of_date(project: str) -> None:
    rendered(project, shots(project)[0])
    at = with_settings(project)
    shape = at.selectbox(key=f"project-shape-{project}")
    assert shape.options == [
        "As the first picture",
        *("Wide 256 × 144", "Square 192 × 192", "Tall 144 × 256"),
    ]
    assert "Out of date" not in text_of(at)

    shape.set_value("144x256").run()

    assert (stored(project).width, stored(project).height) == (144, 256)
    assert "144 × 256 pixels" in text_of(at)
    assert "Out of date" in text_of(at)
    assert at.selectbox(key=f"project-shape-{project}").value == "144x256"

    at.selectbox(key=f"project-shape-{project}").set_value("picture").run()

    assert "256 × 144 pixels" in text_of(at)
    assert "Out of date" not in text_of(at)


def test_a_shape_stays_the_one_that_was_chosen_with_another_model_and_back(project: str) -> None:
    at = with_settings(project)
    at.selectbox(key=f"project-shape-{project}").set_value("144x256").run()
    at.selectbox(key=f"project-checkpoint-{project}").set_value("f1").run()

    shape = at.selectbox(key=f"project-shape-{project}")
    assert (shape.value, len(shape.options)) == ("480x832", 15)
    assert "480 × 832 pixels" in text_of(at)
    assert stored(project).shape == "144x256"

    at.selectbox(key=f"project-checkpoint-{project}").set_value("draft").run()

    assert at.selectbox(key=f"project-shape-{project}").value == "144x256"
    assert "144 × 256 pixels" in text_of(at)


def test_a_shape_can_be_chosen_before_there_is_a_picture() -> None:
    with session() as opened:
        empty = create_project(session=opened, name="Nothing yet").id
        opened.commit()
    at = with_settings(empty)
    shape = at.selectbox(key=f"project-shape-{empty}")
    assert shape.options[0] == "As the first picture"

    shape.set_value("192x192").run()

    assert "192 × 192 pixels" in text_of(at)


def test_pictures_are_shown_whole_where_that_is_chosen_and_takes_are_out_of_date(project: str) -> None:
    rendered(project, shots(project)[0])
    at = with_settings(project)
    fit = at.selectbox(key=f"project-fit-{project}")
    assert fit.options[:2] == ["Fill the frame (edges are cut)", "Show the whole picture (black bars)"]

    fit.set_value("fit").run()

    assert stored(project).fit == "fit"
    assert "Out of date" in text_of(at)


def test_a_card_shows_a_picture_as_it_will_be_fitted(project: str) -> None:
    at = with_settings(project)
    assert "--fit:cover" in text_of(at)
    at.selectbox(key=f"project-fit-{project}").set_value("fit").run()
    assert "--fit:contain" in text_of(at)


def test_a_project_that_is_not_there_is_no_error(project: str) -> None:  # noqa: ARG001
    assert "No project is open" in text_of(open_page("storyboard.py", project="0" * 32))


def test_a_card_counts_the_tokens_of_its_prompt_and_says_what_is_not_read(project: str) -> None:
    with session() as opened:
        (first, *_) = shots_of(session=opened, project_id=project)
        long = "[0s: she turns] " + " ".join(f"word{number} sails by" for number in range(150))
        edit_shot(session=opened, shot_id=first.id, changes=ShotUpdate(prompt=long, seconds=0.01))
        opened.commit()
    said = text_of(open_page("storyboard.py", project=project))
    assert "of 256 tokens" in said
    assert "on it has no effect" in said
    assert said.count("Times in a prompt") == 1
    assert "It is asked to last 0.01 s" in said
