"""What a worker keeps of a storyboard when it begins a render: the plan by which it is then carried out."""

from __future__ import annotations

from sqlmodel import Session

from framepack.store.section_store import SectionStore
from projects.database.tables import Render
from projects.settings import StudioSettings
from projects.storyboard.reading import project_with_shots
from projects.storyboard.shots import give_new_seeds
from projects.takes.render_plan import RenderPlan, plan_render
from projects.takes.staleness import ShotPlan, plan_for
from projects.takes.variants import plan_variants, wanted_variants
from projects.takes.weights import other_identities, pass_identity


def plan_of_render(*, session: Session, settings: StudioSettings, store: SectionStore, render: Render) -> RenderPlan:
    """The plan of a render that was ordered. Where the project wants new seeds, what is made anew gets them now."""
    project, shots = project_with_shots(session=session, project_id=render.project_id)
    identity = pass_identity(project, render.made_for, settings.engine.models)
    others = other_identities(shots, settings.engine.models)

    def plans() -> list[ShotPlan]:
        return plan_for(
            session=session,
            settings=settings,
            project_id=project.id,
            identity=identity,
            made_for=render.made_for,
            others=others,
        )

    if render.variants:
        return plan_variants(
            session=session,
            plans=plans(),
            variants=wanted_variants(render),
            identities={identity, *others.values()},
            store=store,
        )
    now = plans()
    if project.seed_policy == "new":
        wanted = [plan.shot for plan in now if plan.shot.id in render.shot_ids and plan.planned and not plan.found]
        give_new_seeds(session=session, shots=wanted)
        now = plans()
    return plan_render(plans=now, wanted=render.shot_ids, store=store)
