"""What the interface does with takes: note, choose, throw away and bring back, and their single frames."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from framepack.messages import Message
from pages.api.answers import DirectedAnswer, LengthAnswer, ShotAnswer, TakeAnswer, VideoJoin
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import ChosenFor, FrameOf, NewLength, OfFrame, OfPass, TakeChanges, Word
from pages.api.renders import branch_answer
from pages.api.shots import shot_answer
from pages.look.text import said
from pages.serving.files import still_url, take_download_url, take_story_url, take_url
from pages.session.database import settings
from projects.database.tables import Pass, Shot, Take
from projects.errors import NotFound, StoryboardProblem
from projects.films.frames import frame_file
from projects.films.frames import frame_to_shot as give_frame
from projects.messages import read
from projects.queue.branches import change_length
from projects.queue.directing import direct_shot, directed, keep_section, section_again, stop_directing
from projects.storage.finished import size_of
from projects.storage.places import take_path
from projects.storyboard.choosing import choose_take
from projects.storyboard.journal import journaled
from projects.storyboard.reading import get_shot
from projects.takes.again import use_settings_of
from projects.takes.takes import delete_take, get_take, note_take, restore_take, star_take, takes_of
from projects.takes.video_joins import video_join_of
from projects.takes.why import preset_name

# A take's frame never changes under its address.
_KEPT = {"cache-control": "private, max-age=604800, immutable"}


def of_shot(asked: Asked[Nothing, Query]) -> list[TakeAnswer]:
    """The takes of a shot, the newest first."""
    shot = get_shot(session=asked.session, shot_id=asked.id)
    return [_take_answer(take, shot) for take in takes_of(session=asked.session, shot_id=shot.id)]


def one(asked: Asked[Nothing, Query]) -> TakeAnswer:
    """A take, and what it was made from."""
    return _answer(asked.session, _take(asked))


def note(asked: Asked[TakeChanges, Query]) -> TakeAnswer:
    """Give a take a star or a note, or take them away."""
    take, told = _take(asked), asked.body.model_fields_set
    with _edit(asked.session, take, "note-take"):
        if "star" in told:
            star_take(session=asked.session, take_id=take.id, star=asked.body.star)
        if "note" in told:
            note_take(session=asked.session, take_id=take.id, note=asked.body.note)
    return _answer(asked.session, take)


def choose(asked: Asked[ChosenFor, Query]) -> TakeAnswer:
    """Let a take be the one that its shot shows in the pass that it was made for."""
    take = _take(asked)
    if asked.body.pass_ not in (None, take.made_for):
        raise StoryboardProblem(Message("take-of-other-pass", {"number": take.number}))
    with _edit(asked.session, take, "choose-take"):
        choose_take(session=asked.session, shot_id=take.shot_id, take_id=take.id)
    return _answer(asked.session, take)


def length(asked: Asked[NewLength, Query]) -> LengthAnswer:
    """Have a take that lasts longer, or ends earlier; where nothing is missing it is there at once."""
    made = change_length(session=asked.session, settings=settings(), take_id=asked.id, seconds=asked.body.seconds)
    if isinstance(made, Take):
        return LengthAnswer(take=_answer(asked.session, made), ordered=None)
    return LengthAnswer(take=None, ordered=branch_answer(asked.session, made))


def how_far(asked: Asked[Nothing, OfPass]) -> DirectedAnswer:
    """How far a shot is that is directed."""
    return _directed_answer(asked.session, asked.id, asked.query.pass_)


def direct(asked: Asked[Word, Query]) -> DirectedAnswer:
    """Begin to direct a shot, or say how it goes on after a section."""
    session, body = asked.session, asked.body
    shot = get_shot(session=session, shot_id=asked.id)
    made_for = body.pass_
    match body.say:
        case "begin":
            direct_shot(session=session, shot_id=shot.id, made_for=made_for)
        case "keep":
            prompt = body.prompt
            keep_section(session=session, settings=settings(), shot_id=shot.id, made_for=made_for, prompt=prompt)
        case "again":
            section_again(session=session, settings=settings(), shot_id=shot.id, made_for=made_for)
        case "stop":
            with journaled(session=session, project_id=shot.project_id, kind="choose-take"):
                stop_directing(session=session, shot_id=shot.id, made_for=made_for)
    return _directed_answer(session, shot.id, made_for)


def _directed_answer(session: Session, shot_id: str, made_for: Pass) -> DirectedAnswer:
    shot = get_shot(session=session, shot_id=shot_id)
    now = directed(session=session, shot_id=shot_id, made_for=made_for)
    if now is None:
        return DirectedAnswer(is_directed=False, waits=False, take=None, seconds=shot.seconds, problem=None)
    return DirectedAnswer(
        is_directed=True,
        waits=not now.is_rendering,
        take=None if now.take is None else _take_answer(now.take, shot),
        seconds=now.seconds,
        problem=None if now.problem is None else said(now.problem),
    )


def delete(asked: Asked[Nothing, Query]) -> TakeAnswer:
    """Throw a take away; it can be restored."""
    take = _take(asked)
    with _edit(asked.session, take, "delete-take"):
        delete_take(session=asked.session, take_id=take.id)
    return _answer(asked.session, take)


def restore(asked: Asked[Nothing, Query]) -> TakeAnswer:
    """Take back a take that was thrown away."""
    take = get_take(session=asked.session, take_id=asked.id)
    with _edit(asked.session, take, "restore-take"):
        restore_take(session=asked.session, take_id=take.id)
    return _answer(asked.session, take)


def use_settings(asked: Asked[Nothing, Query]) -> ShotAnswer:
    """Put what made a take back into its shot, and let the shot show it."""
    take = _take(asked)
    with _edit(asked.session, take, "use-settings"):
        use_settings_of(session=asked.session, take_id=take.id)
    return shot_answer(asked.session, take.shot_id, take.made_for)


def frame(asked: Asked[Nothing, OfFrame]) -> Response:
    """One frame of a take, as PNG."""
    return Response(frame_file(settings(), _take(asked), asked.query.n), media_type="image/png", headers=_KEPT)


def frame_to_shot(asked: Asked[FrameOf, Query]) -> ShotAnswer:
    """Make a frame of a take the picture of a shot."""
    session, take, to = asked.session, _take(asked), asked.body.to
    with journaled(session=session, project_id=get_shot(session=session, shot_id=to).project_id, kind="give-picture"):
        give_frame(session=session, settings=settings(), take=take, number=asked.body.n, shot_id=to)
    return shot_answer(session, to, "draft")


def _take(asked: Asked[Any, Any]) -> Take:
    take = get_take(session=asked.session, take_id=asked.id)
    if take.deleted_at is not None:
        raise NotFound("take", take.id)
    return take


def _edit(session: Session, take: Take, kind: str) -> AbstractContextManager[None]:
    shot = session.get_one(Shot, take.shot_id)
    return journaled(session=session, project_id=shot.project_id, kind=kind)


def _answer(session: Session, take: Take) -> TakeAnswer:
    return _take_answer(take, session.get_one(Shot, take.shot_id))


def _join(take: Take) -> VideoJoin | None:
    join = video_join_of(take)
    if join is None:
        return None
    return VideoJoin(
        colour=join.colour.step,
        usual_colour=join.colour.usual,
        movement=join.movement,
        usual_movement=join.usual_movement,
        is_seen=join.is_seen,
    )


def _take_answer(take: Take, shot: Shot) -> TakeAnswer:
    made_from, path = take.request, take_path(settings(), take.id)
    sampled = made_from.get("settings", {})
    done = take.status == "done"
    chosen: list[Pass] = []
    if shot.chosen_draft_id == take.id:
        chosen.append("draft")
    if shot.chosen_real_id == take.id:
        chosen.append("real")
    return TakeAnswer(
        id=take.id,
        shot_id=take.shot_id,
        number=take.number,
        status=take.status,
        problem=said(read(take.error)) if take.error else None,
        made_for=take.made_for,
        chosen_for=chosen,
        star=take.star,
        note=take.note,
        prompt=str(made_from.get("prompt", "")),
        seed=str(made_from.get("seed", "")),
        checkpoint=str(sampled.get("checkpoint", "")),
        weights=str(made_from.get("identity", "")),
        preset=preset_name(sampled) if sampled else None,
        steps=sampled.get("steps"),
        guidance=sampled.get("guidance"),
        start=str(made_from.get("start", "")),
        width=take.width,
        height=take.height,
        frames=take.frames,
        fps=take.fps,
        seconds=take.frames / take.fps,
        seconds_spent=take.seconds_spent,
        bytes=size_of(path),
        deleted=take.deleted_at is not None,
        made_at=take.finished_at or take.created_at,
        video_join=_join(take),
        video=take_url(take.id) if done else None,
        still=still_url(take.id) if done else None,
        download=take_download_url(take.id) if done else None,
        story=take_story_url(take.id) if done else None,
    )
