from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import Session

from framepack.messages import Message
from framepack.shots.events import Conditioned, Event, Finished, Notice, SectionDone, Step
from projects.database.opening import open_database, session_for
from projects.database.tables import Progress, Project, Render, Shot
from projects.queue.orders import progress_of
from projects.queue.progress import Place, ProgressWriter
from projects.settings import StudioSettings
from projects.storage.places import preview_path


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def database(studio: StudioSettings) -> sa.Engine:
    return open_database(studio)


@pytest.fixture
def place(database: sa.Engine) -> Place:
    with session_for(database) as session:
        project = Project(name="p")
        shot = Shot(project_id=project.id, number=10, position=0)
        render = Render(project_id=project.id, shot_ids=[shot.id])
        for row in (project, shot, render):
            session.add(row)
            session.flush()
        session.commit()
        return Place(render_id=render.id, shot_id=shot.id, shot_index=2, shot_count=3, sections=2)


def step(number: int, of: int = 4) -> Step:
    return Step(section=1, number=number, of=of, sigma=0.5, preview=np.full((18, 32, 3), 200, np.uint8))


def shot_of_two_sections(steps: int) -> list[Event]:
    section: list[Event] = [step(number, steps) for number in range(1, steps + 1)]
    done: list[Event] = [SectionDone(key="k", number=number, seconds=1.0) for number in (1, 2)]
    return [Conditioned(sections=2, sections_done=0), *section, done[0], *section, done[1], Finished(73, 2.0)]


def test_progress_is_written_at_most_four_times_in_any_second(
    studio: StudioSettings, database: sa.Engine, place: Place
) -> None:
    clock = Clock()
    writer = ProgressWriter(
        settings=studio, database=database, place=place, held=lambda _: None, clock=clock, sleep=clock.sleep
    )
    writes: list[float] = []
    sa.event.listen(database, "commit", lambda _: writes.append(clock.time))
    for event in shot_of_two_sections(steps=100):
        clock.time += 0.01
        writer.follow(event)
    assert len(writes) >= 6
    assert all(later - earlier >= 0.999 for earlier, later in zip(writes, writes[4:], strict=False))


def test_progress_names_the_shot_the_section_the_step_and_the_pace(
    studio: StudioSettings, database: sa.Engine, place: Place
) -> None:
    clock = Clock()
    writer = ProgressWriter(
        settings=studio, database=database, place=place, held=lambda _: None, clock=clock, sleep=clock.sleep
    )
    seen: list[tuple[object, ...]] = []
    for event in shot_of_two_sections(steps=3):
        clock.time += 2.0
        writer.follow(event)
        with session_for(database) as session:
            row = progress_of(session=session, render_id=place.render_id)
            assert row is not None
            seen.append((row.phase, row.section, row.step, row.steps, row.seconds_per_step))
    assert seen == [
        ("sampling", 1, 0, 0, None),
        ("sampling", 1, 1, 3, None),
        ("sampling", 1, 2, 3, 2.0),
        ("decoding", 1, 0, 0, 2.0),
        ("sampling", 2, 0, 0, 2.0),
        ("sampling", 2, 1, 3, 2.0),
        ("sampling", 2, 2, 3, 2.0),
        ("decoding", 2, 0, 0, 2.0),
        ("decoding", 2, 0, 0, 2.0),
        ("finishing", 2, 0, 0, 2.0),
    ]
    with session_for(database) as session:
        row = session.get_one(Progress, place.render_id)
        assert (row.shot_index, row.shot_count, row.sections) == (2, 3, 2)


def test_compiling_is_a_phase_until_the_first_step(studio: StudioSettings, database: sa.Engine, place: Place) -> None:
    clock = Clock()
    writer = ProgressWriter(
        settings=studio, database=database, place=place, held=lambda _: None, clock=clock, sleep=clock.sleep
    )
    phases = []
    for event in (
        Conditioned(2, 0),
        Notice(Message("frames-whole")),
        Notice(Message("compiling"), compiling=True),
        step(1),
        step(2),
    ):
        clock.time += 2.0
        writer.follow(event)
        with session_for(database) as session:
            row = progress_of(session=session, render_id=place.render_id)
            assert row is not None
            phases.append(row.phase)
    assert phases == ["sampling", "sampling", "compiling", "sampling", "sampling"]


def test_the_preview_is_a_whole_picture_that_is_replaced(
    studio: StudioSettings, database: sa.Engine, place: Place
) -> None:
    writer = ProgressWriter(settings=studio, database=database, place=place, held=lambda _: None)
    writer.follow(step(1))
    with Image.open(preview_path(studio, place.render_id)) as preview:
        assert (preview.format, preview.size) == ("WEBP", (32, 18))
    assert [path.name for path in studio.previews_dir.iterdir()] == [f"{place.render_id}.webp"]


def test_two_workers_of_one_order_may_be_the_first_to_write_in_one_moment(
    studio: StudioSettings, database: sa.Engine, place: Place
) -> None:
    one, two = (ProgressWriter(settings=studio, database=database, place=place, held=lambda _: None) for _ in range(2))
    sa.event.listen(Session, "before_flush", lambda *_: two.enter("sampling"), once=True)
    one.enter("loading")
    one.enter("decoding")
    with session_for(database) as session:
        progress = progress_of(session=session, render_id=place.render_id)
    assert progress is not None
    assert progress.phase == "decoding"
