"""Owns the boxes of AVIF and HEIC files: which of the two it is, and the codes of the colours of its picture."""

from __future__ import annotations

from collections.abc import Iterator

_AVIF = {b"avif", b"avis"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_EITHER = {b"mif1", b"msf1"}
_MAX_BOXES = 10_000


def box_kind(data: bytes) -> str | None:
    """AVIF or HEIF, by the brands at the beginning ``data`` of a file; None where it has no such beginning."""
    if data[4:8] != b"ftyp":
        return None
    end = max(16, min(len(data), int.from_bytes(data[:4])))
    brands = {data[8:12], *(data[place : place + 4] for place in range(16, end, 4))}
    if data[8:12] not in _AVIF | _HEIF | _EITHER:
        return None
    if brands & _AVIF:
        return "AVIF"
    return "HEIF" if brands & _HEIF else "AVIF"


def colour_codes(data: bytes) -> tuple[int, int] | None:
    """The codes of the primaries and the transfer function of the file's own picture, not of one that goes with it."""
    meta = next(_named(data, 0, len(data), b"meta"), None)
    if meta is None:
        return None
    start, end = meta[0] + 4, meta[1]
    item = _primary(data, start, end)
    for place, until in _named(data, start, end, b"iprp"):
        properties = [box for holder in _named(data, place, until, b"ipco") for box in _boxes(data, *holder)]
        for number in _properties_of(data, place, until, item):
            if 0 < number <= len(properties):
                name, first, _ = properties[number - 1]
                if name == b"colr" and data[first : first + 4] == b"nclx":
                    return int.from_bytes(data[first + 4 : first + 6]), int.from_bytes(data[first + 6 : first + 8])
    return None


def _boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, end) of what is in the boxes between two places."""
    for _ in range(_MAX_BOXES):
        if place + 8 > end:
            return
        size, head = int.from_bytes(data[place : place + 4]), 8
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16]), 16
        until = end if size == 0 else place + size
        if until > end or until < place + head:
            return
        yield data[place + 4 : place + 8], place + head, until
        place = until


def _named(data: bytes, place: int, end: int, name: bytes) -> Iterator[tuple[int, int]]:
    return ((first, until) for of, first, until in _boxes(data, place, end) if of == name)


def _primary(data: bytes, place: int, end: int) -> int:
    for first, _ in _named(data, place, end, b"pitm"):
        return int.from_bytes(data[first + 4 : first + (6 if data[first] == 0 else 8)])
    return 0


def _properties_of(data: bytes, place: int, end: int, item: int) -> Iterator[int]:
    """The numbers, from 1, of the properties that belong to ``item``."""
    for first, until in _named(data, place, end, b"ipma"):
        id_bytes = 2 if data[first] == 0 else 4
        number_bytes = 2 if data[first + 3 : first + 4] == b"\x01" else 1
        entries = int.from_bytes(data[first + 4 : first + 8])
        at = first + 8
        for _ in range(min(entries, _MAX_BOXES)):
            if at + id_bytes >= until:
                return
            of, count = int.from_bytes(data[at : at + id_bytes]), data[at + id_bytes]
            at += id_bytes + 1
            if of == item:
                for one in range(count):
                    number = int.from_bytes(data[at + one * number_bytes : at + (one + 1) * number_bytes])
                    # The highest bit says that the property must be understood.
                    yield number & (0x7FFF if number_bytes == 2 else 0x7F)
            at += count * number_bytes
