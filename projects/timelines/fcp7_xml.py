"""Final Cut Pro 7 XML, out and in: what Premiere, Resolve and others take and give.

A clip beside a transition reaches into it: its ``start`` or ``end`` is -1, and its ``in`` and ``out`` hold the frames
under the transition. Of a clip that is faster or slower, both count frames as they are shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from framepack.messages import Message
from projects.database.tables import Transition
from projects.errors import TimelineFileProblem
from projects.films.timeline import Lead, Timeline
from projects.timelines.fcp7_sounds import add_sounds, sounds_in
from projects.timelines.fcp7_texts import add, add_rate, tag_in, text_in
from projects.timelines.media import FilmMedia, MediaFile
from projects.timelines.pieces import (
    NO_LEAD,
    TAG,
    Item,
    Piece,
    Recut,
    cuts_of,
    items_of,
    pieces_from,
    pieces_of,
    tag_of,
    tagged,
)
from projects.timelines.reading import (
    MAX_TEXT,
    check_count,
    check_rate,
    file_called,
    frames_in,
    legible,
    speed_in,
    transition_called,
    xml_of,
)
from projects.timelines.sounds import sounds_of_film, tracks_of
from projects.timelines.timecode import FIRST_HOUR, NTSC, drops, frame_of, timecode_of

_EFFECTS: Mapping[Transition, tuple[str, str]] = MappingProxyType(
    {
        "dissolve": ("Cross Dissolve", "Dissolve"),
        "black": ("Dip to Black", "Dissolve"),
        "white": ("Dip to White", "Dissolve"),
        "wipe": ("Edge Wipe", "Wipe"),
    }
)
_CLIPS = ("clipitem", "generatoritem")


# --- out --------------------------------------------------------------------------------------------------------------


def fcp7_of(timeline: Timeline, media: FilmMedia) -> str:
    """The XML of a timeline, its media by absolute addresses."""
    root = Element("xmeml", version="5")
    sequence = SubElement(root, "sequence", id="sequence-1")
    rate, drop = timeline.rate, drops(timeline.rate)
    add(sequence, name=legible(timeline.name), duration=timeline.frames)
    add_rate(sequence, rate)
    hour = f"{FIRST_HOUR:02}:00:00{';' if drop else ':'}00"
    _add_timecode(sequence, rate, frame_of(hour, rate), drop=drop)
    video_and_audio = SubElement(sequence, "media")
    video = SubElement(video_and_audio, "video")
    shape = SubElement(SubElement(video, "format"), "samplecharacteristics")
    add_rate(shape, rate)
    add(shape, width=timeline.width, height=timeline.height, pixelaspectratio="square", fielddominance="none")
    track = SubElement(video, "track")
    pieces = pieces_of(timeline)
    items = items_of(pieces, cuts_of(pieces))
    known: dict[str, str] = {}
    cut = 0
    for place, item in enumerate(items):
        if item.before + item.after:
            _add_transition(track, item, cut, rate, at_start=place == 0)
        following = items[place + 1] if place + 1 < len(items) else None
        _add_clip(track, item, _Place(place, cut, following), media, known, rate)
        cut += item.frames
    add(track, enabled="TRUE", locked="FALSE")
    if tracks := tracks_of(sounds_of_film(timeline, media)):
        add_sounds(video_and_audio, tracks, media, known, rate)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n' + tostring(root, encoding="unicode") + "\n"


@dataclass(frozen=True)
class _Place:
    """Where an item stands: its number, the film's frame of its cut, and the item behind it."""

    number: int
    cut: int
    following: Item | None


def _add_timecode(parent: Element, rate: Fraction, frame: int, *, drop: bool) -> None:
    made = SubElement(parent, "timecode")
    add_rate(made, rate)
    add(made, string=timecode_of(frame, rate, drop=drop), frame=frame, displayformat="DF" if drop else "NDF")


def _add_transition(track: Element, item: Item, cut: int, rate: Fraction, *, at_start: bool) -> None:
    made = SubElement(track, "transitionitem")
    add_rate(made, rate)
    alignment = "start-black" if at_start else {"in": "start", "out": "end", "centre": "center"}[item.piece.lead.at]
    add(made, start=cut - item.before, end=cut + item.after, alignment=alignment)
    name, category = _EFFECTS[item.piece.lead.kind]
    effect = SubElement(made, "effect")
    add(effect, name=name, effectid=name, effectcategory=category, effecttype="transition", mediatype="video")


def _add_clip(
    track: Element, item: Item, place: _Place, media: FilmMedia, known: dict[str, str], rate: Fraction
) -> None:
    piece = item.piece
    file = media.files.get(piece.source_id or "")
    made = SubElement(track, "clipitem", id=f"clipitem-{place.number + 1}")
    tail = place.following.after if place.following else 0
    start, end = (-1 if item.before + item.after else place.cut), (-1 if tail else place.cut + item.frames)
    speed = 1.0 if item.frozen else piece.speed
    first = item.source_in if item.frozen else round(item.source_in / speed)
    # Backwards, what a transition before the clip shows lies behind what the clip shows.
    early, late = (tail, item.before) if piece.reverse else (item.before, tail)
    length = file.frames if file is not None and not file.still else first + item.frames + late
    add(made, name=legible(piece.name), duration=length)
    add_rate(made, rate)
    add(made, start=start, end=end)
    SubElement(made, "in").text = str(first - early)
    SubElement(made, "out").text = str(first + item.frames + late)
    _add_file(made, file, piece, known, rate)
    if item.frozen or (file is not None and file.still):
        add(made, stillframe="TRUE", stillframeoffset=item.source_in)
    elif speed != 1.0 or piece.reverse:
        _add_speed(made, piece)
    exact = {"source_in": item.source_in, "in": first - early, "speed": piece.speed, "held": item.frozen}
    comments = SubElement(made, "comments")
    add(comments, mastercomment4=json.dumps({TAG: {**tag_of(piece), **exact}}, separators=(",", ":")))
    if piece.notes and not item.frozen:
        marker = SubElement(made, "marker")
        add(marker, name=f"{piece.label} notes", comment=legible(piece.notes))
        SubElement(marker, "in").text = str(first)
        add(marker, out=-1)


def _add_file(clip: Element, file: MediaFile | None, piece: Piece, known: dict[str, str], rate: Fraction) -> None:
    key = file.name if file else f"card {len(known)}"
    if key in known:
        SubElement(clip, "file", id=known[key])
        return
    known[key] = f"file-{len(known) + 1}"
    made = SubElement(clip, "file", id=known[key])
    if file is None:
        add(made, name=legible(piece.name), mediaSource="Slug")
        add_rate(made, rate)
        return
    own = rate if file.still else file.rate
    add(made, name=file.name, pathurl=file.address)
    add_rate(made, own)
    if not file.still:
        add(made, duration=file.frames)
        _add_timecode(made, own, 0, drop=False)
    shape = SubElement(SubElement(SubElement(made, "media"), "video"), "samplecharacteristics")
    add(shape, width=file.width, height=file.height)


def _add_speed(clip: Element, piece: Piece) -> None:
    effect = SubElement(SubElement(clip, "filter"), "effect")
    add(effect, name="Time Remap", effectid="timeremap", effectcategory="motion", effecttype="motion")
    add(effect, mediatype="video")
    for name, value in (
        ("variablespeed", "0"),
        ("speed", f"{piece.speed * 100:g}"),
        ("reverse", "TRUE" if piece.reverse else "FALSE"),
        ("frameblending", "FALSE"),
    ):
        add(SubElement(effect, "parameter"), parameterid=name, name=name, value=value)


# --- in ---------------------------------------------------------------------------------------------------------------


def read_fcp7(path: Path) -> Recut:
    """The recut that an XML of Final Cut Pro 7 says. Raises TimelineFileProblem."""
    root, name = xml_of(path), path.name
    # Projects and bins hold sequences, and so may clips; the first one outside of clips is the film.
    sequence = root.find("./sequence")
    sequence = next(root.iterfind(".//children/sequence"), None) if sequence is None else sequence
    tracks = [] if sequence is None else sequence.findall("./media/video/track")
    full = [track for track in tracks if any(child.tag in _CLIPS for child in track)]
    if sequence is None or not full:
        raise TimelineFileProblem(name, Message("timeline-empty"))
    check_count(len(full[0]), name)
    rate = check_rate(_rate(sequence, name, Fraction(24)), name)
    files = {file.get("id", ""): file for file in root.iter("file") if len(file)}
    items, gaps = _items(full[0], rate, files, name)
    if not items:
        raise TimelineFileProblem(name, Message("timeline-empty"))
    remarks = []
    if len(full) > 1:
        remarks.append(Message("timeline-other-tracks", {"count": len(full) - 1}))
    if gaps:
        remarks.append(Message("timeline-gaps", {"count": gaps}))
    title = text_in(sequence, "name") or path.stem
    return Recut(title, rate, pieces_from(items), tuple(remarks), sounds_in(sequence, files, rate, name))


@dataclass(frozen=True)
class _Across:
    """A transition: its first frame, the one behind its last, and the cut within."""

    lead: Lead
    start: int
    cut: int
    end: int


def _items(track: Element, rate: Fraction, files: Mapping[str, Element], name: str) -> tuple[list[Item], int]:
    """What a track shows, and how many empty stretches it has."""
    children = [child for child in track if child.tag in _CLIPS or child.tag == "transitionitem"]
    across = [_across(child, name) if child.tag == "transitionitem" else None for child in children]
    items: list[Item] = []
    gaps, end = 0, None
    for place, child in enumerate(children):
        if across[place] is not None:
            continue
        before = across[place - 1] if place else None
        behind = across[place + 1] if place + 1 < len(children) else None
        item, start, close = _item(child, (before, behind), rate, files, name)
        gaps += end is not None and start > end
        end = close
        if item.frames > 0:
            items.append(item)
    return items, gaps


def _across(element: Element, name: str) -> _Across:
    start, end = frames_in(text_in(element, "start"), name), frames_in(text_in(element, "end"), name)
    alignment = text_in(element, "alignment").split("-")[0]
    effect = element.find("./effect")
    kind = (
        transition_called()
        if effect is None
        else transition_called(text_in(effect, "name"), text_in(effect, "effectid"))
    )
    if alignment == "start":
        return _Across(Lead(kind, 0, "in"), start, start, end)
    if alignment == "end":
        return _Across(Lead(kind, 0, "out"), start, end, end)
    return _Across(Lead(kind, 0, "centre"), start, start + (end - start) // 2, end)


def _item(
    element: Element,
    beside: Sequence[_Across | None],
    rate: Fraction,
    files: Mapping[str, Element],
    name: str,
) -> tuple[Item, int, int]:
    """What a clip shows, and the film's frames from and to which it does."""
    before, behind = beside
    start, end = frames_in(text_in(element, "start") or "0", name), frames_in(text_in(element, "end") or "0", name)
    inside = frames_in(text_in(element, "in") or "0", name)
    reach = tail = 0
    if start == -1 and before is not None:
        start, reach = before.cut, before.cut - before.start
    if end == -1 and behind is not None:
        end, tail = behind.cut, behind.end - behind.cut
    piece, frozen, exact = _piece(element, files, name)
    own = _rate(element, name, rate)
    if own != rate:
        inside = round(inside / own * rate)
    source = inside + (tail if piece.reverse else reach)
    said = exact.get("source_in")
    if frozen:
        shown = frames_in(text_in(element, "stillframeoffset") or str(inside), name)
    elif isinstance(said, int) and exact.get("in") == inside and _same_speed(exact.get("speed"), piece.speed):
        # Divided by the speed it was rounded.
        shown = said
    else:
        shown = round(source * piece.speed)
    if before is None:
        return Item(replace(piece, lead=NO_LEAD), end - start, shown, frozen), start, end
    lead = Lead(before.lead.kind, 0, before.lead.at)
    return Item(replace(piece, lead=lead), end - start, shown, frozen, reach, before.end - start), start, end


def _piece(element: Element, files: Mapping[str, Element], name: str) -> tuple[Piece, bool, Mapping[str, object]]:
    """A clip's piece, whether it holds one frame, and what our tag says of where it began."""
    file = element.find("./file")
    file = files.get(file.get("id", ""), file) if file is not None else None
    called = "" if file is None else file_called(text_in(file, "pathurl") or text_in(file, "name"))
    speed, reverse = 1.0, False
    for effect in element.iterfind("./filter/effect"):
        if text_in(effect, "effectid").casefold() == "timeremap":
            said = {text_in(one, "parameterid"): text_in(one, "value") for one in effect.iterfind("./parameter")}
            # A thousandth of a percent is what the format has.
            speed, reverse = speed_in(frames_in(Fraction(_number(said.get("speed"))) * 1000, name) / 100_000, name)
            reverse = reverse or (said.get("reverse") or "").upper() == "TRUE"
    notes = [text_in(marker, "comment") or text_in(marker, "name") for marker in element.iterfind("./marker")]
    piece = Piece(
        kind="other",
        name=text_in(element, "name") or called,
        frames=0,
        speed=speed or 1.0,
        reverse=reverse,
        file=called,
        notes="\n".join(note for note in notes if note)[:MAX_TEXT] or None,
    )
    tag = tag_in(element)
    piece = tagged(piece, tag)
    # A picture is always one frame; whether it is held, too, is only said in its tag.
    held = tag.get("held") is True if piece.kind == "still" else text_in(element, "stillframe").upper() == "TRUE"
    return piece, held or speed == 0.0, tag


def _same_speed(said: object, speed: float) -> bool:
    return isinstance(said, int | float) and abs(said - speed) < 1e-4


def _number(text: str | None) -> str:
    try:
        return str(float(text or "100"))
    except ValueError:
        return "100"


def _rate(element: Element, name: str, usual: Fraction) -> Fraction:
    base = text_in(element, "rate/timebase")
    if not base:
        return usual
    rate = Fraction(frames_in(base, name))
    return rate * NTSC if text_in(element, "rate/ntsc").upper() == "TRUE" else rate
