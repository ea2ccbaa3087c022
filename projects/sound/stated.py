"""How much of a sound file should be there by its own headers, where they say so. It decodes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

# What a writer that could not go back leaves in place of a length.
_UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)
_HEAD_BYTES = 2**16
_LONGEST_PAGE = 27 + 255 + 255 * 255
_ENDS_THE_STREAM = 4


def share_there(path: Path) -> float:
    """The share of a WAV, MP3 or Ogg file's bytes that is there, at most 1; also 1 where its headers say nothing."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
            return _share_of_wav(file, size)
        if head[:4] == b"OggS":
            return _share_of_ogg(file, size)
        return _share_of_mp3(head, size)


def _share_of_wav(file: BinaryIO, size: int) -> float:
    at = 12
    while at + 8 <= size:
        file.seek(at)
        header = file.read(8)
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"data":
            return 1.0 if length in _UNKNOWN_LENGTHS else min(1.0, (size - at - 8) / length)
        at += 8 + length + length % 2
    return 1.0


def _share_of_ogg(file: BinaryIO, size: int) -> float:
    """An Ogg file ends with a page that says so; without it, how much is missing is not known, but something is."""
    file.seek(max(0, size - _LONGEST_PAGE))
    tail = file.read()
    at = tail.rfind(b"OggS")
    page = tail[at:]
    if at < 0 or len(page) < 27 or len(page) < 27 + page[26]:
        return (size - 1) / size
    whole = 27 + page[26] + sum(page[27 : 27 + page[26]])
    if len(page) < whole or not page[5] & _ENDS_THE_STREAM:
        return (size - 1) / size
    return 1.0


def _share_of_mp3(head: bytes, size: int) -> float:
    """By the Xing header in its first frame, which is not in every MP3."""
    at = max(head.find(b"Xing"), head.find(b"Info"))
    said = int.from_bytes(head[at + 4 : at + 8], "big") if at > 0 else 0
    if not said & 2 or not _looks_like_mp3(head):
        return 1.0
    length = int.from_bytes(head[at + 12 : at + 16] if said & 1 else head[at + 8 : at + 12], "big")
    begin = _tag_bytes(head)
    return min(1.0, (size - begin) / length) if length else 1.0


def _looks_like_mp3(head: bytes) -> bool:
    return head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")


def _tag_bytes(head: bytes) -> int:
    """The bytes of the tag before the first frame, whose length is written in sevens of bits."""
    if head[:3] != b"ID3":
        return 0
    return 10 + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(head[6:10])))


def is_sound_list(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a playlist: it names sounds and holds none."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    begins = (b"#extm3u", b"[playlist]", b"<asx", b"ffconcat version")
    return text.startswith(begins) or b"<playlist" in text or b"<?wpl" in text
