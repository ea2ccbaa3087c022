"""Takes that go on from a moment of another: what they share with it, what is rendered for them, and choosing one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from framepack.errors import InvalidRequest
from framepack.media.video import read_frames
from framepack.shots.events import Conditioned, Event, Finished, SectionDone
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.database.opening import session_for
from projects.database.tables import Render, Shot, ShotUpdate, Take
from projects.errors import StoryboardProblem
from projects.forecast.foretelling import Foreteller
from projects.messages import in_english, read
from projects.queue.branches import BranchOrder, Way, change_length, order_branches
from projects.queue.orders import cancel_render, stop_after_section
from projects.queue.overview import forecast_of, overview
from projects.queue.steering import pause_order, resume_order, retry_order
from projects.settings import StudioSettings
from projects.storage.places import take_path
from projects.storyboard.choosing import choose_take
from projects.storyboard.reading import get_shot
from projects.storyboard.several import delete_shots
from projects.storyboard.shots import add_shot
from projects.takes.again import use_settings_of
from projects.takes.takes import delete_take, get_take
from tests.support.rendering import SIDE, PaintingRoom
from tests.support.studio_at_work import BeginsAfresh, StudioAtWork


class KeyedRoom(PaintingRoom):
    """Paints each section in a pattern of its own, as far as it is not there, and notes which it painted."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[str] = []

    def render(
        self,
        chain: tuple[PlannedShot, ...],
        place: int,
        pictures: Mapping[str, Path],  # noqa: ARG002
        store: SectionStore,
    ) -> Iterator[Event]:
        shot = chain[place]
        yield Conditioned(len(shot.sections), 0)
        for number, (key, _) in enumerate(shot.units, start=0 if shot.start else 1):
            if not store.is_whole(key):
                self.made.append(key)
                pattern = np.frombuffer(bytes.fromhex(key), np.uint8)[:16].reshape(4, 4)
                frame = np.stack([np.kron(pattern, np.ones((SIDE // 4,) * 2, np.uint8))] * 3, -1)
                store.publish(key, np.zeros((1, 16, 1, 8, 8), np.float32), [frame] * (36 if number else 1), 30)
                self.between()
                yield SectionDone(key, number, 0.01)
            else:
                yield SectionDone(key, number, 0.0)
        yield Finished(shot.span.frames, 0.1)


class Branching(StudioAtWork):
    def __init__(self, settings: StudioSettings) -> None:
        super().__init__(settings)
        self.room: KeyedRoom = KeyedRoom()
        self.worker = self.new_worker(settings)

    def order_ways(self, take: Take, at: float, *ways: Way) -> BranchOrder:
        with session_for(self.database) as session:
            ordered = order_branches(
                session=session, settings=self.settings, take_id=take.id, at=at, ways=ways or (Way(),)
            )
            session.commit()
            return ordered

    def stop(self, render_id: str) -> None:
        with session_for(self.database) as session:
            stop_after_section(session=session, render_id=render_id)
            session.commit()

    def last(self, take: Take, seconds: float) -> Take | BranchOrder:
        with session_for(self.database) as session:
            changed = change_length(session=session, settings=self.settings, take_id=take.id, seconds=seconds)
            session.commit()
            return changed

    def go_on(self, take: Take, at: float, *ways: Way) -> list[Take]:
        """The takes that go on from a take, the first way's first."""
        had = len(self.takes_of(take.shot_id))
        render = self.carry_out(self.order_ways(take, at, *ways).render.id)
        assert render.status == "done", render.error
        found = self.takes_of(take.shot_id)
        return found[: len(found) - had][::-1]

    def go_on_if_other(self, take: Take, at: float, way: Way) -> list[Take]:
        """As ``go_on``; none where nothing would differ from this take or another."""
        try:
            return self.go_on(take, at, way)
        except StoryboardProblem as problem:
            if problem.message.id not in ("branch-same", "branch-there"):
                raise
            return []

    def takes_of(self, shot_id: str) -> list[Take]:
        with session_for(self.database) as session:
            return self.takes(get_shot(session=session, shot_id=shot_id))

    def shot(self, place: int) -> Shot:
        with session_for(self.database) as session:
            return session.get_one(Shot, self.shots[place].id)

    def choose(self, take: Take) -> Shot:
        with session_for(self.database) as session:
            shot = choose_take(session=session, shot_id=take.shot_id, take_id=take.id)
            session.commit()
            return shot

    def frames(self, take: Take) -> np.ndarray:
        return np.stack(list(read_frames(take_path(self.settings, take.id))))


@pytest.fixture
def s(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> Branching:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    return Branching(studio)


def test_a_take_gone_on_from_shares_what_was_before_and_only_what_follows_is_rendered(s: Branching) -> None:
    s.render(s.shots[0])
    (take,) = s.takes(s.shots[0])
    s.room.made.clear()
    before = s.shot(0)
    ordered = s.order_ways(take, 1.6, Way("it snows", 9))
    # 1.6 s are the picture, 11 latents and three quarters; the twelfth begins with frame 49.
    assert (ordered.frame, ordered.new_sections, ordered.sections) == (49, 1, 3)
    assert ordered.at == pytest.approx(49 / 30, abs=1e-3)
    assert s.carry_out(ordered.render.id).status == "done"

    other = s.takes(s.shots[0])[0]
    assert other.units[:3] == (*take.units[:2], (take.units[2][0], 12))
    assert s.room.made == [key for key, _ in other.units[3:]]
    assert np.array_equal(s.frames(other)[:49], s.frames(take)[:49])
    assert not np.array_equal(s.frames(other)[49:], s.frames(take)[49:])
    assert other.request["own"]["beats"] == [{"at": ordered.at, "prompt": "it snows", "seed": 9}]
    assert (other.request["branch_of"], len(s.frames(other))) == (1, take.frames)
    after = s.shot(0)
    assert (after.beats, after.chosen_draft_id, after.version) == ([], take.id, before.version)
    assert s.states()[0] == "done"


def test_choosing_a_branch_gives_its_beats_to_the_shot_and_choosing_its_origin_takes_them_back(s: Branching) -> None:
    s.render(s.shots[0])
    (take,) = s.takes(s.shots[0])
    (other,) = s.go_on(take, 1.0, Way("it snows"))
    (third,) = s.go_on(other, 1.5)
    for chosen, beats in ((other, 1), (third, 2), (take, 0), (third, 2)):
        assert len(s.choose(chosen).beats) == beats
        assert s.states()[0] == "done"
    # What was typed since is not lost.
    s.edit(s.shots[0], ShotUpdate(beats=[{"at": 0.5, "prompt": "it rains"}]))
    assert s.choose(take).beats == [{"at": 0.5, "prompt": "it rains"}]
    assert s.states()[0] == "stale"
    with session_for(s.database) as session:
        again = use_settings_of(session=session, take_id=third.id)
        assert again.beats == third.request["own"]["beats"]
        session.commit()
    assert s.states()[0] == "done"


def test_another_seed_leaves_the_beats_that_come_later_and_another_sentence_takes_their_place(s: Branching) -> None:
    s.edit(
        s.shots[0],
        ShotUpdate(beats=[{"at": 0.4, "prompt": "it rains"}, {"at": 1.6, "prompt": "it snows"}]),
    )
    s.render(s.shots[0])
    (take,) = s.takes(s.shots[0])
    s.room.made.clear()
    seeded, told = s.go_on(take, 1.0, Way(seed=9), Way("it hails"))
    assert [beat["prompt"] for beat in seeded.request["beats"]] == ["it rains", None, "it snows"]
    assert [beat["prompt"] for beat in told.request["beats"]] == ["it rains", "it hails"]
    assert [beat.get("prompt") for beat in seeded.request["own"]["beats"]] == ["it rains", None, "it snows"]
    assert seeded.units[:2] == take.units[:2] == told.units[:2]
    assert set(s.room.made) == {key for key, _ in (*seeded.units, *told.units)} - {key for key, _ in take.units}
    # What comes later is made after another past, also where its sentence is the same.
    assert seeded.units[-1][0] != take.units[-1][0]
    assert (len(s.choose(seeded).beats), s.states()[0]) == (3, "done")


def test_ways_that_say_the_same_get_seeds_of_their_own_and_share_their_past(s: Branching) -> None:
    s.render(s.shots[0])
    (take,) = s.takes(s.shots[0])
    s.room.made.clear()
    variants = s.go_on(take, 1.2, Way("it snows"), Way("it snows"), Way(), Way("it snows", 5))
    seeds = [variant.request["beats"][0]["seed"] for variant in variants]
    assert (seeds[0], seeds[3], len(set(seeds))) == (None, 5, 4)
    assert {variant.units[:2] for variant in variants} == {take.units[:2]}
    assert len(s.room.made) == len(set(s.room.made)) == 4
    assert len({variant.units[-1][0] for variant in variants}) == 4


def test_a_continuing_take_is_gone_on_from_also_when_the_shot_before_it_is_another_by_now(s: Branching) -> None:
    s.render(*s.shots[:2])
    (take,) = s.takes(s.shots[1])
    (other,) = s.go_on(take, 1.3, Way("it snows"))
    assert other.units[:2] == (take.units[0], (take.units[1][0], 4))
    s.edit(s.shots[0], ShotUpdate(prompt="it rains"))
    s.render(*s.shots[:2])
    s.room.made.clear()
    (late,) = s.go_on(take, 1.3, Way("it hails"))
    assert (late.units[:2], s.room.made) == (other.units[:2], [late.units[2][0]])
    assert [len(s.takes(shot)) for shot in s.shots] == [2, 4, 0]


def test_what_cannot_be_gone_on_from_is_refused_in_words(s: Branching) -> None:
    s.render(*s.shots[:2])
    (take,) = s.takes(s.shots[0])
    for at, problem in ((2.0, "ends at 2.03 s"), (9.0, "go on from a moment before that"), (-1.0, "ends at")):
        with pytest.raises(StoryboardProblem, match=problem):
            s.order_ways(take, at)
    with pytest.raises(StoryboardProblem, match="Nothing would differ"):
        s.order_ways(take, 1.0, Way("shot 0"))
    with pytest.raises(InvalidRequest, match="longer than 4000"):
        s.order_ways(take, 1.0, Way("x" * 5000))
    with pytest.raises(InvalidRequest, match="not between 1 and 8"):
        s.order_ways(take, 1.0, *[Way()] * 9)
    (later,) = s.takes(s.shots[1])
    s.edit(s.shots[1], ShotUpdate(start="cut"))
    with session_for(s.database) as session:
        get_take(session=session, take_id=later.id).render_id = None
        session.commit()
    with pytest.raises(StoryboardProblem, match="has changed, so nothing of it could be shared"):
        s.order_ways(later, 1.0)
    (other,) = s.go_on(take, 1.0)
    with session_for(s.database) as session:
        delete_take(session=session, take_id=other.id)
        session.commit()
    with pytest.raises(StoryboardProblem, match="is not finished"):
        s.order_ways(other, 1.0)


def test_a_take_of_weights_that_are_not_here_any_more_is_not_gone_on_from(
    s: Branching, monkeypatch: pytest.MonkeyPatch
) -> None:
    s.render(s.shots[0])
    (take,) = s.takes(s.shots[0])
    ordered = s.order_ways(take, 1.0)
    monkeypatch.setattr("projects.generator.planning.pass_identity", lambda *_: "others")
    render = s.carry_out(ordered.render.id)
    assert render.error is not None
    assert "weights that this computer does not have any more" in in_english(read(render.error))
    assert s.takes(s.shots[0])[0].id == take.id


def test_a_take_is_ended_earlier_at_once_and_extended_by_what_is_missing(s: Branching) -> None:
    s.render(s.shots[0])
    (take,) = s.takes(s.shots[0])
    s.edit(s.shots[1], ShotUpdate(start="cut"))
    s.room.made.clear()
    short = s.last(take, 1.5)
    assert isinstance(short, Take)
    assert (short.status, short.number, short.frames, short.units[:2]) == ("done", 2, 45, take.units[:2])
    assert np.array_equal(s.frames(short), s.frames(take)[:45])
    assert (s.room.made, s.shot(0).chosen_draft_id, s.shot(0).seconds) == ([], take.id, 2.0)

    ordered = s.last(short, 4.0)
    assert isinstance(ordered, BranchOrder)
    assert (ordered.new_sections, ordered.sections, ordered.frame) == (2, 4, 45)
    s.carry_out(ordered.render.id)
    long = s.takes(s.shots[0])[0]
    assert [key for key, _ in long.units[:3]] == [key for key, _ in take.units]
    assert (len(s.room.made), long.frames) == (2, 120)
    assert np.array_equal(s.frames(long)[:60], s.frames(take)[:60])

    for chosen in (short, long, take):
        assert s.choose(chosen).seconds == chosen.request["seconds"]
        assert s.states()[0] == "done"
    with pytest.raises(StoryboardProblem, match="Take 2 of SH0010 is that already"):
        s.last(take, 1.5)
    with pytest.raises(InvalidRequest, match="600"):
        s.last(take, 700.0)


def test_a_render_that_is_to_stop_keeps_the_sections_there_are_as_a_take_of_that_length(s: Branching) -> None:
    s.edit(s.shots[0], ShotUpdate(seconds=5.0))
    render_id = s.order(*s.shots)
    s.room.between = lambda: s.stop(render_id) if len(s.room.made) == 3 else None
    assert s.carry_out(render_id).status == "done"
    (take,) = s.takes(s.shots[0])
    assert (take.status, take.frames, len(take.units), len(s.room.made)) == ("done", 73, 3, 3)
    assert len(s.frames(take)) == 73
    assert take.request["seconds"] == take.request["own"]["seconds"] == pytest.approx(73 / 30, abs=1e-3)
    assert [len(s.takes(shot)) for shot in s.shots] == [1, 0, 0]
    assert s.states()[0] == "stale"
    # What follows is made later, and the take found then as it is.
    s.room.between = lambda: None
    s.render(s.shots[0])
    assert (len(s.room.made), s.takes(s.shots[0])[0].frames, s.states()[0]) == (6, 149, "done")


def test_a_render_that_is_to_stop_and_whose_worker_dies_goes_on_to_the_end_of_its_section(s: Branching) -> None:
    s.edit(s.shots[0], ShotUpdate(seconds=5.0))
    render_id = s.order(s.shots[0])
    s.plan(render_id)

    def die() -> None:
        if len(s.room.made) == 2:
            s.stop(render_id)
            raise BeginsAfresh

    s.room.between = die
    with pytest.raises(BeginsAfresh):
        s.make(render_id, 0, 0)
    s.room.between = lambda: None
    s.worker = s.new_worker(s.settings)
    assert s.carry_out(render_id).status == "done"
    (take,) = s.takes(s.shots[0])
    assert (take.status, take.frames, len(s.room.made)) == ("done", 73, 3)
    # Nothing more is begun for it.
    assert s.make(render_id, 0, 0) is not None
    assert len(s.takes(s.shots[0])) == 1


STEPS = st.tuples(
    st.integers(0, 20), st.integers(0, 15), st.sampled_from([None, "it snows", "it rains"]), st.integers(0, 2)
)
NUMBERS = itertools.count()


@examples(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=5))
def test_in_any_tree_of_branches_nothing_is_rendered_twice_and_nothing_before_a_moment_changes(
    s: Branching, steps: list[tuple[int, int, str | None, int]]
) -> None:
    with session_for(s.database) as session:
        # A shot of its own for each tree: what another tree made is not found again.
        shot = add_shot(
            session=session,
            project_id=s.project.id,
            prompt=f"tree {next(NUMBERS)}",
            seconds=2.1,
            start="cut",
            seed=7,
            media_id=s.shots[0].media_id,
        )
        session.commit()
    s.render(shot)
    s.room.made.clear()
    for of, latent, prompt, seed in steps:
        takes = s.takes(shot)
        origin = takes[of % len(takes)]
        at = (1 + 4 * latent) / 30
        found = s.go_on_if_other(origin, at, Way(prompt, seed or None))
        if not found:
            continue
        (branch,) = found
        frame = 0 if latent == 0 else 1 + 4 * latent
        assert branch.frames == origin.frames
        assert np.array_equal(s.frames(branch)[:frame], s.frames(origin)[:frame])
        assert frames_by_key(branch)[:frame] == frames_by_key(origin)[:frame]
        assert frames_by_key(branch)[frame:] != frames_by_key(origin)[frame:]
    assert len(s.room.made) == len(set(s.room.made))
    shown = {key for take in s.takes(shot) for key, _ in take.units}
    assert set(s.room.made) <= shown


def frames_by_key(take: Take) -> list[tuple[str, int]]:
    return [(key, number) for key, frames in take.units for number in range(frames)]


def test_an_order_that_goes_on_from_a_take_is_foretold_by_what_it_lacks_and_can_be_tried_again(s: Branching) -> None:
    s.render(s.shots[0])
    (take,) = s.takes(s.shots[0])
    ordered = s.order_ways(take, 1.6, Way("it snows", 9))
    with session_for(s.database) as session:
        (listed,) = overview(session=session, settings=s.settings).orders
        assert listed.forecast is not None
        assert (listed.forecast.shots, listed.forecast.sections) == (1, ordered.new_sections)
        assert listed.order.urgent
        listed.order.direction, listed.order.stopping = {"seconds": 2.0, "take": None, "base": None}, True
        cancel_render(session=session, settings=s.settings, render_id=listed.order.id)
        again = retry_order(session=session, render_id=listed.order.id)
        assert (again.variants, again.direction, again.stopping) == (listed.order.variants, None, False)
        session.commit()
        # What waits for a shot that is deleted meanwhile holds up neither the list nor the worker.
        delete_shots(session=session, project_id=s.project.id, shot_ids=[take.shot_id])
        session.commit()
        foreteller = Foreteller(session=session, settings=s.settings, workers=())
        found = forecast_of(session=session, settings=s.settings, foreteller=foreteller, order=again)
        assert found is not None
        assert found.sections == 0
    assert s.carry_out(again.id).status == "done"


def test_an_order_that_is_put_back_while_it_goes_on_from_a_take_is_finished_later(s: Branching) -> None:
    s.render(s.shots[0])
    (take,) = s.takes(s.shots[0])
    ordered = s.order_ways(take, 0.5, Way("it snows", 9))
    s.room.made.clear()

    def pause() -> None:
        s.room.between = lambda: None
        with session_for(s.database) as session:
            pause_order(session=session, render_id=ordered.render.id)
            session.commit()

    with session_for(s.database) as session:
        session.get_one(Render, ordered.render.id).handed_over = True
        session.commit()
    s.room.between = pause
    (places,) = s.plan(ordered.render.id)
    s.make(ordered.render.id, 0, places[-1])
    assert (len(s.room.made), s.takes(s.shots[0])[0].status) == (1, "rendering")
    with session_for(s.database) as session:
        resume_order(session=session, render_id=ordered.render.id)
        session.commit()
    assert s.carry_out(ordered.render.id).status == "done"
    other = s.takes(s.shots[0])[0]
    assert (other.number, other.status, len(s.room.made)) == (2, "done", ordered.new_sections)
