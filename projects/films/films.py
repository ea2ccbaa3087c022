"""Films: what a storyboard lacks to become one, and the films that were made of it. It renders nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from framepack.messages import Message, joined
from projects.database.tables import Film, Pass, Shot, Take, new_id, now
from projects.errors import NotFound, StoryboardProblem
from projects.films.stitching import TakeLost, join_takes
from projects.names import shown_name
from projects.settings import StudioSettings
from projects.storage.finished import finish_file
from projects.storage.places import film_path
from projects.storyboard.reading import chosen_id, project_with_shots
from projects.takes.staleness import frames_asked, shown_of

_NOT_IN_FILE_NAMES = set('\\/:*?"<>|')
_LONGEST_NAME_BYTES = 120
MAX_NAME_CHARACTERS = 200
# Names that Windows keeps for devices, whatever their ending.
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


@dataclass(frozen=True)
class FilmPlan:
    """The takes a film would be made of, in order, and how many frames it shows of each.

    ``problems`` forbid it, ``warnings`` do not.
    """

    parts: tuple[tuple[Take, int], ...]
    problems: tuple[Message, ...]
    warnings: tuple[Message, ...]

    @property
    def ready(self) -> bool:
        """Whether the film can be stitched."""
        return not self.problems

    @property
    def frames(self) -> int:
        """How many frames it has (so far)."""
        return sum(frames for _, frames in self.parts)

    @property
    def seconds(self) -> float:
        """How long it lasts (so far)."""
        return sum(frames / take.fps for take, frames in self.parts)


def plan_film(
    *, shots: Sequence[tuple[Shot, Take | None]], frames: Mapping[str, int], stale: Collection[str] = ()
) -> FilmPlan:
    """The film of ``shots``, each with its chosen take.

    ``frames`` says of every shot (by id) how many the storyboard asks for; ``stale`` are those whose take is stale.
    """
    if not shots:
        return FilmPlan((), (Message("no-shots-yet"),), ())
    parts = tuple(
        (take, shown_of(take, frames[shot.id])) for shot, take in shots if take is not None and take.status == "done"
    )
    lacking = [shot.label for shot, take in shots if take is None or take.status != "done"]
    problems = []
    if lacking:
        problems.append(_lacking(lacking))
    old = [shot.label for shot, take in shots if take is not None and shot.id in stale]
    return FilmPlan(parts, tuple(problems), (_changed(old),) if old else ())


def film_plan_of(
    *, session: Session, project_id: str, stale: Collection[str] = (), made_for: Pass = "draft"
) -> FilmPlan:
    """The film of a project in a pass, as its storyboard and chosen takes are now."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    ids = [chosen for shot in shots if (chosen := chosen_id(shot, made_for)) is not None]
    takes = {take.id: take for take in session.exec(select(Take).where(col(Take.id).in_(ids))).all()}
    shown = [(shot, takes.get(chosen_id(shot, made_for) or "")) for shot in shots]
    return plan_film(shots=shown, frames=frames_asked(project, shots, made_for), stale=stale)


def stitch_film(
    *,
    session: Session,
    settings: StudioSettings,
    project_id: str,
    name: str | None = None,
    made_for: Pass = "draft",
) -> Film:
    """Stitch the takes that a project shows in a pass into a film. Nothing is encoded again, so it takes a moment.

    Raises StoryboardProblem where a shot lacks a finished take, or its files are gone.
    """
    project, _ = project_with_shots(session=session, project_id=project_id)
    plan = film_plan_of(session=session, project_id=project_id, made_for=made_for)
    if plan.problems:
        raise StoryboardProblem(joined(plan.problems, "sentences"))
    film = Film(
        id=new_id(),
        project_id=project_id,
        name=(name or "").strip() or project.name,
        status="done",
        width=plan.parts[0][0].width,
        height=plan.parts[0][0].height,
        parts=[take.id for take, _ in plan.parts],
    )
    # The file first: a film in the list is always one that is there.
    path = film_path(settings, film.id)
    try:
        film.frames = join_takes(settings=settings, parts=plan.parts, out=path)
    except TakeLost as lost:
        shot = session.get_one(Shot, lost.take.shot_id)
        raise StoryboardProblem(Message("shot-take-lost", {"shot": shot.label})) from None
    finish_file(path, film.frames)
    film.seconds = film.frames / plan.parts[0][0].fps
    film.finished_at = now()
    session.add(film)
    session.flush()
    return film


def films_of(*, session: Session, project_id: str) -> list[Film]:
    """The films of a project that were not deleted, the newest first."""
    kept = select(Film).where(Film.project_id == project_id, col(Film.deleted_at).is_(None))
    return list(session.exec(kept.order_by(col(Film.created_at).desc())).all())


def rename_film(*, session: Session, film_id: str, name: str) -> Film:
    """Give a film another name. Raises NotFound, and StoryboardProblem where the name is none."""
    film = _film(session, film_id)
    shown = shown_name(name)
    if not shown:
        raise StoryboardProblem(Message("film-unnamed"))
    if len(shown) > MAX_NAME_CHARACTERS:
        raise StoryboardProblem(Message("film-name-too-long", {"most": MAX_NAME_CHARACTERS}))
    film.name = shown
    session.flush()
    return film


def delete_film(*, session: Session, film_id: str) -> Film:
    """Throw a film away; ``restore_film`` takes it back. Its file stays."""
    film = _film(session, film_id)
    film.deleted_at = film.deleted_at or now()
    session.flush()
    return film


def restore_film(*, session: Session, film_id: str) -> Film:
    """Take a film back that was thrown away."""
    film = _film(session, film_id)
    film.deleted_at = None
    session.flush()
    return film


def _film(session: Session, film_id: str) -> Film:
    film = session.get(Film, film_id)
    if film is None:
        raise NotFound("film", film_id)
    return film


def download_name(film: Film) -> str:
    """A name for the film's file that every file system takes; letters of any script stay."""
    kept = "".join(
        "_" if letter in _NOT_IN_FILE_NAMES else letter for letter in unicodedata.normalize("NFC", film.name)
    )
    printable = "".join(letter for letter in kept if unicodedata.category(letter)[0] != "C")
    name = " ".join(printable.split()).strip(". ")
    while len(name.encode()) > _LONGEST_NAME_BYTES:
        name = name[:-1].rstrip(". ")
    if not name or name.split(".")[0].strip().upper() in _RESERVED:
        name = f"film {name}".strip()
    return f"{name}.mp4"


def _lacking(labels: Sequence[str]) -> Message:
    if len(labels) == 1:
        return Message("shot-lacks-take", {"shot": labels[0]})
    return Message("shots-lack-takes", {"shots": ", ".join(labels[:-1]), "last": labels[-1]})


def _changed(labels: Sequence[str]) -> Message:
    if len(labels) == 1:
        return Message("shot-changed", {"shot": labels[0]})
    return Message("shots-changed", {"shots": ", ".join(labels[:-1]), "last": labels[-1]})
