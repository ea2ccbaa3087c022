"""Videos that shots go on from: how they are kept, and what a storyboard does with them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image
from sqlmodel import Session, select

from framepack.errors import InvalidRequest, VideoRejected
from projects.database.tables import Media, ShotUpdate
from projects.documents.panels import picture_of, storyboard_of
from projects.errors import NotFound
from projects.films.material import film_of
from projects.films.timeline import StillSource
from projects.messages import in_english
from projects.settings import StudioSettings
from projects.sound.files import add_sound, kept_sounds
from projects.storage.pictures import thumbnail
from projects.storage.places import picture_path
from projects.storage.videos import add_video
from projects.storyboard.journal import journaled, redo, undo
from projects.storyboard.projects import create_project, duplicate_project
from projects.storyboard.reading import list_projects, shots_of
from projects.storyboard.several import duplicate_shots
from projects.storyboard.shots import add_shot, attach_video, detach_video, edit_shot
from tests.support.own_videos import moving, write_video
from tests.support.plain_pictures import MakePicture
from tests.support.rendering import plans_by_rows
from tests.support.sounds import tone, write_sound


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "夏天.mp4", [moving(number) for number in range(40)])


def kept(session: Session, studio: StudioSettings, clip: Path) -> Media:
    return add_video(session=session, settings=studio, file=clip, name=clip.name).media


def test_a_video_is_kept_once_with_its_last_picture(session: Session, studio: StudioSettings, clip: Path) -> None:
    media = kept(session, studio, clip)
    assert (media.name, media.medium, media.kind, media.last_frame) == ("夏天.mp4", "video", "video/mp4", 39)
    assert (media.width, media.height, media.seconds) == (128, 72, pytest.approx(40 / 30))
    assert picture_path(studio, media.id).read_bytes() == clip.read_bytes()
    assert media.still_id is not None
    with Image.open(thumbnail(studio, media.still_id, 160)) as still:
        assert still.size == (128, 72)
    assert kept(session, studio, clip).id == media.id
    assert len(session.exec(select(Media)).all()) == 2


def test_what_is_no_video_leaves_nothing(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    notes = tmp_path / "notes.mp4"
    notes.write_text("no video")
    for file in (notes, tmp_path / "nowhere.mp4"):
        with pytest.raises(VideoRejected):
            kept(session, studio, file)
    assert not [path for path in studio.media_dir.rglob("*") if path.is_file()]
    assert not session.exec(select(Media)).all()


def test_a_file_can_be_a_sound_and_a_video_at_once(
    session: Session, studio: StudioSettings, clip: Path, tmp_path: Path
) -> None:
    sound = write_sound(tmp_path / "a.wav", tone(40 / 30))
    both = tmp_path / "both.mkv"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", clip, "-i", sound, "-c:v", "copy", both]
    subprocess.run([*map(str, command)], check=True)
    video = kept(session, studio, both)
    heard = add_sound(session=session, settings=studio, file=both, name="both.mkv")
    assert heard.id == video.id
    assert [one.id for one in kept_sounds(session=session)] == [video.id]
    project = create_project(session=session, name="both")
    shot = add_shot(session=session, project_id=project.id, prompt="On.")
    assert attach_video(session=session, shot_id=shot.id, media_id=video.id).video is not None


def test_the_first_video_decides_the_projects_shape_and_the_shot_starts_with_a_cut(
    session: Session, studio: StudioSettings, clip: Path
) -> None:
    project = create_project(session=session, name="beach")
    project.shape = "picture"
    add_shot(session=session, project_id=project.id, prompt="Before.")
    shot = add_shot(session=session, project_id=project.id, prompt="On.", start="continue")
    attach_video(session=session, shot_id=shot.id, media_id=kept(session, studio, clip).id)
    assert (shot.start, project.aspect_width, project.aspect_height) == ("cut", 128, 72)
    assert project.height is not None


def test_a_shot_that_goes_on_from_a_video_cannot_continue_as_well(
    session: Session, studio: StudioSettings, clip: Path, picture: MakePicture
) -> None:
    project = create_project(session=session, name="beach")
    add_shot(session=session, project_id=project.id, prompt="Before.", media_id=picture().id)
    shot = add_shot(session=session, project_id=project.id, prompt="On.")
    attach_video(session=session, shot_id=shot.id, media_id=kept(session, studio, clip).id)
    assert plans_by_rows(session, project.id, "weights")[1].planned is not None
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(start="continue"))
    plan = plans_by_rows(session, project.id, "weights")[1]
    assert plan.problem is not None
    assert in_english(plan.problem).startswith("It goes on from a video, so that it cannot continue the shot before it")
    project.checkpoint = "original"
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(start="cut"))
    plan = plans_by_rows(session, project.id, "weights")[1]
    assert plan.problem is not None
    assert "works backwards and cannot go on from a video" in in_english(plan.problem)


def test_it_is_undone_copied_and_taken_away(session: Session, studio: StudioSettings, clip: Path) -> None:
    project = create_project(session=session, name="beach")
    shot = add_shot(session=session, project_id=project.id, prompt="On.")
    media = kept(session, studio, clip)
    session.commit()
    with journaled(session=session, project_id=project.id, kind="attach-video"):
        attach_video(session=session, shot_id=shot.id, media_id=media.id)
    undo(session=session, project_id=project.id)
    assert shot.video is None
    redo(session=session, project_id=project.id)
    assert shot.video == {"media_id": media.id, "last": 39, "still_id": media.still_id}
    (copy,) = duplicate_shots(session=session, project_id=project.id, shot_ids=[shot.id])
    other = duplicate_project(session=session, project_id=project.id)
    assert copy.video == shot.video == shots_of(session=session, project_id=other.id)[0].video
    detach_video(session=session, shot_id=shot.id)
    assert (shot.video, copy.video is not None) == (None, True)


def test_only_a_video_that_is_kept_can_be_gone_on_from(
    session: Session, studio: StudioSettings, picture: MakePicture
) -> None:
    project = create_project(session=session, name="beach")
    shot = add_shot(session=session, project_id=project.id, prompt="On.")
    for id in (picture().id, "0" * 64, "../../etc/passwd"):
        with pytest.raises(NotFound):
            attach_video(session=session, shot_id=shot.id, media_id=id)
    for said in (
        {"media_id": "x", "last": 9, "still_id": "y"},
        {"media_id": "0" * 64, "last": 2, "still_id": "0" * 64},
    ):
        with pytest.raises(InvalidRequest, match="cannot be so"):
            edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(video=said))
    assert studio.media_dir.exists()


def test_its_last_picture_stands_for_the_shot_until_it_is_rendered(
    session: Session, studio: StudioSettings, clip: Path
) -> None:
    project = create_project(session=session, name="beach")
    shot = add_shot(session=session, project_id=project.id, prompt="On.", seconds=1)
    media = kept(session, studio, clip)
    attach_video(session=session, shot_id=shot.id, media_id=media.id)
    project.film = {"stills": True}
    session.flush()
    (clip_of_film,) = film_of(session=session, project_id=project.id).clips
    assert isinstance(clip_of_film.source, StillSource)
    assert clip_of_film.source.media_id == media.still_id
    assert list_projects(session=session)[0].picture == media.still_id
    board = storyboard_of(session=session, project_id=project.id)
    assert picture_of(studio, board, board.panels[0], 320) is not None


def test_a_file_that_changes_while_it_is_copied_is_read_as_it_was_copied(
    session: Session, studio: StudioSettings, clip: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other name.jpg"
    shutil.copy(clip, other)
    assert kept(session, studio, other).id == kept(session, studio, clip).id
