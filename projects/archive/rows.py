"""What the database says of a project, as an archive keeps it, and back, checked as if a person had typed it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from sqlmodel import SQLModel

from framepack.errors import FramepackError
from framepack.messages import Message
from framepack.shots.request import ShotRequest
from projects.cutting.film_settings import film_settings
from projects.database.tables import Edition, Media, Project, Shot, ShotUpdate, Take, Wording, new_id
from projects.errors import ArchiveProblem
from projects.films.cut import cut_of
from projects.storyboard.media import media_of
from projects.storyboard.projects import check_project
from projects.storyboard.shapes import aspect_of
from projects.storyboard.shots import check_shot
from projects.takes.video_joins import video_join_of

Row = TypeVar("Row", bound=SQLModel)
# What belongs to the computer and its people, not to the project.
_LEFT_OUT: Mapping[type[SQLModel], frozenset[str]] = {
    Project: frozenset({"owner"}),
    Shot: frozenset({"owner"}),
    Edition: frozenset({"owner"}),
    Take: frozenset({"render_id", "attempts"}),
    Wording: frozenset(),
    Media: frozenset(),
}
_ID = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_REQUEST: TypeAdapter[ShotRequest] = TypeAdapter(ShotRequest)


@dataclass(frozen=True)
class ProjectRows:
    """A project with all its rows that are not deleted; of takes those that are done."""

    project: Project
    shots: tuple[Shot, ...]
    editions: tuple[Edition, ...]
    wordings: tuple[Wording, ...]
    takes: tuple[Take, ...]
    media: tuple[Media, ...]

    @property
    def ids(self) -> list[str]:
        """The ids of all but the media, which go by their content."""
        shots, editions = [shot.id for shot in self.shots], [one.id for one in self.editions]
        return [self.project.id, *shots, *editions, *(one.id for one in self.wordings), *(one.id for one in self.takes)]


class _Kept(BaseModel):
    """The rows as an archive has them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    project: dict[str, Any]
    shots: list[dict[str, Any]]
    editions: list[dict[str, Any]]
    wordings: list[dict[str, Any]]
    takes: list[dict[str, Any]]
    media: list[dict[str, Any]]


def to_json(rows: ProjectRows) -> dict[str, Any]:
    """The rows as plain values."""
    return {
        "project": _plain(rows.project),
        "shots": [*map(_plain, rows.shots)],
        "editions": [*map(_plain, rows.editions)],
        "wordings": [*map(_plain, rows.wordings)],
        "takes": [*map(_plain, rows.takes)],
        "media": [*map(_plain, rows.media)],
    }


def from_json(kept: object) -> ProjectRows:
    """What ``to_json`` gave, checked. Raises ArchiveProblem."""
    try:
        said = _Kept.model_validate(kept)
    except ValidationError as problem:
        raise _fault(problem) from None
    try:
        rows = ProjectRows(
            project=_row(Project, said.project),
            shots=tuple(_row(Shot, values) for values in said.shots),
            editions=tuple(_row(Edition, values) for values in said.editions),
            wordings=tuple(_row(Wording, values) for values in said.wordings),
            takes=tuple(_row(Take, values) for values in said.takes),
            media=tuple(_row(Media, values) for values in said.media),
        )
        _check(rows)
    except ValidationError as problem:
        raise _fault(problem) from None
    except FramepackError as problem:
        raise ArchiveProblem(Message("archive-value", {"problem": problem.message})) from None
    return rows


def renamed(rows: ProjectRows, taken: Collection[str]) -> tuple[ProjectRows, Mapping[str, str]]:
    """The same rows with new ids in place of those that are ``taken``, and every id by what it was."""
    ids = {id: new_id() if id in taken else id for id in rows.ids}
    project = _with(rows.project, id=ids[rows.project.id])
    shots = tuple(
        _with(
            shot,
            id=ids[shot.id],
            project_id=project.id,
            chosen_draft_id=ids.get(shot.chosen_draft_id or ""),
            chosen_real_id=ids.get(shot.chosen_real_id or ""),
        )
        for shot in rows.shots
    )
    editions = tuple(
        _with(
            one,
            id=ids[one.id],
            project_id=project.id,
            shots={ids[shot_id]: said for shot_id, said in one.shots.items() if shot_id in ids},
            order=None if one.order is None else [ids[shot_id] for shot_id in one.order if shot_id in ids],
        )
        for one in rows.editions
    )
    wordings = tuple(_with(one, id=ids[one.id], shot_id=ids[one.shot_id]) for one in rows.wordings)
    takes = tuple(_with(take, id=ids[take.id], shot_id=ids[take.shot_id]) for take in rows.takes)
    return ProjectRows(project, shots, editions, wordings, takes, rows.media), ids


def _with(row: Row, **values: Any) -> Row:
    return type(row)(**{**row.model_dump(), **values})


def _plain(row: SQLModel) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude=set(_LEFT_OUT[type(row)]))


def _row(table: type[Row], values: Mapping[str, Any]) -> Row:
    if set(values) - (set(table.model_fields) - _LEFT_OUT[table]):
        raise ArchiveProblem(Message("archive-newer"))
    return table.model_validate(values)


# --- checking ---------------------------------------------------------------------------------------------------------


def _check(rows: ProjectRows) -> None:
    """Raise where rows do not belong together, or could not have been made here."""
    shots, media = {shot.id for shot in rows.shots}, {one.id for one in rows.media}
    owners = {*(shot.project_id for shot in rows.shots), *(one.project_id for one in rows.editions)}
    parents = {*(take.shot_id for take in rows.takes), *(one.shot_id for one in rows.wordings)}
    _hold(owners <= {rows.project.id} and parents <= shots, "row")
    _hold(len(set(rows.ids)) == len(rows.ids) and len(media) == len(rows.media), "id")
    _hold(all(map(_ID.fullmatch, rows.ids)) and all(map(_HASH.fullmatch, media)), "id")
    _hold(len({shot.number for shot in rows.shots}) == len(rows.shots), "number")
    _hold(len({(take.shot_id, take.number) for take in rows.takes}) == len(rows.takes), "number")
    check_project(rows.project)
    aspect_of(rows.project.shape)
    for shot in rows.shots:
        check_shot(shot)
    for edition in rows.editions:
        _check_edition(rows, edition)
    for take in rows.takes:
        _check_take(take)
    named = frozenset().union(*(media_of(row) for row in (rows.project, *rows.shots, *rows.editions)))
    named |= {one.still_id for one in rows.media if one.still_id}
    _hold(named <= media, "media_id")


def _check_edition(rows: ProjectRows, edition: Edition) -> None:
    film_settings(rows.project.film, edition.film)
    _hold(all(isinstance(said, dict) for said in edition.shots.values()), "shots")
    for shot in cut_of(rows.project, rows.shots, edition).shots:
        check_shot(Shot.model_validate(shot.model_dump()))


def _check_take(take: Take) -> None:
    try:
        units = take.units
    except (TypeError, ValueError):
        units = ()
    # Of the unit of a video that it goes on from a take shows nothing.
    shown = units[1:] if units and units[0][1] == 0 else units
    _hold(bool(shown) and all(_HASH.fullmatch(key) for key, _ in units), "keys")
    _hold(all(frames > 0 for _, frames in shown), "keys")
    video_join_of(take)
    _hold(take.status == "done" and min(take.frames, take.width, take.height, take.fps, take.number) > 0, "take")
    # What it was made from is put back into its shot where somebody asks for that.
    _REQUEST.validate_python(take.request)
    _hold(take.request.get("start") in ("cut", "continue"), "start")
    ShotUpdate.model_validate(take.request.get("own", {}))


def _hold(holds: bool, field: str) -> None:
    if not holds:
        raise ArchiveProblem(Message("archive-field", {"field": field}))


def _fault(problem: ValidationError) -> ArchiveProblem:
    fault = problem.errors(include_url=False)[0]
    return ArchiveProblem(Message("archive-field", {"field": ".".join(map(str, fault["loc"]))}))
