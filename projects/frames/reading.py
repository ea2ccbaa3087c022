"""Reading single frames of a take, forwards or backwards, with one file open and few frames kept. It draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType

import av

from framepack.files.manifest import NotWhole
from framepack.media.video import VideoMismatch, opened_video
from framepack.messages import Message
from projects.frames.material import Parts

# Decoding on costs less than seeking back to a key frame, up to about this many frames.
_NEAR = 36
_DAMAGE = (ValueError, IndexError, AttributeError, av.error.FFmpegError)


class TakeReader:
    """The frames of a take by number; ``parts`` are its files and how many frames of each it shows."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._open: av.container.InputContainer | None = None
        self._part = -1
        self._decoded: Iterator[tuple[int, av.VideoFrame]] = iter(())
        self._next = -1  # the frame that is decoded next
        self._asked = -1
        self._held: dict[int, av.VideoFrame] = {}

    def __enter__(self) -> TakeReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file that is open."""
        if self._open is not None:
            self._open.close()
        self._open = None
        self._part = -1
        self._held.clear()

    def frame(self, number: int) -> av.VideoFrame:
        """The frame ``number`` (0 is first) as it is decoded.

        The latest two are kept, and going backwards those from the key frame before on. Raises NotWhole where it cannot
        be decoded, VideoMismatch where there is none.
        """
        try:
            found = self._held.get(number) or self._decode(number)
        except _DAMAGE:
            raise NotWhole(Message("video-unreadable")) from None
        backwards = number < self._asked
        self._asked = number
        self._held = {
            one: frame for one, frame in self._held.items() if (one <= number + 1 if backwards else one >= number - 1)
        }
        return found

    def _decode(self, number: int) -> av.VideoFrame:
        part, base = self._part_of(number)
        backwards = number < self._asked
        if part != self._part or not 0 <= number - self._next <= _NEAR:
            self._seek(part, base, number)
        for found, frame in self._decoded:
            self._next = found + 1
            if not backwards:
                self._held.pop(found - 2, None)
            self._held[found] = frame
            if found >= number:
                return frame
        shown = {"frames": self._next - base, "asked": number - base + 1}
        raise VideoMismatch(self._parts[part][0].name, Message("too-few-frames", shown))

    def _part_of(self, number: int) -> tuple[int, int]:
        """The part that has a frame, and the number of the part's first frame."""
        base = 0
        for part, (_, frames) in enumerate(self._parts):
            if number < base + frames:
                return part, base
            base += frames
        raise VideoMismatch(self._parts[-1][0].name, Message("too-few-frames", {"frames": base, "asked": number + 1}))

    def _seek(self, part: int, base: int, number: int) -> None:
        if part != self._part:
            self.close()
            self._open = opened_video(self._parts[part][0])
            self._part = part
        assert self._open is not None
        stream = self._open.streams.video[0]
        rate, ticks = stream.average_rate or Fraction(1), stream.time_base or Fraction(1)
        begin = stream.start_time or 0
        self._open.seek(begin + int((number - base) / rate / ticks), stream=stream)
        self._held.clear()
        self._next = number
        self._decoded = (
            (base + round((frame.pts - begin) * ticks * rate), frame)
            for frame in self._open.decode(stream)
            if frame.pts is not None
        )
