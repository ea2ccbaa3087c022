"""What made a take, put back into its shot, so that the shot asks for that take again. It never commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from framepack.messages import Message
from projects.database.opening import hold
from projects.database.tables import Media, Pass, Project, Shot, ShotUpdate, Take
from projects.errors import StoryboardProblem
from projects.storyboard.choosing import choose
from projects.storyboard.loras import loras_of, takes_loras
from projects.storyboard.project_settings import checkpoint_of, has_real, shot_settings_at
from projects.storyboard.reading import _touch, chosen_id, get_project, get_shot
from projects.storyboard.shots import change_fields
from projects.takes.takes import get_take
from projects.takes.why import preset_name

_PLACE = ("place_x", "place_y", "place_zoom")
_OWN_SETTINGS = ("checkpoint", "preset", "steps", "guidance", "loras")


def use_settings_of(*, session: Session, take_id: str) -> Shot:
    """Put what made a take back into its shot: prompt, beats, length, start, picture, seed and settings; and show it.

    What is a project's, its size and the words around prompts, stays. A preset, steps, guidance, LoRAs or a model that
    the project has no more become the shot's own, unless the project has two passes, of which the other would change
    too. Raises NotFound.
    """
    take = get_take(session=session, take_id=take_id)
    shot = get_shot(session=session, shot_id=take.shot_id)
    project = get_project(session=session, project_id=shot.project_id)
    hold(session=session, row=shot)
    session.refresh(shot)
    changed = change_fields(session, shot, ShotUpdate(**_values(take)))
    picture = take.request["image"]
    if picture != shot.media_id and (picture is None or session.get(Media, picture) is not None):
        shot.media_id = picture
        changed = True
    video = take.request.get("own", {}).get("video")
    if video != shot.video and (video is None or session.get(Media, video["media_id"]) is not None):
        shot.video = video
        changed = True
    end = take.request.get("end")
    if end is None or session.get(Media, end) is not None:
        changed |= change_fields(session, shot, ShotUpdate(end_media_id=end))
    if not has_real(project):
        own = own_settings(project, shot, take.request["start"], take.request["settings"])
        own |= own_loras(project, shot, take)
        changed |= change_fields(session, shot, ShotUpdate(**own))
    if take.status == "done" and take.deleted_at is None and chosen_id(shot, take.made_for) != take.id:
        choose(shot, take.id, take.made_for)
        changed = True
    if changed:
        _touch(session, shot)
    return shot


def put_back(*, session: Session, shot_id: str, made_for: Pass = "draft") -> Shot:
    """Put what made the take that a shot shows in a pass back into it.

    Raises NotFound, and StoryboardProblem where it shows none.
    """
    shot = get_shot(session=session, shot_id=shot_id)
    take_id = chosen_id(shot, made_for)
    if take_id is None:
        raise StoryboardProblem(Message("no-take-yet", {"shot": shot.label}))
    return use_settings_of(session=session, take_id=take_id)


def _values(take: Take) -> dict[str, Any]:
    """The fields of a shot as they were for a take."""
    made = take.request
    own = made.get("own", {})
    placed = own or dict(zip(_PLACE, made.get("placement", ()), strict=False))
    return {
        "prompt": own.get("prompt", made["prompt"]),
        "seconds": made["seconds"],
        "seed": made["seed"],
        "start": own.get("start", made["start"]),
        **{field: placed[field] for field in _PLACE if field in placed},
        **{field: own.get(field) for field in _OWN_SETTINGS},
        "beats": own.get("beats", []),
    }


def own_loras(project: Project, shot: Shot, take: Take) -> dict[str, Any]:
    """What a shot needs of its own to be made with the LoRAs of a take, where its project's are others."""
    made = [dict(one) for one in take.request.get("loras", ())]
    checkpoint = take.request["settings"]["checkpoint"]
    if not takes_loras(checkpoint) or made == [one.stored() for one in loras_of(project, shot, checkpoint)]:
        return {}
    return {"loras": made}


def own_settings(project: Project, shot: Shot, start: str, made: Mapping[str, Any]) -> dict[str, Any]:
    """What a shot that starts so needs of its own to be sampled with the settings ``made``, where its project's differ.

    They are given as their fields. Size, CFG and the words that are not wanted are always the project's.
    """
    own: dict[str, Any] = {}
    usual = checkpoint_of(project, "draft")
    if start == "cut" and made["checkpoint"] != usual:
        own["checkpoint"] = made["checkpoint"]
    like = {"checkpoint": made["checkpoint"], "height": made["height"], "width": made["width"]}
    now = shot_settings_at(project, shot, **like, made_for="draft")
    preset = preset_name(made)
    if preset is not None and preset != preset_name(vars(now)):
        own["preset"] = preset
        trial = shot.model_copy(update=own)
        now = shot_settings_at(project, trial, **like, made_for="draft")
    if now.steps != made["steps"]:
        own["steps"] = made["steps"]
    if now.guidance != made["guidance"]:
        own["guidance"] = made["guidance"]
    return own
