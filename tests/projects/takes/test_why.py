"""Why a take is out of date, in words, and putting back what it was made from."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from projects.database.tables import Pass, ProjectUpdate, Take
from projects.errors import StoryboardProblem
from projects.messages import in_english
from projects.storyboard.choosing import own_of
from projects.storyboard.journal import journaled, undo
from projects.storyboard.projects import edit_project
from projects.storyboard.reading import project_with_shots
from projects.storyboard.shots import attach_image
from projects.takes.again import put_back, use_settings_of
from projects.takes.staleness import plan_project
from projects.takes.takes import finish_take, record_take, takes_of_project
from projects.takes.why import reasons_of
from tests.projects.takes.test_asked import Asked
from tests.support.plain_pictures import MakePicture
from tests.support.single_shots import move_to


class Rendered(Asked):
    """The project of a chain of two shots and a cut with a take of each."""

    def __init__(self, session: Session, picture: str) -> None:
        super().__init__(session, picture)
        self.takes = self.render()

    def render(self, made_for: Pass = "draft") -> list[Take]:
        made = []
        for plan in self.plans(made_for):
            if plan.planned is not None and plan.state != "done":
                take = record_take(
                    session=self.session,
                    shot_id=plan.shot.id,
                    planned=plan.planned,
                    made_for=made_for,
                    own=own_of(plan.shot),
                )
                made.append(finish_take(session=self.session, take_id=take.id, seconds_spent=1.0))
        self.session.commit()
        return made

    def why(self, place: int, identity: str = "weights") -> list[str]:
        project, shots = project_with_shots(session=self.session, project_id=self.project.id)
        takes = takes_of_project(session=self.session, project_id=project.id)
        plans = plan_project(project=project, shots=shots, takes=takes, identity=identity)
        return [in_english(reason) for reason in reasons_of(plans).get(self.shots[place].id, ())]

    def states(self) -> list[str]:
        return [plan.state for plan in self.plans()]


@pytest.fixture
def rendered(session: Session, picture: MakePicture) -> Rendered:
    return Rendered(session, picture().id)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"prompt": "a ship"}, "Text changed"),
        ({"seed": 768}, "Seed 3 to 768"),
        ({"seconds": 2.5}, "Length 1.2 s to 2.5 s"),
        ({"start": "continue"}, "It started with a cut and continues the shot before it now"),
        ({"steps": 4}, "Steps 8 to 4"),
        ({"guidance": 7.5}, "Guidance 10 to 7.5"),
        ({"preset": "quick"}, "Preset exact to quick"),
    ],
)
def test_what_was_changed_in_a_shot_is_said_and_put_back(
    rendered: Rendered, changes: dict[str, object], reason: str
) -> None:
    rendered.edit(2, **changes)
    assert rendered.why(2) == [reason]
    put_back(session=rendered.session, shot_id=rendered.shots[2].id)
    assert rendered.states() == ["done"] * 3
    assert rendered.why(2) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"words_after": "35 mm"}, "The words around the text changed"),
        ({"shape": "square"}, "Size 256 × 144 to 192 × 192 pixels"),
        ({"checkpoint": "f1"}, "Model draft to f1"),
        ({"fit": "fit"}, "Pictures are fitted differently"),
        ({"negative_prompt": "blurred"}, "Negative prompt changed"),
        ({"cfg": 1.5}, "CFG 1 to 1.5"),
        ({"cache": "teacache", "threshold": 0.1}, "The way of skipping steps changed"),
        ({"seed_policy": "one", "seed": 5}, "Seed 3 to 5"),
    ],
)
def test_what_was_changed_in_the_project_is_said(rendered: Rendered, changes: dict[str, object], reason: str) -> None:
    rendered.change(**changes)
    assert reason in rendered.why(2)


@pytest.mark.parametrize("changes", [{"steps": 4}, {"guidance": 3.0}, {"preset": "quick"}])
def test_what_the_project_has_otherwise_becomes_the_shots_own_when_it_is_put_back(
    rendered: Rendered, changes: dict[str, object]
) -> None:
    rendered.change(**changes)
    assert rendered.states() == ["stale"] * 3
    put_back(session=rendered.session, shot_id=rendered.shots[2].id)
    assert rendered.states() == ["stale", "stale", "done"]


def test_several_changes_are_several_reasons(rendered: Rendered, picture: MakePicture) -> None:
    rendered.edit(2, prompt="a ship", seed=4)
    attach_image(session=rendered.session, shot_id=rendered.shots[2].id, media_id=picture(300, 200, "red").id)
    assert rendered.why(2) == ["Text changed", "Seed 3 to 4", "Picture changed"]
    put_back(session=rendered.session, shot_id=rendered.shots[2].id)
    assert rendered.states() == ["done"] * 3


def test_a_moved_picture_is_said_and_put_back(rendered: Rendered) -> None:
    rendered.change(fit="place")
    rendered.edit(2, place_x=0)
    assert rendered.why(2) == ["The picture is placed differently"]
    put_back(session=rendered.session, shot_id=rendered.shots[2].id)
    assert rendered.shots[2].place_x == 500


def test_a_shot_that_continues_another_says_which_one_changed(rendered: Rendered) -> None:
    rendered.edit(0, prompt="a ship")
    assert rendered.why(1) == ["SH0010 before it changed"]
    shots = rendered.shots
    first, *_ = rendered.plans()
    assert first.planned is not None
    take = record_take(session=rendered.session, shot_id=shots[0].id, planned=first.planned)
    finish_take(session=rendered.session, take_id=take.id, seconds_spent=1.0)
    assert rendered.states() == ["done", "stale", "done"]
    assert rendered.why(1) == ["SH0010 before it changed"]


def test_exchanged_weights_are_said(rendered: Rendered) -> None:
    assert rendered.why(2, identity="others") == ["The weights of 'draft' are others now"]


def test_a_shot_that_is_not_stale_or_cannot_be_rendered_has_no_reasons(rendered: Rendered) -> None:
    assert rendered.why(0) == []
    move_to(rendered.session, rendered.shots[1], 0)
    assert rendered.why(1) == []


def test_a_take_of_an_earlier_version_that_says_less_gives_reasons_and_settings_too(rendered: Rendered) -> None:
    take = rendered.takes[2]
    request = {name: value for name, value in take.request.items() if name not in ("own", "placement")}
    take.request = {**request, "settings": {k: v for k, v in request["settings"].items() if k != "fit"}}
    rendered.session.commit()
    rendered.edit(2, prompt="a ship")
    assert rendered.why(2) == ["Text changed"]
    put_back(session=rendered.session, shot_id=rendered.shots[2].id)
    assert rendered.states() == ["done"] * 3


def test_settings_of_another_take_are_used_again_and_it_is_shown_and_this_can_be_undone(rendered: Rendered) -> None:
    shot = rendered.shots[2]
    rendered.edit(2, prompt="a ship", seed=9)
    (newer,) = rendered.render()
    assert shot.chosen_draft_id == newer.id
    with journaled(session=rendered.session, project_id=rendered.project.id, kind="use-settings"):
        use_settings_of(session=rendered.session, take_id=rendered.takes[2].id)
    assert (shot.prompt, shot.seed, shot.chosen_draft_id) == ("a storm", 3, rendered.takes[2].id)
    undo(session=rendered.session, project_id=rendered.project.id)
    assert (shot.prompt, shot.seed, shot.chosen_draft_id) == ("a ship", 9, newer.id)


def test_a_project_of_two_passes_keeps_a_take_for_each_and_says_why_each_is_stale(rendered: Rendered) -> None:
    rendered.change(real_checkpoint="draft", real_steps=12)
    assert [plan.state for plan in rendered.plans("real")] == ["never rendered"] * 3
    real = rendered.render("real")
    assert [plan.state for plan in rendered.plans("real")] == rendered.states() == ["done"] * 3
    assert [shot.chosen_real_id for shot in rendered.shots] == [take.id for take in real]
    assert [shot.chosen_draft_id for shot in rendered.shots] == [take.id for take in rendered.takes]
    rendered.change(real_steps=10)
    assert rendered.states() == ["done"] * 3
    reasons = reasons_of(rendered.plans("real"))
    assert [[in_english(one) for one in reasons[shot.id]] for shot in rendered.shots] == [
        ["Steps 12 to 10"],
        ["Steps 12 to 10", "SH0010 before it changed"],
        ["Steps 12 to 10"],
    ]


def test_a_shot_without_a_take_has_nothing_to_put_back(session: Session, picture: MakePicture) -> None:
    asked = Asked(session, picture().id)
    edit_project(session=session, project_id=asked.project.id, changes=ProjectUpdate(steps=2))
    with pytest.raises(StoryboardProblem, match="SH0010 has no take yet"):
        put_back(session=session, shot_id=asked.shots[0].id)
