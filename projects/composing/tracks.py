"""The tracks of a film beside its pictures: its sound, from a WAV file, and captions that can be switched on."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import numpy as np

from projects.frames.material import Cue

SOUND_RATE = 48_000
_MILLISECOND = Fraction(1, 1000)
# A caption as a container holds it: with its length before it, or with the signs replaced that would begin a tag.
_CAPTIONS: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "mov_text": lambda text: len(text.encode()).to_bytes(2, "big") + text.encode(),
        "webvtt": lambda text: html.escape(text, quote=False).encode(),
    }
)
# What FFmpeg's encoders of captions ask for: how they would be set if the player had no style of its own.
_STYLE = (
    "[Script Info]\r\nScriptType: v4.00+\r\nPlayResX: 384\r\nPlayResY: 288\r\n\r\n[V4+ Styles]\r\n"
    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
    "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, "
    "MarginV, Encoding\r\n"
    "Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1\r\n\r\n"
    "[Events]\r\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n"
)


@dataclass(frozen=True)
class SoundCoding:
    """How a film's sound is encoded: by ``encoder``, with ``bits`` a second, into ``container``."""

    encoder: str
    container: str
    bits: int

    @property
    def options(self) -> dict[str, str]:
        """The encoder's: of FFmpeg's AAC the way that is quicker, and at such bitrates no worse."""
        return {"aac_coder": "fast"} if self.encoder == "aac" else {}


def encode_sound(path: Path, sound: Path, coding: SoundCoding, seconds: Fraction, watch: Callable[[], None]) -> None:
    """Encode a WAV file, as far as the film's ``seconds`` go, into the file ``path``, which is written in place.

    ``watch`` is called again and again, and may raise.
    """
    with av.open(str(path), "w", format=coding.container) as container:
        stream = container.add_stream(coding.encoder, rate=SOUND_RATE, options=coding.options)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "stereo"
        if not coding.encoder.startswith("pcm"):
            stream.bit_rate = coding.bits
        container.start_encoding()
        for frame in _frames_of(sound, stream.codec_context, round(seconds * SOUND_RATE)):
            watch()
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _frames_of(sound: Path, context: av.AudioCodecContext, samples: int) -> Iterator[av.AudioFrame]:
    """The first ``samples`` of a WAV file in frames as an encoder takes them."""
    resampler = av.AudioResampler(
        format=context.format, layout="stereo", rate=SOUND_RATE, frame_size=context.frame_size or None
    )
    given = 0
    with av.open(str(sound)) as source:
        for frame in source.decode(source.streams.audio[0]):
            frame.pts = None
            for part in resampler.resample(frame):
                yield from _as_far_as(part, given, samples)
                given += part.samples
            if given >= samples:
                return
    for part in resampler.resample(None):
        yield from _as_far_as(part, given, samples)
        given += part.samples


def _as_far_as(frame: av.AudioFrame, given: int, samples: int) -> Iterator[av.AudioFrame]:
    """A frame that begins with the sample ``given``, or what of it comes before the sample ``samples``."""
    left = samples - given
    if left > 0:
        kept = frame
        if frame.samples > left:
            values: Any = frame.to_ndarray()[:, : left * (1 if frame.format.is_planar else 2)]
            kept = av.AudioFrame.from_ndarray(np.ascontiguousarray(values), frame.format.name, "stereo")
            kept.rate = SOUND_RATE
        kept.pts, kept.time_base = given, Fraction(1, SOUND_RATE)
        yield kept


class SoundTrack:
    """The sound of a film, from the file ``path`` that ``encode_sound`` made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = ExitStack()
        self._next: av.Packet[av.AudioStream] | None = None

    def begin(self, container: av.container.OutputContainer) -> None:
        """Add its stream."""
        source = self._opened.enter_context(av.open(str(self._path)))
        self._stream = container.add_stream_from_template(source.streams.audio[0], opaque=True)
        self._container = container
        self._packets = (packet for packet in source.demux(source.streams.audio[0]) if packet.size)
        self._next = next(self._packets, None)

    def write_until(self, seconds: Fraction) -> None:
        """Write what begins before so many seconds of the film."""
        while self._next is not None and (self._next.pts or 0) * (self._next.time_base or 1) < seconds:
            self._write()

    def finish(self) -> None:
        """Write the rest, and close its file."""
        while self._next is not None:
            self._write()
        self.close()

    def close(self) -> None:
        """Close its file."""
        self._opened.close()

    def _write(self) -> None:
        assert self._next is not None
        self._next.stream = self._stream
        self._container.mux(self._next)
        self._next = next(self._packets, None)


class CaptionTrack:
    """Captions that a player shows or hides, in ``language`` (three letters), by an ``encoder``."""

    def __init__(self, cues: Sequence[Cue], encoder: str, language: str, seconds: Fraction) -> None:
        self._cues = iter(sorted((cue for cue in cues if cue.start < seconds), key=lambda cue: cue.start))
        self._next = next(self._cues, None)
        self._encoder = encoder
        self._language = language
        self._end = seconds

    def begin(self, container: av.container.OutputContainer) -> None:
        """Add its stream."""
        stream = container.add_stream(self._encoder)
        context = stream.codec_context
        assert isinstance(context, av.subtitles.codeccontext.SubtitleCodecContext)
        context.subtitle_header = _STYLE.encode()
        stream.time_base = context.time_base = _MILLISECOND
        stream.metadata["language"] = self._language
        self._container, self._stream = container, stream

    def write_until(self, seconds: Fraction) -> None:
        """Write what begins before so many seconds of the film."""
        while self._next is not None and self._next.start < seconds:
            self._write(self._next)
            self._next = next(self._cues, None)

    def finish(self) -> None:
        """Write the rest."""
        self.write_until(self._end)

    def close(self) -> None:
        """It holds no file."""

    def _write(self, cue: Cue) -> None:
        begin = max(0, round(cue.start * 1000))
        lasts = max(1, round(min(cue.end, float(self._end)) * 1000) - begin)
        # Not by the encoder, which takes words in braces for a style and leaves them out.
        packet = av.Packet(_CAPTIONS[self._encoder](cue.text.strip()))
        packet.stream = self._stream
        packet.time_base = _MILLISECOND
        packet.pts = packet.dts = begin
        packet.duration = lasts
        self._container.mux(packet)
