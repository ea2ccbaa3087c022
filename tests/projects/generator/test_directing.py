"""A shot that is directed: section by section, kept, made again, told something else, stopped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sqlmodel import Session

from projects.database.opening import session_for
from projects.database.tables import Render, ShotUpdate, Take
from projects.errors import StoryboardProblem
from projects.queue.directing import Directed, direct_shot, directed, keep_section, section_again, stop_directing
from projects.queue.orders import cancel_render
from projects.settings import StudioSettings
from projects.takes.takes import note_take
from tests.projects.generator.test_branches import Branching


class Directing(Branching):
    @property
    def now(self) -> Directed | None:
        with session_for(self.database) as session:
            return directed(session=session, shot_id=self.shots[0].id)

    @property
    def take(self) -> Take:
        assert self.now is not None
        assert self.now.take is not None
        return self.now.take

    def tell(self, verb: Callable[..., Render], **values: str) -> Render:
        with session_for(self.database) as session:
            render = verb(session=session, settings=self.settings, shot_id=self.shots[0].id, **values)
            session.commit()
            return render

    def step(self, verb: Callable[..., Render], **values: str) -> Take:
        """What there is after a word to it."""
        render = self.carry_out(self.tell(verb, **values).id)
        assert render.status == "done", render.error
        return self.take

    def stop_here(self) -> Take | None:
        with session_for(self.database) as session:
            take = stop_directing(session=session, shot_id=self.shots[0].id)
            session.commit()
            return take


def begin(*, session: Session, settings: StudioSettings, shot_id: str) -> Render:  # noqa: ARG001
    return direct_shot(session=session, shot_id=shot_id)


@pytest.fixture
def s(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> Directing:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    work = Directing(studio)
    work.edit(work.shots[0], ShotUpdate(seconds=4.0))
    return work


def test_a_shot_is_directed_section_by_section_and_each_is_rendered_once(s: Directing) -> None:
    first = s.step(begin)
    assert (first.frames, len(s.room.made)) == (37, 2)
    second = s.step(keep_section)
    assert (second.frames, second.units[:2], len(s.room.made)) == (73, first.units, 3)
    other = s.step(section_again)
    assert (other.frames, other.units[:2], len(s.room.made)) == (73, first.units, 4)
    assert other.units[2] != second.units[2]
    third = s.step(section_again)
    assert len({take.units[2] for take in (second, other, third)}) == 3
    said = s.step(keep_section, prompt="it snows")
    assert (said.frames, said.units[:3], len(s.room.made)) == (109, third.units, 6)
    assert said.request["beats"][-1]["prompt"] == "it snows"
    again = s.step(section_again)
    assert (again.units[:3], again.request["prompt"]) == (third.units, "shot 0")
    assert again.units[3] != said.units[3]
    whole = s.step(keep_section)
    assert (whole.frames, s.now is not None and s.now.is_whole) == (121, True)
    with pytest.raises(StoryboardProblem, match="in its whole length"):
        s.tell(keep_section)
    assert np.array_equal(s.frames(whole)[:109], s.frames(again))
    assert len(s.room.made) == len(set(s.room.made))

    with session_for(s.database) as session:
        note_take(session=session, take_id=first.id, note="how it began")
        session.commit()
    done = s.stop_here()
    assert (done is not None and done.id, s.now) == (whole.id, None)
    # What is part of the whole and nobody noted is thrown away; what was tried otherwise stays, and the whole is shown.
    left = {take.id for take in s.takes(s.shots[0])}
    assert left == {take.id for take in (first, second, other, said, whole)}
    assert s.shot(0).chosen_draft_id == whole.id
    assert s.states()[0] == "done"


def test_a_shot_that_has_a_whole_take_is_directed_through_what_is_there(s: Directing) -> None:
    s.render(s.shots[0])
    (whole,) = s.takes(s.shots[0])
    made = len(s.room.made)
    first = s.step(begin)
    assert (first.frames, first.units, len(s.room.made)) == (37, whole.units[:2], made)
    said = s.step(keep_section, prompt="it snows")
    assert (said.units[:2], len(s.room.made)) == (first.units, made + 1)
    s.stop_here()
    # What the shot shows is something else, and stays.
    assert (s.shot(0).chosen_draft_id, s.shot(0).seconds) == (whole.id, 4.0)
    assert {take.id for take in s.takes(s.shots[0])} == {whole.id, said.id}


def test_a_directed_shot_waits_through_a_restart_and_others_are_rendered_meanwhile(s: Directing) -> None:
    s.step(begin)
    s.worker = s.new_worker(s.settings)
    assert s.render(s.shots[2]).status == "done"
    assert s.now is not None
    assert (s.now.is_rendering, s.take.frames) == (False, 37)
    render = s.tell(keep_section)
    for verb in (keep_section, section_again):
        with pytest.raises(StoryboardProblem, match="does not wait for a word"):
            s.tell(verb)
    with pytest.raises(StoryboardProblem, match="directed already"):
        s.tell(begin)
    # Called off, it waits where it was.
    with session_for(s.database) as session:
        cancel_render(session=session, settings=s.settings, render_id=render.id)
        session.commit()
    assert (s.now.is_rendering, s.take.frames) == (False, 37)
    assert s.step(keep_section).frames == 73


def test_a_directed_shot_that_was_stopped_or_never_begun_can_be_directed_afresh(s: Directing) -> None:
    render = s.tell(begin)
    with session_for(s.database) as session:
        cancel_render(session=session, settings=s.settings, render_id=render.id)
        session.commit()
    assert s.now is None
    first = s.step(begin)
    assert s.stop_here() is not None
    assert s.shot(0).chosen_draft_id == first.id
    # The shot is as long as what was kept of it. What is there already is found.
    assert s.shot(0).seconds == pytest.approx(37 / 30, abs=1e-3)
    again = s.step(begin)
    assert (again.id, len(s.room.made), s.now is not None and s.now.is_whole) == (first.id, 2, True)


def test_a_shot_that_is_guided_to_a_picture_is_not_directed(s: Directing) -> None:
    s.edit(s.shots[0], ShotUpdate(end_media_id=s.shots[0].media_id))
    with pytest.raises(StoryboardProblem, match="take the picture away first"):
        s.tell(begin)
