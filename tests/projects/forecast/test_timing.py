from __future__ import annotations

import numpy as np
import pytest

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from framepack.shots.events import Conditioned, Event, Notice, SectionDone, Step
from framepack.shots.request import default_settings
from projects.forecast.timing import StageClock

SETTINGS = default_settings(checkpoint_named("draft"), height=144, width=256)
PICTURE = np.zeros((1, 1, 3), np.uint8)


class Told:
    """A clock that is told what time it is, and a shot that is followed by it."""

    def __init__(self) -> None:
        self.time = 0.0
        self.clock = StageClock(SETTINGS, clock=lambda: self.time)

    def after(self, seconds: float, event: Event) -> None:
        self.time += seconds
        self.clock.follow(event)

    def section(self, number: int, *seconds: float, decoded: float) -> None:
        for step, one in enumerate(seconds, start=1):
            self.after(one, Step(number, step, len(seconds), 1.0, PICTURE))
        self.after(decoded, SectionDone("k", number, sum(seconds) + decoded))

    @property
    def stages(self) -> list[tuple[str, float]]:
        return [(timed.stage, seconds) for timed, seconds in self.clock.timed]


def test_sampling_and_decoding_are_told_apart() -> None:
    told = Told()
    told.clock.loaded(is_fresh=False)
    told.after(0.0, Conditioned(2, 0))
    told.section(1, 1.0, 1.0, decoded=0.5)
    told.section(2, 1.1, 0.9, decoded=0.25)
    assert told.stages == [("sample", 2.0), ("decode", 0.5), ("sample", 2.0), ("decode", 0.25)]
    assert told.clock.spent == 4.75


def test_what_the_first_step_of_a_fresh_engine_takes_longer_is_loading() -> None:
    told = Told()
    told.time = 7.0
    told.clock.loaded(is_fresh=True)
    told.time += 2.0
    told.clock.encoded(3)
    told.after(0.0, Conditioned(1, 0))
    told.section(1, 31.0, 1.0, 1.0, decoded=0.5)
    assert told.stages == [("encode", 2.0), ("load", 37.0), ("sample", pytest.approx(3.0)), ("decode", 0.5)]


def test_compiling_is_no_part_of_how_long_a_section_takes_and_what_is_found_takes_nothing() -> None:
    told = Told()
    told.clock.loaded(is_fresh=False)
    told.after(0.0, Conditioned(2, 1))
    told.after(0.0, SectionDone("k", 1, 0.0))
    told.after(0.0, Notice(Message("compiling"), compiling=True))
    told.section(2, 11.0, 1.0, decoded=0.5)
    assert told.stages == [("load", 10.0), ("sample", 2.0), ("decode", 0.5)]
