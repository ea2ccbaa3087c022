"""What an order of a project would make, as its storyboard is now or with another preset. Nothing is changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from framepack.shots.presets import PRESETS
from framepack.store.section_store import SectionStore
from projects.database.tables import Pass, Project, Shot
from projects.forecast.foretelling import Forecast, Foreteller
from projects.loras.files import loras_gone
from projects.settings import StudioSettings
from projects.storage.shared import section_store
from projects.storyboard.reading import project_with_shots
from projects.storyboard.shots import new_seed
from projects.takes.render_plan import plan_render
from projects.takes.staleness import ShotPlan, plan_project, takes_there
from projects.takes.takes import takes_of_project
from projects.takes.variants import Variant, plan_variants

Wanted = Callable[[Sequence[ShotPlan]], Collection[str]]


@dataclass(frozen=True)
class PresetForecast:
    """What an order comes to with a preset."""

    preset: str
    forecast: Forecast
    done_at: dt.datetime


@dataclass(frozen=True)
class Asking:
    """One pass of a project. ``identity`` and ``others`` name the weights, as for ``plan_for``."""

    session: Session
    settings: StudioSettings
    project_id: str
    made_for: Pass
    identity: str
    others: Mapping[str, str]

    def forecast(self, foreteller: Foreteller, wanted: Wanted, preset: str | None = None) -> Forecast:
        """What rendering the shots that ``wanted`` picks (ids) comes to; ``preset`` in place of the project's.

        Raises NotFound, and StoryboardProblem where the project has no such pass.
        """
        project, shots = project_with_shots(session=self.session, project_id=self.project_id)
        if preset is not None:
            name = preset_field(self.made_for)
            project = Project(**project.model_dump() | {name: preset})
        plans = self._plans(project, shots)
        ids = set(wanted(plans))
        if project.seed_policy == "new":
            anew = {plan.shot.id for plan in plans if plan.shot.id in ids and not plan.found}
            plans = self._plans(project, [_with_new_seed(shot) if shot.id in anew else shot for shot in shots])
        return foreteller.foretell(plan_render(plans=plans, wanted=ids, store=self._store))

    def other_takes(self, foreteller: Foreteller, variants: Mapping[str, Sequence[Variant]]) -> Forecast:
        """What other takes come to, whose ``variants`` are given by shot."""
        project, shots = project_with_shots(session=self.session, project_id=self.project_id)
        plan = plan_variants(
            session=self.session,
            plans=self._plans(project, shots),
            variants=variants,
            identities={self.identity, *self.others.values()},
            store=self._store,
        )
        return foreteller.foretell(plan)

    def presets(self, foreteller: Foreteller, wanted: Wanted, ahead: float) -> list[PresetForecast]:
        """What it comes to with each preset, the best first; ``ahead`` seconds of work come before it."""
        found = []
        for name in PRESETS:
            forecast = self.forecast(foreteller, wanted, name)
            found.append(PresetForecast(name, forecast, forecast.done_at(ahead)[1]))
        return found

    @property
    def _store(self) -> SectionStore:
        return section_store(self.settings)

    def _plans(self, project: Project, shots: Sequence[Shot]) -> list[ShotPlan]:
        takes = takes_there(self.settings, takes_of_project(session=self.session, project_id=self.project_id))
        return plan_project(
            project=project,
            shots=shots,
            takes=takes,
            identity=self.identity,
            made_for=self.made_for,
            others=self.others,
            gone=loras_gone(self.settings, project, shots),
        )


def best_by(presets: Sequence[PresetForecast], by: dt.datetime) -> PresetForecast | None:
    """The best of ``presets`` that is done ``by`` then, at the latest; None where none is."""
    return next((one for one in presets if one.done_at <= by), None)


def preset_field(made_for: Pass) -> str:
    """The field of a project that holds the preset of a pass."""
    return "preset" if made_for == "draft" else "real_preset"


def next_time(hour: int, minute: int, present: dt.datetime) -> dt.datetime:
    """When it is ``hour``:``minute`` for the next time after ``present``, in its own time zone."""
    today = present.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > present else today + dt.timedelta(days=1)


def _with_new_seed(shot: Shot) -> Shot:
    return Shot(**shot.model_dump() | {"seed": new_seed()})
