"""Timecode and reel names, as tapes had them and edit lists still do. It knows no format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from fractions import Fraction

NTSC = Fraction(1000, 1001)
REEL_LETTERS = 8
# Timelines begin at this hour, since programs leave the one before it to bars and slates.
FIRST_HOUR = 1
_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})")


def counted(rate: Fraction) -> int:
    """How many frames a second of timecode has: 30 at 29.97."""
    return round(rate)


def drops(rate: Fraction) -> bool:
    """Whether drop-frame timecode is usual, so that it keeps step with the clock: at 29.97 and 59.94."""
    return rate.denominator == 1001 and counted(rate) % 30 == 0


def timecode_of(frame: int, rate: Fraction, *, drop: bool) -> str:
    """The timecode of a frame, with ";" before the frames where numbers are left out to keep step with the clock.

    Of every minute but each tenth the first two numbers (four at 59.94) are left out. It begins anew after 24 hours.
    """
    base = counted(rate)
    if drop:
        left_out = base // 15
        minute, ten = base * 60 - left_out, (base * 60 - left_out) * 10 + left_out
        tens, rest = divmod(frame, ten)
        frame += left_out * 9 * tens
        if rest >= base * 60:
            frame += left_out * (1 + (rest - base * 60) // minute)
    frame %= base * 86400
    seconds, frames = divmod(frame, base)
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:02}:{minutes:02}:{seconds % 60:02}{';' if drop else ':'}{frames:02}"


def frame_of(timecode: str, rate: Fraction, *, drop: bool = False) -> int:
    """The frame that a timecode names; with ";" or ``drop`` as one that leaves numbers out. Raises ValueError."""
    found = _TIMECODE.fullmatch(timecode.strip())
    if found is None:
        raise ValueError(timecode)
    base = counted(rate)
    hours, minutes, seconds, frames = int(found[1]), int(found[2]), int(found[3]), int(found[5])
    if minutes > 59 or seconds > 59 or frames >= base:
        raise ValueError(timecode)
    frame = ((hours * 60 + minutes) * 60 + seconds) * base + frames
    if drop or found[4] in ";,":
        left_out = base // 15
        all_minutes = hours * 60 + minutes
        frame -= left_out * (all_minutes - all_minutes // 10)
    return frame


def known_rate(rate: float) -> Fraction:
    """The frame rate that ``rate`` frames a second mean: those of television are n x 1000/1001."""
    base = round(rate)
    ntsc = base * NTSC
    if base and abs(rate - float(ntsc)) < abs(rate - base) and base % 6 == 0:
        return ntsc
    return Fraction(rate).limit_denominator(1001) if abs(rate - base) > 1e-6 else Fraction(base)


def reel_names(names: Iterable[str]) -> dict[str, str]:
    """A reel name of 8 ASCII letters for each name of any script, all different."""
    reels: dict[str, str] = {}
    # "AX", "BL" and the others mean something else to edit lists.
    taken = {"AX", "BL", "BLACK", "BARS"}
    for name in names:
        if name in reels:
            continue
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
        plain = plain.replace("_TAKE", "T")
        wanted = "".join(letter for letter in plain if letter.isalnum())[:REEL_LETTERS] or "REEL"
        reel, number = wanted, 2
        while reel in taken:
            reel = f"{wanted[: REEL_LETTERS - len(str(number))]}{number}"
            number += 1
        reels[name] = reel
        taken.add(reel)
    return reels
