"""What a recut from an editing program would change in a storyboard. It changes nothing."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from framepack.messages import Message
from framepack.shots.spans import FRAMES_PER_LATENT
from projects.cutting.shot_fields import MAX_HOLD_SECONDS, SPEEDS, TRANSITION_SECONDS
from projects.database.tables import Shot
from projects.films.timeline import CardSource, Clip, TakeSource
from projects.interchange.recut_matching import Known, Storyboard, at_rate, settled
from projects.interchange.recut_sounds import sounds_after
from projects.timelines.pieces import Piece, Recut, pieces_of, starts_of

# As many as the usual models make at a time.
_FRAMES_OF_SECTION = 36


@dataclass(frozen=True)
class RecutSummary:
    """What a recut changes, by the labels of shots, and of ``stills`` and ``unknown`` by the names of clips.

    ``trimmed`` show another part of what is there, ``lengthened`` need ``more_seconds`` together that are not rendered;
    ``led`` have another transition, speed or held frames, ``heard`` sounds elsewhere or of another level; ``again`` are
    shown more than once; ``retaken`` show another take. ``rejoined`` continue another shot than before, and
    ``following`` one that is longer, so that they are to be rendered again; with what is longer that makes
    ``more_sections``. ``stills`` become shots of their own, ``unknown`` are clips whose media are not ours and no
    pictures beside the file.
    """

    kept: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    trimmed: tuple[str, ...] = ()
    lengthened: tuple[str, ...] = ()
    led: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    retaken: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    rejoined: tuple[str, ...] = ()
    following: tuple[str, ...] = ()
    stills: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    more_seconds: float = 0.0
    more_sections: int = 0
    remarks: tuple[Message, ...] = ()

    @property
    def sentences(self) -> tuple[Message, ...]:
        """The summary in sentences, for those who read."""
        said = [Message("recut-kept", {"count": len(self.kept)})]
        for named, id in (
            (self.moved, "recut-moved"),
            (self.trimmed, "recut-trimmed"),
            (self.led, "recut-led"),
            (self.heard, "recut-heard"),
            (self.again, "recut-again"),
            (self.retaken, "recut-retaken"),
            (self.removed, "recut-removed"),
            (self.rejoined, "recut-rejoined"),
            (self.following, "recut-following"),
            (self.stills, "recut-stills"),
            (self.unknown, "recut-unknown"),
        ):
            if named:
                said.append(Message(id, {"shots": ", ".join(named)}))
        if self.lengthened:
            shots = ", ".join(self.lengthened)
            said.append(Message("recut-lengthened", {"shots": shots, "seconds": self.more_seconds}))
        if self.more_sections:
            said.append(Message("recut-sections", {"count": self.more_sections}))
        return (*said, *self.remarks)


@dataclass(frozen=True)
class Placed:
    """A piece of a recut and what becomes of it: the shot that it is of, or is a copy of; None for one unknown.

    ``fields`` are what the shot is to say then; ``needed`` are the frames of a take for that, of which ``lacking`` are
    not asked for so far.
    ``take_id`` is another take than the one it shows, ``still`` the name of the picture's file it is made of.
    """

    piece: Piece
    shot: Shot | None
    again: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    needed: int = 0
    lacking: int = 0
    take_id: str | None = None
    still: str = ""


@dataclass(frozen=True)
class RecutPlan:
    """A recut worked out: its pieces in order, the shots it does not show any more, and all that in words."""

    placed: tuple[Placed, ...]
    removed: tuple[Shot, ...]
    summary: RecutSummary


def plan_recut(storyboard: Storyboard, recut: Recut, pictures: Collection[str] = ()) -> RecutPlan:
    """What a recut changes. ``pictures`` are the names of files that it may make shots of."""
    timeline = storyboard.timeline
    old = {
        clip.shot_id: (clip, piece)
        for clip, piece in zip(timeline.clips, pieces_of(timeline), strict=True)
        if clip.shot_id is not None
    }
    known = Known(storyboard)
    lengths = _Lengths(storyboard)
    shots = {shot.id: shot for shot in storyboard.shots}
    placed: list[Placed] = []
    seen: set[str] = set()
    pieces = [at_rate(piece, recut.rate, timeline.rate) for piece in recut.pieces]
    for piece, start in zip(pieces, starts_of(pieces), strict=False):
        if piece.kind == "card":
            continue
        shot_id, take_id = known.of(piece)
        if shot_id is None:
            lengths.passed(piece)
            placed.append(Placed(piece, None, still=piece.file if piece.file in pictures else ""))
            continue
        clip, before = old[shot_id]
        piece = settled(piece, clip, before, first=not placed)
        fields, needed, lacking = lengths.fields_of(shots[shot_id], clip, before, piece)
        fields["sounds"] = sounds_after(shots[shot_id], start / timeline.rate, recut.sounds, timeline.rate)
        other = take_id if isinstance(clip.source, TakeSource) and take_id != clip.source.take_id else None
        placed.append(Placed(piece, shots[shot_id], shot_id in seen, fields, needed, lacking, other))
        seen.add(shot_id)
    removed = tuple(shot for shot in storyboard.shots if shot.id in old and shot.id not in seen)
    return RecutPlan(tuple(placed), removed, _summary(storyboard, recut, placed, removed))


# --- what a shot is to say --------------------------------------------------------------------------------------------


class _Lengths:
    """Works out what of each take is shown, so that the film's cuts lie where the recut has them.

    A take's frames are not the film's: what is lost by rounding at one shot is made good at the next.
    """

    def __init__(self, storyboard: Storyboard) -> None:
        self._storyboard = storyboard
        self._rate = storyboard.timeline.rate
        self._wanted, self._made = 0, Fraction(0)
        clips = storyboard.timeline.clips
        if clips and isinstance(clips[0].source, CardSource):
            self._wanted, self._made = clips[0].frames, Fraction(storyboard.timeline.settings.title_seconds)

    def passed(self, piece: Piece) -> None:
        """Note a piece that is none of our shots."""
        self._wanted += piece.frames
        self._made += piece.frames / self._rate

    def fields_of(self, shot: Shot, clip: Clip, before: Piece, piece: Piece) -> tuple[dict[str, Any], int, int]:
        """What the shot is to say so that the film shows ``piece``, how many frames that needs, and how many more."""
        speed = piece.speed if piece.speed == before.speed else min(max(piece.speed, SPEEDS[0]), SPEEDS[1])
        rate = clip.source.rate if isinstance(clip.source, TakeSource) else Fraction(self._storyboard.fps)
        factor = Fraction(shot.speed if piece.speed == before.speed else speed)
        first, count = clip.first, clip.count
        same = (piece.source_in, piece.moving, piece.speed) == (before.source_in, before.moving, before.speed)
        self._wanted += piece.moving
        if not same:
            if piece.source_in != before.source_in:
                first = max(0, round(piece.source_in / self._rate * rate))
            count = max(1, round((self._wanted / self._rate - self._made) * factor * rate))
        self._made += count / rate / factor
        asked = clip.first + clip.count + round(Fraction(shot.trim_end) * rate)
        if (all_asked := round(Fraction(shot.seconds) * rate)) > asked + FRAMES_PER_LATENT:
            asked = all_asked  # its take was made before it was lengthened
        lacking = max(0, first + count - asked)
        fields: dict[str, Any] = {"seconds": shot.seconds, "trim_start": shot.trim_start, "trim_end": shot.trim_end}
        if not same:
            fields["seconds"] = _seconds(Fraction(shot.seconds) + lacking / rate)
            fields["trim_end"] = _seconds(max(0, asked - first - count) / rate)
            if first != clip.first:
                fields["trim_start"] = _seconds(first / rate)
        fields["speed"] = shot.speed if piece.speed == before.speed else speed
        fields["reverse"] = piece.reverse
        for name in ("hold_first", "hold_last"):
            held, was = getattr(piece, name), getattr(before, name)
            fields[name] = getattr(shot, name) if held == was else min(_seconds(held / self._rate), MAX_HOLD_SECONDS)
        return {**fields, **self._lead(shot, before, piece)}, first + count, lacking

    def _lead(self, shot: Shot, before: Piece, piece: Piece) -> dict[str, Any]:
        names = ("transition", "transition_seconds", "transition_at")
        if piece.lead == before.lead or not (piece.lead.frames or before.lead.frames):
            return {name: getattr(shot, name) for name in names}
        if not piece.lead.frames:
            return {**{name: getattr(shot, name) for name in names}, "transition": "cut"}
        seconds = min(_seconds(piece.lead.frames / self._rate), TRANSITION_SECONDS[1])
        return dict(zip(names, (piece.lead.kind, seconds, piece.lead.at), strict=True))


def _seconds(exact: Fraction) -> float:
    """Seconds as they are kept; a millionth is far less than a frame."""
    return round(float(exact), 6)


# --- the summary ------------------------------------------------------------------------------------------------------


def _summary(storyboard: Storyboard, recut: Recut, placed: Sequence[Placed], removed: Sequence[Shot]) -> RecutSummary:
    ours = [one for one in placed if one.shot is not None and not one.again]
    moved = _moved([one.shot for one in ours if one.shot is not None])
    trimmed = _labels(one for one in ours if not one.lacking and _differs(one, "trim_start", "trim_end"))
    lengthened = _labels(one for one in placed if one.lacking)
    led_by = ("transition", "transition_seconds", "transition_at", "speed", "reverse", "hold_first", "hold_last")
    led = _labels(one for one in ours if _differs(one, *led_by))
    heard = _labels(one for one in ours if _differs(one, "sounds"))
    retaken = _labels(one for one in placed if one.take_id is not None)
    rejoined = _rejoined(storyboard.shots, placed, removed)
    following = _following(storyboard.shots, placed, removed, lengthened)
    again = {*rejoined, *following}
    changed = {*moved, *trimmed, *lengthened, *led, *heard, *retaken}
    return RecutSummary(
        kept=tuple(label for label in _labels(ours) if label not in changed),
        moved=moved,
        trimmed=trimmed,
        lengthened=lengthened,
        led=led,
        heard=heard,
        again=_labels(one for one in placed if one.again),
        retaken=retaken,
        removed=tuple(shot.label for shot in removed),
        rejoined=rejoined,
        following=tuple(label for label in following if label not in rejoined),
        stills=tuple(one.piece.name for one in placed if one.still),
        unknown=tuple(one.piece.name for one in placed if one.shot is None and not one.still),
        more_sections=sum(
            sections_in(shot.seconds * storyboard.fps) for shot in storyboard.shots if shot.label in again
        )
        + sum(
            sections_in(one.needed) - sections_in(one.needed - one.lacking)
            for one in placed
            if one.lacking and one.shot is not None and one.shot.label not in again
        ),
        more_seconds=round(sum(one.lacking for one in placed) / storyboard.fps, 2),
        remarks=recut.remarks,
    )


def _labels(placed: Iterator[Placed] | Sequence[Placed]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.shot.label for one in placed if one.shot is not None))


def _differs(one: Placed, *names: str) -> bool:
    return any(one.fields[name] != getattr(one.shot, name) for name in names)


def _moved(shots: Sequence[Shot]) -> tuple[str, ...]:
    """The labels of the fewest shots that have to move for this order."""
    # The longest run of shots that stand in their old order stays; patience sorting finds it.
    piles: list[int] = []
    rank: list[int] = []
    for shot in shots:
        place = bisect_left(piles, shot.position)
        piles[place : place + 1] = [shot.position]
        rank.append(place)
    stay: set[str] = set()
    wanted = len(piles) - 1
    for shot, place in zip(reversed(shots), reversed(rank), strict=True):
        if place == wanted:
            stay.add(shot.id)
            wanted -= 1
    return tuple(shot.label for shot in shots if shot.id not in stay)


def _rejoined(shots: Sequence[Shot], placed: Sequence[Placed], removed: Sequence[Shot]) -> tuple[str, ...]:
    """The labels of shots that continue the one before them, and have another one before them then."""
    was = {shot.id: before.id for before, shot in pairwise(shots)}
    order = order_after([shot for shot in shots if shot not in removed], placed)
    now = {id: before for before, id in pairwise(order)}
    return tuple(
        shot.label
        for shot in shots
        if shot.start == "continue" and shot.id in order and now.get(shot.id) != was.get(shot.id)
    )


def _following(
    shots: Sequence[Shot], placed: Sequence[Placed], removed: Sequence[Shot], lengthened: Collection[str]
) -> tuple[str, ...]:
    """The labels of shots that continue one that is longer then, or another one of these."""
    kept = {shot.id: shot for shot in shots if shot not in removed}
    found: list[str] = []
    moved = False
    for shot in (kept[id] for id in order_after([*kept.values()], placed)):
        moved = moved and shot.start == "continue"
        if moved:
            found.append(shot.label)
        moved = moved or shot.label in lengthened
    return tuple(found)


def sections_in(frames: float) -> int:
    """About how many sections so many frames of a shot take."""
    return math.ceil(max(0.0, frames - 1) / _FRAMES_OF_SECTION)


def order_after(shots: Sequence[Shot], placed: Sequence[Placed]) -> list[str]:
    """The ids of ``shots`` in the order of a recut; those that it does not know stand behind the one before them."""
    order = list(dict.fromkeys(one.shot.id for one in placed if one.shot is not None))
    for place, shot in enumerate(shots):
        if shot.id not in order:
            before = shots[place - 1].id if place else None
            order.insert(order.index(before) + 1 if before is not None else 0, shot.id)
    return order
