from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlmodel import Session, select

from framepack.checkpoints.table import checkpoint_named
from framepack.shots.request import default_settings
from projects.database.opening import open_database, session_for
from projects.database.tables import Speed
from projects.forecast.arithmetic import GAINED, card_arithmetic, sampling_work
from projects.forecast.speeds import KEPT, Speeds, Timed, decoding, note_speed, sampling
from projects.settings import StudioSettings

F1 = default_settings(checkpoint_named("f1"), height=608, width=640)
H100 = card_arithmetic(132, (9, 0))


@pytest.fixture
def session(studio: StudioSettings) -> Iterator[Session]:
    database = open_database(studio)
    with session_for(database) as opened:
        yield opened
    database.dispose()


def note(session: Session, timed: Timed, *seconds: float, hardware: str = "card") -> None:
    for one in seconds:
        note_speed(session=session, hardware=hardware, timed=timed, seconds=one)


def test_before_anything_was_measured_the_cards_arithmetic_gives_an_estimate(session: Session) -> None:
    lasts = Speeds(session, "card", H100).lasts(sampling(F1))
    # 25 steps took 20.4 s (benchmarks/log.md).
    assert lasts.likely == pytest.approx(20.4, rel=0.25)
    assert lasts.low < lasts.likely < lasts.high
    assert not lasts.measured
    slower = Speeds(session, "card", H100 / 4).lasts(sampling(F1))
    assert slower.likely == pytest.approx(4 * lasts.likely)
    assert sampling_work(F1) / (H100 * GAINED) == pytest.approx(lasts.likely)


def test_what_was_measured_with_the_same_settings_counts_and_one_that_stands_out_does_not(session: Session) -> None:
    note(session, sampling(F1), 20.0, 20.5, 21.0, 90.0, 20.2, 19.9)
    lasts = Speeds(session, "card", H100).lasts(sampling(F1))
    assert lasts.measured
    assert 20.0 <= lasts.likely <= 21.0
    assert lasts.high <= 1.1 * lasts.likely


def test_a_speed_is_carried_over_to_other_steps_and_sizes_as_an_estimate(session: Session) -> None:
    note(session, sampling(F1), 20.0)
    speeds = Speeds(session, "card", 0.0)
    half = speeds.lasts(sampling(replace(F1, steps=12)))
    assert half.likely == pytest.approx(20.0 * 12 / 25)
    assert not half.measured
    small = speeds.lasts(sampling(replace(F1, height=416, width=448)))
    # Attention grows with the square of the tokens.
    assert small.likely < 20.0 * (416 * 448) / (608 * 640)
    assert Speeds(session, "another card", H100).lasts(sampling(F1)).measured is False


def test_only_the_newest_of_each_kind_are_kept(session: Session) -> None:
    note(session, sampling(F1), *range(3 * KEPT))
    note(session, decoding(F1), 1.5)
    kept = [one.seconds for one in session.exec(select(Speed).where(Speed.stage == "sample"))]
    assert sorted(kept) == list(range(2 * KEPT, 3 * KEPT))
    assert len(session.exec(select(Speed)).all()) == KEPT + 1


def test_encoding_takes_longer_the_more_there_is_of_it(session: Session) -> None:
    note(session, Timed("encode", "f1", work=10.0), 5.0)
    assert Speeds(session, "card", H100).lasts(Timed("encode", "f1", work=4.0)).likely == pytest.approx(2.0)
