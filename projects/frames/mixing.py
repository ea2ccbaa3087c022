"""Pictures upon pictures, put together by moviepy: a transition of two, titles and captions over them.

moviepy is given the pictures, never a file, so that it opens no reader: what a run needs is decoded elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.frames.material import Pixels
from projects.frames.runs import Mix

# The picture at a place of a run.
Picture = Callable[[int], Pixels]
Alpha = NDArray[np.float64]
# A wipe's edge is so soft: this share of the film's width.
WIPE_EDGE = 0.02


def put_together(
    frames: int,
    rate: Fraction,
    ground: Picture,
    over: tuple[Picture, Mix] | None,
    overlays: Sequence[tuple[Pixels, Callable[[int], float]]],
) -> Iterator[Pixels]:
    """The ``frames`` pictures of a run, (H, W, 3) uint8 RGB: ``over`` laid upon ``ground`` by its mix.

    ``overlays`` are RGBA pictures, each with how much of it is seen at a place of the run.
    """
    # It takes a second to load.
    from moviepy.video.compositing.CompositeVideoClip import CompositeVideoClip
    from moviepy.video.VideoClip import VideoClip

    def clip(picture: Callable[[int], Any], *, is_mask: bool = False) -> Any:
        seconds = float(frames / rate)
        return VideoClip(lambda t: picture(round(t * rate)), is_mask=is_mask, duration=seconds)

    lowest = clip(ground)
    width, height = lowest.size
    layers = [lowest]
    if over is not None:
        upper, mix = over
        layers.append(clip(upper).with_mask(clip(lambda place: mask_of(mix, place, width, height), is_mask=True)))
    for pixels, seen in overlays:
        colours, alpha = pixels[..., :3], pixels[..., 3] / 255.0
        layers.append(clip(partial(_always, colours)).with_mask(clip(partial(_fading, alpha, seen), is_mask=True)))
    together = CompositeVideoClip(layers, size=(width, height), use_bgclip=True)
    for place in range(frames):
        yield np.asarray(together.get_frame(float(place / rate)), np.uint8)


def mask_of(mix: Mix, place: int, width: int, height: int) -> Alpha:
    """How much of the upper picture is seen where, (height, width) from 0 to 1, at a place of a run."""
    share = mix.share(place)
    if mix.kind != "wipe":
        return _in_255ths(np.full((height, width), share))
    soft = max(1.0, WIPE_EDGE * width)
    edge = share * (width + soft)
    across = np.clip((edge - np.arange(width) - 0.5) / soft, 0.0, 1.0)
    return _in_255ths(np.broadcast_to(across, (height, width)))


def _always(pixels: Pixels, _: int) -> Pixels:
    return pixels


def _fading(alpha: Alpha, seen: Callable[[int], float], place: int) -> Alpha:
    return _in_255ths(alpha * seen(place))


def _in_255ths(alpha: Alpha) -> Alpha:
    """Masks that moviepy, which cuts them down to whole 255ths, leaves as they are."""
    return np.minimum((np.rint(alpha * 255.0) + 0.25) / 255.0, 1.0)
