"""How projects stand in a list of all: by what is rendered of them, and never by what was so before."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from framepack.messages import Message
from projects.database.tables import Pass, Render, Take
from projects.queue.standing import ProjectStanding, standings_of
from projects.settings import StudioSettings
from projects.storage.places import take_path
from projects.storyboard.projects import archive_project, create_project, delete_project
from projects.storyboard.reading import list_projects
from projects.storyboard.several import delete_shots
from projects.takes.takes import fail_take, record_take
from tests.projects.takes.test_why import Rendered
from tests.support.plain_pictures import MakePicture
from tests.support.single_shots import move_to


class Standing(Rendered):
    """The project of a chain of two shots and a cut, its takes with files, and how it stands."""

    def __init__(self, session: Session, settings: StudioSettings, picture: str) -> None:
        self.settings = settings
        super().__init__(session, picture)

    def render(self, made_for: Pass = "draft") -> list[Take]:
        takes = super().render(made_for)
        self.settings.make_folders()
        for take in takes:
            take_path(self.settings, take.id).write_bytes(b"a take")
        return takes

    def found(self, **weights: str) -> ProjectStanding:
        known = weights or {"draft": "weights"}
        return standings_of(session=self.session, settings=self.settings, projects=[self.project], weights=known)[
            self.project.id
        ]


@pytest.fixture
def rendered(session: Session, studio: StudioSettings, picture: MakePicture) -> Standing:
    return Standing(session, studio, picture().id)


def standing(rendered: Standing, **weights: str) -> tuple[str, int, int, int]:
    found = rendered.found(**weights)
    return found.standing, found.shots, found.current, found.stale


def test_a_project_is_done_out_of_date_and_done_again_as_it_is_edited(rendered: Standing) -> None:
    assert standing(rendered) == ("done", 3, 3, 0)
    rendered.edit(0, prompt="a ship")
    assert standing(rendered) == ("out of date", 3, 1, 2)
    rendered.edit(0, prompt="a boat")
    assert standing(rendered) == ("done", 3, 3, 0)
    rendered.change(steps=3)
    assert standing(rendered) == ("out of date", 3, 0, 3)
    rendered.render()
    assert standing(rendered) == ("done", 3, 3, 0)
    move_to(rendered.session, rendered.shots[2], 1)
    assert standing(rendered) == ("out of date", 3, 2, 1)
    delete_shots(session=rendered.session, project_id=rendered.shots[1].project_id, shot_ids=[rendered.shots[1].id])
    assert standing(rendered)[1] == 2


def test_other_weights_are_out_of_date_and_weights_that_are_not_here_are_those_of_the_takes(rendered: Standing) -> None:
    assert standing(rendered, draft="others") == ("out of date", 3, 0, 3)
    assert standing(rendered, f1="others") == ("done", 3, 3, 0)


def test_a_project_is_empty_then_not_rendered_then_partly(rendered: Standing) -> None:
    session = rendered.session
    for shot in rendered.shots[:2]:
        shot.chosen_draft_id = None
    session.flush()
    assert standing(rendered) == ("partly rendered", 3, 1, 0)
    rendered.shots[2].chosen_draft_id = None
    session.flush()
    assert standing(rendered) == ("not rendered", 3, 0, 0)
    for shot in rendered.shots:
        delete_shots(session=session, project_id=shot.project_id, shot_ids=[shot.id])
    assert standing(rendered) == ("empty", 0, 0, 0)


def test_a_draft_that_is_done_is_drafted_where_there_is_a_real_pass(rendered: Standing) -> None:
    rendered.change(real_checkpoint="draft", real_steps=12)
    assert standing(rendered) == ("drafted", 3, 3, 0)
    rendered.render("real")
    assert standing(rendered) == ("done", 3, 3, 0)
    rendered.change(real_steps=10)
    assert standing(rendered) == ("out of date", 3, 0, 3)


def test_a_take_whose_file_is_gone_counts_for_nothing_and_is_not_what_the_project_shows(rendered: Standing) -> None:
    first, second, _ = rendered.takes
    assert rendered.found().take == first.id
    take_path(rendered.settings, first.id).unlink()
    assert standing(rendered) == ("partly rendered", 3, 2, 0)
    assert rendered.found().take == second.id


def test_shots_whose_newest_take_failed_are_said_until_they_are_rendered(rendered: Standing) -> None:
    rendered.edit(2, prompt="a ship")
    (plan,) = [plan for plan in rendered.plans() if plan.state == "stale"]
    assert plan.planned is not None
    take = record_take(session=rendered.session, shot_id=plan.shot.id, planned=plan.planned)
    fail_take(session=rendered.session, take_id=take.id, error=Message("take-failed"))
    assert (standing(rendered), rendered.found().failed) == (("failed", 3, 2, 1), 1)
    rendered.render()
    assert (standing(rendered), rendered.found().failed) == (("done", 3, 3, 0), 0)


def test_what_takes_too_long_is_left_out_until_it_is_known(rendered: Standing) -> None:
    def known_at_once() -> bool:
        found = standings_of(
            session=rendered.session,
            settings=rendered.settings,
            projects=[rendered.project],
            weights={"draft": "weights"},
            patience=0.0,
        )
        return rendered.project.id in found

    assert not known_at_once()
    rendered.found()
    assert known_at_once()
    rendered.edit(2, prompt="a ship")
    assert not known_at_once()


def test_a_project_with_an_order_under_way_is_being_rendered(rendered: Standing) -> None:
    render = Render(project_id=rendered.project.id, shot_ids=[rendered.shots[0].id])
    rendered.session.add(render)
    rendered.session.flush()
    assert standing(rendered) == ("rendering", 3, 3, 0)
    render.status = "done"
    rendered.session.flush()
    assert standing(rendered)[0] == "done"


def test_projects_are_listed_apart_when_they_are_archived_or_deleted(session: Session) -> None:
    shown, put_away, gone = (create_project(session=session, name=name) for name in ("a", "b", "c"))
    archive_project(session=session, project_id=put_away.id)
    delete_project(session=session, project_id=gone.id)
    assert [one.project for one in list_projects(session=session)] == [shown]
    assert [one.project for one in list_projects(session=session, archived=True)] == [put_away]
    assert gone.deleted_at is not None
