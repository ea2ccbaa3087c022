"""Beats on the page: dropped on the strip, moved, written and taken away; where they begin as the engine has it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from framepack.checkpoints.table import checkpoint_named
from framepack.shots.beats import first_latent
from framepack.shots.spans import spans
from pages.inspector.strip import Grid
from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.finished_takes import render_all
from tests.support.harness import FIRST, Harness
from tests.support.plain_pictures import png
from tests.support.rendering import until
from tests.support.running_studio import CHECKOUT, Studio
from tests.support.typing_page import shot, state_of, unsaved

pytestmark = pytest.mark.browser
TIMED = "A boat comes in. [1.6s: It turns.]"


def handles(page: Page) -> Locator:
    return page.get_by_role("slider", name="Beat ")


def kept(harness: Harness) -> list[tuple[float, str | None]]:
    return [(beat["at"], beat["prompt"]) for beat in shot(harness)["beats"]]


def test_beats_are_dropped_moved_written_and_taken_away_and_two_people_see_both(boxes: Page, harness: Harness) -> None:
    _check_arithmetic(boxes)
    lane = boxes.get_by_role("group", name="Beats of SH0010 in time").locator(".lane")
    box = lane.bounding_box()
    assert box is not None
    lane.click(position={"x": box["width"] * 0.64, "y": 20})  # of 75 frames the 48th
    text = boxes.get_by_label("What happens from 1.63 s on")
    expect(text).to_be_focused()
    boxes.keyboard.type("It turns.")
    until(lambda: kept(harness) == [(1.6333, "It turns.")])
    expect(state_of(boxes, "beats")).to_have_text("Saved")

    handles(boxes).press("ArrowLeft")
    until(lambda: kept(harness) == [(1.5, "It turns.")])
    handles(boxes).hover()
    boxes.mouse.down()
    boxes.mouse.move(box["x"] + box["width"] * 0.32, box["y"] + 20, steps=4)
    boxes.mouse.up()
    until(lambda: kept(harness) == [(0.8333, "It turns.")])

    boxes.get_by_role("button", name="Add a beat").click()
    expect(boxes.get_by_label("What happens from 1.77 s on")).to_be_focused()
    boxes.keyboard.type("It sinks.")
    boxes.get_by_label("Seed from 1.77 s on").fill("9223372036854775807")
    until(lambda: shot(harness)["beats"][-1]["seed"] == "9223372036854775807")
    boxes.get_by_role("button", name="Delete the beat at 0.83 s").click()
    until(lambda: kept(harness) == [(1.7667, "It sinks.")])

    # The shot is made shorter elsewhere: what is said after its end stays, and says that it changes nothing.
    harness.tell("edit", shot=FIRST, changes={"seconds": 1.5})
    boxes.get_by_role("button", name="Draw anew").click()
    expect(boxes.get_by_text("The shot ends before this begins, so it changes nothing.")).to_be_visible()

    theirs = [{**shot(harness)["beats"][0], "prompt": "It burns."}]
    harness.tell("edit", shot=FIRST, changes={"beats": theirs})
    boxes.get_by_label("What happens from 1.77 s on").fill("It floats.")
    expect(boxes.locator(".beats .side .text")).to_have_text([re.compile("It floats"), re.compile("It burns")])
    boxes.get_by_role("button", name="Keep mine").click()
    until(lambda: kept(harness) == [(1.7667, "It floats.")])
    until(lambda: unsaved(boxes) == 0)


def _check_arithmetic(page: Page) -> None:
    """Where beats begin is worked out on the page as the engine does."""
    chance = random.Random(5)
    cases: list[dict[str, Any]] = []
    for _ in range(400):
        checkpoint = checkpoint_named(chance.choice(("draft", "original")))
        before, length = round(chance.uniform(0.2, 9), chance.choice((0, 1, 2))) or 1.0, chance.choice((1.2, 4.0, 7.3))
        opens = chance.random() < 0.5
        chain = (length,) if opens else (before, length)
        span = spans(chain, fps=checkpoint.fps, window=checkpoint.window, ends=True)[-1]
        start, by_sections = sum(chain[:-1]), checkpoint.direction == "inverted"
        grid = Grid(
            *(span.first, span.latents, span.window, span.opens, start, checkpoint.fps, span.frames),
            by_sections=by_sections,
        )
        at = chance.choice((round(chance.uniform(0, 8), 1), chance.uniform(0, 8), chance.randrange(240) / 30))
        first = first_latent(at, span, before=start, fps=checkpoint.fps, whole_sections=by_sections)
        cases.append({"grid": asdict(grid), "at": at, "first": first})
    script = (CHECKOUT / "pages" / "inspector" / "beat_grid.js").read_text(encoding="utf-8")
    told = page.evaluate(
        f"""(cases) => {{ {script}; return cases.map(({{ grid, at }}) => {{
            const made = beatGrid(grid);
            const first = made.latentOf(at);
            return [first, made.latentOf(made.momentOf(first))];
        }}); }}""",
        cases,
    )
    assert told == [[case["first"]] * 2 for case in cases]


@pytest.fixture
def work(page: Page, start_studio: Callable[[], Studio]) -> tuple[Studio, Shot]:
    """A page with a shot that has times in its prompt, and a take."""
    studio = start_studio()
    with session_for(make_engine(studio.settings.database_url)) as session:
        project = create_project(session=session, name="Tides")
        picture = add_picture(session=session, settings=studio.settings, data=png(64, 64), name="a.png").media
        new = NewShot(prompt="A boat comes in.", seconds=3.2, media_id=picture.id)
        (made,) = add_shots(session=session, project_id=project.id, new=[new])
        render_all(session, studio.settings, project.id)
        made.prompt = TIMED
        session.commit()
        page.goto(f"{studio.url}/storyboard?project={project.id}&shot={made.id}")
        return studio, made


def test_times_in_a_typed_prompt_become_beats_with_one_click_and_are_words_again_after_undo(
    page: Page, work: tuple[Studio, Shot]
) -> None:
    prompt = page.get_by_label("What happens in SH0010")
    expect(page.get_by_text("Times in this prompt")).to_be_visible()
    page.get_by_role("button", name="Make beats of them").click()

    expect(prompt).to_have_value("A boat comes in.")
    expect(page.get_by_label("What happens from 1.63 s on")).to_have_value("It turns.")
    expect(page.locator(".strip .cell img").first).to_be_visible()
    expect(page.get_by_role("option").get_by_text("◆ 1")).to_be_visible()
    expect(page.get_by_text("Times in this prompt")).to_have_count(0)

    page.get_by_role("button", name="Undo").first.click()
    expect(prompt).to_have_value(TIMED)
    expect(handles(page)).to_have_count(0)
    studio, made = work
    with session_for(make_engine(studio.settings.database_url)) as session:
        assert session.get_one(Shot, made.id).beats == []
