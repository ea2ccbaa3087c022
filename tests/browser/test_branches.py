"""A take is gone on from in the browser, with the real worker and the draft: what is before the moment stays."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from framepack.media.video import read_frames
from projects.database.opening import make_engine, session_for
from projects.database.tables import Project, Shot, Take
from projects.queue.orders import enqueue_render
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import take_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from projects.takes.takes import takes_of
from tests.support.plain_pictures import png
from tests.support.rendering import SIDE, until
from tests.support.running_studio import Studio, running_studio

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Work:
    """A studio with a project of one shot of 2.1 s, which its own worker has rendered."""

    studio: Studio
    project: Project
    shot: Shot

    def takes(self) -> list[Take]:
        """The finished takes, the first one first."""
        with session_for(make_engine(self.studio.settings.database_url)) as session:
            found = takes_of(session=session, shot_id=self.shot.id)
        return [take for take in found[::-1] if take.status == "done"]

    def shot_now(self) -> Shot:
        with session_for(make_engine(self.studio.settings.database_url)) as session:
            return session.get_one(Shot, self.shot.id)

    def frames(self, take: Take) -> np.ndarray:
        return np.stack(list(read_frames(take_path(self.studio.settings, take.id))))

    @property
    def address(self) -> str:
        return f"{self.studio.url}/storyboard?project={self.project.id}&shot={self.shot.id}"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    with contextlib.ExitStack() as running:
        studio = running.enter_context(running_studio(tmp_path_factory.mktemp("branches") / "studio"))
        settings = studio.settings
        with session_for(make_engine(settings.database_url)) as session:
            project = create_project(session=session, name="海邊 One shot")
            media = add_picture(session=session, settings=settings, data=png(320, 180), name="sea.png").media.id
            (shot,) = add_shots(
                session=session,
                project_id=project.id,
                new=[NewShot(prompt="Waves roll in.", seconds=2.1, seed=3, media_id=media)],
            )
            project.height = project.width = SIDE
            project.steps, project.cfg = 2, 1.0
            session.flush()
            enqueue_render(session=session, project_id=project.id, shot_ids=[shot.id])
            session.commit()
        work = Work(studio, project, shot)
        until(lambda: len(work.takes()) == 1, seconds=300)
        yield work


def test_a_take_goes_on_differently_from_a_moment_and_what_is_before_it_stays_bit_for_bit(
    page: Page, work: Work
) -> None:
    (take,) = work.takes()
    stored = sections(work.studio.settings)
    page.goto(work.address)
    frames = frames_of(page, "Take 1")
    frames.locator("video").evaluate("video => { video.currentTime = 1.61; }")
    expect(frames.locator(".time")).to_contain_text("frame 49 of")
    frames.get_by_role("button", name="Go on differently from here…").click()
    expect(frames.locator(".branch .moment")).to_have_text(
        "From 1.6 s (frame 50) on; one section is rendered, what is before stays."
    )
    frames.get_by_label("What happens from there").fill("It snows. 下雪了")
    frames.get_by_role("button", name="Go on from here", exact=True).click()
    expect(page.get_by_text("Going on from 1.63 s: 1 of 3 sections are rendered.")).to_be_visible()
    until(lambda: len(work.takes()) == 2, seconds=300)

    other = work.takes()[1]
    ours, theirs = work.frames(other), work.frames(take)
    assert np.array_equal(ours[:49], theirs[:49])
    assert not np.array_equal(ours[49], theirs[49])
    # Only what follows was rendered.
    made = sections(work.studio.settings) - stored
    assert made == {key for key, _ in other.units} - {key for key, _ in take.units}
    assert len(made) == 1
    assert (work.shot_now().beats, work.shot_now().chosen_draft_id) == ([], take.id)


def sections(settings: StudioSettings) -> set[str]:
    return {Path(found.parent).name for found in settings.sections_dir.rglob("frames.mp4")}


def frames_of(page: Page, name: str) -> Locator:
    """One take in the inspector."""
    return page.locator(f'.frames[aria-label^="{name}:"]')


def test_several_takes_go_on_from_a_moment_are_seen_side_by_side_and_one_is_chosen(page: Page, work: Work) -> None:
    had = len(work.takes())
    page.goto(work.address)
    frames = frames_of(page, "Take 1")
    frames.locator("video").evaluate("video => { video.currentTime = 1.21; }")
    expect(frames.locator(".time")).to_contain_text("frame 37 of")
    frames.get_by_role("button", name="Go on differently from here…").click()
    frames.get_by_label("How many takes").select_option("2")
    frames.get_by_role("button", name="Go on from here", exact=True).click()
    until(lambda: len(work.takes()) == had + 2, seconds=300)
    page.reload()
    expect(page.get_by_text("parts from take 1 at 1.2 s")).to_have_count(2)
    page.get_by_text("Side by side", exact=True).click()
    beside = page.locator(".beside")
    # The two, and the one that they part from.
    expect(beside.locator("video")).to_have_count(3)
    for _ in range(3):
        beside.get_by_role("button", name="One frame on (→)").click()
    expect(beside.locator(".time")).to_contain_text("frame 4 of")
    newest = work.takes()[-1]
    beside.get_by_role("button", name=f"Take {newest.number}: Use this take").click()
    until(lambda: work.shot_now().chosen_draft_id == newest.id, seconds=60)
    assert len(work.shot_now().beats) == 1
    expect(beside.get_by_role("button", name=f"Take {newest.number}: In the film")).to_be_disabled()


def test_a_shot_is_directed_and_waits_through_a_reload(page: Page, work: Work) -> None:
    had = len(work.takes())
    page.goto(work.address)
    page.get_by_role("button", name="Section by section").click()
    expect(page.get_by_text("1.2 s of 2.1 s are there. How does it go on?")).to_be_visible(timeout=300_000)
    page.reload()
    page.get_by_label("Now say").fill("The waves stand still.")
    page.get_by_role("button", name="Keep and go on").click()
    expect(page.get_by_text("2.1 s of 2.1 s are there. How does it go on?")).to_be_visible(timeout=300_000)
    page.get_by_role("button", name="Stop here").click()
    expect(page.get_by_text("Stopped. What there is of the shot is a take.")).to_be_visible()
    until(lambda: len(work.takes()) == had + 1, seconds=60)
    assert work.takes()[-1].request["beats"][-1]["prompt"] == "The waves stand still."
