"""Storyboard files (TOML): reading one, and finding or making the project it stands for. It renders nothing."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, select

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import ImageRejected, InvalidRequest
from framepack.media.pictures import picture_hash, read_small_picture
from framepack.messages import Message, as_message
from framepack.shots.request import CENTRED, ShotRequest
from projects.database.tables import PictureFit, Project, ProjectUpdate, Shot, ShotUpdate, Start
from projects.errors import StoryboardFileProblem
from projects.interchange.file_content import FileContent, ShotContent, content_of
from projects.interchange.film_content import FilmSaid, film_said, said_for_film, shot_film_said
from projects.names import shown_name
from projects.settings import CHECKOUT, StudioSettings
from projects.sound.files import add_sound
from projects.storage.pictures import THUMBNAIL_SIZES, add_picture, check_bytes, keep_whole
from projects.storyboard.project_settings import checkpoint_of, passes_of, sentence_of, settings_at
from projects.storyboard.projects import check_project, create_project, edit_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shapes import FIRST_PICTURE, aspect_of
from projects.storyboard.shots import NewShot, add_shots, check_shot, edit_shot

EXAMPLE = CHECKOUT / "examples" / "lighthouse" / "storyboard.toml"
# What a file's name for its project hashes, always. What a file can say since later versions is listed with the value
# that means what was done before, and enters where it differs from it.
SETTINGS_HASHED_ALWAYS = ("checkpoint", "preset", "steps", "guidance", "cfg", "negative_prompt", "teacache")
SETTINGS_ADDED_LATER: Mapping[str, object] = MappingProxyType(
    {
        "shape": FIRST_PICTURE,
        "fit": "fill",
        "words_before": "",
        "words_after": "",
        "default_seconds": 4.0,
        "default_start": "cut",
        "real_checkpoint": None,
        "real_preset": None,
        "real_steps": None,
        "film": {},
    }
)
SHOT_HASHED_ALWAYS = ("prompt", "seconds", "start", "seed", "media_id")
SHOT_ADDED_LATER: Mapping[str, object] = MappingProxyType(
    {"name": "", "dialogue": "", "notes": "", "place_x": 500, "place_y": 500, "place_zoom": 1000, "film": {}}
)


@dataclass(frozen=True)
class FileShot:
    """A shot of a storyboard file; ``media_id`` is the hash of the picture file ``image``.

    ``film`` is what it says for the film only, as far as that is not the usual (see ``film_content``).
    """

    prompt: str
    seconds: float
    start: Start
    seed: int
    image: Path | None
    media_id: str | None
    name: str = ""
    dialogue: str = ""
    notes: str = ""
    place_x: int = CENTRED[0]
    place_y: int = CENTRED[1]
    place_zoom: int = CENTRED[2]
    film: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FileSettings:
    """How a storyboard file wants its shots sampled, with the fields of a project; None: as the preset has it."""

    checkpoint: str
    preset: str
    steps: int | None
    guidance: float | None
    cfg: float | None
    negative_prompt: str
    teacache: float
    shape: str
    fit: PictureFit
    words_before: str = ""
    words_after: str = ""
    default_seconds: float = 4.0
    default_start: Start = "cut"
    real_checkpoint: str | None = None
    real_preset: str | None = None
    real_steps: int | None = None
    film: Mapping[str, Any] = field(default_factory=dict)

    def of_project(self) -> dict[str, Any]:
        """The fields of a project that say the same."""
        values = asdict(self)
        threshold = values.pop("teacache")
        cached = {"cache": "teacache" if threshold else None, "threshold": threshold or None}
        return values | cached | {"seed_policy": "each"}


@dataclass(frozen=True)
class StoryboardFile:
    """What a storyboard file says; ``name`` is the file's own name, without folders.

    ``sounds`` are the sound files it names, by their SHA-256. ``remarks`` are what is to be said of its pictures; they
    are no part of what the file says.
    """

    name: str
    title: str
    settings: FileSettings
    shots: tuple[FileShot, ...]
    remarks: tuple[Message, ...]
    sounds: Mapping[str, Path] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The file's name and a hash of what it says, pictures included; comments and layout do not count."""
        settings = _hashed(asdict(self.settings), SETTINGS_HASHED_ALWAYS, SETTINGS_ADDED_LATER)
        said = [self.title, settings, *(_hashed_shot(shot) for shot in self.shots)]
        return f"{self.name}:{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}"


def _hashed_shot(shot: FileShot) -> list[object]:
    values = dict(zip((*SHOT_HASHED_ALWAYS, *SHOT_ADDED_LATER), _said(shot), strict=True))
    hashed = _hashed(values, SHOT_HASHED_ALWAYS, SHOT_ADDED_LATER)
    later = {name: hashed.pop(name) for name in SHOT_ADDED_LATER if name in hashed}
    return [*hashed.values(), later] if later else [*hashed.values()]


def _hashed(values: Mapping[str, object], always: Sequence[str], later: Mapping[str, object]) -> dict[str, object]:
    hashed = {name: values[name] for name in always}
    return hashed | {name: values[name] for name, usual in later.items() if values[name] != usual}


# --- the project a file stands for ------------------------------------------------------------------------------------


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
            _keep_pictures(settings, file)
            _keep_sounds(session, settings, file)
            return earlier
        earlier.source = None
        session.flush()
    project = create_project(session=session, name=file.title)
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(**file.settings.of_project()))
    _keep_sounds(session, settings, file)
    for shot in file.shots:
        media_id = None
        if shot.image is not None:
            data = shot.image.read_bytes()
            media_id = add_picture(session=session, settings=settings, data=data, name=shot.image.name).media.id
        new = NewShot(
            prompt=shot.prompt,
            seconds=shot.seconds,
            start=shot.start,
            seed=shot.seed,
            media_id=media_id,
            name=shot.name,
            dialogue=shot.dialogue,
            notes=shot.notes,
        )
        (made,) = add_shots(session=session, project_id=project.id, new=[new])
        placed = ShotUpdate(place_x=shot.place_x, place_y=shot.place_y, place_zoom=shot.place_zoom, **shot.film)
        edit_shot(session=session, shot_id=made.id, changes=placed)
    project.source = file.source
    session.flush()
    return project


def seed_example(*, session: Session, settings: StudioSettings) -> Project | None:
    """The example project, made where there never was any project; None otherwise, so it stays deleted once it is."""
    if session.exec(select(Project.id).limit(1)).first() is not None:
        return None
    return project_for_file(session=session, settings=settings, file=read_storyboard(EXAMPLE))


def _keep_pictures(settings: StudioSettings, file: StoryboardFile) -> None:
    """Bring back the pictures of a project whose kept files were lost or damaged since it was made."""
    for shot in file.shots:
        if shot.image is not None and shot.media_id is not None:
            keep_whole(settings, shot.media_id, shot.image.read_bytes())


def _keep_sounds(session: Session, settings: StudioSettings, file: StoryboardFile) -> None:
    for path in file.sounds.values():
        add_sound(session=session, settings=settings, file=path, name=path.name)


def _still_says(session: Session, project: Project, file: StoryboardFile) -> bool:
    values = file.settings.of_project()
    shots = shots_of(session=session, project_id=project.id)
    same_settings = all(getattr(project, field) == value for field, value in values.items())
    return same_settings and [_said(shot) for shot in shots] == [_said(shot) for shot in file.shots]


def _said(shot: FileShot | Shot) -> tuple[object, ...]:
    film = said_for_film(shot) if isinstance(shot, Shot) else shot.film
    others = [getattr(shot, name) for name in (*SHOT_HASHED_ALWAYS, *SHOT_ADDED_LATER) if name != "film"]
    return (*others, film)


# --- reading a file ---------------------------------------------------------------------------------------------------


def read_storyboard(path: Path) -> StoryboardFile:
    """Read a storyboard file, whose pictures are named relative to it, and check all of it.

    A shot without a seed gets one from the file's ``seed`` (0 where there is none), its prompt and its picture: reading
    again gives the same film, and a shot put in between changes no other. Raises StoryboardFileProblem, which names the
    shot.
    """
    content = content_of(path)
    film = film_said(path, content.film) if content.film else FilmSaid({}, {})
    settings = FileSettings(
        checkpoint=content.model,
        preset=content.preset,
        steps=content.steps,
        guidance=content.guidance,
        cfg=content.cfg,
        negative_prompt=content.negative_prompt,
        teacache=content.teacache or 0.0,
        shape=content.shape,
        fit=content.fit,
        words_before=content.words_before,
        words_after=content.words_after,
        default_seconds=4.0 if content.default_seconds is None else content.default_seconds,
        default_start=content.default_start,
        real_checkpoint=content.real.model if content.real else None,
        real_preset=content.real.preset if content.real else None,
        real_steps=content.real.steps if content.real else None,
        film=film.fields,
    )
    project = Project(name="", **settings.of_project())
    title = " ".join(content.title.split()) or path.stem
    try:
        aspect_of(settings.shape)
        check_project(project)
    except InvalidRequest as problem:
        raise StoryboardFileProblem(path.name, Message("toml-value", {"problem": problem.message})) from None
    shots, remarks, sounds = [], [], dict(film.sounds)
    for number, table in enumerate(content.shot, start=1):
        cut = shot_film_said(path, table, number)
        sounds.update(cut.sounds)
        shot, said = _shot(path, content, table, number, project, cut.fields)
        shots.append(shot)
        remarks += [remark for remark in said if remark not in remarks]
    return StoryboardFile(path.name, title, settings, tuple(shots), tuple(remarks), sounds)


def _shot(
    path: Path, content: FileContent, table: ShotContent, number: int, project: Project, film: Mapping[str, Any]
) -> tuple[FileShot, tuple[Message, ...]]:
    """A shot, and what is to be said of its picture."""
    where = f"{path.name}, shot {number}"
    start = table.start or (content.default_start if number > 1 else "cut")
    seconds = content.default_seconds if table.seconds is None else table.seconds
    if seconds is None:
        raise StoryboardFileProblem(where, Message("toml-no-seconds"))
    if start == "continue" and number == 1:
        raise StoryboardFileProblem(where, Message("toml-nothing-to-continue"))
    for made_for in passes_of(project):
        checkpoint = checkpoint_of(project, made_for)
        if start == "continue" and checkpoint_named(checkpoint).direction == "inverted":
            raise StoryboardFileProblem(where, Message("backwards-start-with-cut", {"checkpoint": checkpoint}))
    if table.place is not None and project.fit != "place":
        raise StoryboardFileProblem(where, Message("toml-place-unused"))
    if start == "cut" and not table.image:
        raise StoryboardFileProblem(where, Message("toml-no-image"))
    image = path.parent / table.image if table.image else None
    media_id, remarks = (None, ()) if image is None else _checked_picture(where, image, table.image)
    seed = table.seed
    if seed is None:
        said = f"{content.seed}\n{media_id}\n{table.prompt}"
        seed = int.from_bytes(hashlib.sha256(said.encode()).digest()[:4])
    x, y, zoom = table.place or CENTRED
    shot = FileShot(
        prompt=table.prompt,
        seconds=seconds,
        start=start,
        seed=seed,
        image=image,
        media_id=media_id,
        name=shown_name(table.name),
        dialogue=table.dialogue,
        notes=table.notes,
        place_x=x,
        place_y=y,
        place_zoom=zoom,
        film=film,
    )
    try:
        _check(project, shot)
    except InvalidRequest as problem:
        raise StoryboardFileProblem(where, Message("toml-value", {"problem": problem.message})) from None
    return shot, remarks


def _check(project: Project, shot: FileShot) -> None:
    """Raise InvalidRequest where a shot could not be asked for so."""
    values = {name: value for name, value in asdict(shot).items() if name not in ("image", "film")}
    row = Shot(project_id="", number=0, position=0, **values, **shot.film)
    check_shot(row)
    height, width = checkpoint_named(project.checkpoint).buckets[0]
    ShotRequest(
        settings=settings_at(project, height=height, width=width),
        identity="",
        prompt=sentence_of(project, row),
        seed=shot.seed,
        seconds=shot.seconds,
        image=shot.media_id,
    )


def _checked_picture(where: str, image: Path, name: str) -> tuple[str, tuple[Message, ...]]:
    """The hash of a shot's picture, and what is to be said of it."""
    try:
        written = "".join(ascii(letter)[1:-1] if unicodedata.category(letter) == "Cc" else letter for letter in name)
        if written != name and not image.exists():
            raise StoryboardFileProblem(where, Message("toml-image-name", {"name": written}))
        if image.is_file():
            check_bytes(image.stat().st_size, name)
        remarks = read_small_picture(image, name, THUMBNAIL_SIZES[0]).remarks
    except ImageRejected as problem:
        raise StoryboardFileProblem(where, problem.message) from None
    except OSError as problem:
        reason = as_message(problem.strerror or type(problem).__name__)
        raise StoryboardFileProblem(where, Message("toml-image-unreadable", {"reason": reason})) from None
    return picture_hash(image), remarks
