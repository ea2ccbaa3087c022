"""Links by which others look at a project: how long they lead in, what is seen by them, and what may be noted."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlmodel import Session, select

from projects.database.tables import Film, GuestLink, GuestNote, Project, Shot, Take, now
from projects.errors import NotFound, StoryboardProblem
from projects.guests.links import MOST_LINKS, NewLink, bring_link_back, end_link, link_by_word, links_of, make_link
from projects.guests.notes import (
    MAX_TEXT_CHARACTERS,
    MOST_NOTES,
    NewNote,
    add_note,
    note_done,
    note_open,
    notes_of,
    notes_on,
)
from projects.guests.shown import seen_film, seen_picture, seen_take, shown_to_guests
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project, delete_project
from projects.storyboard.several import delete_shots, restore_shots
from projects.storyboard.shots import NewShot, add_shots
from projects.upkeep.removal import remove_deleted
from tests.support.plain_pictures import png

ANYBODY = NewLink("", None, may_note=True)


@pytest.fixture
def project(session: Session) -> Project:
    return create_project(session=session, name="海邊 The sea")


@pytest.fixture
def shots(session: Session, project: Project) -> list[Shot]:
    return add_shots(session=session, project_id=project.id, new=[NewShot(prompt="Waves."), NewShot(prompt="Night.")])


def take_of(session: Session, shot: Shot, number: int = 1, status: str = "done") -> Take:
    take = Take(shot_id=shot.id, number=number, status=status, frames=30, width=64, height=64, fps=30)  # type: ignore[arg-type]
    session.add(take)
    session.flush()
    return take


# --- links ---


def test_a_link_leads_to_its_project_until_it_is_ended_and_again_when_that_is_taken_back(
    session: Session, project: Project
) -> None:
    link, word = make_link(session=session, project_id=project.id, wanted=NewLink("阿 Choir", None, may_note=False))
    found, there = link_by_word(session=session, word=word)
    assert (found.id, there.id, found.name, found.may_note) == (link.id, project.id, "阿 Choir", False)
    assert found.used_at is not None

    end_link(session=session, link_id=link.id)
    assert links_of(session=session, project_id=project.id) == []
    with pytest.raises(NotFound):
        link_by_word(session=session, word=word)

    bring_link_back(session=session, link_id=link.id)
    assert link_by_word(session=session, word=word)[0].id == link.id


def test_the_word_of_a_link_is_kept_nowhere(session: Session, project: Project) -> None:
    link, word = make_link(session=session, project_id=project.id, wanted=ANYBODY)
    assert len(word) >= 43
    assert word not in str(link.model_dump())
    assert make_link(session=session, project_id=project.id, wanted=ANYBODY)[1] != word


@pytest.mark.parametrize("wrong", ["", "x", "\ud800", "'; DROP TABLE guestlink; --", "a" * 5000])
def test_other_words_lead_nowhere(session: Session, project: Project, wrong: str) -> None:
    make_link(session=session, project_id=project.id, wanted=ANYBODY)
    with pytest.raises(NotFound):
        link_by_word(session=session, word=wrong)


def test_a_link_of_seven_days_is_over_after_them(session: Session, project: Project) -> None:
    link, word = make_link(session=session, project_id=project.id, wanted=NewLink("", 7, may_note=True))
    assert link.ends_at is not None
    assert link.ends_at - link.created_at == dt.timedelta(days=7)
    link.ends_at = now() - dt.timedelta(seconds=1)
    session.flush()
    assert links_of(session=session, project_id=project.id) == []
    with pytest.raises(NotFound):
        link_by_word(session=session, word=word)


def test_the_links_of_a_project_that_is_deleted_lead_nowhere(session: Session, project: Project) -> None:
    _, word = make_link(session=session, project_id=project.id, wanted=ANYBODY)
    delete_project(session=session, project_id=project.id)
    with pytest.raises(NotFound):
        link_by_word(session=session, word=word)


def test_a_project_has_a_number_of_links_and_an_ended_one_makes_room(session: Session, project: Project) -> None:
    made = [make_link(session=session, project_id=project.id, wanted=ANYBODY)[0] for _ in range(MOST_LINKS)]
    with pytest.raises(StoryboardProblem) as refused:
        make_link(session=session, project_id=project.id, wanted=ANYBODY)
    assert refused.value.message.id == "guest-links-too-many"
    end_link(session=session, link_id=made[0].id)
    make_link(session=session, project_id=project.id, wanted=ANYBODY)


def test_a_link_that_cannot_be_is_refused(session: Session) -> None:
    with pytest.raises(StoryboardProblem):
        NewLink("x" * 101, None, may_note=True)
    with pytest.raises(StoryboardProblem):
        NewLink("", 3650, may_note=True)
    with pytest.raises(NotFound):
        make_link(session=session, project_id="0" * 32, wanted=ANYBODY)
    for act in (end_link, bring_link_back):
        with pytest.raises(NotFound):
            act(session=session, link_id="0" * 32)


# --- what is seen ---


def test_guests_see_the_take_that_a_shot_shows_and_no_other(
    session: Session, project: Project, shots: list[Shot]
) -> None:
    draft, other, real = take_of(session, shots[0]), take_of(session, shots[0], 2), take_of(session, shots[0], 3)
    shots[0].chosen_draft_id = draft.id
    session.flush()
    shown = shown_to_guests(session=session, project_id=project.id)
    assert [one.take.id if one.take else None for one in shown.shots] == [draft.id, None]
    assert seen_take(session=session, project_id=project.id, take_id=draft.id).id == draft.id
    with pytest.raises(NotFound):
        seen_take(session=session, project_id=project.id, take_id=other.id)

    shots[0].chosen_real_id = real.id
    session.flush()
    assert shown_to_guests(session=session, project_id=project.id).shots[0].take == real
    with pytest.raises(NotFound):
        seen_take(session=session, project_id=project.id, take_id=draft.id)


@pytest.mark.parametrize("what", ["rendering", "thrown away", "of a deleted shot", "of another project"])
def test_a_take_that_is_not_shown_is_not_seen(session: Session, project: Project, shots: list[Shot], what: str) -> None:
    take = take_of(session, shots[0], status="rendering" if what == "rendering" else "done")
    shots[0].chosen_draft_id = take.id
    asked = project.id
    if what == "thrown away":
        take.deleted_at = now()
    elif what == "of a deleted shot":
        delete_shots(session=session, project_id=project.id, shot_ids=[shots[0].id])
    elif what == "of another project":
        asked = create_project(session=session, name="Other").id
    session.flush()
    with pytest.raises(NotFound):
        seen_take(session=session, project_id=asked, take_id=take.id)


def test_guests_see_the_newest_film_that_a_browser_plays(session: Session, project: Project) -> None:
    assert shown_to_guests(session=session, project_id=project.id).film is None
    day = dt.timedelta(days=1)
    made = {
        name: Film(project_id=project.id, name=name, status=status, ending=ending, created_at=now() + after * day)  # type: ignore[arg-type]
        for name, status, ending, after in (
            ("old", "done", ".mp4", 0),
            ("newest", "done", ".mp4", 1),
            ("failed", "failed", ".mp4", 2),
            ("stills", "done", ".zip", 3),
        )
    }
    session.add_all(made.values())
    session.flush()
    assert shown_to_guests(session=session, project_id=project.id).film == made["newest"]
    assert seen_film(session=session, project_id=project.id, film_id=made["newest"].id) == made["newest"]
    for other in ("old", "failed", "stills"):
        with pytest.raises(NotFound):
            seen_film(session=session, project_id=project.id, film_id=made[other].id)


def test_guests_see_the_pictures_of_their_project_only(
    session: Session, studio: StudioSettings, project: Project, shots: list[Shot]
) -> None:
    ours = add_picture(session=session, settings=studio, data=png(32, 32), name="a.png").media.id
    theirs = add_picture(session=session, settings=studio, data=png(48, 32), name="b.png").media.id
    shots[0].media_id = ours
    session.flush()
    assert shown_to_guests(session=session, project_id=project.id).shots[0].picture_id == ours
    assert seen_picture(session=session, project_id=project.id, media_id=ours).id == ours
    with pytest.raises(NotFound):
        seen_picture(session=session, project_id=project.id, media_id=theirs)


# --- notes ---


def test_a_note_is_kept_on_its_shot_until_it_is_done(session: Session, project: Project, shots: list[Shot]) -> None:
    link, _ = make_link(session=session, project_id=project.id, wanted=NewLink("Choir", None, may_note=True))
    on_shot = add_note(session=session, link=link, wanted=NewNote(shots[1].id, "阿明\n", " 慢一點\nslower "))
    on_all = add_note(session=session, link=link, wanted=NewNote(None, "", "Lovely."))
    assert (on_shot.author, on_shot.text, on_all.author) == ("阿明", "慢一點\nslower", "Choir")
    assert notes_of(session=session, project_id=project.id) == [on_shot, on_all]
    assert notes_on(session=session, shot_id=shots[1].id) == [on_shot]

    note_done(session=session, note_id=on_shot.id)
    assert notes_of(session=session, project_id=project.id) == [on_all]
    note_open(session=session, note_id=on_shot.id)
    assert notes_on(session=session, shot_id=shots[1].id) == [on_shot]


def test_notes_on_a_deleted_shot_come_back_with_it(session: Session, project: Project, shots: list[Shot]) -> None:
    link, _ = make_link(session=session, project_id=project.id, wanted=ANYBODY)
    note = add_note(session=session, link=link, wanted=NewNote(shots[0].id, "", "Again?"))
    delete_shots(session=session, project_id=project.id, shot_ids=[shots[0].id])
    assert notes_of(session=session, project_id=project.id) == []
    restore_shots(session=session, project_id=project.id, shot_ids=[shots[0].id])
    assert notes_of(session=session, project_id=project.id) == [note]


def test_notes_that_cannot_be_are_refused(session: Session, project: Project, shots: list[Shot]) -> None:
    looking, _ = make_link(session=session, project_id=project.id, wanted=NewLink("", None, may_note=False))
    noting, _ = make_link(session=session, project_id=project.id, wanted=ANYBODY)
    for empty in ("", " \n\t", "\u200b\x00"):
        with pytest.raises(StoryboardProblem, match="nothing in the note"):
            NewNote(None, "", empty)
    with pytest.raises(StoryboardProblem, match="2000 characters"):
        NewNote(None, "", "x" * (MAX_TEXT_CHARACTERS + 1))
    with pytest.raises(StoryboardProblem, match="100 characters"):
        NewNote(None, "x" * 101, "A note.")
    with pytest.raises(StoryboardProblem, match="look"):
        add_note(session=session, link=looking, wanted=NewNote(None, "", "A note."))
    other = create_project(session=session, name="Other")
    (theirs,) = add_shots(session=session, project_id=other.id, new=[NewShot(prompt="Theirs.")])
    delete_shots(session=session, project_id=project.id, shot_ids=[shots[0].id])
    for shot_id in (theirs.id, shots[0].id, "nothing"):
        with pytest.raises(NotFound):
            add_note(session=session, link=noting, wanted=NewNote(shot_id, "", "A note."))
    for act in (note_done, note_open):
        with pytest.raises(NotFound):
            act(session=session, note_id="nothing")
    assert notes_of(session=session, project_id=project.id) == []


def test_nobody_fills_the_disk_with_notes(session: Session, project: Project) -> None:
    link, _ = make_link(session=session, project_id=project.id, wanted=ANYBODY)
    for number in range(MOST_NOTES):
        add_note(session=session, link=link, wanted=NewNote(None, "", f"Note {number}"))
    with pytest.raises(StoryboardProblem, match="notes on this project already"):
        add_note(session=session, link=link, wanted=NewNote(None, "", "One more."))
    note_done(session=session, note_id=notes_of(session=session, project_id=project.id)[0].id)
    add_note(session=session, link=link, wanted=NewNote(None, "", "One more."))


def test_links_and_notes_go_for_good_with_their_project(
    session: Session, studio: StudioSettings, project: Project, shots: list[Shot]
) -> None:
    stays = create_project(session=session, name="Stays")
    kept, _ = make_link(session=session, project_id=stays.id, wanted=ANYBODY)
    gone, _ = make_link(session=session, project_id=project.id, wanted=ANYBODY)
    add_note(session=session, link=gone, wanted=NewNote(shots[0].id, "", "On a shot."))
    add_note(session=session, link=gone, wanted=NewNote(None, "", "On all."))
    left = add_note(session=session, link=kept, wanted=NewNote(None, "", "Stays."))
    delete_project(session=session, project_id=project.id)
    session.commit()

    remove_deleted(sessions=lambda: Session(session.get_bind()), settings=studio)

    session.expire_all()
    assert [link.id for link in session.exec(select(GuestLink)).all()] == [kept.id]
    assert [note.id for note in session.exec(select(GuestNote)).all()] == [left.id]


def test_the_notes_of_a_shot_go_for_good_with_it(
    session: Session, studio: StudioSettings, project: Project, shots: list[Shot]
) -> None:
    link, _ = make_link(session=session, project_id=project.id, wanted=ANYBODY)
    add_note(session=session, link=link, wanted=NewNote(shots[0].id, "", "Goes."))
    stays = add_note(session=session, link=link, wanted=NewNote(shots[1].id, "", "Stays."))
    delete_shots(session=session, project_id=project.id, shot_ids=[shots[0].id])
    session.commit()

    remove_deleted(sessions=lambda: Session(session.get_bind()), settings=studio)

    session.expire_all()
    assert [note.id for note in session.exec(select(GuestNote)).all()] == [stays.id]
