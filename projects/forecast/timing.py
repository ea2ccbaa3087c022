"""How long each stage of a shot takes while it is made, from what the engine tells. It renders and writes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from framepack.shots.events import Conditioned, Event, Notice, SectionDone, Step
from framepack.shots.request import Settings
from projects.forecast.speeds import Timed, decoding, sampling


class StageClock:
    """Follows one shot. ``timed`` are the stages that came to an end, with their seconds."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.timed: list[tuple[Timed, float]] = []
        self._settings = settings
        self._clock = clock
        self._mark = clock()
        self._first_step: float | None = None
        self._load: float | None = None

    @property
    def spent(self) -> float:
        """The seconds of all stages so far."""
        return sum(seconds for _, seconds in self.timed)

    def loaded(self, *, is_fresh: bool) -> None:
        """The engine is there; where it ``is_fresh`` its weights come with the first step, which is part of loading."""
        self._load = self._lap() if is_fresh else None

    def encoded(self, count: int) -> None:
        """So many prompts and pictures are encoded that were not before."""
        seconds = self._lap()
        if count:
            self.timed.append((Timed("encode", self._settings.checkpoint, work=float(count)), seconds))

    def follow(self, event: Event) -> None:
        """Take note of what the engine says."""
        match event:
            case Conditioned():
                self._lap()
            case Notice(compiling=True):
                # Compiling is paid once, as loading is.
                self._load = self._load or 0.0
            case Step(number=1, of=of):
                self._first_step = self._clock() - self._mark
                if of == 1:
                    self._sampled(of)
            case Step(number=number, of=of) if number == of:
                self._sampled(of)
            case SectionDone(number=number, seconds=seconds):
                lap = self._lap()
                if number and seconds:
                    self.timed.append((decoding(self._settings), lap))

    def _sampled(self, steps: int) -> None:
        seconds = self._lap()
        if self._load is not None and self._first_step is not None:
            # The first step of a fresh engine brings its weights into place; the others tell how long a step is.
            pace = (seconds - self._first_step) / (steps - 1) if steps > 1 else self._first_step
            extra = max(0.0, self._first_step - pace)
            self.timed.append((Timed("load", self._settings.checkpoint), self._load + extra))
            seconds -= extra
            self._load = None
        self.timed.append((sampling(self._settings), seconds))

    def _lap(self) -> float:
        present = self._clock()
        seconds, self._mark = present - self._mark, present
        return seconds
