"""What a shot is asked with: the words around its own, seeds, places, settings of its own, and either pass."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from framepack.shots.request import CENTRED, ShotRequest
from projects.database.tables import Pass, Project, ProjectUpdate, Shot, ShotUpdate
from projects.errors import StoryboardProblem
from projects.messages import in_english
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import project_with_shots
from projects.storyboard.shots import NewShot, add_shots, attach_image, edit_shot
from projects.takes.staleness import ShotPlan, own_checkpoints, plan_project
from projects.takes.takes import takes_of_project
from tests.support.plain_pictures import MakePicture


class Asked:
    """A project of a chain of two shots and a cut, and what is asked of the engine for them."""

    def __init__(self, session: Session, picture: str) -> None:
        self.session = session
        self.project = create_project(session=session, name="p")
        new = [
            NewShot(prompt="a boat", seconds=1.2, seed=1, media_id=picture),
            NewShot(prompt="snow", seconds=1.2, seed=2, start="continue"),
            NewShot(prompt="a storm", seconds=1.2, seed=3, media_id=picture),
        ]
        self.shots = add_shots(session=session, project_id=self.project.id, new=new)

    def change(self, **changes: object) -> Project:
        update = ProjectUpdate.model_validate({"name": "p", **changes})
        return edit_project(session=self.session, project_id=self.project.id, changes=update)

    def edit(self, place: int, **changes: object) -> Shot:
        update = ShotUpdate.model_validate(changes)
        return edit_shot(session=self.session, shot_id=self.shots[place].id, changes=update)

    def plans(self, made_for: Pass = "draft", **others: str) -> list[ShotPlan]:
        project, shots = project_with_shots(session=self.session, project_id=self.project.id)
        takes = takes_of_project(session=self.session, project_id=project.id)
        return plan_project(
            project=project, shots=shots, takes=takes, identity="weights", made_for=made_for, others=others
        )

    def requests(self, made_for: Pass = "draft", **others: str) -> list[ShotRequest]:
        plans = self.plans(made_for, **others)
        return [plan.planned.request for plan in plans if plan.planned is not None]

    def sections(self) -> list[tuple[str, ...]]:
        return [plan.planned.sections for plan in self.plans() if plan.planned is not None]

    def problems(self, made_for: Pass = "draft", **others: str) -> list[str]:
        return [in_english(plan.problem) for plan in self.plans(made_for, **others) if plan.problem]


@pytest.fixture
def asked(session: Session, picture: MakePicture) -> Asked:
    return Asked(session, picture().id)


def test_words_around_every_prompt_are_encoded_with_it_and_change_its_keys(asked: Asked) -> None:
    before = asked.sections()
    asked.change(words_before=" A film still, ", words_after="35 mm, 灯塔")
    prompts = [request.prompt for request in asked.requests()]
    assert prompts == [f"A film still, {words} 35 mm, 灯塔" for words in ("a boat", "snow", "a storm")]
    assert not {key for keys in asked.sections() for key in keys} & {key for keys in before for key in keys}
    asked.change(words_before="", words_after="  ")
    assert asked.sections() == before


def test_words_around_no_prompt_are_no_prompt(asked: Asked) -> None:
    asked.change(words_before="A film still,")
    asked.edit(2, prompt=" ")
    assert asked.problems() == ["It has no text yet; say in a few words what happens in it."]


def test_words_that_make_a_prompt_too_long_are_said(asked: Asked) -> None:
    asked.change(words_before="x" * 3990)
    asked.edit(0, prompt="y" * 100)
    assert "longer than 4000 characters" in asked.problems()[0]


def test_a_prompt_without_words_around_it_is_encoded_as_it_was_typed(asked: Asked) -> None:
    asked.edit(0, prompt="  a boat \n")
    assert asked.requests()[0].prompt == "  a boat \n"


def test_one_seed_for_all_is_the_projects(asked: Asked) -> None:
    assert [request.seed for request in asked.requests()] == [1, 2, 3]
    asked.change(seed_policy="one", seed=768)
    assert [request.seed for request in asked.requests()] == [768] * 3
    asked.change(seed_policy="new")
    assert [request.seed for request in asked.requests()] == [1, 2, 3]


def test_pictures_are_placed_only_where_the_project_says_so(asked: Asked) -> None:
    before = asked.sections()
    asked.edit(0, place_x=0, place_zoom=1500)
    asked.edit(1, place_x=0)
    assert asked.sections() == before
    asked.change(fit="place")
    assert [request.placement for request in asked.requests()] == [(0, 500, 1500), CENTRED, CENTRED]
    assert [request.settings.fit for request in asked.requests()] == ["fill"] * 3
    assert asked.sections()[2] == before[2]
    assert asked.sections()[:2] != before[:2]


def test_a_shots_own_preset_steps_and_guidance_take_the_place_of_the_projects(asked: Asked) -> None:
    asked.change(steps=6, guidance=5.0, cache="teacache", threshold=0.1)
    asked.edit(1, preset="quick", guidance=3.0)
    asked.edit(2, steps=2)
    first, second, third = (request.settings for request in asked.requests())
    assert (first.steps, first.guidance, first.cache) == (6, 5.0, "teacache")
    assert (second.steps, second.guidance, second.cache, second.precision) == (6, 3.0, "first_block", "fast")
    assert (third.steps, third.guidance, third.cache) == (2, 5.0, "teacache")


def test_a_checkpoint_of_a_shots_own_counts_at_a_cut_for_its_chain(asked: Asked) -> None:
    asked.change(guidance=5.0, steps=2)
    asked.edit(0, checkpoint="f1")
    asked.edit(1, checkpoint="original")
    assert own_checkpoints(asked.shots) == {"f1"}
    first, second, third = asked.requests(f1="others")
    assert [one.settings.checkpoint for one in (first, second, third)] == ["f1", "f1", "draft"]
    assert [one.identity for one in (first, second, third)] == ["others", "others", "weights"]
    assert (first.settings.width, first.settings.height) == (832, 480)
    # The project's numbers are for its own model.
    assert (first.settings.steps, first.settings.guidance, third.settings.steps) == (25, 10.0, 2)


def test_a_checkpoint_of_a_shots_own_that_is_not_here_is_said_of_its_chain_only(asked: Asked) -> None:
    asked.edit(0, checkpoint="f1")
    assert asked.problems() == [
        "The weights of 'f1', which this shot has of its own, are not on this computer.",
        "SH0010, which it continues, cannot be rendered yet.",
    ]
    assert len(asked.requests()) == 1


def test_the_real_pass_has_a_model_a_preset_and_steps_of_its_own(asked: Asked) -> None:
    with pytest.raises(StoryboardProblem, match="no real pass yet"):
        asked.plans("real")
    draft = asked.sections()
    asked.change(steps=4, guidance=5.0, real_checkpoint="f1", real_preset="balanced", real_steps=20)
    for request in asked.requests("real"):
        settings = request.settings
        assert (settings.checkpoint, settings.width, settings.height) == ("f1", 832, 480)
        assert (settings.steps, settings.cache, settings.guidance) == (20, "first_block", 10.0)
    asked.change(steps=None, guidance=None)
    assert asked.sections() == draft


def test_a_real_pass_with_the_same_model_keeps_the_projects_guidance(asked: Asked) -> None:
    asked.change(steps=4, guidance=5.0, real_checkpoint="draft")
    settings = asked.requests("real")[0].settings
    assert (settings.steps, settings.guidance, settings.width) == (8, 5.0, 256)


def test_another_picture_changes_no_size(asked: Asked, picture: MakePicture) -> None:
    attach_image(session=asked.session, shot_id=asked.shots[0].id, media_id=picture(100, 900, "red").id)
    assert {(request.settings.width, request.settings.height) for request in asked.requests()} == {(256, 144)}
