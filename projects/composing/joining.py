"""Joining encoded video files, sound and captions into one film by copying packets. It encodes no picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av

from framepack.media.video import VideoMismatch
from framepack.messages import Message
from projects.composing.encoding import Canvas, headers_of

# Other tracks are written so far ahead of the pictures, so that players and the file's writer need not hold much.
_AHEAD_SECONDS = Fraction(1, 2)
# Takes may have come in an archive: files of other kinds may name further ones, which would be read.
_VIDEOS_ONLY = {"format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm", "protocol_whitelist": "file"}
# So many frames of a file, from a key frame on.
Stretch = tuple[Path, int, int]


class Track(Protocol):
    """What goes into a film beside its pictures."""

    def begin(self, container: av.container.OutputContainer) -> None:
        """Add its stream, before anything is written."""

    def write_until(self, seconds: Fraction) -> None:
        """Write what begins before so many seconds of the film."""

    def finish(self) -> None:
        """Write the rest."""

    def close(self) -> None:
        """Close what it reads from, also where something failed."""


def join_stretches(
    out: Path,
    stretches: Sequence[Stretch],
    canvas: Canvas,
    tracks: Sequence[Track],
    tags: Mapping[str, str],
    watch: Callable[[], None],
) -> int:
    """Put the frames of ``stretches`` one after another into the file ``out``, with ``tracks``; returns their number.

    ``tags`` are what the file says of itself. It is written in place. ``watch`` is called before each frame and may
    raise. Raises VideoMismatch where a file was encoded otherwise than the first, or has fewer frames.
    """
    options = canvas.container_options
    if canvas.coding.container in ("mp4", "mov"):
        options |= {"movflags": "+faststart"}
    done = 0
    with (
        ExitStack() as opened,
        av.open(str(stretches[0][0]), options=_VIDEOS_ONLY) as first,
        av.open(str(out), "w", format=canvas.coding.container, options=options) as container,
    ):
        template = first.streams.video[0]
        headers = headers_of(template)
        target = container.add_stream_from_template(template, opaque=True)
        target.time_base = canvas.time_base
        if canvas.coding.encoder == "libx265":
            target.codec_context.codec_tag = "hvc1"  # players of Apple's know no other
        container.metadata.update({name: text for name, text in tags.items() if text})
        for track in tracks:
            opened.callback(track.close)
            track.begin(container)
        container.start_encoding()
        for path, begin, frames in stretches:
            for packet in _packets(path, begin, frames, headers):
                watch()
                for track in tracks:
                    track.write_until(done / canvas.rate + _AHEAD_SECONDS)
                packet.stream = target
                packet.time_base = canvas.time_base
                packet.pts = packet.dts = done * canvas.ticks
                packet.duration = canvas.ticks
                container.mux(packet)
                done += 1
        for track in tracks:
            track.finish()
    return done


def _packets(path: Path, begin: int, frames: int, headers: tuple[object, ...]) -> Iterator[av.Packet[av.VideoStream]]:
    """The packets of a stretch."""
    with av.open(str(path), options=_VIDEOS_ONLY) as source:
        stream = source.streams.video[0]
        if headers_of(stream) != headers:
            raise VideoMismatch(path.name, Message("video-differs"))
        if begin:
            at = begin / (stream.average_rate or Fraction(1)) / (stream.time_base or Fraction(1))
            source.seek((stream.start_time or 0) + round(at), stream=stream)
        taken = 0
        for packet in source.demux(stream):
            if taken == frames:
                return
            if packet.size:
                taken += 1
                yield packet
        if taken < frames:
            raise VideoMismatch(path.name, Message("too-few-frames", {"frames": taken, "asked": frames}))
