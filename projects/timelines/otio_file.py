"""OpenTimelineIO, out and in: ``.otio``, and ``.otioz``, which has the media with it.

The library's own way of bundling takes a clip's active media only; ours takes all takes of a shot.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import opentimelineio as otio

from framepack.messages import Message
from projects.database.tables import Transition
from projects.errors import TimelineFileProblem
from projects.films.timeline import CardSource, Clip, Lead, Timeline
from projects.sound.reading import RATE
from projects.timelines.media import FilmMedia, MediaFile, pack_media
from projects.timelines.pieces import TAG, Item, Piece, Recut, cuts_of, items_of, pieces_from, pieces_of, tag_of, tagged
from projects.timelines.reading import (
    MAX_BYTES,
    MAX_TEXT,
    bytes_of,
    check_count,
    check_rate,
    file_called,
    frames_in,
    speed_in,
    transition_called,
)
from projects.timelines.sounds import SoundPiece, level_in, sound_tag, sounds_of_film, tagged_sound, tracks_of
from projects.timelines.timecode import FIRST_HOUR, drops, frame_of, known_rate

# Names within a bundle, as the library has them.
CONTENT = "content.otio"
_VERSION = ("version.txt", "1.0.0")
MEDIA_FOLDER = "media"
# A timeline of text packs well, but not like this.
_MOST_PACKED = 200
_DEEPEST = 200
_CALLED: Mapping[Transition, str] = MappingProxyType(
    {"dissolve": "Cross Dissolve", "black": "Dip to Black", "white": "Dip to White", "wipe": "Wipe"}
)
_Time = otio.opentime.RationalTime
_Range = otio.opentime.TimeRange


# --- out --------------------------------------------------------------------------------------------------------------


def otio_of(timeline: Timeline, media: FilmMedia) -> str:
    """The OTIO file of a timeline, with the addresses of its media."""
    urls = {id: file.address for id, file in media.files.items()}
    return _text(_timeline(timeline, media, urls))


def write_otioz(
    timeline: Timeline, media: FilmMedia, out: Path, watch: Callable[[float], None] = lambda _: None
) -> None:
    """Write a bundle of a timeline with all of its media; ``watch`` as for ``pack_media``."""
    urls = {id: f"{MEDIA_FOLDER}/{file.name}" for id, file in media.files.items()}
    with zipfile.ZipFile(out, "w") as bundle:
        bundle.writestr(*_VERSION, compress_type=zipfile.ZIP_DEFLATED)
        bundle.writestr(CONTENT, _text(_timeline(timeline, media, urls)), compress_type=zipfile.ZIP_DEFLATED)
        pack_media(bundle, media, MEDIA_FOLDER, watch)


def _text(timeline: otio.schema.Timeline) -> str:
    return str(otio.adapters.write_to_string(timeline, "otio_json"))


def _timeline(timeline: Timeline, media: FilmMedia, urls: Mapping[str, str]) -> otio.schema.Timeline:
    rate = float(timeline.rate)
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    pieces = pieces_of(timeline)
    clips = {id(piece): clip for piece, clip in zip(pieces, timeline.clips, strict=True)}
    for item in items_of(pieces, cuts_of(pieces)):
        if item.before + item.after:
            track.append(_transition(item, rate))
        track.append(_clip(item, clips[id(item.piece)], media, urls, rate))
    hour = frame_of(f"{FIRST_HOUR:02}:00:00:00", timeline.rate, drop=drops(timeline.rate))
    made = otio.schema.Timeline(timeline.name, global_start_time=_Time(hour, rate))
    made.metadata[TAG] = {
        "rate": f"{timeline.rate.numerator}/{timeline.rate.denominator}",
        "width": timeline.width,
        "height": timeline.height,
    }
    made.tracks.append(track)
    for number, sounds in enumerate(tracks_of(sounds_of_film(timeline, media)), start=1):
        made.tracks.append(_sound_track(f"A{number}", sounds, media, urls))
    return made


def _sound_track(
    name: str, sounds: Sequence[SoundPiece], media: FilmMedia, urls: Mapping[str, str]
) -> otio.schema.Track:
    """An audio track; its times are samples."""
    track = otio.schema.Track(name, kind=otio.schema.TrackKind.Audio)
    at = 0
    for piece in sounds:
        if piece.begin > at:
            track.append(otio.schema.Gap(duration=_Time(piece.begin - at, RATE)))
        source = str(piece.source_id)
        reference = otio.schema.ExternalReference(
            urls[source], _Range(_Time(0, RATE), _Time(media.files[source].frames, RATE))
        )
        reference.name = piece.file
        shown = _Range(_Time(piece.source_in, RATE), _Time(piece.samples, RATE))
        clip = otio.schema.Clip(piece.file, reference, shown)
        clip.metadata[TAG] = sound_tag(piece)
        track.append(clip)
        at = piece.end
    return track


def _transition(item: Item, rate: float) -> otio.schema.Transition:
    lead = item.piece.lead
    kinds = otio.schema.TransitionTypes
    made = otio.schema.Transition(
        _CALLED[lead.kind],
        kinds.SMPTE_Dissolve if lead.kind == "dissolve" else kinds.Custom,
        _Time(item.before, rate),
        _Time(item.after, rate),
    )
    made.metadata[TAG] = {"kind": lead.kind, "at": lead.at}
    return made


def _clip(item: Item, clip: Clip, media: FilmMedia, urls: Mapping[str, str], rate: float) -> otio.schema.Clip:
    piece = item.piece
    made = otio.schema.Clip(piece.name, source_range=_Range(_Time(item.source_in, rate), _Time(item.frames, rate)))
    references = {}
    for id in media.takes.get(piece.shot_id or "", ()) if piece.kind == "take" else ():
        references[media.files[id].name] = _reference(media.files[id], urls[id], id, clip.label)
    shown = media.files.get(piece.source_id or "")
    if shown is not None and shown.name not in references:
        references[shown.name] = _reference(shown, urls[str(piece.source_id)], str(piece.source_id), clip.label)
    if shown is not None:
        made.set_media_references(references, shown.name)
    elif isinstance(clip.source, CardSource):
        card = otio.schema.GeneratorReference(name=piece.name, generator_kind="Title")
        card.parameters["text"] = clip.source.words
        made.media_reference = card
    if item.frozen:
        made.effects.append(otio.schema.FreezeFrame())
    elif piece.speed != 1.0 or piece.reverse:
        scalar = -piece.speed if piece.reverse else piece.speed
        made.effects.append(otio.schema.LinearTimeWarp(time_scalar=scalar))
    said = {"label": clip.label, "prompt": clip.prompt, "dialogue": clip.dialogue, "move": clip.move}
    said |= {"between": clip.between, "title": clip.title, "lower_third": clip.lower_third}
    made.metadata[TAG] = {**tag_of(piece), **{name: value for name, value in said.items() if value}}
    if piece.notes and not item.frozen:
        at = _Range(_Time(item.source_in, rate), _Time(1, rate))
        marker = otio.schema.Marker(f"{clip.label} notes", at, otio.schema.MarkerColor.YELLOW, comment=piece.notes)
        marker.metadata[TAG] = {"shot": piece.shot_id, "kind": "notes"}
        made.markers.append(marker)
    return made


def _reference(file: MediaFile, url: str, id: str, label: str) -> otio.schema.ExternalReference:
    frames, rate = (1, 24.0) if file.still else (file.frames, float(file.rate))
    made = otio.schema.ExternalReference(url, None if file.still else _Range(_Time(0, rate), _Time(frames, rate)))
    made.name = file.name
    made.metadata[TAG] = {"source": id, "label": label, "width": file.width, "height": file.height}
    return made


# --- in ---------------------------------------------------------------------------------------------------------------


def read_otio(path: Path) -> Recut:
    """The recut that an ``.otio`` file says. Raises TimelineFileProblem."""
    return _recut(path, bytes_of(path))


def read_otioz(path: Path) -> Recut:
    """The recut that a bundle says; its media stay where they are. Raises TimelineFileProblem."""
    try:
        with zipfile.ZipFile(path) as bundle:
            content = bundle.getinfo(CONTENT)
            most = max(2**20, _MOST_PACKED * content.compress_size)
            if content.file_size > min(MAX_BYTES, most):
                raise TimelineFileProblem(path.name, Message("timeline-bomb"))
            with bundle.open(content) as packed:
                # What it says of its own size may be a lie.
                data = packed.read(content.file_size + 1)
    except FileNotFoundError:
        raise TimelineFileProblem(path.name, Message("toml-missing")) from None
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise TimelineFileProblem(path.name, Message("timeline-not-zip")) from None
    return _recut(path, data)


def _recut(path: Path, data: bytes) -> Recut:
    name = path.name
    timeline = _opened(name, data)
    track, others = _picture_track(name, timeline)
    rate = check_rate(_rate(timeline, track), name)
    items: list[Item] = []
    gaps, lead, before, after = 0, Lead("cut", 0, "centre"), 0, 0
    children = list(track)
    check_count(len(children), name)
    for child in children:
        if isinstance(child, otio.schema.Transition):
            lead = _lead(child)
            before, after = _frames(name, child.in_offset, rate), _frames(name, child.out_offset, rate)
        elif isinstance(child, otio.schema.Gap):
            gaps += child.duration().value > 0 and bool(items)
        else:
            item = _item(name, child, rate)
            if item is not None:
                items.append(replace(item, piece=replace(item.piece, lead=lead), before=before, after=after))
            lead, before, after = Lead("cut", 0, "centre"), 0, 0
    if not items:
        raise TimelineFileProblem(name, Message("timeline-empty"))
    remarks = []
    if others:
        remarks.append(Message("timeline-other-tracks", {"count": others}))
    if gaps:
        remarks.append(Message("timeline-gaps", {"count": gaps}))
    title = str(timeline.name or path.stem)[:MAX_TEXT]
    return Recut(title, rate, pieces_from(items), tuple(remarks), _sounds(name, timeline, rate))


def _opened(name: str, data: bytes) -> otio.schema.Timeline:
    """The timeline in a file. It is looked through first: the library trusts what it reads."""
    try:
        _check_depth(json.loads(data))
        found = otio.adapters.read_from_string(data.decode("utf-8"), "otio_json")
    except RecursionError:
        raise TimelineFileProblem(name, Message("toml-nested")) from None
    except (ValueError, TypeError, KeyError, otio.exceptions.OTIOError, RuntimeError) as problem:
        said = str(problem).splitlines()[0][:200] if str(problem) else type(problem).__name__
        raise TimelineFileProblem(name, Message("timeline-not-otio", {"said": said})) from None
    if isinstance(found, otio.schema.SerializableCollection):
        found = next((child for child in found if isinstance(child, otio.schema.Timeline)), None)
    if not isinstance(found, otio.schema.Timeline):
        raise TimelineFileProblem(name, Message("timeline-empty"))
    return found


def _check_depth(value: Any) -> None:
    """Raise RecursionError for what is nested deeper than any timeline."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise RecursionError


def _picture_track(name: str, timeline: otio.schema.Timeline) -> tuple[otio.schema.Track, int]:
    """The lowest picture track that has clips, and how many others have."""
    tracks = [track for track in timeline.tracks if isinstance(track, otio.schema.Track)]
    pictured = [track for track in tracks if track.kind == otio.schema.TrackKind.Video]
    full = [track for track in pictured if any(isinstance(child, otio.core.Item) for child in track)]
    if not full:
        raise TimelineFileProblem(name, Message("timeline-empty"))
    return full[0], len(full) - 1


def _rate(timeline: otio.schema.Timeline, track: otio.schema.Track) -> Fraction:
    said = timeline.metadata.get(TAG)
    if isinstance(said, Mapping):
        try:
            return Fraction(str(said.get("rate")))
        except (ValueError, ZeroDivisionError):
            pass
    if timeline.global_start_time is not None:
        return known_rate(timeline.global_start_time.rate)
    rates: Iterator[float] = (
        child.source_range.duration.rate
        for child in track
        if isinstance(child, otio.core.Item) and child.source_range is not None
    )
    return known_rate(next(rates, 24.0))


def _lead(transition: otio.schema.Transition) -> Lead:
    said = transition.metadata.get(TAG)
    kind = transition_called(transition.name or "", str(transition.transition_type or ""))
    at = said.get("at") if isinstance(said, Mapping) else None
    return Lead(kind, 0, at if at in ("in", "out", "centre") else "centre")


def _item(name: str, child: otio.core.Item, rate: Fraction) -> Item | None:
    try:
        trimmed, available = child.trimmed_range(), None
    except otio.exceptions.OTIOError:
        return None
    reference = child.media_reference if isinstance(child, otio.schema.Clip) else None
    file, source = "", None
    if reference is not None:
        available = reference.available_range
        file = file_called(str(getattr(reference, "target_url", None) or reference.name or ""))
        source = reference.metadata.get(TAG)
    start = trimmed.start_time if available is None else trimmed.start_time - available.start_time
    frames = _frames(name, trimmed.duration, rate)
    if frames < 1:
        return None
    speed, frozen = 1.0, False
    for effect in child.effects:
        if isinstance(effect, otio.schema.FreezeFrame):
            frozen = True
        elif isinstance(effect, otio.schema.LinearTimeWarp):
            speed *= effect.time_scalar
    speed, reverse = speed_in(speed, name)
    notes = [marker.comment or marker.name for marker in child.markers]
    piece = Piece(
        kind="other",
        name=str(child.name or file)[:MAX_TEXT],
        frames=0,
        speed=speed or 1.0,
        reverse=reverse,
        file=file,
        notes="\n".join(note for note in notes if note)[:MAX_TEXT] or None,
    )
    tag = child.metadata.get(TAG)
    piece = tagged(piece, tag)
    if isinstance(source, Mapping) and isinstance(source.get("source"), str):
        # The take that the editor chose among the alternates.
        piece = replace(piece, source_id=str(source["source"])[:64])
    return Item(piece, frames, _frames(name, start, rate), frozen or speed == 0.0)


def _sounds(name: str, timeline: otio.schema.Timeline, rate: Fraction) -> tuple[SoundPiece, ...]:
    """What the audio tracks play."""
    found = []
    for track in timeline.tracks:
        if not isinstance(track, otio.schema.Track) or track.kind != otio.schema.TrackKind.Audio:
            continue
        check_count(len(track), name)
        for child in track:
            if not isinstance(child, otio.schema.Clip) or child.media_reference is None:
                continue
            try:
                place, shown = track.range_of_child(child), child.trimmed_range()
            except otio.exceptions.OTIOError:
                continue
            reference, start = child.media_reference, shown.start_time
            if reference.available_range is not None:
                start -= reference.available_range.start_time
            tag = child.metadata.get(TAG)
            piece = SoundPiece(
                begin=_frames(name, place.start_time, Fraction(RATE)),
                samples=_frames(name, shown.duration, Fraction(RATE)),
                source_in=_frames(name, start, Fraction(RATE)),
                db=level_in(tag.get("db") if isinstance(tag, Mapping) else None),
                file=file_called(str(getattr(reference, "target_url", None) or reference.name or "")),
            )
            found.append(tagged_sound(piece, tag, rate))
    return tuple(found)


def _frames(name: str, time: otio.opentime.RationalTime, rate: Fraction) -> int:
    if time.rate <= 0 or not abs(time.value) < 2**53:
        return frames_in("nan", name)
    return frames_in(round(time.value_rescaled_to(float(rate))), name)
