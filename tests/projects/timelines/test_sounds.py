"""Audio tracks that go out and come back: to the sample, in every format, and as other programs read them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from projects.timelines.files import ENDINGS, KINDS, TimelineKind, read_recut, write_timeline
from projects.timelines.pieces import Recut
from projects.timelines.sounds import sounds_of_film, tracks_of
from tests.support.timelines import RATES, SOUND_SAMPLES, film_of, media_for, shots_that_have_it_all, sounds_for

MUSIC: dict[str, Any] = {"music": "c" * 64, "music_at": 1.1, "music_start": 0.25, "music_db": -9.5, "music_loop": True}


def came_back(kind: TimelineKind, folder: Path, **film: Any) -> Recut:
    timeline = film_of(sounds_for(shots_that_have_it_all()), **film)
    path = folder / f"film{ENDINGS[kind]}"
    write_timeline(kind, timeline, media_for(timeline, folder / "media"), path)
    return read_recut(path)


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_round_trip_changes_no_sound(kind: TimelineKind, fps: float, tmp_path: Path) -> None:
    film = film_of(sounds_for(shots_that_have_it_all()), fps=fps, **MUSIC)
    expected = [piece for track in tracks_of(sounds_of_film(film, media_for(film, tmp_path))) for piece in track]
    recut = came_back(kind, tmp_path, fps=fps, **MUSIC)

    assert recut.remarks == ()
    # FCPXML hangs them below what is shown meanwhile.
    assert [piece for track in tracks_of(recut.sounds) for piece in track] == expected
    assert {piece.sort for piece in expected} == {"music", "voice", "sound"}


def test_music_begins_anew_and_a_sound_before_the_film_is_cut(tmp_path: Path) -> None:
    film = film_of(sounds_for(shots_that_have_it_all()), **MUSIC)
    sounds = sounds_of_film(film, media_for(film, tmp_path))
    first, second = [piece for piece in sounds if piece.sort == "music"][:2]
    assert (first.begin, first.source_in, first.samples) == (52_800, 12_000, SOUND_SAMPLES - 12_000)
    assert second == replace(first, begin=first.end, samples=second.samples)
    early = next(piece for piece in sounds if piece.shot_id == "shot0")
    assert (early.begin, early.source_in) == (0, 14_400)
    assert max(piece.end for piece in sounds) == round(film.seconds * 48_000)


def test_the_library_reads_the_tracks_of_its_own_format_and_of_final_cut_pro_7(tmp_path: Path) -> None:
    for kind, adapter in (("otio", "otio_json"), ("fcp7", "fcp_xml")):
        came_back(kind, tmp_path, **MUSIC)  # type: ignore[arg-type]
        timeline = otio.adapters.read_from_file(str(tmp_path / f"film{ENDINGS[kind]}"), adapter)  # type: ignore[index]
        tracks = timeline.audio_tracks()
        assert len(tracks) >= 3
        music = next(iter(tracks[0].find_clips()))
        assert music.media_reference.target_url.endswith(".ogg")
        place = music.range_in_parent().start_time.to_seconds()
        assert place == pytest.approx(1.1, abs=0.02)


def test_the_library_reads_edit_lists_with_sounds(tmp_path: Path) -> None:
    shots = sounds_for(shots_that_have_it_all())
    for shot in shots:
        shot.transition, shot.speed, shot.reverse, shot.hold_first, shot.hold_last = "cut", 1.0, False, 0.0, 0.0
    film = film_of(shots, **MUSIC)
    write_timeline("edl", film, media_for(film, tmp_path / "media"), tmp_path / "film.edl")
    timeline = otio.adapters.read_from_file(str(tmp_path / "film.edl"), rate=30)
    assert [len(list(track.find_clips())) for track in timeline.audio_tracks()] == [
        len(track) for track in tracks_of(sounds_of_film(film, media_for(film, tmp_path)))
    ]
