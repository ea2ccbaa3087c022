"""CMX 3600 edit decision lists, out and in.

The event of a clip with a transition begins where that begins, so where in it the cut lies is said in a comment, as is
all else that a list of 1972 has no place for. Lists have no frame rate; ours say it in a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from framepack.messages import Message
from projects.database.tables import Transition
from projects.errors import TimelineFileProblem
from projects.films.timeline import Lead, Timeline
from projects.timelines.media import FilmMedia
from projects.timelines.pieces import (
    TAG,
    Item,
    Piece,
    Recut,
    items_of,
    pieces_from,
    pieces_of,
    starts_of,
    tag_of,
    tagged,
)
from projects.timelines.reading import MAX_TEXT, check_count, check_rate, file_called, shown, speed_in, text_of
from projects.timelines.sounds import (
    SoundPiece,
    frames_at,
    level_in,
    samples_at,
    sound_tag,
    sounds_of_film,
    tagged_sound,
    tracks_of,
)
from projects.timelines.timecode import FIRST_HOUR, counted, drops, frame_of, reel_names, timecode_of

BLACK = "BL"
MOST_SOUND_TRACKS = 4
_EVENT = re.compile(
    r"(?P<number>\d+)\s+(?P<reel>\S+)\s+(?P<channel>\S+)\s+(?P<edit>C|D|W\d{3}|K\w?)(?:\s+(?P<length>\d{1,4}))?"
    r"\s+(?P<source_in>\d\S+)\s+(?P<source_out>\d\S+)\s+(?P<record_in>\d\S+)\s+(?P<record_out>\d\S+)\s*"
)
_HEARD = re.compile(r"A[A\d]?")
_SPEED = re.compile(r"M2\s+.*?(?P<speed>-?\d+(?:\.\d+)?)\s+\d{1,2}:\d{2}:\d{2}[:;.,]\d{2,3}\s*")
_RATE = re.compile(r"\*\s*FRAME RATE:\s*(\d{1,6})(?:/(\d{1,6}))?\s*")
_COMMENT = re.compile(
    rf"\*\s*(?P<key>FROM CLIP NAME|TO CLIP NAME|FROM CLIP|FROM FILE|SOURCE FILE|NOTE|{TAG.upper()})\s*:\s*(?P<value>.*)"
)
# What is left of these letters in a comment's line, which ends at the line's end.
_LINE_ENDS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


# --- out --------------------------------------------------------------------------------------------------------------


def edl_of(timeline: Timeline, media: FilmMedia, *, drop: bool | None = None) -> str:
    """The edit list of a timeline; ``drop`` says whether its timecode leaves numbers out, None: as is usual."""
    drop = drops(timeline.rate) if drop is None else drop
    lines = [f"TITLE: {_line(timeline.name)}", f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}", ""]
    pieces = pieces_of(timeline)
    named = [_media_name(piece, media) for piece in pieces]
    reels = reel_names(name for name in named if name)
    hour = frame_of(f"{FIRST_HOUR:02}:00:00{';' if drop else ':'}00", timeline.rate)
    record = hour
    earlier: _Written | None = None
    number = 0
    for number, item in enumerate(items_of(pieces, starts_of(pieces)), start=1):
        name = _media_name(item.piece, media)
        length = 0 if item.frozen else round(item.frames * item.piece.speed)
        now = _Written(reels.get(name, BLACK), item.source_in + (1 if item.frozen else length), record + item.frames)
        lead = Lead(item.piece.lead.kind, item.before + item.after, "in")

        def times(*frames: int) -> str:
            return " ".join(timecode_of(max(0, frame), timeline.rate, drop=drop) for frame in frames)

        edit = "C        "
        if lead.frames:
            before = earlier or _Written(BLACK, 0, record)
            at = times(before.source_out, before.source_out, record, record)
            lines.append(f"{number:03}  {before.reel:8} V     C        {at}")
            edit = f"{'W001' if lead.kind == 'wipe' else 'D'} {lead.frames:03}".ljust(9)
        places = times(item.source_in, now.source_out, record, now.record_out)
        lines.append(f"{number:03}  {now.reel:8} V     {edit}{places}")
        lines += _comments(item, name, now.reel, timeline.rate, times(item.source_in))
        if number == 1:
            rate = timeline.rate
            lines.append(f"* FRAME RATE: {rate.numerator}/{rate.denominator}")
        record, earlier = now.record_out, now
    return "\n".join([*lines, *_sound_lines(timeline, media, named, number, drop=drop)]) + "\n"


def _sound_lines(
    timeline: Timeline, media: FilmMedia, named: Sequence[str], number: int, *, drop: bool
) -> Iterator[str]:
    """The events of the first audio tracks; lists have no more. Those of pictures end with ``number``."""
    hour = frame_of(f"{FIRST_HOUR:02}:00:00{';' if drop else ':'}00", timeline.rate)
    tracks = tracks_of(sounds_of_film(timeline, media))[:MOST_SOUND_TRACKS]
    reels = reel_names([*filter(None, named), *(piece.file for track in tracks for piece in track)])
    for place, track in enumerate(tracks, start=1):
        for piece in track:
            number += 1
            source, begin = frames_at(piece.source_in, timeline.rate), frames_at(piece.begin, timeline.rate)
            end = max(begin + 1, frames_at(piece.end, timeline.rate))
            frames = (source, source + end - begin, hour + begin, hour + end)
            times = " ".join(timecode_of(frame, timeline.rate, drop=drop) for frame in frames)
            channel = "A" if place == 1 else f"A{place}"
            yield f"{number:03}  {reels[piece.file]:8} {channel:5} C        {times}"
            yield f"* SOURCE FILE: {_line(piece.file)}"
            yield f"* {TAG.upper()}: {json.dumps(sound_tag(piece), separators=(',', ':'))}"


@dataclass(frozen=True)
class _Written:
    reel: str
    source_out: int
    record_out: int


def _comments(item: Item, name: str, reel: str, rate: Fraction, at: str) -> Iterator[str]:
    piece = item.piece
    if item.frozen or piece.speed != 1.0 or piece.reverse:
        speed = 0.0 if item.frozen else piece.speed * counted(rate) * (-1 if piece.reverse else 1)
        yield f"M2   {reel:8}       {speed:05.1f}                {at}"
    yield f"* {'TO' if item.before + item.after else 'FROM'} CLIP NAME:  {_line(piece.name)}"
    if name:
        yield f"* SOURCE FILE: {_line(name)}"
    if item.frozen:
        yield "* * FREEZE FRAME"
    for line in (piece.notes or "").splitlines():
        yield f"* NOTE: {_line(line)}"
    exact = {"speed": piece.speed} if piece.speed != 1.0 else {}
    yield f"* {TAG.upper()}: {json.dumps({**tag_of(piece), **exact}, separators=(',', ':'))}"


def _media_name(piece: Piece, media: FilmMedia) -> str:
    file = media.files.get(piece.source_id or "")
    return file.name if file else ""


def _line(text: str) -> str:
    return _LINE_ENDS.sub(" ", text)


# --- in ---------------------------------------------------------------------------------------------------------------


@dataclass
class _Event:
    """An event as its lines say it: of pictures, or ``heard``. ``number`` counts lines, from 1."""

    number: int
    said: re.Match[str]
    comments: list[tuple[str, str]] = field(default_factory=list)
    speed: float | None = None
    heard: bool = False


def read_edl(path: Path, rate: Fraction | None = None) -> Recut:
    """The recut that an edit list says. ``rate`` is taken where it does not say its own. Raises TimelineFileProblem."""
    title, drop, said_rate, events = _events(path)
    usual = Fraction(30000, 1001) if drop and rate is None else rate or Fraction(24)
    rate = check_rate(said_rate or usual, path.name)
    items: list[Item] = []
    gaps, end = 0, None
    first = None
    for event in events:
        if event.heard:
            continue
        item, start, close = _item(path.name, event, rate, drop=drop)
        if item is None:
            continue
        first = start if first is None else first
        if end is not None and start > end:
            gaps += 1
        end = close
        items.append(item)
    if not items:
        raise TimelineFileProblem(path.name, Message("timeline-empty"))
    remarks = (Message("timeline-gaps", {"count": gaps}),) if gaps else ()
    heard = [event for event in events if event.heard]
    sounds = tuple(_sound(path.name, event, rate, first or 0, drop=drop) for event in heard)
    return Recut(title or path.stem, rate, pieces_from(items), remarks, sounds)


def _events(path: Path) -> tuple[str, bool, Fraction | None, list[_Event]]:
    """The title of a list, whether its timecode drops numbers, the rate it says, and its events."""
    title, drop, rate = "", False, None
    events: list[_Event] = []
    counts = True
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        line = line.strip()
        if line.startswith("TITLE:"):
            title = line.removeprefix("TITLE:").strip()[:MAX_TEXT]
        elif line.startswith("FCM:"):
            drop = "NON" not in line.upper() and "DROP" in line.upper()
        elif found := _RATE.fullmatch(line):
            rate = Fraction(int(found[1]), max(1, int(found[2] or 1)))
        elif line[:1].isdigit():
            said = _EVENT.fullmatch(line)
            if said is None:
                raise TimelineFileProblem(path.name, Message("timeline-not-edl", {"line": number, "text": shown(line)}))
            # "V", "B" (both) and "AA/V" have pictures, "A" to "A4" and "AA" are heard.
            channel = said["channel"].upper()
            heard = bool(_HEARD.fullmatch(channel))
            counts = heard or "V" in channel or channel == "B"
            if counts:
                events.append(_Event(number, said, heard=heard))
                check_count(len(events), path.name)
        elif events and counts:
            _take_comment(events[-1], line)
        elif line and not events and not line.startswith(("*", "SPLIT")):
            raise TimelineFileProblem(path.name, Message("timeline-not-edl", {"line": number, "text": shown(line)}))
    return title, drop, rate, events


def _take_comment(event: _Event, line: str) -> None:
    if found := _SPEED.fullmatch(line):
        event.speed = float(found["speed"])
    elif (found := _COMMENT.fullmatch(line)) and len(event.comments) < 200:
        event.comments.append((found["key"], found["value"].strip()[:MAX_TEXT]))


def _item(name: str, event: _Event, rate: Fraction, *, drop: bool) -> tuple[Item | None, int, int]:
    """What an event shows, and its first frame and the one behind its last; None where it shows nothing."""
    said = event.said
    source, start, close = _times(name, event, rate, drop=drop)
    words = dict(event.comments)
    tag = _tag(words.get(TAG.upper(), ""))
    if close <= start or (said["reel"].upper() in (BLACK, "BLACK") and not tag):
        return None, start, close
    speed, reverse = speed_in(1.0 if event.speed is None else event.speed / counted(rate), name)
    clip = words.get("TO CLIP NAME") if said["edit"] != "C" else None
    kind: Transition = "cut" if said["edit"] == "C" else "wipe" if said["edit"].startswith("W") else "dissolve"
    if kind == "dissolve" and tag.get("lead") in ("black", "white"):
        kind = tag["lead"]
    if isinstance(tag.get("speed"), int | float) and abs(float(tag["speed"]) - speed) < 0.05:
        speed = float(tag["speed"])
    lead = min(int(said["length"] or 0), close - start) if kind != "cut" else 0
    piece = Piece(
        kind="other",
        name=clip or words.get("FROM CLIP NAME") or said["reel"],
        frames=0,
        speed=speed or 1.0,
        reverse=reverse,
        lead=Lead(kind, lead, "in"),
        file=file_called(next((words[key] for key in ("SOURCE FILE", "FROM FILE", "FROM CLIP") if key in words), "")),
        label=said["reel"],
        notes="\n".join(value for key, value in event.comments if key == "NOTE") or None,
    )
    piece = tagged(piece, tag)
    return Item(piece, close - start, source, speed == 0.0, 0, lead), start, close


def _times(name: str, event: _Event, rate: Fraction, *, drop: bool) -> tuple[int, int, int]:
    """Where an event begins in its source, and where it begins and ends in the film, in frames."""
    said = event.said
    try:
        source, _, start, close = (
            frame_of(said[key], rate, drop=drop) if ":" in said[key] or ";" in said[key] else int(said[key])
            for key in ("source_in", "source_out", "record_in", "record_out")
        )
    except ValueError:
        text = shown(said.string)
        raise TimelineFileProblem(name, Message("timeline-not-edl", {"line": event.number, "text": text})) from None
    return source, start, close


def _sound(name: str, event: _Event, rate: Fraction, first: int, *, drop: bool) -> SoundPiece:
    """What an event has to be heard; ``first`` is the frame at which the film begins."""
    source, start, close = _times(name, event, rate, drop=drop)
    words = dict(event.comments)
    tag = _tag(words.get(TAG.upper(), ""))
    piece = SoundPiece(
        begin=samples_at(max(0, start - first), rate),
        samples=samples_at(max(1, close - start), rate),
        source_in=samples_at(max(0, source), rate),
        db=level_in(tag.get("db")),
        file=file_called(next((words[key] for key in ("SOURCE FILE", "FROM FILE", "FROM CLIP") if key in words), "")),
    )
    return tagged_sound(piece, tag, rate)


def _tag(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
