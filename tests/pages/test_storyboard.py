"""The page of one storyboard, driven without a browser."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from framepack.shots.presets import PRESETS
from pages.look.text import said, size_text
from pages.serving.files import take_download_url
from pages.session.database import session, settings
from projects.database.tables import Project, ProjectUpdate, Shot, ShotUpdate, Take
from projects.loras.library import add_lora, delete_lora
from projects.queue.orders import active_renders, enqueue_render
from projects.storage.pictures import add_picture
from projects.storage.places import take_path
from projects.storyboard.journal import undo
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import get_project, shots_of, wordings
from projects.storyboard.several import delete_shots
from projects.storyboard.shots import add_shot, edit_shot
from projects.takes.takes import fail_take, finish_take, record_take
from tests.support.page_driver import open_page, png, text_of, use_studio
from tests.support.rendering import plans_by_rows
from tests.support.small_loras import small_lora


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


def inspected(project: str, shot: Shot) -> AppTest:
    """The storyboard with a shot in the inspector, as a link opens it."""
    at = open_page("storyboard.py", project=project)
    at.query_params["shot"] = shot.id
    at.run()
    assert not at.exception
    return at


def edit(shot: Shot, changes: ShotUpdate) -> None:
    with session() as opened:
        edit_shot(session=opened, shot_id=shot.id, changes=changes)
        opened.commit()


def test_the_page_opens_without_an_inspector_and_with_the_one_of_the_shot_that_the_address_names(project: str) -> None:
    first, second = shots(project)
    assert 'class="fs-inspected"' not in text_of(open_page("storyboard.py", project=project))

    said = text_of(inspected(project, second))

    assert "SH0020" in said
    assert "SH0010; needs no picture" in said
    assert "Goes on from" not in text_of(inspected(project, first))


def test_an_inspector_is_closed_again(project: str) -> None:
    at = inspected(project, shots(project)[0])
    at.button(key="close-inspector").click().run()

    assert 'class="fs-inspected"' not in text_of(at)


def test_a_shot_that_is_not_there_opens_no_inspector(project: str) -> None:
    at = open_page("storyboard.py", project=project)
    at.query_params["shot"] = "0" * 32
    at.run()

    assert not at.exception
    assert 'class="fs-inspected"' not in text_of(at)


def test_the_start_is_saved_as_it_is_changed_and_can_be_undone(project: str) -> None:
    second = shots(project)[1]
    at = inspected(project, second)
    at.segmented_control(key=f"start-{second.id}").set_value("cut").run()

    assert shots(project)[1].start == "cut"
    assert "It has no picture yet" in text_of(at)
    with session() as opened:
        undo(session=opened, project_id=project)
        opened.commit()
    assert shots(project)[1].start == "continue"


def test_an_earlier_wording_is_used_again(project: str) -> None:
    first = shots(project)[0]
    edit(first, ShotUpdate(prompt="暴风雨来了。"))
    at = inspected(project, first)
    assert "Waves roll in." in text_of(at)
    with session() as opened:
        (wording,) = wordings(session=opened, shot_id=first.id)

    at.button(key=f"wording-{wording.id}").click().run()

    assert shots(project)[0].prompt == "Waves roll in."


def test_one_shot_is_ordered_from_the_generator(project: str) -> None:
    first = shots(project)[0]
    at = inspected(project, first)
    at.button(key="render-shot").click().run()

    with session() as opened:
        (render,) = active_renders(session=opened, project_id=project)
    assert render.shot_ids == [first.id]


def test_more_takes_of_a_finished_shot_are_ordered_by_one_click_each_with_another_seed(project: str) -> None:
    first = shots(project)[0]
    rendered(project, first)
    at = inspected(project, first)
    at.button(key="another-3").click().run()

    with session() as opened:
        (render,) = active_renders(session=opened, project_id=project)
    assert render.variants is not None
    assert len({variant["seed"] for variant in render.variants[first.id]} - {first.seed}) == 3
    assert shots(project)[0].seed == first.seed


def test_a_take_that_is_out_of_date_says_why_and_what_it_was_made_from_can_be_put_back(project: str) -> None:
    first, second = shots(project)
    rendered(project, first)
    rendered(project, second)
    edit(first, ShotUpdate(prompt="Fog comes in.", seed=768))
    at = inspected(project, first)
    said = text_of(at)
    assert ">Out of date<" in said
    assert f"Seed {first.seed} to 768" in said
    assert "SH0010" in text_of(inspected(project, second))

    at.button(key="put-back").click().run()

    assert (shots(project)[0].prompt, shots(project)[0].seed) == ("Waves roll in.", first.seed)
    assert ">Ready<" in text_of(at)


def test_a_shot_that_failed_says_why_with_the_report_of_its_order_beside_it(project: str) -> None:
    shot = shots(project)[0]
    take = rendered(project, shot)
    with session() as opened:
        order = enqueue_render(session=opened, project_id=project, shot_ids=[shot.id])
        row = opened.get_one(Take, take.id)
        row.render_id = order.id
        fail_take(session=opened, take_id=take.id, error=Message("out-of-memory"))
        order.status = "failed"
        opened.commit()
    text = text_of(inspected(project, shot))
    assert said(Message("out-of-memory")) in html.unescape(text)
    assert f'href="/api/report?order={order.id}"' in text


def test_an_earlier_take_can_be_chosen_again(project: str) -> None:
    first = shots(project)[0]
    old = rendered(project, first)
    edit(first, ShotUpdate(seed=1))
    rendered(project, first)
    at = inspected(project, first)
    at.button(key=f"choose-{old.id}").click().run()

    assert shots(project)[0].chosen_draft_id == old.id


def test_a_take_says_what_made_it_and_what_it_costs_on_the_disk(project: str) -> None:
    first = shots(project)[0]
    take = rendered(project, first)
    path = take_path(settings(), take.id)
    said = text_of(inspected(project, first))

    made = (f"Seed {first.seed}", "Draft", f"weights {take.request['identity'][:8]}", "Exact", "8 steps", "256 × 144")
    assert [part for part in made if part not in said] == []
    assert size_text(path.stat().st_size) in said
    assert take_download_url(take.id) in said


def test_a_take_names_the_loras_it_was_made_with_also_one_that_was_put_away(project: str, tmp_path: Path) -> None:
    first = shots(project)[0]
    take = rendered(project, first)
    with session() as opened:
        file = small_lora(tmp_path / "雨.safetensors")
        lora = add_lora(session=opened, settings=settings(), file=file, name=file.name)
        unknown = "f" * 64
        kept = opened.get_one(Take, take.id)
        made_with = {**kept.request["settings"], "loras": [[lora.id, 0.75], [unknown, 1.0]]}
        kept.request = {**kept.request, "settings": made_with}
        delete_lora(session=opened, lora_id=lora.id)
        opened.commit()

    said = text_of(inspected(project, first))
    assert "LoRA 雨 at 0.75 · LoRA ffffffff at 1" in said


def test_a_take_gets_a_star_and_a_note(project: str) -> None:
    first = shots(project)[0]
    take = rendered(project, first)
    at = inspected(project, first)
    at.button(key=f"star-{take.id}").click().run()
    at.text_input(key=f"note-{take.id}").set_value("The light is right.").run()

    with session() as opened:
        kept = opened.get_one(Take, take.id)
        assert (kept.star, kept.note) == (True, "The light is right.")


def test_an_earlier_take_is_thrown_away_and_taken_back(project: str) -> None:
    first = shots(project)[0]
    old = rendered(project, first)
    edit(first, ShotUpdate(seed=1))
    new = rendered(project, first)
    at = inspected(project, first)
    assert f"delete-{new.id}" not in {button.key for button in at.button}
    at.button(key=f"delete-{old.id}").click().run()

    assert "Take 1 of SH0010 was thrown away." in text_of(at)
    assert f"choose-{old.id}" not in {button.key for button in at.button}

    at.button(key="undo-0").click().run()

    assert f"choose-{old.id}" in {button.key for button in at.button}


def test_a_shot_has_settings_of_its_own(project: str) -> None:
    first = shots(project)[0]
    at = inspected(project, first)
    at.selectbox(key=f"shot-preset-{first.id}").set_value("quick").run()
    at.number_input(key=f"shot-steps-{first.id}").set_value(5).run()

    assert (shots(project)[0].preset, shots(project)[0].steps) == ("quick", 5)

    at.selectbox(key=f"shot-preset-{first.id}").set_value("").run()

    assert shots(project)[0].preset is None


def test_a_picture_is_taken_away(project: str) -> None:
    at = inspected(project, shots(project)[0])
    at.button(key="detach").click().run()

    assert shots(project)[0].media_id is None
    assert "Needs a picture to start from" in text_of(at)


def test_a_deleted_shot_is_in_a_list_and_brought_back_from_there(project: str) -> None:
    with session() as opened:
        first = shots(project)[0]
        delete_shots(session=opened, project_id=first.project_id, shot_ids=[first.id])
        opened.commit()
    at = open_page("storyboard.py", project=project)
    at.button(key=f"restore-{first.id}").click().run()

    assert shots(project)[0].id == first.id


def test_a_preset_is_saved_as_it_is_chosen_and_says_what_it_costs(project: str) -> None:
    at = open_page("storyboard.py", project=project)
    at.session_state[f"settings-{project}"] = True
    at.run()
    at.selectbox(key=f"project-preset-{project}").set_value("quick").run()

    assert PRESETS["quick"].costs in [caption.value for caption in at.caption]
    assert at.selectbox(key=f"project-preset-{project}").value == "quick"


def with_settings(project: str, shot: Shot | None = None) -> AppTest:
    """The storyboard with its settings open, and a shot in the inspector."""
    at = inspected(project, shot) if shot else open_page("storyboard.py", project=project)
    at.session_state[f"settings-{project}"] = True
    return at.run()


def test_the_settings_list_the_shapes_of_the_model_and_one_that_is_chosen_makes_takes_out_of_date(project: str) -> None:
    rendered(project, shots(project)[0])
    first = shots(project)[0]
    at = with_settings(project, first)
    shape = at.selectbox(key=f"project-shape-{project}")
    assert shape.options == [
        "As the first picture",
        *("Wide 256 × 144", "Square 192 × 192", "Tall 144 × 256"),
        *("Wide 320 × 176", "Square 240 × 240", "Tall 176 × 320"),
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
    first = shots(project)[0]
    rendered(project, first)
    at = with_settings(project, first)
    fit = at.selectbox(key=f"project-fit-{project}")
    assert fit.options[:2] == ["Fill the frame (edges are cut)", "Show the whole picture (black bars)"]

    fit.set_value("fit").run()

    assert stored(project).fit == "fit"
    assert "Out of date" in text_of(at)


def test_the_usual_values_of_a_project_are_saved_as_they_are_changed(project: str) -> None:
    at = with_settings(project)
    at.text_input(key=f"project-words_before-{project}").set_value("Watercolour.").run()
    at.selectbox(key=f"project-seed_policy-{project}").set_value("one").run()
    at.text_input(key=f"project-seed-{project}").set_value("9223372036854775807").run()
    at.selectbox(key=f"project-real_checkpoint-{project}").set_value("f1").run()
    at.number_input(key=f"project-real_steps-{project}").set_value(30).run()

    kept = stored(project)
    assert (kept.words_before, kept.seed_policy, kept.seed) == ("Watercolour.", "one", 2**63 - 1)
    assert (kept.real_checkpoint, kept.real_steps) == ("f1", 30)

    at.selectbox(key=f"project-real_checkpoint-{project}").set_value("").run()

    assert stored(project).real_checkpoint is None


def test_the_inspector_shows_a_picture_as_it_will_be_fitted(project: str) -> None:
    first = shots(project)[0]
    assert "--fit:cover" in text_of(inspected(project, first))
    with session() as opened:
        edit_project(session=opened, project_id=project, changes=ProjectUpdate(fit="fit"))
        opened.commit()
    assert "--fit:contain" in text_of(inspected(project, first))


def test_a_project_that_is_not_there_is_no_error(project: str) -> None:  # noqa: ARG001
    assert "No project is open" in text_of(open_page("storyboard.py", project="0" * 32))


def test_the_inspector_says_what_of_a_prompt_is_not_read(project: str) -> None:
    first = shots(project)[0]
    long = "[0s: she turns] " + " ".join(f"word{number} sails by" for number in range(150))
    edit(first, ShotUpdate(prompt=long, seconds=0.01))
    said = text_of(inspected(project, first))
    assert "on it has no effect" in said
    assert said.count("Times in this prompt") == 1
    assert "It is asked to last 0.01 s" in said
