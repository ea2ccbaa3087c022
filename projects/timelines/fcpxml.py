"""FCPXML, out and in: Final Cut Pro's own, which Resolve takes and gives, too.

Times are fractions of seconds, so that nothing is rounded at any rate. It is written by hand: the library's adapter
knows whole rates only, and neither transitions nor speeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from framepack.messages import Message
from projects.database.tables import Transition
from projects.errors import TimelineFileProblem
from projects.films.timeline import Lead, Timeline
from projects.timelines.fcpxml_sounds import add_sounds, is_heard, sounds_in
from projects.timelines.fcpxml_texts import seconds_in, source_of, tag_in, time_of
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
from projects.timelines.sounds import sounds_of_film
from projects.timelines.timecode import FIRST_HOUR, drops, frame_of

_CALLED: Mapping[Transition, str] = MappingProxyType(
    {"dissolve": "Cross Dissolve", "black": "Fade To Black", "white": "Fade To White", "wipe": "Wipe"}
)
_CLIPS = ("asset-clip", "clip", "video", "ref-clip", "sync-clip", "mc-clip", "title")


# --- out --------------------------------------------------------------------------------------------------------------


def fcpxml_of(timeline: Timeline, media: FilmMedia) -> str:
    """The FCPXML of a timeline, its media by absolute addresses."""
    root = Element("fcpxml", version="1.8")
    resources = SubElement(root, "resources")
    rate = timeline.rate
    _add_format(resources, "r1", rate, timeline.width, timeline.height)
    pieces = pieces_of(timeline)
    assets = _add_assets(resources, [piece.source_id or "" for piece in pieces], media)
    project = SubElement(SubElement(root, "library"), "event", name=legible(timeline.name))
    project = SubElement(project, "project", name=legible(timeline.name))
    drop = drops(rate)
    hour = frame_of(f"{FIRST_HOUR:02}:00:00{';' if drop else ':'}00", rate)
    sequence = SubElement(
        project,
        "sequence",
        format="r1",
        duration=time_of(timeline.frames, rate),
        tcStart=time_of(hour, rate),
        tcFormat="DF" if drop else "NDF",
    )
    spine = SubElement(sequence, "spine")
    offset = hour
    for item in items_of(pieces, cuts_of(pieces)):
        if item.before + item.after:
            SubElement(
                spine,
                "transition",
                name=_CALLED[item.piece.lead.kind],
                offset=time_of(offset - item.before, rate),
                duration=time_of(item.before + item.after, rate),
            )
        _add_clip(spine, item, offset, assets, media, rate)
        offset += item.frames
    add_sounds(resources, spine, sounds_of_film(timeline, media), media, hour, rate)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n' + tostring(root, encoding="unicode") + "\n"


def _add_format(resources: Element, id: str, rate: Fraction, width: int, height: int) -> None:
    made = SubElement(resources, "format", id=id, width=str(width), height=str(height))
    if rate:
        made.set("frameDuration", time_of(1, rate))


def _add_assets(resources: Element, wanted: list[str], media: FilmMedia) -> dict[str, str]:
    """Say which files there are; returns what each source is called."""
    formats: dict[tuple[Fraction, int, int], str] = {}
    assets: dict[str, str] = {}
    for id in dict.fromkeys(wanted):
        file = media.files.get(id)
        if file is None:
            continue
        key = (file.rate, file.width, file.height)
        if key not in formats:
            formats[key] = f"r{len(formats) + len(assets) + 2}"
            _add_format(resources, formats[key], *key)
        assets[id] = f"r{len(formats) + len(assets) + 2}"
        _add_asset(resources, assets[id], file, formats[key])
    return assets


def _add_asset(resources: Element, id: str, file: MediaFile, format: str) -> None:
    duration = "0s" if file.still else time_of(file.frames, file.rate)
    said = {"id": id, "name": file.name, "src": file.address, "start": "0s", "duration": duration}
    SubElement(resources, "asset", {**said, "hasVideo": "1", "format": format})


def _add_clip(
    spine: Element, item: Item, offset: int, assets: Mapping[str, str], media: FilmMedia, rate: Fraction
) -> None:
    piece = item.piece
    said = {"name": legible(piece.name), "offset": time_of(offset, rate), "duration": time_of(item.frames, rate)}
    asset = assets.get(piece.source_id or "")
    # The time of a clip that is faster or slower is that of what is shown.
    speed = Fraction(1) if item.frozen else Fraction(piece.speed).limit_denominator(10_000)
    start = item.source_in / speed
    if asset is None:
        made = SubElement(spine, "gap", {**said, "start": "0s"})
    elif media.files[piece.source_id or ""].still:
        made = SubElement(spine, "video", {**said, "ref": asset, "start": time_of(start, rate)})
    else:
        made = SubElement(spine, "asset-clip", {**said, "ref": asset, "start": time_of(start, rate)})
    if piece.notes:
        SubElement(made, "note").text = legible(piece.notes)
    if asset is not None and (item.frozen or speed != 1 or piece.reverse):
        _add_speed(made, item, start, speed, rate)
    metadata = SubElement(made, "metadata")
    for key, value in tag_of(piece).items():
        SubElement(metadata, "md", key=f"{TAG}.{key}", value=str(value))


def _add_speed(clip: Element, item: Item, start: Fraction, speed: Fraction, rate: Fraction) -> None:
    """The source's time at the clip's beginning and end."""
    first = Fraction(item.source_in)
    last = first if item.frozen else first + item.frames * speed
    if item.piece.reverse and not item.frozen:
        first, last = last, first
    points = SubElement(clip, "timeMap")
    for time, value in ((start, first), (start + item.frames, last)):
        SubElement(points, "timept", time=time_of(time, rate), value=time_of(value, rate), interp="linear")


# --- in ---------------------------------------------------------------------------------------------------------------


def read_fcpxml(path: Path) -> Recut:
    """The recut that an FCPXML says. Raises TimelineFileProblem."""
    root, name = xml_of(path), path.name
    sequence = next((one for one in root.iter("sequence") if one.find("./spine") is not None), None)
    project = next(root.iter("project"), None)
    if project is not None and project.find("./sequence/spine") is not None:
        sequence = project.find("./sequence")
    spine = None if sequence is None else sequence.find("./spine")
    if sequence is None or spine is None:
        raise TimelineFileProblem(name, Message("timeline-empty"))
    check_count(len(spine), name)
    resources = {one.get("id", ""): one for one in root.iterfind("./resources/*")}
    format = resources.get(sequence.get("format", ""))
    duration = seconds_in(format.get("frameDuration"), name) if format is not None else Fraction(0)
    rate = check_rate(1 / duration if duration else Fraction(24), name)
    items: list[Item] = []
    gaps, lead, before, after = 0, NO_LEAD, 0, 0
    offset: Fraction | None = None
    for child in spine:
        length = seconds_in(child.get("duration"), name)
        at = seconds_in(child.get("offset"), name) if child.get("offset") else offset or Fraction(0)
        if child.tag == "transition":
            cut = at if offset is None else offset
            lead = Lead(transition_called(child.get("name", "")), 0, "centre")
            before = max(0, _frames(cut - at, rate, name))
            after = max(0, _frames(length, rate, name) - before)
            continue
        offset = at + length
        item = _item(child, resources, rate, name)
        if item is not None:
            items.append(replace(item, piece=_led(item.piece, lead), before=before, after=after))
        gaps += item is None and child.tag == "gap" and bool(items)
        lead, before, after = NO_LEAD, 0, 0
    if not items:
        raise TimelineFileProblem(name, Message("timeline-empty"))
    others = sum(
        child.tag in _CLIPS and not is_heard(child, resources)
        for clip in spine
        for child in clip
        if child.get("lane") is not None
    )
    remarks = [Message("timeline-other-tracks", {"count": others})] if others else []
    remarks += [Message("timeline-gaps", {"count": gaps})] if gaps else []
    title = "" if project is None else project.get("name", "")[:MAX_TEXT]
    sounds = sounds_in(spine, resources, rate, name)
    return Recut(title or path.stem, rate, pieces_from(items), tuple(remarks), sounds)


def _led(piece: Piece, lead: Lead) -> Piece:
    """A piece with what leads into it; where in that the cut is to lie is what its tag said."""
    return replace(piece, lead=replace(lead, at=piece.lead.at))


def _item(element: Element, resources: Mapping[str, Element], rate: Fraction, name: str) -> Item | None:
    tag = tag_in(element)
    frames = _frames(seconds_in(element.get("duration"), name), rate, name)
    if frames < 1 or (element.tag not in _CLIPS and not tag):
        return None
    inner = element.find("./video") if element.tag == "clip" else element
    asset = resources.get("" if inner is None else inner.get("ref", ""))
    start = seconds_in(element.get("start"), name)
    speed, frozen = Fraction(1), False
    source = start
    points = [
        (seconds_in(point.get("time"), name), seconds_in(point.get("value"), name))
        for point in element.iterfind("./timeMap/timept")
    ]
    if len(points) > 1 and points[-1][0] != points[0][0]:
        (time, value), (end, last) = points[0], points[-1]
        speed = (last - value) / (end - time)
        frozen = speed == 0
        ends = [value + (at - time) * speed for at in (start, start + frames / rate)]
        source = min(ends)
    if asset is not None:
        source -= seconds_in(asset.get("start"), name)
    faster, reverse = speed_in(float(speed), name)
    piece = Piece(
        kind="other",
        name=element.get("name", "")[:MAX_TEXT] or element.tag,
        frames=0,
        speed=faster or 1.0,
        reverse=reverse,
        file="" if asset is None else file_called(source_of(asset)),
        notes=(element.findtext("./note") or "").strip()[:MAX_TEXT] or None,
    )
    return Item(tagged(piece, tag), frames, _frames(source, rate, name), frozen)


def _frames(seconds: Fraction, rate: Fraction, name: str) -> int:
    return frames_in(seconds * rate, name)
