"""The audio tracks of a Final Cut Pro 7 XML, out and in. Clips count frames; our tag has the samples."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from projects.sound.reading import RATE
from projects.timelines.fcp7_texts import add, add_rate, tag_in, text_in
from projects.timelines.media import FilmMedia, MediaFile
from projects.timelines.pieces import TAG
from projects.timelines.reading import check_count, file_called, frames_in
from projects.timelines.sounds import SoundPiece, frames_at, level_in, samples_at, sound_tag, tagged_sound


def add_sounds(
    media_of: Element,
    tracks: Sequence[Sequence[SoundPiece]],
    media: FilmMedia,
    known: dict[str, str],
    rate: Fraction,
) -> None:
    """Add audio tracks behind the pictures; ``known`` are the files that were said already, by name."""
    audio = SubElement(media_of, "audio")
    number = 0
    for track in tracks:
        made = SubElement(audio, "track")
        for piece in track:
            number += 1
            _add_clip(made, piece, number, media.files[str(piece.source_id)], known, rate)
        add(made, enabled="TRUE", locked="FALSE")


def _add_clip(
    track: Element, piece: SoundPiece, number: int, file: MediaFile, known: dict[str, str], rate: Fraction
) -> None:
    made = SubElement(track, "clipitem", id=f"sound-{number}")
    begin, source = frames_at(piece.begin, rate), frames_at(piece.source_in, rate)
    end = max(begin + 1, frames_at(piece.end, rate))
    add(made, name=piece.file, duration=frames_at(file.frames, rate))
    add_rate(made, rate)
    add(made, start=begin, end=end)
    SubElement(made, "in").text = str(source)
    SubElement(made, "out").text = str(source + end - begin)
    if file.name in known:
        SubElement(made, "file", id=known[file.name])
    else:
        known[file.name] = f"file-{len(known) + 1}"
        said = SubElement(made, "file", id=known[file.name])
        add(said, name=file.name, pathurl=file.address)
        add_rate(said, rate)
        add(said, duration=frames_at(file.frames, rate))
        audio = SubElement(SubElement(said, "media"), "audio")
        add(SubElement(audio, "samplecharacteristics"), depth=16, samplerate=RATE)
        add(audio, channelcount=2)
    add(SubElement(made, "sourcetrack"), mediatype="audio", trackindex=1)
    if piece.db:
        effect = SubElement(SubElement(made, "filter"), "effect")
        add(effect, name="Audio Levels", effectid="audiolevels", effecttype="audiolevels", mediatype="audio")
        add(SubElement(effect, "parameter"), parameterid="level", name="Level", value=f"{10 ** (piece.db / 20):.9g}")
    comments = SubElement(made, "comments")
    add(comments, mastercomment4=json.dumps({TAG: sound_tag(piece)}, separators=(",", ":")))


def sounds_in(sequence: Element, files: Mapping[str, Element], rate: Fraction, name: str) -> tuple[SoundPiece, ...]:
    """What the audio tracks play. Raises TimelineFileProblem for numbers that are none."""
    found = []
    for track in sequence.iterfind("./media/audio/track"):
        check_count(len(track), name)
        for element in track.iterfind("./clipitem"):
            start, end, source = (frames_in(text_in(element, key) or "0", name) for key in ("start", "end", "in"))
            file = element.find("./file")
            file = None if file is None else files.get(file.get("id", ""), file)
            if file is None or end <= start or start < 0:
                continue
            tag = tag_in(element)
            piece = SoundPiece(
                begin=samples_at(start, rate),
                samples=samples_at(end - start, rate),
                source_in=samples_at(max(0, source), rate),
                db=_level(element, tag),
                file=file_called(text_in(file, "pathurl") or text_in(file, "name")),
            )
            found.append(tagged_sound(piece, tag, rate))
    return tuple(found)


def _level(element: Element, tag: Mapping[str, object]) -> float:
    """The level of a clip; the tag has more digits where nobody changed it."""
    said = level_in(tag.get("db"))
    for effect in element.iterfind("./filter/effect"):
        if text_in(effect, "effectid").casefold() == "audiolevels":
            for one in effect.iterfind("./parameter"):
                try:
                    value = float(text_in(one, "value"))
                except ValueError:
                    continue
                now = level_in(20 * math.log10(value) if 0 < value < 1e6 else None, said)
                return said if abs(now - said) < 1e-4 else round(now, 4)
            return said
    return 0.0
