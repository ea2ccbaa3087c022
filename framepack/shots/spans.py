"""How long things are: seconds, frames, latents and sections of the shots in a chain. Pure arithmetic, no torch.

A chain's latent 0 is its start picture and shows 1 frame; every later latent shows 4.
A section makes ``window`` latents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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

    ``first`` is the chain's number of the shot's first new latent (1 for the shot that opens the chain, whose start
    picture, latent 0, it shows too); ``latents`` how many new ones it shows; ``window`` the latents of a section.
    """

    first: int
    latents: int
    window: int

    @property
    def opens(self) -> bool:
        """Whether the shot begins its chain and so shows the start picture as its first frame."""
        return self.first == 1

    @property
    def sections(self) -> int:
        """How many sections must be made for it."""
        return -(-self.latents // self.window)

    @property
    def kept(self) -> int:
        """How many latents of its last section it shows, 1 to ``window``; the shot after it starts from there."""
        return self.latents - self.window * (self.sections - 1)

    @property
    def frames(self) -> int:
        """How many frames it shows."""
        return FRAMES_PER_LATENT * self.latents + (1 if self.opens else 0)

    def frames_of_section(self, number: int) -> int:
        """How many frames of its section ``number`` (from 1) it shows."""
        latents = self.kept if number == self.sections else self.window
        return FRAMES_PER_LATENT * latents


def spans(seconds: Sequence[float], *, fps: int, window: int) -> tuple[Span, ...]:
    """The spans of a chain's shots that are asked to last ``seconds`` each.

    Rounding is done on the running total, so every join, and the chain's end, is within 2 frames of what was asked
    wherever every shot is long enough to show at least one latent.
    """
    found: list[Span] = []
    total_seconds = 0.0
    made = 0
    for length in seconds:
        check_seconds(length)
        total_seconds += length
        until = max(made + 1, round((total_seconds * fps - 1) / FRAMES_PER_LATENT))
        found.append(Span(first=made + 1, latents=until - made, window=window))
        made = until
    return tuple(found)


def check_seconds(seconds: float) -> None:
    """Raise InvalidRequest unless a shot can last ``seconds``."""
    if not 0.0 < seconds <= MAX_SECONDS:
        raise InvalidRequest("seconds", Message("no-length", {"seconds": seconds, "most": MAX_SECONDS}))
