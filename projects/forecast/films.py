"""How long a film, a timeline or an archive will take to be made, from what others took on this computer.

They are foretold by how many megapixels of frames they show. Whether pieces of an earlier film are found is not known
before a worker is at it: what that usually spares is in what others took, and the rest in the range.
"""

from __future__ import annotations

from sqlmodel import Session

from projects.forecast.speeds import Lasts, Speeds, Timed, note_speed

# Films are made by processors, whichever device renders; a database knows those of one computer, mostly.
_HARDWARE = "films"
# Joining a frame as it is takes so much of the time that encoding one does.
_JOINING = 0.02


def film_work(*, frames: int, width: int, height: int, joined: bool) -> float:
    """How much there is to do for a film: its megapixels of frames, less where they are ``joined`` as they are."""
    return max(1.0, frames * width * height / 1e6) * (_JOINING if joined else 1.0)


def film_lasts(*, session: Session, format: str, work: float) -> Lasts:
    """How long it takes to make a film, or what else is delivered, in a ``format``."""
    return Speeds(session, _HARDWARE, 0.0).lasts(_timed(format, work))


def note_film(*, session: Session, format: str, work: float, seconds: float) -> None:
    """Keep how long a film took."""
    note_speed(session=session, hardware=_HARDWARE, timed=_timed(format, work), seconds=seconds)


def _timed(format: str, work: float) -> Timed:
    return Timed("film", "", format, work)
