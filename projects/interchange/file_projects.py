"""Finds or makes the project that a storyboard file stands for. It renders nothing."""

from __future__ import annotations

from sqlmodel import Session, select

from projects.database.tables import Project, ProjectUpdate, ShotUpdate
from projects.interchange.file_reading import read_storyboard
from projects.interchange.film_content import said_for_film
from projects.interchange.storyboard_file import StoryboardFile
from projects.loras.files import config_beside
from projects.loras.library import add_lora
from projects.settings import CHECKOUT, StudioSettings
from projects.sound.files import add_sound
from projects.storage.pictures import add_picture, keep_whole
from projects.storage.videos import add_video
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import NewShot, add_shots, attach_video, edit_shot

EXAMPLE = CHECKOUT / "examples" / "lighthouse" / "storyboard.toml"


def project_for_file(*, session: Session, settings: StudioSettings, file: StoryboardFile) -> Project:
    """The project made from ``file`` earlier, also where it was deleted since, or else a new one.

    A project that was edited since no longer is what the file says: it is left to whoever edited it, and a new one is
    made. Either way what was rendered is found again, since sections go by what they are made from.
    """
    earlier = session.exec(select(Project).where(Project.source == file.source)).first()
    if earlier is not None:
        if _still_says(session, earlier, file):
            earlier.deleted_at = None
            session.flush()
            _keep_pictures(session, settings, file)
            _keep_sounds(session, settings, file)
            _keep_loras(session, settings, file)
            return earlier
        earlier.source = None
        session.flush()
    project = create_project(session=session, name=file.title)
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(**file.settings))
    _keep_sounds(session, settings, file)
    _keep_loras(session, settings, file)
    for picture in file.other_pictures.values():
        add_picture(session=session, settings=settings, data=picture.read_bytes(), name=picture.name)
    for shot in file.shots:
        media_id = None
        if shot.image is not None:
            data = shot.image.read_bytes()
            media_id = add_picture(session=session, settings=settings, data=data, name=shot.image.name).media.id
        new = NewShot(prompt=shot.prompt, seconds=shot.seconds, start=shot.start, seed=shot.seed, media_id=media_id)
        (made,) = add_shots(session=session, project_id=project.id, new=[new])
        edit_shot(session=session, shot_id=made.id, changes=ShotUpdate(**shot.more, **shot.film))
        if shot.video is not None:
            video = add_video(session=session, settings=settings, file=shot.video, name=shot.video.name).media
            attach_video(session=session, shot_id=made.id, media_id=video.id)
    project.source = file.source
    session.flush()
    return project


def seed_example(*, session: Session, settings: StudioSettings) -> Project | None:
    """The example project, made where there never was any project; None otherwise, so it stays deleted once it is."""
    if session.exec(select(Project.id).limit(1)).first() is not None:
        return None
    return project_for_file(session=session, settings=settings, file=read_storyboard(EXAMPLE))


def _keep_pictures(session: Session, settings: StudioSettings, file: StoryboardFile) -> None:
    """Bring back the pictures and videos of a project whose kept files were lost or damaged since it was made."""
    for shot in file.shots:
        if shot.image is not None and shot.media_id is not None:
            keep_whole(settings, shot.media_id, shot.image.read_bytes())
        if shot.video is not None:
            add_video(session=session, settings=settings, file=shot.video, name=shot.video.name)
    for media_id, picture in file.other_pictures.items():
        keep_whole(settings, media_id, picture.read_bytes())


def _keep_sounds(session: Session, settings: StudioSettings, file: StoryboardFile) -> None:
    for path in file.sounds.values():
        add_sound(session=session, settings=settings, file=path, name=path.name)


def _keep_loras(session: Session, settings: StudioSettings, file: StoryboardFile) -> None:
    for path in file.loras.values():
        add_lora(session=session, settings=settings, file=path, name=path.name, config=config_beside(path))


def _still_says(session: Session, project: Project, file: StoryboardFile) -> bool:
    if any(getattr(project, field) != value for field, value in file.settings.items()):
        return False
    shots = shots_of(session=session, project_id=project.id)
    # Where each render gives the shots new seeds, they are no edit.
    apart = {"seed"} if project.seed_policy == "new" else set()
    return len(shots) == len(file.shots) and all(
        said_for_film(shot) == wanted.film
        and (shot.video or {}).get("media_id") == wanted.video_id
        and all(getattr(shot, name) == value for name, value in wanted.of_shot().items() if name not in apart)
        for shot, wanted in zip(shots, file.shots, strict=True)
    )
