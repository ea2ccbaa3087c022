"""Pieces: what a timeline shows one after the other, as every format of editing programs can say it.

All positions and lengths are frames of the film, also those within a source, however fast that is itself. It knows no
format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal, get_args

from framepack.messages import Message
from projects.database.tables import TransitionAt
from projects.films.timeline import CardSource, Clip, Lead, TakeSource, Timeline
from projects.timelines.sounds import SoundPiece

PieceKind = Literal["take", "still", "card", "other"]
NO_LEAD = Lead("cut", 0, "centre")
# Under which name programs keep, with a clip, what only we know of it.
TAG = "framepack_studio"


@dataclass(frozen=True)
class Piece:
    """What is shown of one source: ``frames`` in all, with those that ``lead``, and what leads on, share with others.

    Between ``hold_first`` and ``hold_last`` frames, which show the first and the last of them, it shows the source from
    ``source_in`` on, ``speed`` times as fast, backwards from its end where ``reverse`` is set. ``source_id`` is that of
    a take or a picture, ``file`` what a file that came back calls its media. ``notes`` are None where there are none.
    """

    kind: PieceKind
    name: str
    frames: int
    source_in: int = 0
    speed: float = 1.0
    reverse: bool = False
    hold_first: int = 0
    hold_last: int = 0
    lead: Lead = NO_LEAD
    shot_id: str | None = None
    source_id: str | None = None
    file: str = ""
    label: str = ""
    notes: str | None = None

    @property
    def moving(self) -> int:
        """How many of its frames are no held ones."""
        return self.frames - self.hold_first - self.hold_last

    @property
    def used(self) -> int:
        """How many frames of the source it goes through."""
        return round(self.moving * self.speed)


@dataclass(frozen=True)
class Item:
    """What a track shows of a piece between two cuts.

    ``before`` of the frames of the transition that leads into it lie before its first one, ``after`` from that on.
    ``frozen``: it holds the one frame of the source at ``source_in``.
    """

    piece: Piece
    frames: int
    source_in: int
    frozen: bool = False
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Recut:
    """A timeline that came back: its pieces in order, at ``rate``, and the ``sounds`` of its audio tracks.

    ``remarks`` are what of it could not be read.
    """

    name: str
    rate: Fraction
    pieces: tuple[Piece, ...]
    remarks: tuple[Message, ...] = field(default=())
    sounds: tuple[SoundPiece, ...] = ()


# --- from our timeline ------------------------------------------------------------------------------------------------


def pieces_of(timeline: Timeline) -> tuple[Piece, ...]:
    """What a timeline shows. Nothing is before the first piece, so that the cut to it lies at its beginning."""
    pieces = [_piece(clip, timeline.rate) for clip in timeline.clips]
    if pieces and pieces[0].lead.frames:
        pieces[0] = replace(pieces[0], lead=replace(pieces[0].lead, at="in"))
    return tuple(pieces)


def _piece(clip: Clip, rate: Fraction) -> Piece:
    kind: PieceKind = "still"
    source_id = None
    source_in = clip.first
    if isinstance(clip.source, TakeSource):
        kind, source_id = "take", clip.source.take_id
        source_in = round(clip.first / clip.source.rate * rate)
    elif isinstance(clip.source, CardSource):
        kind = "card"
    else:
        source_id = clip.source.media_id
    words = clip.source.words.replace("\n", " ") if isinstance(clip.source, CardSource) else ""
    return Piece(
        kind=kind,
        name=words or f"{clip.label} {clip.name}".strip(),
        frames=clip.frames,
        source_in=source_in,
        speed=clip.speed,
        reverse=clip.reverse,
        hold_first=clip.hold_first,
        hold_last=clip.hold_last,
        lead=clip.lead,
        shot_id=clip.shot_id,
        source_id=source_id,
        label=clip.label,
        notes=clip.notes,
    )


# --- pieces and the cuts between them ---------------------------------------------------------------------------------


def starts_of(pieces: Sequence[Piece]) -> list[int]:
    """The film's frame at which each piece begins, that of what leads into it included; and the film's end."""
    starts = [0]
    for place, piece in enumerate(pieces):
        following = pieces[place + 1].lead.frames if place + 1 < len(pieces) else 0
        starts.append(starts[-1] + piece.frames - following)
    return starts


def cuts_of(pieces: Sequence[Piece]) -> list[int]:
    """The film's frame at which each piece takes the place of the one before; and the film's end.

    Between two cuts there is at least one frame.
    """
    starts = starts_of(pieces)
    cuts = [0]
    for start, piece in zip(starts[1:-1], pieces[1:], strict=True):
        cuts.append(max(start + piece.lead.before_cut, cuts[-1] + 1))
    return [*cuts, starts[-1]]


def items_of(pieces: Sequence[Piece], cuts: Sequence[int]) -> list[Item]:
    """What a track shows from cut to cut; a piece with held frames becomes several items."""
    items: list[Item] = []
    for piece, start, (cut, end) in zip(pieces, starts_of(pieces), pairwise(cuts), strict=False):
        first, last = cut - start, end - start
        stretches = ((0, piece.hold_first), (piece.hold_first, piece.frames - piece.hold_last))
        before, after = first, piece.lead.frames - first
        for place, (begin, close) in enumerate((*stretches, (piece.frames - piece.hold_last, piece.frames))):
            begin, close = max(begin, first), min(close, last)
            if begin < close:
                shown = _shown(piece, place, begin - piece.hold_first, close - piece.hold_first)
                items.append(Item(piece, close - begin, shown, place != 1, before, after))
                before = after = 0
    return items


def _shown(piece: Piece, stretch: int, begin: int, close: int) -> int:
    """Where in the source an item begins that shows the moving frames ``begin`` to ``close`` of a piece."""
    if stretch != 1:
        at_end = (stretch == 2) != piece.reverse
        return piece.source_in + (max(piece.used - 1, 0) if at_end else 0)
    return piece.source_in + round((piece.moving - close if piece.reverse else begin) * piece.speed)


def pieces_from(items: Sequence[Item]) -> tuple[Piece, ...]:
    """The pieces that ``items_of`` made these of; what held frames a transition hides is what their pieces say."""
    groups: list[list[Item]] = []
    for item in items:
        if groups and _goes_on(groups[-1][-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    tails = [*(group[0].after for group in groups[1:]), 0]
    return tuple(_joined(group, tail) for group, tail in zip(groups, tails, strict=True))


def _goes_on(item: Item, following: Item) -> bool:
    """Whether two items are one piece: the one holds an end of what the other shows."""
    one, other = item.piece, following.piece
    same = (one.shot_id, one.source_id, one.file) == (other.shot_id, other.source_id, other.file)
    known = one.source_id is not None or bool(one.file)
    return same and known and item.frozen != following.frozen and not following.before and not following.after


def _joined(group: Sequence[Item], tail: int) -> Piece:
    """The piece of some items of which one moves, or the only one is held; ``tail`` frames more lead on from it."""
    place = next((place for place, item in enumerate(group) if not item.frozen), 0)
    item = group[place]
    piece, head = item.piece, group[0].before
    frames = head + sum(one.frames for one in group) + tail
    lead = _lead(piece.lead, head, group[0].after)
    if item.frozen:
        held = max(0, frames - 1)
        return replace(
            piece, frames=frames, source_in=item.source_in, speed=1.0, hold_first=held, hold_last=0, lead=lead
        )
    hold_first = _hold(piece.hold_first, sum(one.frames for one in group[:place]), head)
    hold_last = _hold(piece.hold_last, sum(one.frames for one in group[place + 1 :]), tail)
    moving = frames - hold_first - hold_last
    seen_before = head + sum(one.frames for one in group[:place]) - hold_first
    hidden = moving - seen_before - item.frames if piece.reverse else seen_before
    return replace(
        piece,
        frames=frames,
        source_in=item.source_in - round(hidden * piece.speed),
        hold_first=hold_first,
        hold_last=hold_last,
        lead=lead,
    )


def _hold(said: int, seen: int, hidden: int) -> int:
    """How many frames are held at one end, of which ``seen`` are seen and up to ``hidden`` lie in a transition."""
    if max(0, said - hidden) == seen:
        return said
    return seen + hidden if seen else 0


def _lead(said: Lead, before: int, after: int) -> Lead:
    frames = before + after
    if frames < 1:
        return NO_LEAD
    if said.frames == frames:
        return said
    kind = "dissolve" if said.kind == "cut" else said.kind
    at: TransitionAt = said.at
    if abs(Lead(kind, frames, at).before_cut - before) > 1:
        at = "in" if not before else "out" if not after else "centre"
    return Lead(kind, frames, at)


# --- what only we know ------------------------------------------------------------------------------------------------


def tag_of(piece: Piece) -> dict[str, Any]:
    """What a file says of a piece so that it is known when it comes back."""
    said: dict[str, Any] = {"kind": piece.kind, "shot": piece.shot_id, "source": piece.source_id}
    said |= {"hold_first": piece.hold_first, "hold_last": piece.hold_last}
    said |= {"lead": piece.lead.kind, "at": piece.lead.at} if piece.lead.frames else {}
    return {name: value for name, value in said.items() if value}


_KINDS: Mapping[str, PieceKind] = MappingProxyType({kind: kind for kind in get_args(PieceKind)})
_PLACES: Mapping[str, TransitionAt] = MappingProxyType({at: at for at in get_args(TransitionAt)})


def tagged(piece: Piece, tag: object) -> Piece:
    """A piece that came back, with what its tag says of it as far as that can be."""
    if not isinstance(tag, Mapping):
        return piece

    def text(name: str) -> str | None:
        value = tag.get(name)
        return value if isinstance(value, str) and len(value) <= 64 else None

    def count(name: str) -> int:
        value = tag.get(name)
        return value if isinstance(value, int) and 0 <= value < 2**31 else 0

    at = _PLACES.get(text("at") or "", piece.lead.at)
    return replace(
        piece,
        kind=_KINDS.get(text("kind") or "", piece.kind),
        shot_id=text("shot"),
        source_id=text("source"),
        hold_first=count("hold_first"),
        hold_last=count("hold_last"),
        lead=Lead(piece.lead.kind, piece.lead.frames, at),
    )
