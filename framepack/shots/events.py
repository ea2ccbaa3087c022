"""What the rendering of a shot tells while it goes on, as values. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from framepack.messages import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Conditioned:
    """The prompt and the picture are encoded; sampling begins. ``sections_done`` were found and are not made again."""

    sections: int
    sections_done: int


@dataclass(frozen=True)
class Step:
    """One sampling step is done. ``preview`` is a small uint8 picture (h, w, 3) of the section's middle latent."""

    section: int
    number: int
    of: int
    sigma: float
    preview: NDArray[np.uint8]


@dataclass(frozen=True)
class SectionDone:
    """A section is published under ``key``. ``number`` counts from 1 in its shot; 0 is the start picture's own unit.

    ``seconds`` is the time its sampling, decoding and writing took, 0.0 for one that was found.
    """

    key: str
    number: int
    seconds: float


@dataclass(frozen=True)
class Notice:
    """Something the person may want to know: what lies where, what takes a while, what is slow.

    ``compiling``: the next step takes that much longer, because the model is compiled for the device first.
    """

    message: Message
    compiling: bool = False


@dataclass(frozen=True)
class Finished:
    """All sections of the shot are published. ``frames`` is what the shot shows."""

    frames: int
    seconds: float


Event = Conditioned | Notice | Step | SectionDone | Finished
