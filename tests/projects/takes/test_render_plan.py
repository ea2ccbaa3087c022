from __future__ import annotations

import json

import numpy as np
import pytest
from sqlmodel import Session

from framepack.shots.keys import PlannedShot, plan_chain
from framepack.store.section_store import SectionStore
from projects.database.tables import Shot, Start
from projects.messages import in_english
from projects.settings import StudioSettings
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot
from projects.takes.render_plan import RenderPlan, plan_render
from projects.takes.staleness import ShotPlan
from tests.support.plain_pictures import MakePicture
from tests.support.rendering import plans_by_rows


@pytest.fixture
def plans(session: Session, picture: MakePicture) -> list[ShotPlan]:
    """Two chains: a cut with two shots that continue it, and a cut; then a cut that has no picture."""
    project = create_project(session=session, name="p")
    media = picture()
    starts: list[Start] = ["cut", "continue", "continue", "cut", "cut"]
    for place, start in enumerate(starts):
        has_picture = start == "cut" and place < 4
        add_shot(
            session=session,
            project_id=project.id,
            prompt="a boat",
            seconds=2.0,
            start=start,
            media_id=media.id if has_picture else None,
        )
    return plans_by_rows(session, project.id, "weights")


@pytest.fixture
def store(studio: StudioSettings) -> SectionStore:
    return SectionStore(studio.sections_dir)


def publish(store: SectionStore, planned: PlannedShot | None) -> None:
    assert planned is not None
    for key, _ in planned.units:
        store.publish(key, np.zeros((1, 16, 1, 2, 2), np.float32), [np.zeros((16, 16, 3), np.uint8)], 30)


def made(plan: RenderPlan) -> list[list[str]]:
    return [[shot.shot_id for shot in chain if shot.index is not None] for chain in plan.chains]


def ids(*shots: Shot) -> list[str]:
    return [shot.id for shot in shots]


def test_only_chains_with_a_wanted_shot_are_in_the_plan(plans: list[ShotPlan], store: SectionStore) -> None:
    shots = [plan.shot for plan in plans]
    plan = plan_render(plans=plans, wanted=ids(shots[0], shots[3]), store=store)
    assert made(plan) == [ids(shots[0]), ids(shots[3])]
    assert [len(chain) for chain in plan.chains] == [1, 1]
    assert [shot.index for chain in plan.chains for shot in chain] == [1, 2]


def test_an_earlier_shot_that_a_wanted_one_builds_on_is_made_too(plans: list[ShotPlan], store: SectionStore) -> None:
    shots = [plan.shot for plan in plans]
    publish(store, plans[0].planned)
    plan = plan_render(plans=plans, wanted=ids(shots[2]), store=store)
    assert made(plan) == [ids(shots[1], shots[2])]
    assert plan.shot_count == 2


def test_a_shot_that_cannot_be_rendered_is_named_and_the_others_are_made(
    plans: list[ShotPlan], store: SectionStore
) -> None:
    shots = [plan.shot for plan in plans]
    plan = plan_render(plans=plans, wanted=ids(shots[3], shots[4]), store=store)
    assert made(plan) == [ids(shots[3])]
    assert [in_english(problem) for problem in plan.problems] == [
        "SH0050: It has no picture yet, and a shot that starts with a cut begins with one, or with a video."
    ]


def test_a_kept_plan_names_the_same_sections(plans: list[ShotPlan], store: SectionStore) -> None:
    plan = plan_render(plans=plans, wanted=ids(plans[2].shot), store=store)
    kept = RenderPlan.from_json(json.loads(json.dumps(plan.to_json())))
    assert kept == plan
    assert kept.planned(0) == plans[2].chain


def test_a_kept_plan_has_its_problems_also_where_an_earlier_version_kept_sentences(
    plans: list[ShotPlan], store: SectionStore
) -> None:
    plan = plan_render(plans=plans, wanted=ids(plans[4].shot), store=store)
    kept = json.loads(json.dumps(plan.to_json()))
    assert RenderPlan.from_json(kept) == plan
    kept["problems"] = ["SH0050: Its prompt: it is empty."]
    assert [in_english(problem) for problem in RenderPlan.from_json(kept).problems] == kept["problems"]


def test_a_plan_that_stops_within_a_chain_makes_its_last_shot_as_one_that_is_continued(
    plans: list[ShotPlan], store: SectionStore
) -> None:
    plan = plan_render(plans=plans, wanted=ids(plans[1].shot), store=store)
    assert plan.planned(0) == plans[1].chain
    assert [shot.ends for shot in plan.chains[0]] == [False, False]


def test_a_plan_of_the_first_version_which_says_nothing_of_ends_is_carried_out_as_it_was(
    plans: list[ShotPlan], store: SectionStore
) -> None:
    kept = plan_render(plans=plans, wanted=ids(plans[3].shot), store=store).to_json()
    for shot in kept["chains"][0]:
        del shot["ends"]
    (planned,) = RenderPlan.from_json(kept).planned(0)
    assert planned.units == plan_chain([planned.request])[0].units
