"""What is needed of all that lies on the disk: by takes, films, work under way, and the storyboards as they are now.

It reads the database's rows and looks at no file. What was deleted counts for as long as it can be brought back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Literal, TypeVar

from sqlmodel import Session, SQLModel, select

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.conditioning.names import conditioning_of
from framepack.errors import FramepackError
from framepack.shots.keys import PlannedShot, latents_key
from framepack.shots.past import video_of
from projects.database.tables import Edit, Edition, Film, Lora, Pass, PictureOrder, Project, Render, Shot, Take
from projects.queue import film_orders
from projects.queue.orders import UNFINISHED
from projects.storyboard.media import media_in, media_of
from projects.storyboard.project_settings import checkpoint_of, passes_of
from projects.takes.render_plan import RenderPlan
from projects.takes.staleness import own_checkpoints, plan_project

Kind = Literal[
    "sections",
    "conditioning",
    "takes",
    "films",
    "pieces",
    "pictures",
    "thumbnails",
    "previews",
    "loras",
    "copies",
    "damaged",
]
# Under this name a film's order keeps the names of the pieces that it is, or will be, made of.
PIECES = "pieces"
# The ids, of each kind of thing, that are needed.
Needed = Mapping[Kind, frozenset[str]]
Table = TypeVar("Table", bound=SQLModel)


@dataclass(frozen=True)
class Rows:
    """What the database says of what people made and ordered."""

    projects: tuple[Project, ...]
    shots: tuple[Shot, ...]
    takes: tuple[Take, ...]
    films: tuple[Film, ...]
    renders: tuple[Render, ...]
    edits: tuple[Edit, ...]
    editions: tuple[Edition, ...]
    pictures: tuple[PictureOrder, ...]
    loras: tuple[Lora, ...]

    def without_deleted(self) -> Rows:
        """The rows without the deleted projects, shots and takes, and all that belongs to them.

        What a worker is making, or will, stays: the person may have deleted it a moment ago. Of the journal nothing
        stays: what it would bring back counts as deleted.
        """
        busy = [render for render in self.renders if render.status in UNFINISHED]
        films = [film for film in self.films if film.status in film_orders.UNFINISHED and film.deleted_at is None]
        projects = {render.project_id for render in busy} | {film.project_id for film in films}
        shown = {take_id for film in films for take_id in film.parts}
        projects |= {project.id for project in self.projects if project.deleted_at is None}
        shots = {shot_id for render in busy for shot_id in _shots_of(render)}
        shots |= {take.shot_id for take in self.takes if take.id in shown}
        shots |= {shot.id for shot in self.shots if shot.project_id in projects and shot.deleted_at is None}
        return Rows(
            projects=tuple(project for project in self.projects if project.id in projects),
            shots=tuple(shot for shot in self.shots if shot.id in shots),
            takes=tuple(
                take for take in self.takes if take.id in shown or (take.shot_id in shots and take.deleted_at is None)
            ),
            films=tuple(film for film in self.films if film.project_id in projects and film.deleted_at is None),
            renders=tuple(render for render in self.renders if render.project_id in projects),
            edits=(),
            editions=tuple(
                edition for edition in self.editions if edition.project_id in projects and edition.deleted_at is None
            ),
            pictures=tuple(order for order in self.pictures if order.shot_id in shots and order.deleted_at is None),
            loras=tuple(lora for lora in self.loras if lora.deleted_at is None),
        )


def all_rows(session: Session) -> Rows:
    """The rows as they are now, the deleted ones among them."""
    return Rows(
        projects=_read(session, Project),
        shots=_read(session, Shot),
        takes=_read(session, Take),
        films=_read(session, Film),
        renders=_read(session, Render),
        edits=_read(session, Edit),
        editions=_read(session, Edition),
        pictures=_read(session, PictureOrder),
        loras=_read(session, Lora),
    )


def needed_by(rows: Rows, models: Path | None) -> Needed:
    """What ``rows`` need of each kind of thing; ``models`` is the folder of the weights, as for the engine.

    A take or film that failed or was called off shows nothing, so it needs nothing; what was made of a take is needed
    where its shot still asks for that.
    """
    planned = [*_ordered(rows), *_asked_for(rows, models)]
    units = {key for shot in planned for key, _ in shot.units}
    units |= {latents_key(key) for shot in planned for key in shot.sections}
    units |= {key for take in rows.takes if take.status in ("done", "rendering") for key, _ in take.units}
    pictures = {media for row in (*rows.projects, *rows.shots, *rows.editions, *rows.loras) for media in media_of(row)}
    pictures |= {media for edit in rows.edits for media in _media_in(edit)}
    pictures |= {image for take in rows.takes for image in _pictures_in(take)}
    pictures |= {id for order in rows.pictures for id in (*order.media_ids, order.source_id) if id is not None}
    made = [section for shot in planned for section in shot.made]
    named = {image for one in made for image in (one.anchor_image, one.embedding_image) if image}
    pictures |= {video_of(image) or image for image in named}
    pictures |= {shot.request.end for shot in planned if shot.request.end}
    return {
        "sections": frozenset(units),
        "conditioning": frozenset(name for shot in planned for name in conditioning_of(shot)),
        "takes": frozenset(take.id for take in rows.takes),
        "films": frozenset(film.id for film in rows.films if film.status not in film_orders.ENDED),
        "pieces": frozenset(piece for film in rows.films for piece in film.order.get(PIECES, ())),
        "pictures": frozenset(pictures),
        "thumbnails": frozenset(pictures | {take.id for take in rows.takes}),
        "previews": frozenset(render.id for render in rows.renders if render.status in UNFINISHED),
        "loras": frozenset(lora.id for lora in rows.loras),
        "copies": frozenset(),
        "damaged": frozenset(),
    }


def _ordered(rows: Rows) -> Iterator[PlannedShot]:
    """The shots of the orders under way, as they were when a worker began."""
    for render in rows.renders:
        if render.status in UNFINISHED and render.plan is not None:
            plan = RenderPlan.from_json(render.plan)
            for number in range(len(plan.chains)):
                yield from plan.planned(number)


def _asked_for(rows: Rows, models: Path | None) -> Iterator[PlannedShot]:
    """The shots of all storyboards as they are now."""

    @cache
    def named(checkpoint: str) -> str | None:
        return _weights_name(checkpoint, models)

    for project in rows.projects:
        shots = [shot for shot in rows.shots if shot.project_id == project.id and shot.deleted_at is None]
        shots.sort(key=lambda shot: (shot.position, shot.number, shot.id))
        for made_for in passes_of(project):
            yield from _asked_in_pass(project, shots, made_for, rows, named)


def _asked_in_pass(
    project: Project, shots: list[Shot], made_for: Pass, rows: Rows, named: Callable[[str], str | None]
) -> Iterator[PlannedShot]:
    checkpoint = checkpoint_of(project, made_for)
    # Without weights on this computer (just now) it goes on with those that its takes were made with.
    made_with = _made_with(rows, {shot.id for shot in shots})
    own = sorted(own_checkpoints(shots) - {checkpoint})
    choices = [{now} if (now := named(name)) else made_with.get(name, set()) or {""} for name in own]
    now = named(checkpoint)
    for identity in {now} if now else made_with.get(checkpoint, set()) or {""}:
        for others in product(*choices):
            known = {name: one for name, one in zip(own, others, strict=True) if one}
            plans = plan_project(
                project=project, shots=shots, takes=(), identity=identity, made_for=made_for, others=known
            )
            yield from (plan.planned for plan in plans if plan.planned is not None)


def _weights_name(checkpoint: str, models: Path | None) -> str | None:
    try:
        return checkpoint_identity(checkpoint_named(checkpoint), models)
    except FramepackError:
        return None


def _made_with(rows: Rows, shots: set[str]) -> dict[str, set[str]]:
    """The names of the weights that takes of shots were made with, by checkpoint."""
    found: dict[str, set[str]] = {}
    for take in rows.takes:
        if take.shot_id in shots:
            found.setdefault(take.request["settings"]["checkpoint"], set()).add(str(take.request["identity"]))
    return found


def _shots_of(render: Render) -> set[str]:
    planned = RenderPlan.from_json(render.plan).chains if render.plan else ()
    return {*render.shot_ids, *(shot.shot_id for chain in planned for shot in chain)}


def _pictures_in(take: Take) -> Iterator[str]:
    """The pictures, and the video, that a take was made from; with the still that its shot would show again."""
    said = (take.request, *take.request.get("beats", ()))
    yield from (str(one["image"]) for one in said if one.get("image"))
    if take.request.get("end"):
        yield str(take.request["end"])
    if take.request.get("past"):
        yield str(take.request["past"]["video"])
    yield from media_in({"video": take.request.get("own", {}).get("video")})


def _media_in(edit: Edit) -> Iterator[str]:
    """The pictures and sounds that undoing an edit, or doing it again, brings back."""
    for change in edit.changes:
        for values in (change["before"], change["after"]):
            yield from media_in(values or {})


def _read(session: Session, table: type[Table]) -> tuple[Table, ...]:
    return tuple(session.exec(select(table)).all())
