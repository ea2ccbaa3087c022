"""The end of somebody's own video that a shot goes on from: which of its pictures count, and their name. No torch.

Pictures count at the model's rate and from the video's first; the shot begins right behind the last of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.spans import FRAMES_PER_LATENT, HISTORY_LATENTS

# One latent more than a picture has, so that there is some movement to go on with.
LEAST_FRAMES = 1 + FRAMES_PER_LATENT
MOST_FRAMES = 1 + FRAMES_PER_LATENT * (HISTORY_LATENTS - 1)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PICTURE = re.compile(r"([0-9a-f]{64})@[0-9]+")


@dataclass(frozen=True)
class Past:
    """The pictures ``first`` to ``last`` (0 is the first) of a video, which is named by its file's SHA-256."""

    video: str
    first: int
    last: int

    def __post_init__(self) -> None:
        frames = self.last - self.first + 1
        if not _SHA256.fullmatch(self.video):
            raise InvalidRequest("video", Message("video-bad-name", {"text": self.video[:80]}))
        fits = LEAST_FRAMES <= frames <= MOST_FRAMES and frames % FRAMES_PER_LATENT == 1
        if self.first < 0 or not fits:
            raise InvalidRequest("video", Message("video-bad-frames", {"first": self.first, "last": self.last}))

    @property
    def frames(self) -> int:
        """How many pictures there are."""
        return self.last - self.first + 1

    @property
    def latents(self) -> int:
        """How many latents they are encoded as."""
        return 1 + (self.frames - 1) // FRAMES_PER_LATENT

    @property
    def picture(self) -> str:
        """The name of its last picture, where pictures are named; no file has such a SHA-256."""
        return f"{self.video}@{self.last}"


def end_of_video(video: str, last: int) -> Past:
    """As much as the model looks back at, of the video (SHA-256) whose last picture is ``last``.

    Raises InvalidRequest where that is too short.
    """
    latents = min(HISTORY_LATENTS, 1 + last // FRAMES_PER_LATENT)
    return Past(video, last - FRAMES_PER_LATENT * (latents - 1), last)


def video_of(picture: str) -> str | None:
    """The SHA-256 of the video whose picture is named so; None where it is the name of a picture's file."""
    named = _PICTURE.fullmatch(picture)
    return named[1] if named else None
