"""Owns how frames become H.264 files and how such files are joined by stream copy; knows nothing of sections or shots.

Every file written here has the same encoder settings, one key frame at its start, no B-frames and one time base, so any
first N frames of any of them, at the same size and rate, can be put one after another without encoding anything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from framepack.errors import FramepackError
from framepack.files.atomic import in_place
from framepack.files.manifest import NotWhole
from framepack.media.encoder_thread import EncoderThread
from framepack.messages import Message

# What the name of a video written here may end with.
VIDEO_ENDINGS = (".mp4",)
TICKS_PER_FRAME = 512
# More than a VAE's tile of time has, so that the next tile is decoded while the frames of one are encoded.
_FRAMES_WAITING = 16
# What takes are encoded with; a film may only be joined from what has the same.
H264_SETTINGS = {
    "crf": "12",
    "preset": "faster",
    # The headers must not depend on what is in the picture, or the files could not be joined.
    "x264-params": "stitchable=1:open-gop=0:bframes=0:scenecut=0:keyint=36:min-keyint=36",
}

# What PyAV raises for a file that is no video, or not a whole one: FFmpeg's InvalidDataError is a ValueError, the
# others are stumbled over where the headers name what is not there.
_EBML = b"\x1a\x45\xdf\xa3"
_DAMAGE = (ValueError, IndexError, AttributeError, av.error.EOFError)


class VideoMismatch(FramepackError):
    """A video file cannot be joined as asked."""

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__(Message("video-mismatch", {"name": name, "reason": reason}))
        self.name = name


@dataclass(frozen=True)
class VideoFacts:
    """What a video file holds: its number of frames, frames a second, size in pixels and length in seconds."""

    frames: int
    fps: float
    width: int
    height: int
    seconds: float


def write_frames(path: Path, frames: Iterable[NDArray[np.uint8]], fps: int) -> int:
    """Encode ``frames``, each (H, W, 3) uint8 RGB with even sides, into the MP4 ``path``; returns their number.

    H.264 CRF 12, yuv420p, limited range BT.709 (converted and tagged). They are encoded while the next ones are made;
    no more than a few wait, so memory does not grow with their number. The file is written in place: callers write
    aside and rename. Raises ValueError where there are no frames.
    """
    with av.open(str(path), "w", format="mp4", options=_container_options(fps)) as container:
        stream = container.add_stream("libx264", rate=fps, options=H264_SETTINGS)
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        context.time_base = Fraction(1, fps)
        count = 0
        with EncoderThread(_FRAMES_WAITING) as encoder:
            for count, pixels in enumerate(frames, start=1):
                if count == 1:
                    stream.height, stream.width = pixels.shape[:2]
                encoder.hand_over(partial(_encode, container, stream, pixels, count - 1, fps))
        if not count:
            raise ValueError("a video needs at least one frame")
        container.mux(stream.encode(None))
    return count


def _encode(
    container: av.container.OutputContainer, stream: av.VideoStream, pixels: NDArray[np.uint8], number: int, fps: int
) -> None:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
    )
    frame.pts = number
    frame.time_base = Fraction(1, fps)
    container.mux(stream.encode(frame))


def opened_video(path: Path, options: Mapping[str, str] = MappingProxyType({})) -> av.container.InputContainer:
    """A video file as it is written here, opened; ``options`` are FFmpeg's.

    It may have come in an archive, so it is read as MP4 and nothing else: other kinds (playlists, lists of files) may
    name further files, which would be read. Raises ValueError where it is another kind.
    """
    return av.open(str(path), mode="r", format="mp4", options={**options, "protocol_whitelist": "file"})


def read_frames(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The frames of a video file, each (H, W, 3) uint8 RGB, one at a time."""
    with opened_video(path) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def read_frame(path: Path, number: int) -> NDArray[np.uint8]:
    """The frame ``number`` (0 is first) of a video file written here, as ``read_frames`` gives it; no other is kept.

    Raises VideoMismatch where the file has fewer frames, and NotWhole where it cannot be decoded.
    """
    try:
        with opened_video(path) as container:
            return _frame_at(container, number, path.name)
    except _DAMAGE:
        raise NotWhole(Message("video-unreadable")) from None


def read_frame_of(file: BinaryIO, number: int) -> NDArray[np.uint8]:
    """As ``read_frame``, of an open MP4 file that may be anybody's."""
    try:
        with av.open(file, mode="r", format="mp4") as container:
            return _frame_at(container, number, "")
    except (*_DAMAGE, av.error.FFmpegError):
        raise NotWhole(Message("video-unreadable")) from None


def _frame_at(container: av.container.InputContainer, number: int, name: str) -> NDArray[np.uint8]:
    stream = container.streams.video[0]
    at = round(number / (stream.average_rate or Fraction(1)) / (stream.time_base or Fraction(1)))
    container.seek(at, stream=stream)  # to the key frame before it
    for frame in container.decode(stream):
        if frame.pts is not None and frame.pts >= at:
            return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
    raise VideoMismatch(name, Message("too-few-frames", {"frames": stream.frames, "asked": number + 1}))


def decode_whole(path: Path) -> tuple[int, NDArray[np.uint8] | None]:
    """Decode a video file to its end, taking no error for granted: its number of frames, and the last as (H, W, 3) RGB.

    Raises NotWhole at the first thing in it that cannot be decoded.
    """
    count = 0
    last: av.VideoFrame | None = None
    try:
        with opened_video(path, {"err_detect": "explode"}) as container:
            context = container.streams.video[0].codec_context
            # By several threads the decoder would hide the fault of one frame behind the next.
            context.thread_count = 1
            context.options = {"err_detect": "explode+crccheck+bitstream+buffer"}
            for last in container.decode(video=0):
                if last.is_corrupt:
                    raise NotWhole(Message("video-unreadable"))
                count += 1
            return count, None if last is None else last.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
    except _DAMAGE:
        raise NotWhole(Message("video-unreadable")) from None


def probe(path: Path) -> VideoFacts:
    """What the video file ``path`` holds, from its packets, without decoding. Raises OSError if it is not a video."""
    with opened_video(path) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or Fraction(1)
        frames = sum(1 for packet in container.demux(stream) if packet.size)
        return VideoFacts(
            frames=frames,
            fps=float(rate),
            width=stream.codec_context.width,
            height=stream.codec_context.height,
            seconds=float(frames / rate),
        )


def join(parts: Sequence[tuple[Path, int]], out: Path, comment: str = "") -> int:
    """Put the first N frames of each (file, N) of ``parts`` one after another into the faststart MP4 ``out``.

    ``comment`` is what the file says of itself, as its comment tag. Nothing is encoded again. ``out`` is written aside
    and renamed, so it is there whole or not at all. Returns the number of frames. Raises VideoMismatch where a part is
    shorter than asked or was encoded otherwise than the first.
    """
    if not parts:
        raise ValueError("there is nothing to join")
    with in_place(out) as aside:
        return _copy_streams(parts, aside, comment)


def read_comment(file: BinaryIO) -> str | None:
    """The comment tag of an MP4, MOV, Matroska or WebM file; None where it has none, or is no such file.

    Only these kinds are opened, as what their first bytes say: others may name further files, which would be read.
    """
    beginning = file.read(12)
    file.seek(0)
    kind = "mp4" if beginning[4:8] == b"ftyp" else "matroska" if beginning.startswith(_EBML) else None
    if kind is None:
        return None
    try:
        with av.open(file, mode="r", format=kind, metadata_errors="replace") as container:
            said = {name.lower(): text for name, text in container.metadata.items()}
    except (*_DAMAGE, av.error.FFmpegError):
        return None
    return said.get("comment") or None


def shows(path: Path, parts: Sequence[tuple[Path, int]]) -> bool:
    """Whether the video file ``path`` holds just what ``join`` would make of ``parts``, to the bit."""
    try:
        with opened_video(path) as container:
            stream = container.streams.video[0]
            held = [bytes(packet) for packet in container.demux(stream) if packet.size]
            headers = _headers(stream)
    except _DAMAGE:
        return False
    expected: list[bytes] = []
    for part, count in parts:
        with opened_video(part) as source:
            stream = source.streams.video[0]
            if _headers(stream) != headers:
                return False
            expected += [bytes(packet) for packet in _first_packets(source, stream, part, count)]
    return held == expected


def _copy_streams(parts: Sequence[tuple[Path, int]], out: Path, comment: str) -> int:
    with opened_video(parts[0][0]) as first:
        template = first.streams.video[0]
        rate = template.average_rate
        if rate is None:
            raise VideoMismatch(parts[0][0].name, Message("no-frame-rate"))
        headers = _headers(template)
        options = _container_options(int(rate)) | {"movflags": "+faststart"}
        with av.open(str(out), "w", format="mp4", options=options) as container:
            target = container.add_stream_from_template(template)
            target.time_base = Fraction(1, int(rate) * TICKS_PER_FRAME)
            if comment:
                container.metadata["comment"] = comment
            done = 0
            for path, count in parts:
                with opened_video(path) as source:
                    stream = source.streams.video[0]
                    if _headers(stream) != headers:
                        raise VideoMismatch(path.name, Message("video-differs"))
                    for packet in _first_packets(source, stream, path, count):
                        packet.stream = target
                        packet.time_base = target.time_base
                        packet.pts = packet.dts = done * TICKS_PER_FRAME
                        packet.duration = TICKS_PER_FRAME
                        container.mux(packet)
                        done += 1
    return done


def _first_packets(
    source: av.container.InputContainer, stream: av.VideoStream, path: Path, count: int
) -> Iterator[av.Packet[av.VideoStream]]:
    taken = 0
    for packet in source.demux(stream):
        if taken == count:
            return
        if packet.size:
            taken += 1
            yield packet
    if taken < count:
        raise VideoMismatch(path.name, Message("too-few-frames", {"frames": taken, "asked": count}))


def _headers(stream: av.VideoStream) -> tuple[object, ...]:
    context = stream.codec_context
    return context.name, context.width, context.height, stream.average_rate, context.extradata


def _container_options(fps: int) -> dict[str, str]:
    return {"video_track_timescale": str(fps * TICKS_PER_FRAME)}
