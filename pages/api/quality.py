"""What the interface says of how a take looks, from its beginning to its end. It measures only when it is told to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from framepack.media.quality import Moment
from pages.api.answers import Answer
from pages.api.asking import Asked, Nothing, Query
from pages.look.text import said
from pages.session.database import settings
from projects.database.tables import Take
from projects.errors import NotFound
from projects.storage.shared import section_store
from projects.takes.quality import Kind, Mark, measure_take, quality_of
from projects.takes.takes import get_take

Level = Annotated[float, Field(description="Of 255.")]


class MomentAnswer(Answer):
    """What a take looks like at one of its frames (0 is the first); ``colour`` is the mean red, green and blue.

    ``contrast`` is how far brightness spreads, ``sharpness`` the mean difference of neighbouring pixels, ``motion``
    that to the frame before. ``likeness`` says how like the picture is that it was made after, at most 1: it is known
    at the ends of sections that were compared.
    """

    frame: int
    seconds: float
    colour: tuple[Level, Level, Level]
    brightness: Level
    contrast: Level
    sharpness: Level
    motion: Level | None
    likeness: float | None


class MarkAnswer(Answer):
    """Something that seems to have gone wrong from a frame on, by a rule of thumb, and what may help."""

    kind: Kind
    frame: int
    seconds: float
    message: str
    help: str


class QualityAnswer(Answer):
    """How a take looks; nothing but ``measured: false`` where not all of its sections were measured."""

    measured: bool
    moments: list[MomentAnswer]
    marks: list[MarkAnswer]


def quality(asked: Asked[Nothing, Query]) -> QualityAnswer:
    """How a take looks from its beginning to its end, and where something seems to have gone wrong."""
    return _answer(_take(asked))


def measure(asked: Asked[Nothing, Query]) -> QualityAnswer:
    """Measure a take that was made before takes were measured."""
    take = _take(asked)
    measure_take(store=section_store(settings()), take=take)
    return _answer(take)


def _take(asked: Asked[Nothing, Query]) -> Take:
    take = get_take(session=asked.session, take_id=asked.id)
    if take.deleted_at is not None:
        raise NotFound("take", take.id)
    return take


def _answer(take: Take) -> QualityAnswer:
    known = quality_of(store=section_store(settings()), take=take)
    if known is None:
        return QualityAnswer(measured=False, moments=[], marks=[])
    return QualityAnswer(
        measured=True,
        moments=[_moment(at, one, take.fps) for at, one in known.moments],
        marks=[_mark(mark) for mark in known.marks],
    )


def _moment(at: int, one: Moment, fps: int) -> MomentAnswer:
    return MomentAnswer(
        frame=at,
        seconds=round(at / fps, 3),
        colour=one.colour,
        brightness=round(one.brightness, 2),
        contrast=one.contrast,
        sharpness=one.sharpness,
        motion=one.motion,
        likeness=one.likeness,
    )


def _mark(mark: Mark) -> MarkAnswer:
    return MarkAnswer(
        kind=mark.kind,
        frame=mark.frame,
        seconds=round(mark.seconds, 3),
        message=said(mark.message),
        help=said(mark.help),
    )
