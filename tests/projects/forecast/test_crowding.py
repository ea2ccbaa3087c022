"""What others use of the processors, told from what all use and what we do."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from projects.database.opening import open_database, session_for
from projects.database.tables import Speed, Worker
from projects.forecast.crowding import MOST, Alone, Crowd, Used, crowding
from projects.forecast.noting import SpeedNotes
from projects.forecast.speeds import Speeds, Timed, note_speed
from projects.forecast.timing import StageClock
from projects.settings import StudioSettings
from tests.projects.forecast.test_speeds import F1

START = Used(100.0, 5000.0, 40.0)


def after(seconds: float, *, all_used: float, own: float) -> Used:
    """So many seconds later, in each of which so many processors were used."""
    return Used(START.moment + seconds, START.by_all + seconds * all_used, START.own + seconds * own)


@pytest.mark.parametrize(
    ("all_used", "own", "threads", "expected"),
    [
        (2.0, 2.0, 2, 1.0),  # alone
        (2.0, 1.0, 2, 2.0),  # one other program with as many threads as we
        (2.0, 1.33, 2, 1.5),  # one other thread
        (1.0, 0.0, 2, 1.5),  # one other thread before we begin
        (0.0, 0.0, 2, 1.0),
        (4.0, 2.0, 2, 1.0),  # others on processors that we have no threads for
        (2.0, 0.05, 2, 1.975),  # we had next to nothing to do
    ],
)
def test_it_is_as_crowded_as_others_take_from_us(all_used: float, own: float, threads: int, expected: float) -> None:
    processors = 8 if all_used == 4.0 else 2
    found = crowding(START, after(10.0, all_used=all_used, own=own), processors=processors, threads=threads)
    assert found == pytest.approx(expected, abs=0.02)


def test_what_is_too_short_says_nothing_and_no_crowd_is_without_end() -> None:
    assert crowding(START, after(0.2, all_used=2.0, own=1.0), processors=2, threads=2) is None
    assert crowding(START, after(10.0, all_used=2.0, own=0.21), processors=2, threads=2) == MOST
    # Counters may run back where a container is moved.
    assert crowding(START, after(10.0, all_used=-1.0, own=-1.0), processors=2, threads=2) == 1.0


class Crowded(Crowd):
    """Things take twice as long."""

    def since(self, before: Used) -> float:  # noqa: ARG002
        return 2.0


@pytest.fixture
def database(studio: StudioSettings) -> sa.Engine:
    return open_database(studio)


def test_speeds_are_kept_as_if_nobody_else_were_there(database: sa.Engine) -> None:
    notes = SpeedNotes(glances=database, hardware="cpu", crowd=Crowded(processors=2, threads=2))
    notes.begin("render")
    clock = StageClock(F1)
    clock.timed.append((Timed("decode", "f1"), 3.0))
    notes.end(clock, whole=False)
    with session_for(database) as session:
        assert [speed.seconds for speed in session.exec(select(Speed)).all()] == [1.5]
    database.dispose()


def test_a_forecast_is_for_as_many_others_as_there_are_now(database: sa.Engine) -> None:
    with session_for(database) as session:
        note_speed(session=session, hardware="cpu", timed=Timed("decode", "f1"), seconds=1.5)
        quiet, busy = (lasts(session, crowding) for crowding in (1.0, 3.0))
    assert (quiet, busy) == (pytest.approx(1.5), pytest.approx(4.5))
    database.dispose()


def lasts(session: Session, crowding: float) -> float:
    worker = Worker(executor_id="w", device="cpu", pid=1, host="here", hardware="cpu", crowding=crowding)
    return Speeds.of(session, worker).lasts(Timed("decode", "f1")).likely


def test_a_crowd_is_followed_and_a_card_is_ours_alone() -> None:
    crowd = Crowd(processors=10**6, threads=1)
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        pass
    # Nobody fills a million processors.
    assert crowd.look() == crowd.since(START) == 1.0
    assert Alone().look() == Alone().since(START) == 1.0
