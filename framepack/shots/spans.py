"""How long things are: seconds, frames, latents and sections of the shots in a chain. Pure arithmetic, no torch.

A chain's latent 0 is its start picture and shows 1 frame; every later latent shows 4. A chain that goes on from a video
begins with the latents of that, of which it shows nothing.
A section makes ``window`` latents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from framepack.errors import InvalidRequest
from framepack.messages import Message

MAX_SECONDS = 600.0
LATENT_CHANNELS = 16
FRAMES_PER_LATENT = 4
PIXELS_PER_LATENT = 8
# How many latents of the history the model sees at full, half and a quarter of their size.
FULL, HALF, QUARTER = 1, 2, 16
HISTORY_LATENTS = FULL + HALF + QUARTER


@dataclass(frozen=True)
class Span:
    """The part of a chain that one shot shows.

    ``first`` is the chain's number of the shot's first new latent (1 for the shot that opens the chain with a picture,
    latent 0, which it shows too); ``latents`` how many new ones are made for it; ``window`` the latents of a
    section. ``left_off`` are frames at the end of its last latent that it does not show: a shot that another continues
    shows all of them, one that ends its chain may end between two latents.
    """

    first: int
    latents: int
    window: int
    left_off: int = 0

    @property
    def opens(self) -> bool:
        """Whether the shot begins its chain with a picture and so shows that as its first frame."""
        return self.first == 1

    @property
    def sections(self) -> int:
        """How many sections must be made for it, where no beat cuts one."""
        return -(-self.latents // self.window)

    @property
    def frames(self) -> int:
        """How many frames it shows."""
        return FRAMES_PER_LATENT * self.latents + (1 if self.opens else 0) - self.left_off

    @property
    def frames_held(self) -> int:
        """How many frames there are when its sections are made, shown or not."""
        return FRAMES_PER_LATENT * self.window * self.sections + (1 if self.opens else 0)


def spans(
    seconds: Sequence[float],
    *,
    fps: int,
    window: int,
    ends: bool = False,
    more_sections: bool = True,
    given: int = 1,
) -> tuple[Span, ...]:
    """The spans of a chain's shots that are asked to last ``seconds`` each.

    Rounding is done on the running total, so every join is within 2 frames of what was asked wherever every shot is
    long enough to show at least one latent. ``ends``: no shot continues the last one, which then shows every frame of
    the chain's time, the last one whole, whatever that needs; without ``more_sections`` no more of them than a join
    there would need. ``given`` are the latents that the chain begins with: more than the picture's one are a video's.
    """
    found: list[Span] = []
    total_seconds = seconds_given(given, fps)
    made = given - 1
    for length in seconds:
        check_seconds(length)
        total_seconds += length
        until = max(made + 1, round((total_seconds * fps - 1) / FRAMES_PER_LATENT))
        found.append(Span(first=made + 1, latents=until - made, window=window))
        made = until
    if ends and found:
        asked = math.ceil(_exactly(seconds) * fps) - sum(span.frames for span in found[:-1])
        found[-1] = _ending(found[-1], asked, more_sections=more_sections)
    return tuple(found)


def seconds_given(latents: int, fps: int) -> float:
    """How long a video lasts that a chain goes on from, encoded as so many latents; 0 for the one of a picture.

    Latents of a chain lie as if its first shot began so long after the chain.
    """
    return 0.0 if latents == 1 else (1 + FRAMES_PER_LATENT * (latents - 1)) / fps


def shown_frames(
    chains: Sequence[Sequence[float]],
    *,
    fps: int,
    window: int,
    more_sections: bool = True,
    given: Sequence[int] | None = None,
) -> list[list[int]]:
    """How many frames a film shows of each shot, chain by chain; ``chains`` are the seconds its shots shall last.

    ``given`` are the latents that each of them begins with (see ``spans``), None: each begins with a picture.
    Joins within a chain stay where they are. Where a chain ends is rounded on the running total of the film, so the
    film is within a frame of what was asked; what shots that are too short show beyond it is made up for by the
    following chains, each of which ends at most one latent early.
    """
    found: list[list[int]] = []
    asked, shown = Fraction(0), 0
    for seconds, first in zip(chains, given or [1] * len(chains), strict=True):
        *joined, last = spans(seconds, fps=fps, window=window, ends=True, more_sections=more_sections, given=first)
        counts = [span.frames for span in joined]
        asked += _exactly(seconds) * fps
        # Halves are always rounded up, or lengths of whole frames would come out differently from place to place.
        wish = math.floor(asked + Fraction(1, 2)) - shown - sum(counts)
        least = max(1, last.frames - FRAMES_PER_LATENT)
        counts.append(min(max(wish, least), last.frames_held))
        shown += sum(counts)
        found.append(counts)
    return found


def seconds_of(frames: int, fps: int) -> float:
    """How long a shot is asked to be that shows ``frames``: never so much that it is a frame more."""
    return math.floor(10_000 * frames / fps) / 10_000


def shortest_seconds(*, fps: int, opens: bool, ends: bool) -> float:
    """The shortest time a shot can be shown: one frame, but a latent where another shot continues it."""
    if ends:
        return 1 / fps
    return (FRAMES_PER_LATENT + (1 if opens else 0)) / fps


def length_remarks(seconds: float, *, fps: int, opens: bool, ends: bool) -> tuple[Message, ...]:
    """What is to be said of a shot that is asked to be shorter than one can be."""
    shortest = shortest_seconds(fps=fps, opens=opens, ends=ends)
    if seconds >= shortest:
        return ()
    return (Message("shot-lasts-longer", {"seconds": seconds, "shortest": shortest}),)


def _ending(joined: Span, asked: int, *, more_sections: bool) -> Span:
    """The span of a chain's last shot, which shows ``asked`` frames; ``joined`` is what it is where it is continued."""
    start = 1 if joined.opens else 0
    # At least one frame of a section, so that every unit of a shot shows something.
    frames = max(start + 1, asked)
    latents = -(-(frames - start) // FRAMES_PER_LATENT)
    if not more_sections:
        latents = min(latents, joined.sections * joined.window)
    left_off = max(0, start + FRAMES_PER_LATENT * latents - frames)
    return Span(joined.first, latents, joined.window, left_off)


def _exactly(seconds: Sequence[float]) -> Fraction:
    """The sum of ``seconds`` as they are written: 0.1 is a tenth, and 30 of them are 3 seconds to the frame."""
    return sum((Fraction(str(length)) for length in seconds), Fraction(0))


def check_seconds(seconds: float) -> None:
    """Raise InvalidRequest unless a shot can last ``seconds``."""
    if not 0.0 < seconds <= MAX_SECONDS:
        raise InvalidRequest("seconds", Message("no-length", {"seconds": seconds, "most": MAX_SECONDS}))
