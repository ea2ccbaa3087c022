"""The storyboard's verbs: what can be done to projects and shots. It knows nothing of pages, files or the generator.

Every verb takes the session and never commits: the caller owns the one commit. Deleting only marks; ``restore_project``
and ``restore_shots`` take it back. An edit of a prompt keeps its earlier wording.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.beat_text import written_beats
from framepack.shots.request import MAX_PROMPT_CHARACTERS, MAX_SEED, check_placement
from framepack.shots.spans import check_seconds
from projects.cutting.shot_fields import check_film_fields
from projects.database.opening import hold
from projects.database.tables import Media, Project, Shot, ShotBase, ShotUpdate, Start, Wording, now
from projects.errors import NotFound
from projects.names import shown_name, storable
from projects.storyboard.beats import stored_beats
from projects.storyboard.loras import stored_loras
from projects.storyboard.ordering import number_between, renumbered
from projects.storyboard.project_settings import check_own_settings
from projects.storyboard.reading import _touch, get_project, get_shot, shots_of
from projects.storyboard.shapes import FIRST_PICTURE, size_fields
from projects.storyboard.videos import stored_video, video_media

MAX_NAME_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 4000
# What a copy of a shot has in common with it.
COPIED = {*ShotBase.model_fields, "media_id", "owner"}
SEED_BITS = 32


@dataclass(frozen=True)
class NewShot:
    """What is known of a shot to be added. None: the project's usual length or start, or a seed by chance."""

    prompt: str = ""
    seconds: float | None = None
    start: Start | None = None
    seed: int | None = None
    media_id: str | None = None
    video_id: str | None = None
    name: str = ""
    dialogue: str = ""
    notes: str = ""


def add_shot(
    *,
    session: Session,
    project_id: str,
    after: str | None = None,
    prompt: str = "",
    seconds: float | None = None,
    start: Start | None = None,
    seed: int | None = None,
    media_id: str | None = None,
) -> Shot:
    """A new shot behind the shot ``after``, or at the end; None: see ``NewShot``."""
    new = NewShot(prompt=prompt, seconds=seconds, start=start, seed=seed, media_id=media_id)
    return add_shots(session=session, project_id=project_id, new=[new], after=after)[0]


def add_shots(*, session: Session, project_id: str, new: Sequence[NewShot], after: str | None = None) -> list[Shot]:
    """New shots in order behind the shot ``after``, or at the end. The storyboard's first one starts with a cut."""
    project = get_project(session=session, project_id=project_id)
    hold(session=session, row=project)
    shots = shots_of(session=session, project_id=project_id)
    place = len(shots) if after is None else shots.index(_within(shots, after)) + 1
    made = []
    for number, one in enumerate(new):
        values = {field: getattr(one, field) for field in ("prompt", "name", "dialogue", "notes")}
        shot = Shot(
            project_id=project_id,
            number=0,
            position=0,
            seconds=project.default_seconds if one.seconds is None else one.seconds,
            start=one.start or ("cut" if place + number == 0 else project.default_start),
            seed=new_seed() if one.seed is None else one.seed,
            **_cleaned(values),
        )
        check_shot(shot)
        made.append(shot)
    _insert(session, shots, made, place)
    for shot, one in zip(made, new, strict=True):
        if one.media_id is not None:
            _attach(session, project, shot, one.media_id)
        if one.video_id is not None:
            _go_on_from(session, project, shot, one.video_id)
    _touch(session, project)
    return made


def new_seed() -> int:
    """A seed by chance."""
    return secrets.randbits(SEED_BITS)


def edit_shot(*, session: Session, shot_id: str, changes: ShotUpdate) -> Shot:
    """Change what is given of a shot. A prompt that is replaced is kept among its ``wordings``."""
    shot = get_shot(session=session, shot_id=shot_id)
    if change_fields(session, shot, changes):
        _touch(session, shot)
    return shot


def change_fields(session: Session, shot: Shot, changes: ShotUpdate) -> bool:
    """Change what is given of a shot, without noting that it was edited. Returns whether anything is different."""
    given = _cleaned(changes.model_dump(exclude_unset=True))
    check_shot(Shot(**{**shot.model_dump(), **given}))
    changed = {field: value for field, value in given.items() if getattr(shot, field) != value}
    if "prompt" in changed and shot.prompt.strip():
        _keep_wording(session, shot)
    shot.sqlmodel_update(changed)
    return bool(changed)


def beats_from_prompt(*, session: Session, shot_id: str) -> Shot:
    """Make beats of the times that are written into a shot's prompt. Nothing changes where there are none."""
    shot = get_shot(session=session, shot_id=shot_id)
    written = written_beats(shot.prompt)
    if written is None:
        return shot
    beats = [*shot.beats, *({"at": beat.at, "prompt": beat.prompt} for beat in written.beats)]
    return edit_shot(session=session, shot_id=shot_id, changes=ShotUpdate(prompt=written.prompt, beats=beats))


def give_new_seeds(*, session: Session, shots: Sequence[Shot]) -> None:
    """Give shots other seeds by chance."""
    for shot in shots:
        shot.seed = new_seed()
    _touch(session, *shots)


def renumber_shots(*, session: Session, project_id: str) -> list[Shot]:
    """Number the shots afresh in their present order: SH0010, SH0020, ..."""
    project = get_project(session=session, project_id=project_id)
    hold(session=session, row=project)
    shots = shots_of(session=session, project_id=project_id)
    # No two may have the same number, in between neither.
    for place, shot in enumerate(shots):
        shot.number = -1 - place
    session.flush()
    for shot, number in zip(shots, renumbered(len(shots)), strict=True):
        shot.number = number
    _touch(session, project)
    return shots


def attach_image(*, session: Session, shot_id: str, media_id: str) -> Shot:
    """Give a shot a picture. The project's only one decides its shape, unless that was chosen; others are fitted."""
    shot = get_shot(session=session, shot_id=shot_id)
    project = get_project(session=session, project_id=shot.project_id)
    if shot.media_id != media_id:
        _attach(session, project, shot, media_id)
        _touch(session, shot)
    return shot


def attach_video(*, session: Session, shot_id: str, media_id: str) -> Shot:
    """Have a shot go on from a video that is kept; from then on it starts with a cut. Raises NotFound."""
    shot = get_shot(session=session, shot_id=shot_id)
    project = get_project(session=session, project_id=shot.project_id)
    if _go_on_from(session, project, shot, media_id):
        _touch(session, shot)
    return shot


def detach_video(*, session: Session, shot_id: str) -> Shot:
    """Have a shot go on from no video any more; the video itself stays."""
    shot = get_shot(session=session, shot_id=shot_id)
    if shot.video is not None:
        shot.video = None
        _touch(session, shot)
    return shot


def detach_image(*, session: Session, shot_id: str) -> Shot:
    """Take a shot's picture away from it; the picture itself stays."""
    shot = get_shot(session=session, shot_id=shot_id)
    if shot.media_id is not None:
        shot.media_id = None
        _touch(session, shot)
    return shot


def _within(shots: list[Shot], shot_id: str) -> Shot:
    for shot in shots:
        if shot.id == shot_id:
            return shot
    raise NotFound("shot", shot_id)


def _attach(session: Session, project: Project, shot: Shot, media_id: str) -> None:
    media = session.get(Media, media_id)
    if media is None:
        raise NotFound("picture", media_id)
    _decide_shape(session, project, shot, media)
    shot.media_id = media_id


def _go_on_from(session: Session, project: Project, shot: Shot, media_id: str) -> bool:
    """Returns whether that is anything else than before."""
    media, video = video_media(session, media_id)
    if shot.video == video.model_dump() and shot.start == "cut":
        return False
    _decide_shape(session, project, shot, media)
    shot.video, shot.start = video.model_dump(), "cut"
    return True


def _decide_shape(session: Session, project: Project, shot: Shot, media: Media) -> None:
    """Give a project the shape of a shot's picture or video where that is the only one, and none was chosen."""
    if project.shape == FIRST_PICTURE:
        others = [other for other in shots_of(session=session, project_id=project.id) if other.id != shot.id]
        if project.height is None or not any(other.media_id or other.video for other in others):
            project.sqlmodel_update(size_fields(project.shape, (media.height, media.width), project.checkpoint))


def _copy_of(shot: Shot, *, project_id: str, number: int, position: int) -> Shot:
    return Shot(**shot.model_dump(include=COPIED), project_id=project_id, number=number, position=position)


def _insert(session: Session, shots: list[Shot], new: list[Shot], place: int) -> None:
    """Put new shots of one project among its ``shots``, and give them numbers."""
    if not new:
        return
    taken = _numbers_taken(session, new[0].project_id)
    before = shots[place - 1].number if place else None
    after = shots[place].number if place < len(shots) else None
    for shot in new:
        shot.number = before = number_between(before, after, taken)
        taken.add(shot.number)
        session.add(shot)
    _put_in_order([*shots[:place], *new, *shots[place:]])
    session.flush()


def _numbers_taken(session: Session, project_id: str) -> set[int]:
    # With those of deleted shots: they may come back, and an old number must not name a new shot.
    return set(session.exec(select(Shot.number).where(Shot.project_id == project_id)).all())


def _put_in_order(shots: list[Shot]) -> bool:
    """Let shots have the places in which they are given. Returns whether that is another order."""
    moved = [(position, shot) for position, shot in enumerate(shots) if shot.position != position]
    for position, shot in moved:
        shot.position = position
    return bool(moved)


def _keep_wording(session: Session, shot: Shot) -> None:
    same = select(Wording).where(Wording.shot_id == shot.id, Wording.prompt == shot.prompt)
    wording = session.exec(same).first() or Wording(shot_id=shot.id, prompt=shot.prompt)
    wording.created_at = now()
    session.add(wording)


def _cleaned(given: dict[str, Any]) -> dict[str, Any]:
    """``given`` with its texts, beats and LoRAs as they can be kept. Raises InvalidRequest where they cannot be."""
    texts = ("prompt", "dialogue", "notes", "title", "lower_third")
    ways: dict[str, Callable[[Any], Any]] = {
        **dict.fromkeys(texts, storable),
        "name": shown_name,
        "beats": stored_beats,
        "video": stored_video,
        "loras": stored_loras,
    }
    return {field: ways[field](value) if field in ways else value for field, value in given.items()}


def check_shot(shot: Shot) -> None:
    """Raise InvalidRequest where a shot cannot be so."""
    # An empty prompt is allowed here, since a storyboard is written bit by bit; planning asks for one.
    check_seconds(shot.seconds)
    for field, text, most in (
        ("prompt", shot.prompt, MAX_PROMPT_CHARACTERS),
        ("name", shot.name, MAX_NAME_CHARACTERS),
        ("dialogue", shot.dialogue, MAX_TEXT_CHARACTERS),
        ("notes", shot.notes, MAX_TEXT_CHARACTERS),
    ):
        if len(text) > most:
            raise InvalidRequest(field, Message("too-long", {"most": most}))
    if not 0 <= shot.seed <= MAX_SEED:
        raise InvalidRequest("seed", Message("not-between", {"value": shot.seed, "least": 0, "most": MAX_SEED}))
    check_placement((shot.place_x, shot.place_y, shot.place_zoom))
    check_own_settings(shot)
    stored_beats(shot.beats)
    stored_video(shot.video)
    stored_loras(shot.loras)
    check_film_fields(shot)
