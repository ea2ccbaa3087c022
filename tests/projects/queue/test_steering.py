from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from projects.database.opening import open_database, session_for
from projects.database.tables import Pass, Render
from projects.errors import StoryboardProblem
from projects.queue.orders import cancel_render, enqueue_render
from projects.queue.steering import (
    clear_finished,
    finished,
    is_paused,
    move_order,
    pause_order,
    pause_queue,
    resume_order,
    resume_queue,
    retry_order,
    take_next,
    unfinished,
)
from projects.settings import StudioSettings
from tests.support.rendering import small_project


class Queue:
    """Orders of one project, by letters in the order in which they were given."""

    def __init__(self, session: Session, studio: StudioSettings) -> None:
        self.session, self.studio = session, studio
        self.project, self.shots = small_project(session, studio, ("cut", 1.0))
        self.project.real_checkpoint = "draft"
        self.names: dict[str, str] = {}

    def order(self, name: str, made_for: Pass = "draft") -> Render:
        ids = [shot.id for shot in self.shots]
        render = enqueue_render(session=self.session, project_id=self.project.id, shot_ids=ids, made_for=made_for)
        self.names[render.id] = name
        return render

    def listed(self) -> str:
        return "".join(self.names[order.id] for order in unfinished(session=self.session))

    def taken(self, workers: int = 1) -> str:
        orders = unfinished(session=self.session)
        took = take_next(session=self.session, orders=orders, workers=workers)
        self.session.expire_all()
        return "".join(self.names[order.id] for order in took)

    def end(self, order: Render) -> None:
        order.status = "done"
        self.session.flush()


@pytest.fixture
def queue(studio: StudioSettings) -> Iterator[Queue]:
    database = open_database(studio)
    with session_for(database) as session:
        yield Queue(session, studio)
    database.dispose()


def test_orders_are_taken_up_one_after_the_other_and_drafts_before_the_rest(queue: Queue) -> None:
    queue.order("n", "real")
    a = queue.order("a")
    queue.order("b")
    assert queue.listed() == "abn"
    assert queue.taken() == "a"
    assert queue.taken() == ""
    queue.end(a)
    assert queue.taken() == "b"


def test_a_draft_has_a_nights_work_put_back_which_goes_on_afterwards_under_another_name(queue: Queue) -> None:
    night = queue.order("n", "real")
    assert queue.taken() == "n"
    night.status = "running"
    first_name = night.workflow_id
    draft = queue.order("d")
    assert queue.taken() == "d"
    assert (night.status, night.handed_over) == ("queued", False)
    assert queue.taken() == ""
    queue.end(draft)
    assert queue.taken() == "n"
    assert night.earlier_workflow_id == first_name != night.workflow_id


def test_where_there_are_two_workers_a_nights_work_goes_on_beside_a_draft(queue: Queue) -> None:
    queue.order("n", "real")
    assert queue.taken(workers=2) == "n"
    queue.order("d")
    assert queue.taken(workers=2) == "dn"
    assert queue.taken(workers=2) == ""


def test_an_order_is_moved_before_another_and_becomes_as_urgent_as_those_about_it(queue: Queue) -> None:
    n, a, b = queue.order("n", "real"), queue.order("a"), queue.order("b")
    move_order(session=queue.session, render_id=b.id, before=a.id)
    assert queue.listed() == "ban"
    move_order(session=queue.session, render_id=n.id, before=b.id)
    assert queue.listed() == "nba"
    assert n.urgent
    m = queue.order("m", "real")
    move_order(session=queue.session, render_id=a.id, before=None)
    assert queue.listed() == "nbma"
    assert not a.urgent
    assert queue.taken() == "n"
    with pytest.raises(StoryboardProblem, match="waits"):
        move_order(session=queue.session, render_id=n.id, before=m.id)


def test_what_is_paused_waits_until_it_is_resumed_and_the_others_go_on(queue: Queue) -> None:
    a, b = queue.order("a"), queue.order("b")
    assert queue.taken() == "a"
    pause_order(session=queue.session, render_id=a.id)
    assert queue.taken() == "b"
    queue.end(b)
    assert queue.taken() == ""
    resume_order(session=queue.session, render_id=a.id)
    assert queue.taken() == "a"
    pause_queue(session=queue.session)
    assert is_paused(session=queue.session)
    assert (a.handed_over, queue.taken()) == (False, "")
    resume_queue(session=queue.session)
    assert queue.taken() == "a"


def test_what_is_over_is_listed_until_it_is_cleared_away_or_ordered_again(queue: Queue) -> None:
    a, b = queue.order("a"), queue.order("b")
    for order in (a, b):
        cancel_render(session=queue.session, settings=queue.studio, render_id=order.id)
    assert {order.id for order in finished(session=queue.session, most=9)} == {a.id, b.id}
    again = retry_order(session=queue.session, render_id=a.id)
    assert again.shot_ids == a.shot_ids
    assert [order.id for order in finished(session=queue.session, most=9)] == [b.id]
    assert clear_finished(session=queue.session) == 1
    assert finished(session=queue.session, most=9) == []
    with pytest.raises(StoryboardProblem, match="over"):
        retry_order(session=queue.session, render_id=again.id)
