"""How a film is cut: as its project says, or otherwise where an edition of it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from projects.cutting.film_settings import FilmSettings, film_settings
from projects.database.tables import FILM_FIELDS, Edition, Project, Shot
from projects.storyboard.shapes import aspect_of

# What an edition may say otherwise of a shot, and that it does not show it at all.
OTHERWISE = FILM_FIELDS | {"dialogue"}
LEFT_OUT = "left_out"
NOTHING_ELSE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Cut:
    """How a film is cut: its settings, its shots in order as the film has them, and its shape, (height, width) as a
    ratio, or None for that of the project's pictures."""

    settings: FilmSettings
    shots: tuple[Shot, ...]
    aspect: tuple[int, int] | None = None

    def size_of(self, pictures: tuple[int, int]) -> tuple[int, int]:
        """Height and width of the film, both even, where the project's pictures have that of ``pictures``.

        Another shape is cut out of them; ``settings.size`` is the film's shorter side.
        """
        height, width = map(float, pictures)
        if self.aspect is not None:
            high, wide = self.aspect
            height, width = min(height, width * high / wide), min(width, height * wide / high)
        if self.settings.size is not None:
            scale = self.settings.size / min(height, width)
            height, width = height * scale, width * scale
        return 2 * round(height / 2), 2 * round(width / 2)


def cut_of(
    project: Project, shots: Sequence[Shot], edition: Edition | None, asked: Mapping[str, Any] = NOTHING_ELSE
) -> Cut:
    """How the film of a project is cut, or one of its editions. The given rows stay as they are.

    ``asked`` are settings of the film that count before the project's and the edition's.

    A shot that an edition does not name in its order, since it came later, stands where the storyboard has it: behind
    the shot before it.
    """
    if edition is None:
        return Cut(film_settings(project.film, asked), tuple(shots))
    own = [otherwise(shot, edition) for shot in in_order(shots, edition.order) if shows(edition, shot)]
    aspect = aspect_of(edition.shape) if edition.shape else None
    return Cut(film_settings(project.film, edition.film, asked), tuple(own), aspect)


def shows(edition: Edition, shot: Shot) -> bool:
    """Whether an edition shows a shot."""
    return not edition.shots.get(shot.id, {}).get(LEFT_OUT)


def otherwise(shot: Shot, edition: Edition) -> Shot:
    """A shot as an edition has it, whether it shows it or not."""
    said = edition.shots.get(shot.id, {})
    return Shot(**{**shot.model_dump(), **{field: value for field, value in said.items() if field in OTHERWISE}})


def in_order(shots: Sequence[Shot], order: Sequence[str] | None) -> list[Shot]:
    """All shots of a project in the ``order`` of an edition; those that it does not name as ``cut_of`` says."""
    if order is None:
        return list(shots)
    by_id = {shot.id: shot for shot in shots}
    ordered = [by_id[id] for id in order if id in by_id]
    for place, shot in enumerate(shots):
        if shot.id not in order:
            before = shots[place - 1] if place else None
            ordered.insert(ordered.index(before) + 1 if before is not None else 0, shot)
    return ordered
