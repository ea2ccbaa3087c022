"""The sounds of an FCPXML, out and in: clips that hang below those of the spine, to the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from projects.sound.reading import RATE
from projects.timelines.fcpxml_texts import seconds_in, source_of, tag_in, time_of
from projects.timelines.media import FilmMedia
from projects.timelines.pieces import TAG
from projects.timelines.reading import check_count, file_called, frames_in
from projects.timelines.sounds import SoundPiece, level_in, sound_tag, tagged_sound, tracks_of

_SAMPLES = Fraction(RATE)


def add_sounds(
    resources: Element, spine: Element, sounds: Sequence[SoundPiece], media: FilmMedia, hour: int, rate: Fraction
) -> None:
    """Hang sounds below the clips of the spine, each below the one that is shown where it begins.

    ``hour`` is the frame at which the film begins.
    """
    hosts = [child for child in spine if child.tag != "transition"]
    starts = [seconds_in(child.get("offset"), "") for child in hosts]
    assets: dict[str, str] = {}
    for lane, track in enumerate(tracks_of(sounds), start=1):
        for piece in track:
            file = media.files[str(piece.source_id)]
            if file.name not in assets:
                assets[file.name] = f"s{len(assets) + 1}"
                said = {"id": assets[file.name], "name": file.name, "src": file.address}
                said |= {"start": "0s", "duration": time_of(file.frames, _SAMPLES), "hasAudio": "1"}
                SubElement(resources, "asset", {**said, "audioSources": "1", "audioChannels": "2", "audioRate": "48k"})
            at = hour / rate + Fraction(piece.begin, RATE)
            place = max((number for number, start in enumerate(starts) if start <= at), default=0)
            host = hosts[place]
            offset = seconds_in(host.get("start"), "") + at - starts[place]
            clip = Element(
                "asset-clip",
                {
                    "ref": assets[file.name],
                    "lane": str(-lane),
                    "name": piece.file,
                    "offset": time_of(offset, Fraction(1)),
                    "start": time_of(piece.source_in, _SAMPLES),
                    "duration": time_of(piece.samples, _SAMPLES),
                    "audioRole": {"music": "music", "voice": "dialogue", "sound": "effects"}[piece.sort],
                },
            )
            if piece.db:
                SubElement(clip, "adjust-volume", amount=f"{piece.db:.10g}dB")
            metadata = SubElement(clip, "metadata")
            for key, value in sound_tag(piece).items():
                SubElement(metadata, "md", key=f"{TAG}.{key}", value=str(value))
            last = host.find("./metadata")
            host.insert(len(host) if last is None else list(host).index(last), clip)


def is_heard(clip: Element, resources: Mapping[str, Element]) -> bool:
    """Whether a clip has nothing to be seen."""
    asset = resources.get(clip.get("ref", ""))
    return clip.tag == "audio" or (asset is not None and asset.get("hasAudio") == "1" and asset.get("hasVideo") != "1")


def sounds_in(spine: Element, resources: Mapping[str, Element], rate: Fraction, name: str) -> tuple[SoundPiece, ...]:
    """The sounds that hang below the clips of a spine. Raises TimelineFileProblem for times that are none."""
    first = next((seconds_in(one.get("offset"), name) for one in spine if one.tag != "transition"), Fraction(0))
    found = []
    for host in spine:
        clips = [one for one in host if one.get("lane") is not None and is_heard(one, resources)]
        check_count(len(clips), name)
        for clip in clips:
            asset = resources.get(clip.get("ref", ""))
            within = seconds_in(clip.get("offset"), name) - seconds_in(host.get("start"), name)
            begin = seconds_in(host.get("offset"), name) + within - first
            source = seconds_in(clip.get("start"), name)
            if asset is not None:
                source -= seconds_in(asset.get("start"), name)
            piece = SoundPiece(
                begin=max(0, frames_in(begin * RATE, name)),
                samples=frames_in(seconds_in(clip.get("duration"), name) * RATE, name),
                source_in=max(0, frames_in(source * RATE, name)),
                db=_level(clip),
                file="" if asset is None else file_called(source_of(asset)),
            )
            if piece.samples > 0:
                found.append(tagged_sound(piece, tag_in(clip), rate))
    return tuple(found)


def _level(clip: Element) -> float:
    volume = clip.find("./adjust-volume")
    try:
        return level_in(float((volume.get("amount", "0") if volume is not None else "0").removesuffix("dB")))
    except ValueError:
        return 0.0
