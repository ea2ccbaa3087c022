"""Where the sounds of shots are in a recut: with their shots, unless the editor moved them or set their level."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from framepack.shots.spans import MAX_SECONDS
from projects.cutting.shot_fields import DECIBELS, sounds_of
from projects.database.tables import Shot
from projects.sound.reading import RATE
from projects.timelines.sounds import SoundPiece

# Levels in dB that differ by less are the same.
_LEAST_LEVEL = 0.01


def sounds_after(shot: Shot, start: Fraction, sounds: Sequence[SoundPiece], rate: Fraction) -> list[dict[str, Any]]:
    """The sounds that a shot is to have, which begins ``start`` seconds into the recut, at ``rate`` frames a second.

    A sound that the recut does not have stays: formats leave out what they have no track for.
    """
    own = [piece for piece in sounds if piece.shot_id == shot.id]
    kept: list[dict[str, Any]] = []
    for said, sound in zip(shot.sounds, sounds_of(shot), strict=True):
        piece = next((one for one in own if one.source_id == sound.media_id and one.sort == sound.sort), None)
        if piece is None:
            kept.append(said)
            continue
        own.remove(piece)
        # What would begin before the film is cut off there.
        begin = piece.begin - (piece.source_in if piece.begin == 0 else 0)
        at = round(float(Fraction(begin, RATE) - start), 6)
        moved = abs(at - sound.at) * rate > 1
        louder = abs(piece.db - sound.db) > _LEAST_LEVEL
        changes = {"at": min(max(at, -MAX_SECONDS), MAX_SECONDS)} if moved else {}
        changes |= {"db": min(max(piece.db, DECIBELS[0]), DECIBELS[1])} if louder else {}
        kept.append({**said, **changes})
    return kept
