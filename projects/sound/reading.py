"""Reading sound files of any common kind: what one is like, and its samples, a piece at a time.

What a file is says its content, never its name. Nothing but the file itself is opened, whatever it refers to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from framepack.messages import Message
from projects.errors import StudioError
from projects.sound.stated import is_sound_list, share_there

RATE = 48_000
CHANNELS = 2
MAX_SOUND_BYTES = 200 * 2**20
MAX_SOUND_SECONDS = 2 * 3600
# So much of a file may be missing or unreadable before anybody hears it.
_LOST_SHARE = 0.01
# FFmpeg's names of what is read, and what a browser calls them; of a film its sound is taken.
_KINDS = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "mov,mp4,m4a,3gp,3g2,mj2": "audio/mp4",
    "matroska,webm": "audio/webm",
}
# So a list, which names other files or addresses, is opened by nobody.
SOUND_FILES_ONLY = {"format_whitelist": "wav,flac,mp3,aac,ogg,mov,mp4,m4a,matroska,webm", "protocol_whitelist": "file"}
# What PyAV raises for a file that is none of these, or not a whole one: see ``framepack.media.video``.
_DAMAGE = (ValueError, IndexError, AttributeError, av.error.FFmpegError)

Samples = NDArray[np.float32]


class SoundRejected(StudioError):
    """A sound file cannot be used: it is no sound, damaged, cut short, or too large."""

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__(Message("sound-rejected", {"name": name, "reason": reason}))
        self.name = name
        self.reason = reason


@dataclass(frozen=True)
class SoundFacts:
    """What a sound file is: what a browser calls its kind, and how long it lasts."""

    kind: str
    seconds: float


def check_sound(path: Path, name: str) -> SoundFacts:
    """Read a sound file to its end and say what it is; ``name`` is what messages call it.

    Raises SoundRejected where it is none, holds nothing, is damaged or cut short, or over 200 MiB or two hours.
    """
    check_size(path.stat().st_size, name)
    with _opened(path, name) as (container, stream):
        kind = _KINDS[container.format.name]
        stated = container.duration / av.time_base if kind == "audio/webm" and container.duration else None
        if kind == "audio/flac" and stream.duration and stream.time_base:
            stated = float(stream.duration * stream.time_base)
        if any(video.type == "video" and not _is_cover(video) for video in container.streams):
            kind = kind.replace("audio", "video")
        packets, lost, seconds, ended_well = 0, 0, 0.0, True
        for frames in _decoded(container, stream):
            packets += 1
            ended_well = frames is not None
            lost += frames is None
            seconds += sum(frame.samples / frame.sample_rate for frame in frames or ())
            if seconds > MAX_SOUND_SECONDS:
                raise SoundRejected(name, Message("sound-long", {"most": MAX_SOUND_SECONDS // 3600}))
    if not seconds:
        raise SoundRejected(name, Message("sound-damaged" if lost else "sound-empty"))
    there = share_there(path)
    # An ADTS stream says nowhere how long it is, but it does not end within a frame.
    cut = kind == "audio/aac" and not ended_well
    if cut or 1 - there > _LOST_SHARE or (there < 1 and kind.endswith("ogg")) or seconds < _least(stated):
        raise SoundRejected(name, Message("sound-cut"))
    if lost > max(1, packets * _LOST_SHARE):
        raise SoundRejected(name, Message("sound-damaged"))
    return SoundFacts(kind, seconds)


def check_size(count: int, name: str) -> None:
    """Raise SoundRejected where a sound's file has too many bytes."""
    if count > MAX_SOUND_BYTES:
        raise SoundRejected(name, Message("sound-many-bytes", {"most": MAX_SOUND_BYTES // 2**20}))


def samples_of(path: Path, name: str) -> Iterator[Samples]:
    """The samples of a sound file, (n, 2) float32 at 48 kHz, a piece at a time; full level is 1.

    One channel becomes two of the same level. What cannot be decoded is left out. Raises SoundRejected where the file
    is gone or no sound.
    """
    with _opened(path, name) as (container, stream):
        resampler, made_for = None, None
        for frames in _decoded(container, stream):
            for frame in frames or ():
                # Read before it is resampled, which takes the time of a frame away.
                before = (
                    max(0, round(-float(frame.pts * frame.time_base) * RATE)) if frame.pts and frame.time_base else 0
                )
                like = (frame.format.name, frame.layout.name, frame.sample_rate)
                if resampler is None or like != made_for:
                    layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
                    resampler, made_for = av.AudioResampler(format="flt", layout=layout, rate=RATE), like
                yield from (_as_stereo(made)[before:] for made in resampler.resample(frame))
        if resampler is not None:
            yield from map(_as_stereo, resampler.resample(None))


def seconds_of(path: Path, name: str) -> float:
    """How long a sound file lasts, by decoding it."""
    with _opened(path, name) as (container, stream):
        decoded = (frame for frames in _decoded(container, stream) for frame in frames or ())
        return sum(frame.samples / frame.sample_rate for frame in decoded)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[tuple[av.container.InputContainer, av.AudioStream]]:
    """The file and its first stream of sound."""
    if not path.is_file():
        raise SoundRejected(name, Message("sound-gone"))
    try:
        container = av.open(str(path), options=SOUND_FILES_ONLY)
    except _DAMAGE:
        raise SoundRejected(name, Message(_why_not_opened(path))) from None
    with container:
        if container.format.name not in _KINDS:
            raise SoundRejected(name, Message("sound-not-known"))
        if not container.streams.audio:
            raise SoundRejected(name, Message("sound-of-silent-film" if container.streams else "sound-cut"))
        yield container, container.streams.audio[0]


def _why_not_opened(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        return "sound-empty"
    if is_sound_list(head):
        return "sound-list"
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")) or head[8:12] in (b"WEBP", b"avif", b"heic"):
        return "sound-picture"
    known = head[4:8] == b"ftyp" or head.startswith((b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"\x1aE\xdf\xa3"))
    return "sound-cut" if known else "sound-not-known"


def _decoded(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[list[av.AudioFrame] | None]:
    """The frames of each packet; None for one that cannot be decoded."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except _DAMAGE:
            yield None
            return
        try:
            decoded = list(packet.decode())
        except av.error.EOFError:
            return
        except _DAMAGE:
            yield None
            continue
        # The empty packet at the end only brings out what the decoder still holds.
        if decoded or packet.size:
            yield decoded


def _is_cover(stream: av.stream.Stream) -> bool:
    """Whether a stream of pictures is the picture on a record's cover."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _least(stated: float | None) -> float:
    return 0.0 if stated is None else stated * (1 - _LOST_SHARE)


def _as_stereo(frame: av.AudioFrame) -> Samples:
    samples = frame.to_ndarray().reshape(frame.samples, -1).astype(np.float32, copy=False)
    return np.repeat(samples, 2, axis=1) if samples.shape[1] == 1 else samples
