"""Recuts that come back: changed by the library's own means, taken over into the storyboard or beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from sqlmodel import Session, select

from framepack.messages import worded
from projects.database.tables import Edition, Project, ProjectUpdate, Shot, ShotUpdate, Take
from projects.english import ENGLISH
from projects.errors import StoryboardProblem
from projects.films.laying_out import Material, lay_out
from projects.films.timeline import Timeline
from projects.interchange.recut import RecutSummary
from projects.interchange.recut_editions import recut_as_edition
from projects.interchange.taking_over import apply_recut, pictures_beside
from projects.settings import StudioSettings
from projects.sound.files import add_sound
from projects.storage.places import picture_path, take_path
from projects.storyboard.journal import journaled, undo
from projects.storyboard.projects import edit_project
from projects.storyboard.reading import project_with_shots, shots_of
from projects.storyboard.shots import edit_shot
from projects.takes.staleness import frames_asked
from projects.timelines.files import ENDINGS, KINDS, TimelineKind, read_recut, write_timeline
from projects.timelines.media import collect_media, media_of
from projects.timelines.pieces import pieces_of
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.rendering import small_project
from tests.support.sounds import tone, write_sound

Track = otio.schema.Track
Time = otio.opentime.RationalTime


@dataclass
class Film:
    """A project whose shots are rendered, its film, and a folder for files."""

    session: Session
    studio: StudioSettings
    project: Project
    folder: Path

    @property
    def shots(self) -> list[Shot]:
        return shots_of(session=self.session, project_id=self.project.id)

    @property
    def labels(self) -> list[str]:
        return [shot.label for shot in self.shots]

    @property
    def timeline(self) -> Timeline:
        project, shots = project_with_shots(session=self.session, project_id=self.project.id)
        takes = {id: self.session.get_one(Take, id) for shot in shots if (id := shot.chosen_draft_id)}
        frames = frames_asked(project, shots)
        by_shot = {shot.id: takes[shot.chosen_draft_id] for shot in shots if shot.chosen_draft_id}
        return lay_out(
            Material(project=project, shots=tuple(shots), takes=by_shot, frames=frames, size=(64, 64), fps=30)
        )

    def says(self, **film: Any) -> None:
        changes = ProjectUpdate(film=film)
        edit_project(session=self.session, project_id=self.project.id, changes=changes)

    def cut(self, number: int, **fields: Any) -> None:
        edit_shot(session=self.session, shot_id=self.shots[number].id, changes=ShotUpdate(**fields))

    def written(self, kind: TimelineKind) -> Path:
        path = self.folder / f"film{ENDINGS[kind]}"
        media = media_of(session=self.session, settings=self.studio, timeline=self.timeline)
        write_timeline(kind, self.timeline, media, path)
        return path

    def recut(self, change: Callable[[Track], object]) -> Path:
        """The film as an OTIO file whose picture track was changed."""
        path = self.written("otio")
        timeline = otio.adapters.read_from_file(str(path))
        change(timeline.video_tracks()[0])
        otio.adapters.write_to_file(timeline, str(path))
        return path

    def take_over(self, path: Path) -> RecutSummary:
        recut = read_recut(path)
        return apply_recut(
            session=self.session,
            settings=self.studio,
            project_id=self.project.id,
            timeline=self.timeline,
            recut=recut,
            pictures=pictures_beside(path, recut),
        )


@pytest.fixture
def film(session: Session, studio: StudioSettings, tmp_path: Path) -> Film:
    project, _ = small_project(session, studio, ("cut", 2.0), ("cut", 2.0), ("cut", 2.0), ("cut", 2.0))
    render_all(session, studio, project.id)
    folder = tmp_path / "files"
    folder.mkdir()
    return Film(session, studio, project, folder)


def seconds(value: float) -> otio.opentime.RationalTime:
    return Time(round(value * 30), 30)


def shown(film: Film) -> list[tuple[str, int, int]]:
    return [(clip.label, clip.first, clip.frames) for clip in film.timeline.clips]


# --- into the storyboard ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [24, 29.97])
@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_back_as_it_went_out_changes_nothing(film: Film, kind: TimelineKind, fps: float) -> None:
    film.says(fps=fps, title="One")
    film.cut(0, transition="black", notes="wide\nlens")
    film.cut(1, transition="dissolve", transition_at="in", speed=0.75, trim_start=0.3)
    film.cut(2, transition="wipe", speed=3.0, reverse=True, hold_last=0.5, trim_end=0.1)
    versions = [shot.version for shot in film.shots]

    summary = film.take_over(film.written(kind))

    assert summary == RecutSummary(kept=("SH0010", "SH0020", "SH0030", "SH0040"))
    assert [shot.version for shot in film.shots] == versions


def test_another_order_is_taken_over_as_one_edit_that_is_undone(film: Film) -> None:
    def change(track: Track) -> None:
        clip = track[3]
        del track[3]
        track.insert(0, clip)

    summary = film.take_over(film.recut(change))

    assert (summary.moved, summary.kept) == (("SH0040",), ("SH0010", "SH0020", "SH0030"))
    assert film.labels == ["SH0040", "SH0010", "SH0020", "SH0030"]
    undo(session=film.session, project_id=film.project.id)
    assert film.labels == ["SH0010", "SH0020", "SH0030", "SH0040"]


@pytest.mark.parametrize("fps", [24, 29.97, 30])
def test_trims_are_taken_over_so_that_the_cuts_lie_where_the_editor_put_them(film: Film, fps: float) -> None:
    film.says(fps=fps)
    wanted = []

    def change(track: Track) -> None:
        for place, clip in enumerate(track):
            range = clip.source_range
            start, frames = 5 + place, 20 + 3 * place
            clip.source_range = otio.opentime.TimeRange(
                Time(start, range.duration.rate), Time(frames, range.duration.rate)
            )
            wanted.append((start, frames))

    summary = film.take_over(film.recut(change))

    assert summary.trimmed == ("SH0010", "SH0020", "SH0030", "SH0040")
    assert [(piece.source_in, piece.frames) for piece in pieces_of(film.timeline)] == wanted
    assert [shot.seconds for shot in film.shots] == [2.0] * 4


def test_a_longer_clip_asks_for_what_it_lacks_and_nothing_else(film: Film) -> None:
    def change(track: Track) -> None:
        track[1].source_range = otio.opentime.TimeRange(Time(0, 30), Time(105, 30))

    keys = [take.keys for take in film.session.exec(select(Take)).all()]
    summary = film.take_over(film.recut(change))

    assert (summary.lengthened, summary.more_seconds, summary.trimmed) == (("SH0020",), 1.5, ())
    assert [shot.seconds for shot in film.shots] == [2.0, 3.5, 2.0, 2.0]
    assert "Longer, with 1.5 s to be rendered: SH0020." in [worded(said, ENGLISH) for said in summary.sentences]
    (made,) = render_all(film.session, film.studio, film.project.id)
    assert made.shot_id == film.shots[1].id
    # What was rendered of it is what the longer one begins with.
    assert [key for key, _ in made.keys][: len(keys[1]) - 1] == [key for key, _ in keys[1]][:-1]
    assert shown(film)[1] == ("SH0020", 0, 105)


def test_a_shot_in_a_chain_is_lengthened_by_whole_latents_and_trimmed_to_what_is_wanted(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    project, _ = small_project(session, studio, ("cut", 2.0), ("continue", 2.0))
    render_all(session, studio, project.id)
    film = Film(session, studio, project, tmp_path)
    before = film.timeline.clips[0].frames

    def change(track: Track) -> None:
        track[0].source_range = otio.opentime.TimeRange(Time(0, 30), Time(before + 10, 30))

    film.take_over(film.recut(change))
    render_all(session, studio, project.id)

    assert shown(film)[0] == ("SH0010", 0, before + 10)


def test_transitions_speeds_and_held_frames_are_taken_over(film: Film) -> None:
    def change(track: Track) -> None:
        kind = otio.schema.TransitionTypes.SMPTE_Dissolve
        track[2].effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
        track.insert(2, otio.schema.Transition("Cross Dissolve", kind, seconds(0.3), seconds(0.5)))
        track.insert(1, otio.schema.Transition("Dip to white", kind, seconds(0), seconds(0.4)))
        for range, clip in ((otio.opentime.TimeRange(seconds(0), seconds(1.4)), track[2]),):
            clip.source_range = range

    summary = film.take_over(film.recut(change))
    one, two, three, four = film.shots

    assert summary.led == ("SH0020", "SH0030")
    assert (one.transition, four.transition) == ("cut", "cut")
    assert (two.transition, two.transition_seconds, two.transition_at) == ("white", 0.4, "in")
    assert (three.transition, three.transition_seconds, three.transition_at) == ("dissolve", 0.8, "centre")
    assert three.speed == 2.0
    # The library counts a clip by its length in the film, which is twice as fast now.
    assert three.seconds == 4.6
    assert summary.lengthened == ("SH0010", "SH0030")


def test_a_clip_used_twice_becomes_a_copy_with_the_same_take(film: Film) -> None:
    def change(track: Track) -> None:
        again = track[0].deepcopy()
        again.source_range = otio.opentime.TimeRange(Time(10, 30), Time(20, 30))
        track.append(again)

    summary = film.take_over(film.recut(change))

    assert (summary.again, summary.kept) == (("SH0010",), ("SH0010", "SH0020", "SH0030", "SH0040"))
    first, *_, last = film.shots
    assert (len(film.shots), last.prompt, last.seed) == (5, first.prompt, first.seed)
    assert shown(film)[-1] == (last.label, 10, 20)
    one, other = (film.session.get_one(Take, shot.chosen_draft_id) for shot in (first, last))
    assert (one.keys, one.shot_id, other.shot_id) == (other.keys, first.id, last.id)
    assert take_path(film.studio, other.id).read_bytes() == take_path(film.studio, one.id).read_bytes()
    assert render_all(film.session, film.studio, film.project.id) == []
    undo(session=film.session, project_id=film.project.id)
    assert film.labels == ["SH0010", "SH0020", "SH0030", "SH0040"]


def test_what_is_taken_out_is_deleted_and_can_be_brought_back(film: Film) -> None:
    def change(track: Track) -> None:
        del track[1:3]

    summary = film.take_over(film.recut(change))

    assert (summary.removed, film.labels) == (("SH0020", "SH0030"), ["SH0010", "SH0040"])
    undo(session=film.session, project_id=film.project.id)
    assert film.labels == ["SH0010", "SH0020", "SH0030", "SH0040"]


def test_another_take_that_the_editor_chose_among_the_alternates_is_chosen(film: Film) -> None:
    shot = film.shots[0]
    with journaled(session=film.session, project_id=film.project.id, kind="edit-shot"):
        edit_shot(session=film.session, shot_id=shot.id, changes=ShotUpdate(seed=99))
    (other,) = render_all(film.session, film.studio, film.project.id)
    first = next(take for take in film.session.exec(select(Take).where(Take.shot_id == shot.id)) if take != other)

    def change(track: Track) -> None:
        clip = track[0]
        assert len(clip.media_references()) == 2
        clip.active_media_reference_key = next(key for key in clip.media_references() if "take1" in key)

    summary = film.take_over(film.recut(change))

    assert summary.retaken == ("SH0010",)
    assert film.shots[0].chosen_draft_id == first.id


def test_notes_that_an_editor_wrote_come_back(film: Film) -> None:
    def change(track: Track) -> None:
        range = otio.opentime.TimeRange(Time(0, 30), Time(1, 30))
        track[0].markers.append(otio.schema.Marker("note", range, "RED", comment="太暗 too dark"))

    film.take_over(film.recut(change))

    assert [shot.notes for shot in film.shots] == ["太暗 too dark", "", "", ""]


def test_own_pictures_beside_the_file_become_stills_and_other_media_are_named(film: Film) -> None:
    (film.folder / "滿月.png").write_bytes(png(320, 180, "white"))
    (film.folder / "fake.png").write_text("no picture")

    def change(track: Track) -> None:
        for name in ("滿月.png", "fake.png", "holiday.mov", "SH0010.mov"):
            reference = otio.schema.ExternalReference(f"file:///elsewhere/{name}")
            range = otio.opentime.TimeRange(Time(0, 30), Time(45, 30))
            track.insert(1, otio.schema.Clip(name.split(".")[0], reference, range))

    summary = film.take_over(film.recut(change))

    assert (summary.stills, summary.unknown) == (("滿月",), ("SH0010", "holiday", "fake"))
    still = film.shots[1]
    assert (still.name, still.seconds, still.start) == ("滿月", 1.5, "cut")
    assert still.media_id is not None
    assert picture_path(film.studio, still.media_id).read_bytes() == png(320, 180, "white")
    assert [clip.frames for clip in film.timeline.clips] == [60, 45, 60, 60, 60]
    undo(session=film.session, project_id=film.project.id)
    assert (len(film.shots), film.project.film) == (4, {})


def test_nothing_is_read_that_does_not_lie_beside_the_file(film: Film) -> None:
    (film.studio.home / "secret.png").write_bytes(png(64, 64))

    def change(track: Track) -> None:
        reference = otio.schema.ExternalReference(str(film.studio.home / "secret.png"))
        track.append(otio.schema.Clip("secret", reference, otio.opentime.TimeRange(Time(0, 30), Time(45, 30))))

    assert film.take_over(film.recut(change)).unknown == ("secret",)


def test_clips_are_known_by_their_files_where_a_program_left_nothing_else(film: Film) -> None:
    def change(track: Track) -> None:
        for clip in track:
            clip.metadata.clear()
            clip.name = "x"
            for reference in clip.media_references().values():
                reference.metadata.clear()
        clip = track[2]
        del track[2]
        track.insert(0, clip)

    summary = film.take_over(film.recut(change))

    assert (summary.moved, summary.unknown) == (("SH0030",), ())


def test_a_recut_at_another_rate_is_taken_over_in_frames_of_the_film(film: Film) -> None:
    def change(track: Track) -> None:
        track[0].source_range = otio.opentime.TimeRange(Time(12, 24), Time(24, 24))

    path = film.recut(change)
    path.write_text(path.read_text().replace('"rate": "30/1"', '"rate": "24/1"'))
    summary = film.take_over(path)

    assert summary.trimmed == ("SH0010",)
    assert shown(film)[0] == ("SH0010", 15, 30)


def test_a_recut_of_another_film_is_refused(film: Film) -> None:
    def change(track: Track) -> None:
        track[:] = [otio.schema.Clip("x", otio.schema.ExternalReference("x.mov"), track[0].source_range)]

    with pytest.raises(StoryboardProblem, match="None of the clips is of a shot of this project"):
        film.take_over(film.recut(change))
    assert film.labels == ["SH0010", "SH0020", "SH0030", "SH0040"]


def test_shots_that_continue_another_one_then_are_named(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    project, _ = small_project(session, studio, ("cut", 2.0), ("cut", 2.0), ("continue", 2.0))
    render_all(session, studio, project.id)
    film = Film(session, studio, project, tmp_path)

    def change(track: Track) -> None:
        del track[1]

    assert film.take_over(film.recut(change)).rejoined == ("SH0030",)


def test_sounds_go_with_their_shots_and_where_the_editor_put_them(film: Film) -> None:
    sound = film.folder / "bell.wav"
    write_sound(sound, tone(1.0))
    media = add_sound(session=film.session, settings=film.studio, file=sound, name="bell.wav")
    for number in (1, 2):
        film.cut(number, sounds=[{"media_id": media.id, "at": 0.5, "db": -3.0}])
    before = [shot.sounds for shot in film.shots]

    def swap(track: Track) -> None:
        # Sounds stay where they were in the film, so they are elsewhere in their shots.
        clip = track[0]
        del track[0]
        track.insert(3, clip)

    path = film.written("otio")
    assert film.take_over(path).heard == ()
    assert [shot.sounds for shot in film.shots] == before
    cut = otio.adapters.read_from_file(str(path))
    clip = next(iter(cut.audio_tracks()[0].find_clips()))
    clip.metadata["framepack_studio"]["db"] = 2.0
    otio.adapters.write_to_file(cut, str(path))
    assert film.take_over(path).heard == ("SH0020",)
    assert film.shots[1].sounds[0]["db"] == 2.0
    assert film.take_over(film.recut(swap)).heard == ("SH0020", "SH0030")
    assert [round(shot.sounds[0]["at"], 2) for shot in film.shots if shot.sounds] == [2.5, 2.5]


# --- as an edition ----------------------------------------------------------------------------------------------------


def test_an_edition_is_cut_as_the_recut_and_the_storyboards_film_stays(film: Film) -> None:
    def change(track: Track) -> None:
        clip = track[3]
        del track[3]
        del track[1]
        track.insert(0, clip)
        track[1].source_range = otio.opentime.TimeRange(Time(6, 30), Time(84, 30))

    path = film.recut(change)
    before = shown(film)
    edition, summary = recut_as_edition(
        session=film.session,
        project_id=film.project.id,
        timeline=film.timeline,
        recut=read_recut(path),
        name="短版",
    )

    assert (edition.name, summary.removed, summary.lengthened) == ("短版", ("SH0020",), ("SH0010",))
    assert film.labels == ["SH0010", "SH0020", "SH0030", "SH0040"]
    assert shown(film) == before
    render_all(film.session, film.studio, film.project.id)
    assert shown(film) == before
    timeline = cut_otherwise(film, edition)
    assert [(clip.label, clip.first, clip.frames) for clip in timeline.clips] == [
        ("SH0040", 0, 60),
        ("SH0010", 6, 84),
        ("SH0030", 0, 60),
    ]


def cut_otherwise(film: Film, edition: Edition) -> Timeline:
    project, shots = project_with_shots(session=film.session, project_id=film.project.id)
    takes = {shot.id: film.session.get_one(Take, shot.chosen_draft_id) for shot in shots}
    frames = frames_asked(project, shots)
    return lay_out(
        Material(project=project, shots=tuple(shots), takes=takes, frames=frames, size=(64, 64), fps=30), edition
    )


# --- media ------------------------------------------------------------------------------------------------------------


def test_media_are_collected_under_names_that_say_what_they_are(film: Film) -> None:
    media = media_of(session=film.session, settings=film.studio, timeline=film.timeline)
    collected = collect_media(media, film.folder / "media")
    ids = [shot.chosen_draft_id or "" for shot in film.shots]
    assert sorted(path.name for path in (film.folder / "media").iterdir()) == [
        f"SH00{number}0_take1_{id[:8]}.mp4" for number, id in enumerate(ids, start=1)
    ]
    for id, file in collected.files.items():
        assert file.path.read_bytes() == take_path(film.studio, id).read_bytes()
        assert file.frames == film.session.get_one(Take, id).frames
