"""How long the stages of renders took on a hardware, kept to foretell what others will take."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col, select

from framepack.shots.request import Settings
from projects.database.tables import Speed, Stage, Worker, now
from projects.forecast.arithmetic import GAINED, decoding_work, sampling_work

# An engine that nobody wanted for so long is given up (see the worker), and has to be loaded again.
STAYS_LOADED_SECONDS = 120.0
# So many of the newest of one kind count, and more are not kept.
# They are sections of several orders: with fewer, all came from the last one, and from what else went on meanwhile.
KEPT = 30
# How far it may be off where other settings were measured, and where nothing was.
_CARRIED = (0.7, 1.5)
_COMPUTED = (0.5, 2.0)
# The least that a range is wide: what else the computer does comes and goes.
_LEAST = 0.1
# What is timed of other things than shots.
NOT_RENDERED: tuple[Stage, ...] = ("film", "picture", "picture-load")
# What nothing was measured of and no arithmetic tells.
_UNTOLD: dict[Stage, float] = {"load": 20.0, "encode": 2.0, "rest": 1.0}
# A film's megapixel of a frame, put together and encoded on two cores (benchmarks/log.md).
_FILM = 0.04


@dataclass(frozen=True)
class Timed:
    """What is timed: one ``stage`` with a ``checkpoint``, the ``setting`` it depends on, and its ``work``."""

    stage: Stage
    checkpoint: str
    setting: str = ""
    work: float = 1.0


@dataclass(frozen=True)
class Lasts:
    """How long something lasts, in seconds. ``measured``: with these very settings on this very hardware."""

    low: float = 0.0
    likely: float = 0.0
    high: float = 0.0
    measured: bool = True

    def __add__(self, other: Lasts) -> Lasts:
        return Lasts(
            self.low + other.low,
            self.likely + other.likely,
            self.high + other.high,
            self.measured and other.measured,
        )

    def times(self, factor: float) -> Lasts:
        """As often, or as much of it."""
        return Lasts(self.low * factor, self.likely * factor, self.high * factor, self.measured)


def sampling(settings: Settings) -> Timed:
    """The sampling of one section."""
    shown = f"{settings.width}x{settings.height}, {settings.steps} steps, {settings.cache} {settings.threshold:g}"
    passes = 1 if settings.cfg == 1.0 else 2
    return Timed(
        "sample", settings.checkpoint, f"{shown}, {settings.precision}, {passes} passes", sampling_work(settings)
    )


def decoding(settings: Settings) -> Timed:
    """The decoding, and the writing, of one section."""
    return Timed("decode", settings.checkpoint, f"{settings.width}x{settings.height}", decoding_work(settings))


def note_speed(*, session: Session, hardware: str, timed: Timed, seconds: float) -> None:
    """Keep how long something took; of what is like it, only the newest are kept."""
    session.add(
        Speed(
            hardware=hardware,
            checkpoint=timed.checkpoint,
            stage=timed.stage,
            setting=timed.setting,
            work=timed.work,
            seconds=seconds,
        )
    )
    session.flush()
    same = (
        col(Speed.hardware) == hardware,
        col(Speed.checkpoint) == timed.checkpoint,
        col(Speed.stage) == timed.stage,
        col(Speed.setting) == timed.setting,
    )
    newest = select(Speed.id).where(*same).order_by(col(Speed.created_at).desc()).limit(KEPT)
    session.exec(sa.delete(Speed).where(*same, col(Speed.id).not_in(newest)))


def hardware_of(*, session: Session) -> tuple[str, float] | None:
    """The hardware, with its arithmetic, that something was rendered on last; None where nothing ever was."""
    rendered = select(Speed.hardware).where(col(Speed.stage).not_in(NOT_RENDERED))
    last = session.exec(rendered.order_by(col(Speed.created_at).desc()).limit(1)).first()
    return None if last is None else (last, 0.0)


@dataclass
class Speeds:
    """What is known of one hardware, read when it is asked for. ``arithmetic`` as in ``Worker``.

    ``begun`` is when the worker on it came to life, None where there is none. ``crowding`` is as in ``Worker``, too.
    """

    session: Session
    hardware: str
    arithmetic: float
    begun: dt.datetime | None = None
    crowding: float = 1.0
    _known: dict[tuple[Stage, str], Sequence[Speed]] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, worker: Worker) -> Speeds:
        """Those of a worker's hardware."""
        return cls(session, worker.hardware, worker.arithmetic, worker.started_at, worker.crowding)

    def lasts(self, timed: Timed) -> Lasts:
        """How long ``timed`` will last, as far as one can know, where as much else is done as now."""
        return self._alone(timed).times(self.crowding)

    def known(self, timed: Timed) -> Lasts | None:
        """How long it lasts by what was measured of it, or of the same with other settings; None where nothing was."""
        known = self._read(timed.stage, timed.checkpoint)
        same = [one.seconds * _scale(timed, one) for one in known if one.setting == timed.setting]
        if same:
            return _range(same)
        carried = [one.seconds * timed.work / one.work for one in known if one.work > 0.0 and timed.work > 0.0]
        return _about(statistics.median(carried[:KEPT]), _CARRIED) if carried else None

    def _alone(self, timed: Timed) -> Lasts:
        known = self.known(timed)
        if known is not None:
            return known
        if timed.stage == "film":
            return _about(timed.work * _FILM, _COMPUTED)
        if timed.stage in _UNTOLD:
            return _about(_UNTOLD[timed.stage], _COMPUTED)
        return _about(timed.work / (self.arithmetic * GAINED), _COMPUTED) if self.arithmetic else _about(1.0, _COMPUTED)

    def is_loaded(self, checkpoint: str) -> bool:
        """Whether the worker has the weights of a checkpoint in memory still, as far as what was timed last tells."""
        query = select(Speed.checkpoint, Speed.stage, Speed.created_at).where(Speed.hardware == self.hardware)
        last = self.session.exec(query.order_by(col(Speed.created_at).desc()).limit(1)).first()
        if last is None or self.begun is None:
            return False
        name, stage, moment = last
        # Before pictures are made from words, the engine gives its memory back.
        is_its = name == checkpoint and stage not in NOT_RENDERED
        return is_its and moment > self.begun and (now() - moment).total_seconds() < STAYS_LOADED_SECONDS

    def _read(self, stage: Stage, checkpoint: str) -> Sequence[Speed]:
        if (stage, checkpoint) not in self._known:
            query = select(Speed).where(
                Speed.hardware == self.hardware, Speed.stage == stage, Speed.checkpoint == checkpoint
            )
            self._known[stage, checkpoint] = self.session.exec(query.order_by(col(Speed.created_at).desc())).all()
        return self._known[stage, checkpoint]


def _scale(timed: Timed, one: Speed) -> float:
    # What is encoded is counted, and so are a film's frames: more of it takes longer with the same settings.
    return timed.work / one.work if timed.stage in ("encode", "film") and one.work > 0.0 else 1.0


def _range(seconds: Sequence[float]) -> Lasts:
    ordered = sorted(seconds[:KEPT])
    # Without the ends, where there are enough: something else may have been going on.
    ends = -(-len(ordered) // 10) if len(ordered) > 4 else 0
    inner = ordered[ends : len(ordered) - ends]
    # An order takes the sum of its sections, and what is long now and then counts in that: the mean, no median.
    likely = statistics.mean(inner)
    return Lasts(min(inner[0], likely * (1 - _LEAST)), likely, max(inner[-1], likely * (1 + _LEAST)), True)


def _about(seconds: float, bounds: tuple[float, float]) -> Lasts:
    return Lasts(seconds * bounds[0], seconds, seconds * bounds[1], False)
