"""Encoding pictures one after another into a file of video alone, whose packets can be joined with others of its kind.

Nothing is reordered, every file begins with a key frame and its headers depend on the coding, rate and size alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from framepack.media.encoder_thread import EncoderThread
from projects.composing.formats import Coding
from projects.frames.fitting import Fitter
from projects.frames.material import Pixels

# So many bytes of pictures wait for the encoder at most, and at least two pictures.
_BYTES_WAITING = 32 * 2**20


@dataclass(frozen=True)
class Canvas:
    """What all pieces of a film have in common: ``coding``, frames a second and size in pixels."""

    coding: Coding
    rate: Fraction
    width: int
    height: int

    @property
    def ticks(self) -> int:
        """How many ticks of its time base a frame lasts."""
        return self.rate.denominator * (512 if self.rate.denominator == 1 else 1)

    @property
    def time_base(self) -> Fraction:
        """One tick, in seconds."""
        return 1 / self.rate / self.ticks

    @property
    def container_options(self) -> dict[str, str]:
        """What makes containers that can keep to the time base."""
        return {"video_track_timescale": str(self.time_base.denominator)} if self.coding.container != "webm" else {}


def encode(path: Path, pictures: Iterable[Pixels | av.VideoFrame], canvas: Canvas, watch: Callable[[], None]) -> int:
    """Encode ``pictures`` into the file ``path``, which is written in place; returns their number.

    Each is (H, W, 3) uint8 RGB, or a decoded frame of the canvas's shape. They are encoded while the next ones are
    made; few wait, so memory does not grow with their number. ``watch`` is called before each, and may raise.
    """
    with av.open(str(path), "w", format=canvas.coding.container, options=canvas.container_options) as container:
        return _encode_into(container, pictures, canvas, watch)


def headers_made(canvas: Canvas) -> tuple[object, ...]:
    """The headers that files encoded for ``canvas`` have, as ``headers_of`` gives them."""
    file = io.BytesIO()
    black = np.zeros((canvas.height, canvas.width, 3), np.uint8)
    coding = canvas.coding
    with av.open(file, "w", format=coding.container, options=canvas.container_options) as container:
        _encode_into(container, [black], canvas, lambda: None)
    file.seek(0)
    with av.open(file) as made:
        return headers_of(made.streams.video[0])


def headers_of(stream: av.VideoStream) -> tuple[object, ...]:
    """What two streams must have in common for their packets to be joined."""
    context = stream.codec_context
    return context.name, context.width, context.height, stream.average_rate, context.extradata


def _encode_into(
    container: av.container.OutputContainer,
    pictures: Iterable[Pixels | av.VideoFrame],
    canvas: Canvas,
    watch: Callable[[], None],
) -> int:
    stream = _stream(container, canvas)
    fitter = Fitter(canvas.width, canvas.height)
    most = max(2, _BYTES_WAITING // (canvas.width * canvas.height * 3))
    count = 0
    with EncoderThread(most) as encoder:
        for count, picture in enumerate(pictures, start=1):
            watch()
            encoder.hand_over(partial(_encode, container, stream, fitter, picture, count - 1, canvas))
    if not count:
        raise ValueError("a video needs at least one frame")
    container.mux(stream.encode(None))
    return count


def _stream(container: av.container.OutputContainer, canvas: Canvas) -> av.VideoStream:
    stream = container.add_stream(canvas.coding.encoder, rate=canvas.rate, options=dict(canvas.coding.options))
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height = canvas.width, canvas.height
    stream.pix_fmt = canvas.coding.pixel_format
    context = stream.codec_context
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.time_base = 1 / canvas.rate
    if canvas.coding.bits is not None:
        context.bit_rate = canvas.coding.bits
    elif canvas.coding.encoder == "libvpx-vp9":
        context.bit_rate = 0  # it would keep to a bitrate of its own otherwise
    return stream


def _encode(
    container: av.container.OutputContainer,
    stream: av.VideoStream,
    fitter: Fitter,
    picture: Pixels | av.VideoFrame,
    number: int,
    canvas: Canvas,
) -> None:
    frame = fitter.frame(picture, canvas.coding.pixel_format)
    frame.pts = number
    frame.time_base = 1 / canvas.rate
    frame.pict_type = av.video.frame.PictureType.NONE  # the encoder chooses, not the file it comes from
    container.mux(stream.encode(frame))
