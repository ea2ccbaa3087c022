"""Reading the end of anybody's video file: upright 8-bit sRGB pictures at the model's rate. It knows no latents.

What a file is says its content, never its name; nothing but the file itself is opened, whatever it refers to. Pictures
are counted from the video's end, so that the last one is always the last that the file has, at any rate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from framepack.errors import VideoRejected
from framepack.media.tone import HDR_TRANSFERS, tone_mapped
from framepack.messages import Message
from framepack.shots.past import LEAST_FRAMES, MOST_FRAMES, Past

MAX_VIDEO_BYTES = 512 * 2**20
MAX_VIDEO_SECONDS = 3600
MIN_SIDE = 16
MAX_PIXELS = 40_000_000
KINDS = "MP4, MOV, MKV, WebM, AVI, MPEG, WMV, FLV, OGV, GIF"
# FFmpeg's names of what is read, and what a browser calls them.
_MIME = {
    "mov,mp4,m4a,3gp,3g2,mj2": "video/mp4",
    "matroska,webm": "video/webm",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "asf": "video/x-ms-wmv",
    "flv": "video/x-flv",
    "ogg": "video/ogg",
    "gif": "image/gif",
}
_ONLY = {"format_whitelist": ",".join(_MIME), "protocol_whitelist": "file"}
# What PyAV raises for a file that is none of these, or not a whole one: see ``framepack.media.video``.
_DAMAGE = (ValueError, IndexError, AttributeError, av.error.FFmpegError)
_NONE_TOLD = 2  # the code of a matrix of colours that a file does not name
_BT709_FROM = 720  # lines; smaller ones without a name are taken for television's older colours, as players do
# Decoding begins so much earlier than needed: pictures right behind a key frame may lack what they refer to.
_RUN_UP = Fraction(1)
_TOLERANCE = Fraction(1, 500)


@dataclass(frozen=True)
class OwnVideo:
    """A video that can be gone on from, and what is to be said of it.

    ``last`` is the number of its last picture at the model's rate (0 is the first), which ``picture`` is, upright.
    ``width`` and ``height`` are those of it as it is shown; ``mime`` is what a browser calls the file's kind.
    """

    last: int
    picture: Image.Image
    width: int
    height: int
    seconds: float
    mime: str
    remarks: tuple[Message, ...]


def read_video(path: Path, name: str, fps: int) -> OwnVideo:
    """What the video in the file ``path`` is and how it ends, counted in pictures of ``fps``.

    The camera's rotation and pixels that are not square are evened out, of interlaced pictures one moment is shown, and
    HDR becomes an ordinary range. ``name`` is
    what messages call it. Raises VideoRejected where it is missing, no video, damaged, too short or too large.
    """
    if path.is_file() and path.stat().st_size > MAX_VIDEO_BYTES:
        raise VideoRejected(name, Message("video-many-bytes", {"most": MAX_VIDEO_BYTES // 2**20}))
    with _opened(path, name) as (container, stream):
        mime = _MIME[container.format.name]
        is_hdr = stream.codec_context.color_trc in HDR_TRANSFERS
        rate = stream.average_rate or Fraction(fps)
    reading = _Reading(path, name)
    *_, picture = reading.pictures([reading.times[-1]])
    last = round((reading.times[-1] - reading.first) * fps)
    if last + 1 < LEAST_FRAMES:
        raise VideoRejected(name, Message("video-too-short", {"least": LEAST_FRAMES / fps}))
    remarks = [Message("video-hdr")] if is_hdr else []
    if reading.is_cut:
        remarks.append(Message("video-cut"))
    return OwnVideo(
        last=last,
        picture=picture,
        width=picture.width,
        height=picture.height,
        seconds=float(reading.times[-1] - reading.first + 1 / rate),
        mime=mime,
        remarks=tuple(Message("video-remark", {"name": name, "remark": remark}) for remark in remarks),
    )


def pictures_of_past(path: Path, name: str, past: Past, fps: int) -> Iterator[Image.Image]:
    """The pictures of ``past`` in order, as ``read_video`` has them, one at a time.

    Raises VideoRejected, also where the file ends with another picture than ``past``.
    """
    reading = _Reading(path, name)
    end = reading.times[-1]
    if round((end - reading.first) * fps) != past.last:
        raise VideoRejected(name, Message("video-other-end"))
    yield from reading.pictures([end - Fraction(back, fps) for back in range(past.last - past.first, -1, -1)])


def last_picture(path: Path, name: str) -> Image.Image:
    """The last picture of a video, as ``read_video`` has it. Raises VideoRejected."""
    reading = _Reading(path, name)
    (picture,) = reading.pictures([reading.times[-1]])
    return picture


def video_hash(path: Path) -> str:
    """The SHA-256 of a video's file, in hexadecimal: the name a video has in requests and keys."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Reading:
    """One file that is read twice: for the ``times`` of the pictures at its end, and for the pictures.

    So none of them has to be kept, however large. ``first`` is the time of the video's first picture; ``is_cut`` says
    that it ends with something that cannot be decoded.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        with _opened(path, name) as (container, stream):
            self.first, self._end = self._bounds(container, stream)
            self._aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
        self._from = max(self.first, self._end - Fraction(MOST_FRAMES, 24) - _RUN_UP)
        self.is_cut = False
        self.times = [time for time, _ in self._decoded()]
        if not self.times or (self.times[0] > self._from and self._from > self.first):
            # Where there is nowhere to begin from in the middle, it is read from its beginning.
            self._from = self.first
            self.times = [time for time, _ in self._decoded()]
        if not self.times:
            raise VideoRejected(name, Message("video-damaged"))

    def pictures(self, times: Sequence[Fraction]) -> Iterator[Image.Image]:
        """What the video shows at each of ``times``, which ascend."""
        wanted = iter(times)
        at = next(wanted, None)
        shown: av.VideoFrame | None = None
        for time, frame in self._decoded():
            while shown is not None and at is not None and time > at + _TOLERANCE:
                yield _upright(shown, self._name, self._aspect)
                at = next(wanted, None)
            if at is None:
                return
            shown = frame
        while shown is not None and at is not None:
            yield _upright(shown, self._name, self._aspect)
            at = next(wanted, None)

    def _bounds(self, container: av.container.InputContainer, stream: av.VideoStream) -> tuple[Fraction, Fraction]:
        """The times of the first and the last picture, as the packets have them."""
        first: Fraction | None = None
        last = Fraction(0)
        try:
            for packet in container.demux(stream):
                stamp = packet.pts if packet.pts is not None else packet.dts
                if not packet.size or stamp is None or stream.time_base is None:
                    continue
                time = stamp * stream.time_base
                first = time if first is None else min(first, time)
                last = max(last, time)
        except _DAMAGE:
            pass  # what there is until then counts, and decoding finds it
        if first is None:
            raise VideoRejected(self._name, Message("video-damaged"))
        if last - first > MAX_VIDEO_SECONDS:
            raise VideoRejected(self._name, Message("video-long", {"most": MAX_VIDEO_SECONDS // 60}))
        return first, last

    def _decoded(self) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        """The pictures from ``_from`` on, or a little before, that can be decoded, with their times."""
        with _opened(self._path, self._name) as (container, stream):
            base = stream.time_base or Fraction(1, 1000)
            step = 1 / (stream.average_rate or Fraction(30))
            try:
                if self._from > self.first:
                    container.seek(int(self._from / base), stream=stream)
                packets = container.demux(stream)
            except _DAMAGE:
                return
            time: Fraction | None = None
            self.is_cut = False
            while True:
                try:
                    packet = next(packets, None)
                    if packet is None:
                        return
                    frames = packet.decode()
                except av.error.EOFError:
                    return
                except _DAMAGE:
                    self.is_cut = True  # what comes behind may be whole again
                    continue
                for frame in frames:
                    if frame.is_corrupt:
                        self.is_cut = True
                        continue
                    stamp = frame.pts if frame.pts is not None else frame.dts
                    following = self._from if time is None else time + step
                    told = following if stamp is None else stamp * (frame.time_base or base)
                    if time is not None and told <= time:
                        continue  # what goes back in time is not shown
                    time, self.is_cut = told, False
                    yield time, frame


@contextmanager
def _opened(path: Path, name: str) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """The file and its first stream of moving pictures."""
    if not path.is_file():
        raise VideoRejected(name, Message("picture-not-a-file" if path.exists() else "picture-missing"))
    try:
        container = av.open(str(path), options=_ONLY)
    except PermissionError:
        raise VideoRejected(name, Message("picture-not-allowed")) from None
    except _DAMAGE:
        raise VideoRejected(name, _why_not_opened(path)) from None
    with container:
        films = [one for one in container.streams.video if not one.disposition & av.stream.Disposition.attached_pic]
        if container.format.name not in _MIME:
            raise VideoRejected(name, Message("video-unknown", {"kinds": KINDS}))
        if not films:
            raise VideoRejected(name, Message("video-without-pictures"))
        (stream, *_) = films
        stream.thread_type = "AUTO"
        yield container, stream


def _why_not_opened(path: Path) -> Message:
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"BM")) or head[8:12] in (b"WEBP", b"avif", b"heic"):
        return Message("video-is-picture")
    known = head[4:8] in (b"ftyp", b"moov", b"mdat") or head.startswith((b"RIFF", b"\x1aE\xdf\xa3", b"OggS", b"FLV"))
    return Message("video-damaged") if known else Message("video-unknown", {"kinds": KINDS})


def _upright(frame: av.VideoFrame, name: str, aspect: Fraction) -> Image.Image:
    """A decoded picture as it is shown; ``aspect`` is that of a pixel."""
    if min(frame.width, frame.height) < MIN_SIDE or frame.width * frame.height > MAX_PIXELS:
        size = {"width": frame.width, "height": frame.height, "least": MIN_SIDE, "most": MAX_PIXELS / 1e6}
        raise VideoRejected(name, Message("video-size", size))
    matrix = int(frame.colorspace)
    if matrix == _NONE_TOLD:
        matrix = int(Colorspace.ITU709 if frame.height >= _BT709_FROM else Colorspace.ITU601)
    shown = _of_one_moment(frame) if frame.interlaced_frame else frame
    try:
        plain = shown.reformat(format="rgb24", src_colorspace=matrix, dst_color_range=ColorRange.JPEG)
    except _DAMAGE:
        # Colours that are named in a way that nothing is known of: those that are usual.
        plain = shown.reformat(format="rgb24")
    image = Image.fromarray(np.ascontiguousarray(plain.to_ndarray()))
    if int(frame.color_trc) in HDR_TRANSFERS:
        image = tone_mapped(image, int(frame.color_primaries), int(frame.color_trc))
    if Fraction(1, 8) < aspect < 8 and aspect != 1:
        image = image.resize((max(MIN_SIDE, round(image.width * aspect)), image.height), Image.Resampling.LANCZOS)
    turned = frame.rotation % 360
    return image.rotate(turned, expand=True) if turned else image


def _of_one_moment(frame: av.VideoFrame) -> av.VideoFrame:
    """An interlaced picture, whose lines are of two moments by turns, with those of one and the others made from them.

    By that picture alone, so that it does not depend on where reading began.
    """
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
    weaving, sink = graph.add("estdif", "mode=frame:parity=auto:deint=interlaced"), graph.add("buffersink")
    source.link_to(weaving)
    weaving.link_to(sink)
    graph.configure()
    graph.push(frame)
    graph.push(None)
    found = graph.pull()
    assert isinstance(found, av.VideoFrame), "a filter of pictures gives pictures"
    return found
