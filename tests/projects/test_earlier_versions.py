"""What earlier versions left: their databases open, their sections are found, their orders are made or made anew.

``tests/homes/<version>.zip`` is a home as a released version left it, one for every version: the lighthouse rendered
(its rows; of its files nothing), a small project rendered whole with its files, one whose worker was killed in the
middle of a render, and one whose render was ordered and not begun.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from framepack.store.section_store import SectionStore
from projects.database.opening import open_database, session_for
from projects.database.tables import Project, Render, Shot, Take
from projects.films.material import film_of
from projects.interchange.file_projects import EXAMPLE, project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.messages import in_english, read
from projects.queue.orders import enqueue_render
from projects.settings import StudioSettings
from projects.takes.render_plan import RenderPlan, missing_units
from projects.takes.staleness import ShotPlan
from projects.takes.takes import takes_of_project
from tests.support.films import film_now
from tests.support.rendering import plans_by_rows, until, worker_process

HOMES = sorted((Path(__file__).parents[1] / "homes").glob("*.zip"))
RENDERED, UNDER_WAY, ORDERED = "rendered", "under way", "with teacache"


@pytest.fixture(params=HOMES, ids=lambda home: home.stem)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> StudioSettings:
    """A copy of what a version left."""
    with zipfile.ZipFile(request.param) as kept:
        kept.extractall(tmp_path)
    return StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path)})


@pytest.fixture
def database(home: StudioSettings) -> sa.Engine:
    return open_database(home)


def project_named(session: Session, name: str) -> Project:
    return session.exec(select(Project).where(Project.name == name)).one()


def plans_then(session: Session, project: Project) -> list[ShotPlan]:
    """The plans of a project with the weights its takes were made with, which may not be those of today."""
    take = takes_of_project(session=session, project_id=project.id)[0]
    return plans_by_rows(session, project.id, take.request["identity"])


@pytest.mark.parametrize("name", ["The lighthouse", RENDERED])
def test_what_an_earlier_version_rendered_is_still_done(database: sa.Engine, name: str) -> None:
    with session_for(database) as session:
        plans = plans_then(session, project_named(session, name))
    assert [plan.state for plan in plans] == ["done"] * len(plans)


def test_its_sections_are_found_under_the_same_keys(home: StudioSettings, database: sa.Engine) -> None:
    with session_for(database) as session:
        plans = plans_then(session, project_named(session, RENDERED))
        film = film_of(session=session, project_id=plans[0].shot.project_id)
        made = film_now(session, home, plans[0].shot.project_id)
    store = SectionStore(home.sections_dir)
    assert [missing_units(plan.planned, store) for plan in plans if plan.planned] == [[]] * len(plans)
    assert film.ready
    assert made.frames == film.frames == round(sum(plan.shot.seconds for plan in plans) * 30)


def test_a_storyboard_file_finds_the_project_it_was_read_into(home: StudioSettings, database: sa.Engine) -> None:
    with session_for(database) as session:
        before = project_named(session, "The lighthouse").id
        assert project_for_file(session=session, settings=home, file=read_storyboard(EXAMPLE)).id == before


def test_a_plan_that_an_earlier_version_stored_names_the_keys_it_was_begun_with(database: sa.Engine) -> None:
    with session_for(database) as session:
        project = project_named(session, UNDER_WAY)
        render = session.exec(select(Render).where(Render.project_id == project.id)).one()
        take = session.exec(select(Take).where(Take.render_id == render.id)).one()
    assert render.plan is not None
    (planned,) = RenderPlan.from_json(render.plan).planned(0)
    assert planned.units == take.units


def test_what_it_had_before_it_is_made_and_what_it_was_at_only_anew_with_the_weights_of_today(
    home: StudioSettings, database: sa.Engine
) -> None:
    """The draft's weights are others since: no shot is made half with the old and half with the new ones."""

    def renders() -> dict[str, Render]:
        with session_for(database) as session:
            names = {UNDER_WAY, ORDERED}
            chosen = select(Render, Project.name).join(Project).order_by(col(Render.created_at))
            return {name: render for render, name in session.exec(chosen) if name in names}

    def settled() -> bool:
        return all(render.status in ("done", "failed") for render in renders().values())

    with worker_process(home, "--device", "cpu", "--adopt-after", "1"):
        until(settled)
        ended = renders()
        with session_for(database) as session:
            begun_with_others = project_named(session, UNDER_WAY)
            shots = [shot.id for shot in session.exec(select(Shot).where(Shot.project_id == begun_with_others.id))]
            again = enqueue_render(session=session, project_id=begun_with_others.id, shot_ids=shots).id
            session.commit()
        until(settled)
    assert ended[ORDERED].status == "done"
    assert ended[UNDER_WAY].status == "failed"
    said = ended[UNDER_WAY].error
    assert said is not None
    assert "were exchanged after this render was planned; render again" in in_english(read(said))
    made = renders()[UNDER_WAY]
    assert (made.id, made.status) == (again, "done")
    with session_for(database) as session:
        settings = project_named(session, ORDERED)
        assert (settings.cache, settings.threshold) == ("teacache", 0.1)
