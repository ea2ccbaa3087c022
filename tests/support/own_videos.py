"""Small videos as people bring them: of any rate, kind, rotation and range, with a picture that says which it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray


def moving(number: int, height: int = 72, width: int = 128) -> NDArray[np.uint8]:
    """A picture of a bright bar on a slope of grey, the further to the right the later."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = np.linspace(40, 160, width).astype(np.uint8)[None, :, None]
    left = (number * 2) % (width - 12)
    picture[height // 4 : height // 2, left : left + 12] = (230, 60, 30)
    return picture


def levels(number: int, height: int = 64, width: int = 64) -> NDArray[np.uint8]:
    """A grey picture, whose level tells its number, to 50."""
    return np.full((height, width, 3), 20 + number % 50 * 4, np.uint8)


def write_video(
    path: Path,
    pictures: list[NDArray[np.uint8]],
    *,
    fps: Fraction | int = 30,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    stamps: list[int] | None = None,
    options: dict[str, str] | None = None,
    context: dict[str, Any] | None = None,
) -> Path:
    """Encode ``pictures`` as the video ``path``; ``stamps`` are their times in 1/1000 s where the rate varies."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options or {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        if codec == "libx264":
            stream.options = {"crf": "8", "preset": "veryfast", **(options or {})}
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for name, value in (context or {}).items():
            setattr(stream.codec_context, name, value)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
            if stamps is not None:
                frame.pts, frame.time_base = stamps[number], Fraction(1, 1000)
            else:
                frame.pts, frame.time_base = number, 1 / Fraction(fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
