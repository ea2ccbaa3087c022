"""Making a film only where there is none like it: the same takes in the same order make the same film."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from framepack.messages import Message
from projects.database.tables import Film, Pass
from projects.errors import StoryboardProblem
from projects.films.films import FilmPlan, film_plan_of, films_of, stitch_film
from projects.settings import StudioSettings
from projects.storage.finished import is_there
from projects.storage.places import film_path


def make_film(
    *, session: Session, settings: StudioSettings, project_id: str, name: str | None = None, made_for: Pass = "draft"
) -> Film:
    """As ``stitch_film``; raises StoryboardProblem, which names it, where there is such a film already."""
    plan = film_plan_of(session=session, project_id=project_id, made_for=made_for)
    same = same_film(settings=settings, plan=plan, films=films_of(session=session, project_id=project_id))
    if same is not None:
        raise StoryboardProblem(Message("film-is-there", {"name": same.name}))
    return stitch_film(session=session, settings=settings, project_id=project_id, name=name, made_for=made_for)


def same_film(*, settings: StudioSettings, plan: FilmPlan, films: Sequence[Film]) -> Film | None:
    """The first of ``films`` that shows what a film by ``plan`` would, and whose file is there."""
    takes = [take.id for take, _ in plan.parts]
    for film in films:
        # Takes never change; how much of each is shown may, and with it how long the film is.
        as_planned = film.status == "done" and film.parts == takes and film.frames == plan.frames
        if as_planned and is_there(film_path(settings, film.id)):
            return film
    return None
