"""How long pictures from words will take on a device, from what others took there by the same model.

What was never measured with a model is not foretold: nobody knows beforehand how large it is and how it computes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from projects.database.tables import PictureOrder, Speed, Worker
from projects.forecast.speeds import Lasts, Speeds, Timed, note_speed


@dataclass(frozen=True)
class PictureKind:
    """What one picture's time depends on. ``steps`` None: as many as the model has; ``strength`` None: none is changed.

    Height and width are in pixels.
    """

    model: str
    height: int
    width: int
    steps: int | None
    strength: float | None

    @classmethod
    def of(cls, order: PictureOrder) -> PictureKind:
        """That of an order."""
        return cls(order.model, order.height, order.width, order.steps, order.strength)

    @property
    def timed(self) -> Timed:
        """As what one picture is timed. Only where its steps are known can it be carried over to others."""
        setting = f"{self.width}x{self.height}, {self.steps if self.steps is not None else 'own'} steps"
        if self.strength is not None:
            setting += f", {self.strength:g} changed"
        # Of the steps that are asked for, so many are made as there is to be changed.
        steps = 0.0 if self.steps is None else max(1.0, self.steps * (self.strength or 1.0))
        return Timed("picture", self.model, setting, steps * self.height * self.width / 1e6)

    @property
    def loading(self) -> Timed:
        """As what the beginning is timed, until the model is in memory."""
        return Timed("picture-load", self.model, work=0.0)


def pictures_last(*, session: Session, workers: Sequence[Worker], kind: PictureKind, count: int) -> Lasts | None:
    """How long ``count`` pictures take once a worker begins; None where that was never measured with this model.

    Any of the ``workers`` may make them; without one it is foretold for the device that made such pictures last.
    """
    devices = list(dict.fromkeys(worker.hardware for worker in workers))
    if not devices:
        made = select(Speed.hardware).where(Speed.stage == "picture", Speed.checkpoint == kind.model)
        last = session.exec(made.order_by(col(Speed.created_at).desc()).limit(1)).first()
        devices = [] if last is None else [last]
    all_ = [lasts for device in devices if (lasts := _on(Speeds(session, device, 0.0), kind, count)) is not None]
    if not all_:
        return None
    return Lasts(
        low=min(lasts.low for lasts in all_),
        likely=sum(lasts.likely for lasts in all_) / len(all_),
        high=max(lasts.high for lasts in all_),
        measured=all(lasts.measured for lasts in all_) and len(all_) == len(devices),
    )


def _on(speeds: Speeds, kind: PictureKind, count: int) -> Lasts | None:
    loading, each = speeds.known(kind.loading), speeds.known(kind.timed)
    return None if loading is None or each is None else loading + each.times(count)


class PictureClock:
    """Takes the time of one order's pictures, in the process that makes them and ``began`` at that moment."""

    def __init__(self, kind: PictureKind, began: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._kind = kind
        self._mark = began
        self._clock = clock
        self._is_loaded = False
        self._timed: list[tuple[Timed, float]] = []

    def progressed(self) -> None:
        """Something was done by the model; the first time, it was loaded."""
        if not self._is_loaded:
            self._is_loaded = True
            self._timed.append((self._kind.loading, self._lap()))

    def made(self) -> None:
        """A picture is there."""
        self._timed.append((self._kind.timed, self._lap()))

    def note(self, session: Session, hardware: str) -> None:
        """Keep what was timed, in a session that may be rolled back."""
        for timed, seconds in self._timed:
            note_speed(session=session, hardware=hardware, timed=timed, seconds=seconds)

    def noted(self) -> None:
        """What was timed is kept for good."""
        self._timed.clear()

    def _lap(self) -> float:
        present = self._clock()
        seconds, self._mark = present - self._mark, present
        return seconds
