"""Other takes of a shot to choose from, new seeds with every render, and the two passes, as a worker makes them."""

from __future__ import annotations

import pytest

from framepack.errors import InvalidRequest
from projects.database.opening import session_for
from projects.database.tables import Pass, ProjectUpdate, Render, Shot, ShotUpdate, Take
from projects.errors import StoryboardProblem
from projects.films.material import film_of
from projects.queue.orders import cancel_render, order_other_takes, render_changed, what_changed
from projects.settings import StudioSettings
from projects.storyboard.choosing import choose_take
from projects.storyboard.projects import edit_project
from projects.takes.staleness import ShotPlan, plan_for
from projects.takes.takes import cancel_take, note_take, record_take, star_take
from tests.support.studio_at_work import IDENTITY, StudioAtWork


@pytest.fixture
def studio_at_work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    return StudioAtWork(studio)


def order_others(s: StudioAtWork, shot: Shot, count: int) -> Render:
    with session_for(s.database) as session:
        render = order_other_takes(session=session, shot_id=shot.id, count=count)
        session.commit()
        return render


def shot_now(s: StudioAtWork, shot: Shot) -> Shot:
    with session_for(s.database) as session:
        return session.get_one(Shot, shot.id)


def choose(s: StudioAtWork, take: Take) -> None:
    with session_for(s.database) as session:
        choose_take(session=session, shot_id=take.shot_id, take_id=take.id)
        session.commit()


def change(s: StudioAtWork, **changes: object) -> None:
    with session_for(s.database) as session:
        update = ProjectUpdate.model_validate({"name": "small", **changes})
        edit_project(session=session, project_id=s.project.id, changes=update)
        session.commit()


def plans(s: StudioAtWork, made_for: Pass) -> list[ShotPlan]:
    with session_for(s.database) as session:
        return plan_for(
            session=session, settings=s.settings, project_id=s.project.id, identity=IDENTITY, made_for=made_for
        )


def test_other_takes_have_other_seeds_and_change_nothing_until_one_is_chosen(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(*s.shots)
    before = shot_now(s, s.shots[1])
    render = order_others(s, s.shots[1], 3)
    assert s.carry_out(render.id).status == "done"

    *others, first = s.takes(s.shots[1])
    assert render.variants is not None
    seeds = [variant["seed"] for variant in render.variants[s.shots[1].id]]
    assert sorted(take.request["seed"] for take in others) == sorted(seeds)
    assert len({take.request["seed"] for take in (*others, first)}) == 4
    assert [take.number for take in others] == [4, 3, 2]
    after = shot_now(s, s.shots[1])
    assert (after.seed, after.chosen_draft_id, after.version) == (before.seed, first.id, before.version)
    assert s.states() == ["done"] * 3

    choose(s, others[1])
    assert shot_now(s, s.shots[1]).seed == others[1].request["seed"]
    assert s.states() == ["done"] * 3
    choose(s, first)
    assert shot_now(s, s.shots[1]).seed == before.seed
    assert s.states() == ["done"] * 3
    s.edit(s.shots[1], ShotUpdate(prompt="it snows"))
    choose(s, others[0])
    assert (shot_now(s, s.shots[1]).seed, s.states()[1]) == (before.seed, "stale")


def test_other_takes_may_be_ordered_while_their_shot_is_rendered_and_are_no_order_for_what_changed(
    studio_at_work: StudioAtWork,
) -> None:
    s = studio_at_work
    render = order_others(s, s.shots[2], 1)
    with session_for(s.database) as session:
        assert what_changed(plans(s, "draft"), [render]) == [shot.id for shot in s.shots]
        changed = render_changed(session=session, settings=s.settings, project_id=s.project.id, identity=IDENTITY)
        session.commit()
    assert changed.shot_ids == [shot.id for shot in s.shots]
    s.carry_out(changed.id)
    s.carry_out(render.id)
    assert s.states() == ["done"] * 3


def test_an_other_take_of_a_shot_that_has_none_is_shown(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.carry_out(order_others(s, s.shots[2], 1).id)
    (take,) = s.takes(s.shots[2])
    assert shot_now(s, s.shots[2]).chosen_draft_id == take.id


def test_other_takes_of_a_shot_whose_predecessor_is_missing_make_that_too_as_it_is_asked_for(
    studio_at_work: StudioAtWork,
) -> None:
    s = studio_at_work
    s.carry_out(order_others(s, s.shots[1], 2).id)
    assert [len(s.takes(shot)) for shot in s.shots] == [1, 2, 0]
    assert s.states() == ["done", "stale", "never rendered"]


@pytest.mark.parametrize("count", [0, 9])
def test_so_many_other_takes_cannot_be_ordered_at_once(studio_at_work: StudioAtWork, count: int) -> None:
    with pytest.raises(InvalidRequest, match="not between 1 and 8"):
        order_others(studio_at_work, studio_at_work.shots[0], count)


def test_takes_that_were_called_off_give_their_numbers_back(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(s.shots[2])
    with session_for(s.database) as session:
        planned = plans(s, "draft")[2].planned
        assert planned is not None
        for _ in range(2):
            take = record_take(session=session, shot_id=s.shots[2].id, planned=planned)
            session.commit()
            assert take.number == 2
            cancel_take(session=session, take_id=take.id)
        session.commit()
        # Two workers may have been at two of them.
        other = Take(shot_id=s.shots[2].id, number=3, status="cancelled", frames=1, width=1, height=1, fps=30)
        session.add(other)
        session.commit()
    s.edit(s.shots[2], ShotUpdate(seed=99))
    s.render(s.shots[2])
    assert [take.number for take in s.takes(s.shots[2])] == [2, 1]


def test_a_render_that_is_called_off_before_it_begins_leaves_no_take(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    render = order_others(s, s.shots[2], 2)
    with session_for(s.database) as session:
        cancel_render(session=session, settings=s.settings, render_id=render.id)
        session.commit()
    s.carry_out(render.id)
    assert s.takes(s.shots[2]) == []


def test_where_each_render_wants_new_seeds_what_is_made_anew_gets_one_and_what_is_done_keeps_its_own(
    studio_at_work: StudioAtWork,
) -> None:
    s = studio_at_work
    change(s, seed_policy="new")
    s.render(*s.shots)
    seeds = [shot_now(s, shot).seed for shot in s.shots]
    assert len({*seeds, 0, 1, 2}) == 6
    assert [s.takes(shot)[0].request["seed"] for shot in s.shots] == seeds
    s.edit(s.shots[2], ShotUpdate(prompt="it snows"))
    s.render(*s.shots)
    now = [shot_now(s, shot).seed for shot in s.shots]
    assert now[:2] == seeds[:2]
    assert now[2] != seeds[2]
    assert s.states() == ["done"] * 3


def test_each_pass_has_a_take_and_a_film_of_its_own(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    with session_for(s.database) as session, pytest.raises(StoryboardProblem, match="no real pass"):
        render_changed(
            session=session, settings=s.settings, project_id=s.project.id, identity=IDENTITY, made_for="real"
        )
    change(s, real_checkpoint="draft", real_steps=2)
    s.render(*s.shots)
    assert [plan.state for plan in plans(s, "real")] == ["never rendered"] * 3
    with session_for(s.database) as session:
        render = render_changed(
            session=session, settings=s.settings, project_id=s.project.id, identity=IDENTITY, made_for="real"
        )
        session.commit()
    assert s.carry_out(render.id).status == "done"
    assert [plan.state for plan in plans(s, "real")] == ["done"] * 3
    assert s.states() == ["done"] * 3
    for shot in s.shots:
        real, draft = s.takes(shot)
        assert (real.made_for, real.request["settings"]["steps"]) == ("real", 2)
        assert (draft.made_for, draft.request["settings"]["steps"]) == ("draft", 1)
    with session_for(s.database) as session:
        films = [
            film_of(session=session, project_id=s.project.id, made_for=made_for).takes for made_for in ("draft", "real")
        ]
        made = [[session.get_one(Take, take).made_for for take in takes] for takes in films]
    assert made == [["draft"] * 3, ["real"] * 3]


def test_a_take_made_for_real_is_chosen_for_the_real_pass(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    change(s, real_checkpoint="draft", real_steps=2)
    s.render(s.shots[2])
    with session_for(s.database) as session:
        planned = plans(s, "real")[2].planned
        assert planned is not None
        take = record_take(session=session, shot_id=s.shots[2].id, planned=planned, made_for="real")
        take.status = "done"
        star_take(session=session, take_id=take.id, star=True)
        note_take(session=session, take_id=take.id, note="灯塔\0 good")
        session.commit()
    before = shot_now(s, s.shots[2]).chosen_draft_id
    choose(s, take)
    now = shot_now(s, s.shots[2])
    assert (now.chosen_draft_id, now.chosen_real_id) == (before, take.id)
    newest = s.takes(s.shots[2])[0]
    assert (newest.star, newest.note) == (True, "灯塔 good")
