"""Between video frames and arrays of pixels: sizes, crops and colours, by Lanczos and BT.709. It knows no film."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from PIL import Image

from projects.database.tables import Move
from projects.frames.material import Enlarger, Pixels

# Without these flags a plain colour comes back as far as 3 levels off, with them within 2.
_EXACT = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP | Interpolation.FULL_CHR_H_INT
_SCALING = Interpolation.LANCZOS | _EXACT
# How much closer a slow move comes, or how much of the picture's width it goes along.
MOVE_ZOOM = 1.16


class Fitter:
    """Makes the frames of files into RGB pixels of ``width`` x ``height``, and pixels into frames for encoders."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._in, self._out = VideoReformatter(), VideoReformatter()

    def covers(self, frame: av.VideoFrame) -> bool:
        """Whether a frame is at least as large as the film on both sides."""
        return bool(frame.width >= self.width and frame.height >= self.height)

    def fills(self, frame: av.VideoFrame) -> bool:
        """Whether a frame has the film's shape, so that nothing is cut off it."""
        return frame.width * self.height == frame.height * self.width

    def pixels(self, frame: av.VideoFrame) -> Pixels:
        """The middle of a frame, scaled to cover the size: (height, width, 3) uint8 RGB."""
        return self._fitted(frame, Colorspace.ITU709, ColorRange.MPEG)

    def enlarged(self, frame: av.VideoFrame, enlarger: Enlarger) -> Pixels:
        """As ``pixels``, with the frame enlarged before what is left to scale is scaled."""
        own = Fitter(frame.width, frame.height).pixels(frame)
        large = av.VideoFrame.from_ndarray(enlarger.enlarge(own), format="rgb24")
        return self._fitted(large, None, ColorRange.JPEG)

    def _fitted(self, frame: av.VideoFrame, colours: Colorspace | None, levels: ColorRange) -> Pixels:
        scale = max(self.width / frame.width, self.height / frame.height)
        width, height = max(self.width, round(frame.width * scale)), max(self.height, round(frame.height * scale))
        scaled = self._in.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24",
            src_colorspace=colours,
            src_color_range=levels,
            dst_color_range=ColorRange.JPEG,
            interpolation=_SCALING,
        ).to_ndarray()
        left, top = (width - self.width) // 2, (height - self.height) // 2
        return np.ascontiguousarray(scaled[top : top + self.height, left : left + self.width])

    def frame(self, picture: Pixels | av.VideoFrame, pixel_format: str) -> av.VideoFrame:
        """A picture as an encoder takes it: BT.709 in limited range, tagged so; a decoded one never becomes RGB."""
        decoded = isinstance(picture, av.VideoFrame)
        frame = picture if isinstance(picture, av.VideoFrame) else av.VideoFrame.from_ndarray(picture, format="rgb24")
        return self._out.reformat(
            frame,
            width=self.width,
            height=self.height,
            format=pixel_format,
            src_colorspace=Colorspace.ITU709 if decoded else None,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.MPEG if decoded else ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_color_primaries=ColorPrimaries.BT709,
            dst_color_trc=ColorTrc.BT709,
            interpolation=_SCALING,
        )


def moved(picture: Image.Image, move: Move, share: float, width: int, height: int) -> Pixels:
    """What a slow move over a picture shows when ``share`` (0 to 1) of it is done, (height, width, 3) uint8 RGB.

    The picture has the film's shape. What is shown lies at parts of pixels, so that nothing jumps from one to the next.
    """
    zoom = {"closer": MOVE_ZOOM**share, "away": MOVE_ZOOM ** (1 - share), "none": 1.0}.get(move, MOVE_ZOOM)
    across = {"left": 1 - share, "right": share}.get(move, 0.5)
    down = {"up": 1 - share, "down": share}.get(move, 0.5)
    shown_width, shown_height = picture.width / zoom, picture.height / zoom
    left, top = (picture.width - shown_width) * across, (picture.height - shown_height) * down
    box = (left, top, min(picture.width, left + shown_width), min(picture.height, top + shown_height))
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS, box=box))
