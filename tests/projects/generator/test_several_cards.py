"""A real worker of two processes that make each section together, with the draft: killed, called off, carried on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from framepack.errors import RankLost
from framepack.messages import Message
from projects.database.opening import open_database, session_for
from projects.database.tables import Start
from projects.messages import in_english, read
from projects.queue.orders import UNFINISHED, cancel_render, enqueue_render, progress_of
from projects.settings import StudioSettings
from tests.support.children import children_of
from tests.support.rendering import fresh, sections_made, small_project, until, worker_process
from tests.support.studio_at_work import BeginsAfresh, StudioAtWork

STEPS = 20


class Studio:
    """Projects of a few short shots, and orders for them."""

    def __init__(self, settings: StudioSettings) -> None:
        self.settings = settings
        self.database = open_database(settings)

    def order(self, about: str, *shots_given: tuple[Start, float]) -> str:
        with session_for(self.database) as session:
            project, shots = small_project(session, self.settings, *shots_given, steps=STEPS, about=about)
            render = enqueue_render(
                session=session,
                project_id=project.id,
                shot_ids=[shot.id for shot in shots],
            )
            session.commit()
            return render.id

    def call_off(self, render_id: str) -> None:
        with session_for(self.database) as session:
            cancel_render(session=session, settings=self.settings, render_id=render_id)
            session.commit()

    def is_at_step(self, render_id: str) -> bool:
        with session_for(self.database) as session:
            progress = progress_of(session=session, render_id=render_id)
            return progress is not None and progress.step >= 2

    def ended(self, render_id: str) -> tuple[str, str | None]:
        until(lambda: fresh(self.database, render_id).status not in UNFINISHED)
        render = fresh(self.database, render_id)
        return render.status, in_english(read(render.error)) if render.error else None


@pytest.fixture
def served(studio: StudioSettings) -> Iterator[Studio]:
    opened = Studio(replace(studio, cards_per_shot=2))
    yield opened
    opened.database.dispose()


def other_ranks(worker: int) -> list[int]:
    """The processes of a worker that make sections with it."""
    return [child.pid for child, command in children_of(worker) if any("spawn_main" in word for word in command)]


def test_shots_are_made_by_two_ranks_though_one_is_killed_and_one_order_is_called_off(served: Studio) -> None:
    with worker_process(served.settings, "--device", "cpu:2") as worker:
        called_off = served.order("a", ("cut", 2.0))
        until(lambda: served.is_at_step(called_off))
        ranks = other_ranks(worker.pid)
        assert len(ranks) == 1
        served.call_off(called_off)
        killed_over = served.order("b", ("cut", 2.0), ("continue", 1.0), ("cut", 1.0))
        until(lambda: served.is_at_step(killed_over))
        assert other_ranks(worker.pid) == ranks
        os.kill(ranks[0], signal.SIGKILL)
        assert served.ended(killed_over) == ("done", None)
        made = sections_made(served.settings)
        assert len(made) == len(set(made)) == 4
        log = (served.settings.logs_dir / "test.log").read_text()
        assert "One of the 2 cards that work on the shot together does not go on" in log
        (other,) = other_ranks(worker.pid)
        assert other != ranks[0]
        worker.kill()
        until(lambda: not psutil.pid_exists(other))


def test_a_shot_over_which_a_card_is_lost_twice_fails_with_what_was_said_of_it(studio: StudioSettings) -> None:
    s = StudioAtWork(studio)
    stopped = Message("rank-stopped", {"card": 2, "status": -9})
    s.room.faults = [RankLost(2, stopped), RankLost(2, stopped)]
    render_id = s.order(*s.shots)
    for _ in range(2):
        with pytest.raises(BeginsAfresh):
            s.carry_out(render_id)
    render = s.carry_out(render_id)
    assert render.status == "failed"
    assert "the process of card 2 ended with status -9" in in_english(read(render.error or ""))
    assert s.states() == ["never rendered", "never rendered", "done"]
    s.database.dispose()
