"""The tracks of a film beside its pictures: its sound, from a WAV file, and captions that can be switched on."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import av

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


class SoundTrack:
    """The sound of a film: that of ``path``, as far as the film's ``seconds`` go, by an ``encoder``."""

    def __init__(self, path: Path, encoder: str, bits: int, seconds: Fraction) -> None:
        self._path = path
        self._encoder = encoder
        self._bits = bits
        self._samples = round(seconds * SOUND_RATE)
        self._done = Fraction(0)

    def begin(self, container: av.container.OutputContainer) -> None:
        """Add its stream."""
        stream = container.add_stream(self._encoder, rate=SOUND_RATE)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "stereo"
        if not self._encoder.startswith("pcm"):
            stream.bit_rate = self._bits
        self._container = container
        self._stream = stream
        self._frames = self._read()

    def write_until(self, seconds: Fraction) -> None:
        """Write what begins before so many seconds of the film."""
        while self._done < seconds:
            frame = next(self._frames, None)
            if frame is None:
                self._done = Fraction(10**9)
                return
            self._done += Fraction(frame.samples, SOUND_RATE)
            self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write the rest."""
        self.write_until(Fraction(10**9))
        self._container.mux(self._stream.encode(None))

    def _read(self) -> Iterator[av.AudioFrame]:
        """The film's samples in frames as the encoder takes them."""
        context = self._stream.codec_context
        resampler = av.AudioResampler(
            format=context.format, layout="stereo", rate=SOUND_RATE, frame_size=context.frame_size or None
        )
        given = 0
        with av.open(str(self._path)) as source:
            for frame in source.decode(source.streams.audio[0]):
                frame.pts = None
                for part in resampler.resample(frame):
                    yield from self._as_far_as_the_film(part, given)
                    given += part.samples
        for part in resampler.resample(None):
            yield from self._as_far_as_the_film(part, given)
            given += part.samples

    def _as_far_as_the_film(self, frame: av.AudioFrame, given: int) -> Iterator[av.AudioFrame]:
        frame.pts, frame.time_base = given, Fraction(1, SOUND_RATE)
        left = self._samples - given
        if frame.samples <= left:
            yield frame
        elif left > 0:
            kept = frame.to_ndarray()
            channels = 1 if frame.format.is_planar else 2
            shorter = av.AudioFrame.from_ndarray(kept[:, : left * channels].copy(), frame.format.name, "stereo")
            shorter.rate, shorter.pts, shorter.time_base = SOUND_RATE, given, Fraction(1, SOUND_RATE)
            yield shorter


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
