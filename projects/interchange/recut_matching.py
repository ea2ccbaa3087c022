"""Which shot of ours each piece of a recut is of, whatever editing programs left of what we said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import PurePath

from framepack.checkpoints.table import checkpoint_named
from projects.database.tables import Pass, Project, Shot, Take
from projects.films.timeline import Clip, StillSource, Timeline
from projects.storyboard.project_settings import checkpoint_of
from projects.timelines.pieces import Piece

# Speeds that differ by less are the same.
LEAST_SPEED = 1e-4
_TAKE_FILE = re.compile(r"_take\d+_([0-9a-z]{8})\b", re.IGNORECASE)
_PICTURE_FILE = re.compile(r"\bpicture_([0-9a-f]{8})\b", re.IGNORECASE)
_LABEL = re.compile(r"\s*(SH\d{4,})(?:T\d+)?(?:\s|$|_)")


@dataclass(frozen=True)
class Storyboard:
    """What a recut is compared with: the project's shots in order, their finished takes, and the film they make now."""

    project: Project
    shots: tuple[Shot, ...]
    takes: tuple[Take, ...]
    timeline: Timeline
    made_for: Pass = "draft"

    @property
    def fps(self) -> int:
        """The rate of what is rendered."""
        return checkpoint_named(checkpoint_of(self.project, self.made_for)).fps


class Known:
    """The shots of a film by all that a clip may be known by."""

    def __init__(self, storyboard: Storyboard) -> None:
        clips = [clip for clip in storyboard.timeline.clips if clip.shot_id is not None]
        self._shots = {str(clip.shot_id) for clip in clips}
        self._labels = {clip.label: str(clip.shot_id) for clip in clips}
        self._takes = {take.id: take for take in storyboard.takes if take.shot_id in self._shots}
        self._pictures: dict[str, str] = {}
        for clip in clips:
            if isinstance(clip.source, StillSource):
                self._pictures.setdefault(clip.source.media_id, str(clip.shot_id))

    def of(self, piece: Piece) -> tuple[str | None, str | None]:
        """The shot that a piece is of, and the take that it shows, as far as they are known."""
        take = self._take(piece)
        if piece.shot_id in self._shots:
            own = take is not None and take.shot_id == piece.shot_id
            return piece.shot_id, take.id if take is not None and own else None
        if take is not None:
            return take.shot_id, take.id
        picture = piece.source_id or ""
        if found := _PICTURE_FILE.search(piece.file):
            picture = next((id for id in self._pictures if id.startswith(found[1].lower())), picture)
        if picture in self._pictures:
            return self._pictures[picture], None
        # A name is the last that is asked: a file of somebody's own may be called like a shot.
        if piece.file and not _TAKE_FILE.search(piece.file) and PurePath(piece.file).suffix:
            return None, None
        for name in (piece.label, piece.name):
            if (label := _LABEL.match(name)) and label[1] in self._labels:
                return self._labels[label[1]], None
        return None, None

    def _take(self, piece: Piece) -> Take | None:
        if piece.source_id in self._takes:
            return self._takes[piece.source_id]
        if (stem := PurePath(piece.file).stem) in self._takes:
            return self._takes[stem]
        if found := _TAKE_FILE.search(piece.file):
            return next((take for take in self._takes.values() if take.id.startswith(found[1].lower())), None)
        return None


def at_rate(piece: Piece, theirs: Fraction, ours: Fraction) -> Piece:
    """A piece of a recut at another rate, in frames of the film."""
    if theirs == ours:
        return piece

    def scaled(frames: int) -> int:
        return round(frames / theirs * ours)

    return replace(
        piece,
        frames=max(1, scaled(piece.frames)),
        source_in=scaled(piece.source_in),
        hold_first=scaled(piece.hold_first),
        hold_last=scaled(piece.hold_last),
        lead=replace(piece.lead, frames=scaled(piece.lead.frames)),
    )


def settled(piece: Piece, clip: Clip, before: Piece, *, first: bool) -> Piece:
    """A piece that came back as one of our clips, without what its format could not say or rounded."""
    if first and piece.lead.frames:
        piece = replace(piece, lead=replace(piece.lead, at=before.lead.at))
    if isinstance(clip.source, StillSource):
        # Where in a picture it begins means nothing, and programs hold the one frame that it has.
        piece = replace(piece, source_in=before.source_in)
        if piece.shot_id is None and piece.frames > before.hold_first + before.hold_last:
            piece = replace(piece, hold_first=before.hold_first, hold_last=before.hold_last)
    # Formats have few digits for speeds; and where one counts frames as shown, each is several of the source.
    if abs(piece.speed - before.speed) < LEAST_SPEED:
        piece = replace(piece, speed=before.speed)
    near = int(before.speed / 2) if piece.speed == before.speed else 0
    if abs(piece.source_in - before.source_in) <= near:
        piece = replace(piece, source_in=before.source_in)
    return piece
