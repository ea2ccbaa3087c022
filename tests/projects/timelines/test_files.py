"""Timelines that go out and come back: nothing changes, whatever the format and the rate."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from projects.database.tables import Shot
from projects.errors import StoryboardProblem, TimelineFileProblem
from projects.timelines.edl import edl_of
from projects.timelines.files import ENDINGS, KINDS, TimelineKind, read_recut, write_timeline
from projects.timelines.pieces import Piece, pieces_of
from tests.support.timelines import RATES, film_of, media_for, shots_that_have_it_all

WITHOUT_FILES = {"file": "", "label": "", "name": ""}


def written(kind: TimelineKind, folder: Path, shots: list[Shot], **film: Any) -> Path:
    timeline = film_of(shots, **film)
    path = folder / f"film{ENDINGS[kind]}"
    write_timeline(kind, timeline, media_for(timeline, folder / "media", more_takes=1), path)
    return path


def cut_of(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Pieces without what is only said for people."""
    return [replace(piece, notes=piece.notes or None, **WITHOUT_FILES) for piece in pieces]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_round_trip_changes_nothing(kind: TimelineKind, fps: float, tmp_path: Path) -> None:
    said = {"stills": 1, "title": "Titel\n標題", "credits": "Fin", "fps": fps}
    path = written(kind, tmp_path, shots_that_have_it_all(), **said)

    recut = read_recut(path)

    assert (recut.name, recut.rate, recut.remarks) == ("Tides 潮", RATES[fps], ())
    expected = film_of(shots_that_have_it_all(), **said)
    assert [piece.name.split() for piece in recut.pieces] == [piece.name.split() for piece in pieces_of(expected)]
    assert cut_of(recut.pieces) == cut_of(pieces_of(expected))


# --- opened by others -------------------------------------------------------------------------------------------------


def plain_shots(*seconds: float, **of_second: Any) -> list[Shot]:
    shots = [
        Shot(id=f"shot{n}", project_id="p", number=10 * n + 10, position=n, seconds=lasts, name=f"镜头 {n}")
        for n, lasts in enumerate(seconds)
    ]
    for field, value in of_second.items():
        setattr(shots[1], field, value)
    return shots


def clips_of(timeline: otio.schema.Timeline) -> list[otio.schema.Clip]:
    return list(timeline.video_tracks()[0].find_clips())


def test_the_library_opens_a_bundle_with_all_takes_as_alternates_of_a_clip(tmp_path: Path) -> None:
    path = written("otioz", tmp_path, plain_shots(2, 3))
    out = tmp_path / "opened"
    out.mkdir()

    timeline = otio.adapters.read_from_file(str(path), extract_to_directory=str(out))

    first = clips_of(timeline)[0]
    takes = first.media_references()
    assert list(takes) == ["SH0010_take1_1shot000.mp4", "SH0010_take2_2shot000.mp4"]
    assert first.active_media_reference_key == "SH0010_take1_1shot000.mp4"
    for name, reference in takes.items():
        assert (out / reference.target_url).read_bytes() == name.encode() * 50
    # The take has eight frames more than its shot shows.
    assert first.media_reference.available_range.duration.value == 68
    assert first.source_range.duration.value == 60


def test_the_library_reads_transitions_speeds_and_notes(tmp_path: Path) -> None:
    path = written("otio", tmp_path, plain_shots(2, 3, transition="dissolve", speed=2.0, notes="看這裡"))
    timeline = otio.adapters.read_from_file(str(path))
    first, transition, second = timeline.video_tracks()[0]
    assert isinstance(transition, otio.schema.Transition)
    assert (transition.in_offset.value, transition.out_offset.value) == (7, 8)
    assert (first.source_range.duration.value, second.source_range.start_time.value) == (52, 14)
    assert second.effects[0].time_scalar == 2.0
    assert (second.markers[0].comment, second.markers[0].metadata["framepack_studio"]["shot"]) == ("看這裡", "shot1")
    assert timeline.global_start_time.to_timecode() == "01:00:00:00"
    assert timeline.duration().value == film_of(plain_shots(2, 3, transition="dissolve", speed=2.0)).frames


@pytest.mark.parametrize("fps", RATES)
def test_the_adapter_for_final_cut_pro_7_reads_what_is_written(fps: float, tmp_path: Path) -> None:
    shots = plain_shots(2, 3, transition="dissolve", transition_at="centre", trim_start=0.5, notes="a note")
    path = written("fcp7", tmp_path, shots, fps=fps)

    timeline = otio.adapters.read_from_file(str(path), adapter_name="fcp_xml")

    first, transition, second = timeline.video_tracks()[0]
    pieces = pieces_of(film_of(shots, fps=fps))
    assert (first.name, second.name) == ("SH0010 镜头 0", "SH0020 镜头 1")
    assert transition.in_offset.value + transition.out_offset.value == pieces[1].lead.frames
    assert first.source_range.duration.value == pieces[0].frames - transition.out_offset.value
    assert second.source_range.duration.value == pieces[1].frames - transition.in_offset.value
    assert second.source_range.start_time.value == pieces[1].source_in + transition.in_offset.value
    assert second.media_reference.target_url.startswith("file:///")
    assert second.markers[0].metadata["fcp_xml"]["comment"] == "a note"
    assert timeline.global_start_time.rate == pytest.approx(float(RATES[fps]))


@pytest.mark.parametrize("fps", RATES)
def test_the_adapter_for_edit_lists_reads_what_is_written(fps: float, tmp_path: Path) -> None:
    shots = plain_shots(61, 3, transition="dissolve", trim_start=0.5)
    path = written("edl", tmp_path, shots, fps=fps)

    timeline = otio.adapters.read_from_file(str(path), adapter_name="cmx_3600", rate=float(RATES[fps]))

    first, transition, second = timeline.video_tracks()[0]
    pieces = pieces_of(film_of(shots, fps=fps))
    assert (first.name, second.name) == ("SH0010 镜头 0", "SH0020 镜头 1")
    assert [clip.metadata["cmx_3600"]["reel"] for clip in (first, second)] == ["SH0010T1", "SH0020T1"]
    assert transition.out_offset.value == pieces[1].lead.frames
    assert first.source_range.duration.value == pieces[0].frames - pieces[1].lead.frames
    assert second.source_range.duration.value == pieces[1].frames
    assert second.source_range.start_time.value == pieces[1].source_in


@pytest.mark.parametrize("fps", [24, 25, 30])
def test_the_adapter_for_fcpxml_reads_what_is_written(fps: float, tmp_path: Path) -> None:
    path = written("fcpxml", tmp_path, plain_shots(2, 3, trim_start=0.5), fps=fps)

    (timeline,) = otio.adapters.read_from_file(str(path), adapter_name="fcpx_xml").find_children(
        descended_from_type=otio.schema.Timeline
    )

    first, second = clips_of(timeline)
    assert [first.name, second.name] == ["SH0010 镜头 0", "SH0020 镜头 1"]
    # It counts in frames of the media, and rounds down.
    lengths = [clip.source_range.duration.to_seconds() for clip in (first, second)]
    assert lengths == pytest.approx([2.0, 2.5], abs=1 / 24)


# --- read from others -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("adapter", "ending"), [("fcp_xml", ".xml"), ("cmx_3600", ".edl"), ("otio_json", ".otio")])
def test_what_the_libraries_adapters_write_is_read(adapter: str, ending: str, tmp_path: Path) -> None:
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    for name, start, frames in (("one", 10, 50), ("two", 0, 40)):
        reference = otio.schema.ExternalReference(f"file:///clips/{name}.mp4", times(0, 200))
        track.append(otio.schema.Clip(name, reference, times(start, frames)))
    offset = otio.opentime.RationalTime(6, 25)
    if adapter != "cmx_3600":
        kind = otio.schema.TransitionTypes.SMPTE_Dissolve
        track.insert(1, otio.schema.Transition("Cross Dissolve", kind, offset, offset))
    timeline = otio.schema.Timeline("theirs", global_start_time=otio.opentime.RationalTime(0, 25))
    timeline.tracks.append(track)
    path = tmp_path / f"theirs{ending}"
    otio.adapters.write_to_file(timeline, str(path), adapter_name=adapter)

    recut = read_recut(path, rate=RATES[25])

    overlap = 0 if adapter == "cmx_3600" else 6
    assert (recut.name, recut.rate) == ("theirs", 25)
    assert [(piece.name, piece.source_in, piece.frames) for piece in recut.pieces] == [
        ("one", 10, 50 + overlap),
        ("two", -overlap, 40 + overlap),
    ]
    assert [piece.file for piece in recut.pieces] == ["one.mp4", "two.mp4"]
    assert recut.pieces[1].lead.frames == 2 * overlap


def times(start: int, frames: int) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, 25), otio.opentime.RationalTime(frames, 25))


# --- refused ----------------------------------------------------------------------------------------------------------

BOMB = """<?xml version="1.0"?><!DOCTYPE xmeml [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><xmeml><sequence><name>&b;</name></sequence></xmeml>"""
ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><fcpxml><project name="&a;"/></fcpxml>'


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xml", BOMB, "it declares entities of its own"),
        ("a.fcpxml", ENTITY, "it declares entities of its own"),
        ("a.xml", "<xmeml>", "it is not an XML file: no element found"),
        ("a.xml", "", "it is not an XML file"),
        ("a.xml", "<xmeml><sequence/></xmeml>", "there is no picture track with clips in it"),
        ("a.fcpxml", "<fcpxml/>", "there is no picture track with clips in it"),
        ("a.edl", "TITLE: nothing\n", "there is no picture track with clips in it"),
        ("a.edl", "001  AX V C nonsense", "line 1 is not that of an edit list: “001 AX V C nonsense”."),
        ("a.edl", "001 A V C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:99", "line 1 is not that of an edit list"),
        ("a.edl", "Dear diary", "line 1 is not that of an edit list: “Dear diary”."),
        ("a.otio", "{", "it is not an OpenTimelineIO file"),
        ("a.otio", "\udcff", "it is not an OpenTimelineIO file"),
        ("a.otio", '{"OTIO_SCHEMA": "Timeline.1", "tracks": 5}', "it is not an OpenTimelineIO file"),
        ("a.otio", '{"OTIO_SCHEMA": "Clip.2"}', "it is not an OpenTimelineIO file"),
        ("a.otio", "[" * 100_000, "it is nested too deeply"),
        ("a.otio", "[" * 300 + "]" * 300, "it is nested too deeply"),
        ("a.otio", "5", "there is no picture track with clips in it"),
        ("a.otioz", "no archive", "it is not an OTIOZ file, or it is damaged."),
        ("a.mov", "", "a timeline's name ends in .otio, .otioz, .xml, .edl, .fcpxml."),
    ],
)
def test_what_is_no_timeline_is_refused_with_a_sentence(name: str, content: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(TimelineFileProblem) as refused:
        read_recut(path)
    assert str(refused.value).startswith(f"{name}: ")
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("ending", ENDINGS.values())
def test_a_file_that_is_not_there_or_far_too_large_is_refused(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"film{ending}"
    with pytest.raises(TimelineFileProblem, match="there is no such file"):
        read_recut(path)
    with path.open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    with pytest.raises(TimelineFileProblem):
        read_recut(path)


def test_an_archive_that_unpacks_to_a_hundred_times_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.otioz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("content.otio", b" " * 40 * 2**20)
    with pytest.raises(TimelineFileProblem, match="what is packed in it is far larger than a timeline"):
        read_recut(path)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("<timebase>30</timebase>", "<timebase>1e99</timebase>"),
        ("<timebase>30</timebase>", "<timebase>0</timebase>"),
        ("<in>0</in>", "<in>soon</in>"),
        ("<end>60</end>", "<end>" + "9" * 5000 + "</end>"),
        ("<end>60</end>", "<end>1/0</end>"),
    ],
)
def test_numbers_that_no_timeline_has_are_refused(was: str, becomes: str, tmp_path: Path) -> None:
    path = written("fcp7", tmp_path, plain_shots(2, 3))
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes), encoding="utf-8")
    with pytest.raises(TimelineFileProblem) as refused:
        read_recut(path)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("value", ["NaN", "1e300", "-5e18"])
def test_times_that_no_timeline_has_are_refused(value: str, tmp_path: Path) -> None:
    path = written("otio", tmp_path, plain_shots(2, 3))
    text = path.read_text(encoding="utf-8")
    assert '"value": 60.0' in text
    path.write_text(text.replace('"value": 60.0', f'"value": {value}'), encoding="utf-8")
    with pytest.raises(TimelineFileProblem):
        read_recut(path)


def test_a_film_without_shots_is_no_timeline(tmp_path: Path) -> None:
    timeline = film_of([])
    with pytest.raises(StoryboardProblem, match="no shots yet"):
        write_timeline("otio", timeline, media_for(timeline, tmp_path), tmp_path / "film.otio")
    assert not (tmp_path / "film.otio").exists()


@pytest.mark.parametrize("drop", [True, False])
def test_an_edit_list_at_29_97_comes_back_with_either_timecode(drop: bool, tmp_path: Path) -> None:
    timeline = film_of(plain_shots(70, 3, transition="dissolve"), fps=29.97)
    path = tmp_path / "film.edl"
    path.write_text(edl_of(timeline, media_for(timeline, tmp_path), drop=drop), encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    assert ("FCM: DROP FRAME" in text, "FCM: NON-DROP FRAME" in text) == (drop, not drop)
    # The first shot ends at its 2083rd frame: after one minute, where drop-frame timecode has left two numbers out.
    assert ("01:01:09;15" if drop else "01:01:09:13") in text
    assert cut_of(read_recut(path).pieces) == cut_of(pieces_of(timeline))


def test_a_clip_that_runs_backwards_between_transitions_comes_back_without_our_own_words(tmp_path: Path) -> None:
    shots = plain_shots(2, 3, 2, transition="dissolve", reverse=True, trim_start=0.5, trim_end=0.3)
    shots[2].transition, shots[2].transition_seconds = "dissolve", 0.8
    path = written("fcp7", tmp_path, shots)
    text = re.sub(r"<comments>.*?</comments>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    path.write_text(text, encoding="utf-8")
    expected = pieces_of(film_of(shots))
    assert [(piece.source_in, piece.frames, piece.reverse, piece.lead) for piece in read_recut(path).pieces] == [
        (piece.source_in, piece.frames, piece.reverse, piece.lead) for piece in expected
    ]
