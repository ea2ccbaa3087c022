"""Beginning a project from a video that carries what made it, or from the JSON beside one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import streamlit as st
from sqlmodel import Session

from framepack.errors import FramepackError
from framepack.messages import Message
from pages.look.language import t
from pages.session.database import settings
from pages.session.state import Notice, carried_out, say
from projects.errors import StoryRefused, StudioError
from projects.names import shown_name
from projects.storage.pictures import add_picture
from projects.stories.reading import frame_as_png, story_of_bytes
from projects.stories.retelling import Lacking, retell
from projects.stories.story import Story
from projects.storyboard.projects import MAX_NAME_CHARACTERS
from projects.storyboard.shots import attach_image, detach_image


class File(Protocol):
    """A file that was dropped."""

    name: str

    def getvalue(self) -> bytes:
        """What is in it."""
        ...


@dataclass(frozen=True)
class Dropped:
    """Dropped files: those with a story, the ``others``, and what is wrong with stories that cannot be used."""

    stories: list[tuple[File, Story]]
    others: list[File]
    problems: list[Message]


def stories_among(files: Sequence[File]) -> Dropped:
    """Look into every file for a story."""
    found = Dropped([], [], [])
    for file in files:
        try:
            story = story_of_bytes(file.getvalue(), file.name)
        except StoryRefused as refused:
            found.problems.append(refused.message)
            continue
        if story is None:
            found.others.append(file)
        else:
            found.stories.append((file, story))
    return found


def begin_from_stories(stories: Sequence[tuple[File, Story]]) -> str | None:
    """A project of each story; the id of the first that could be made. What is lacking or goes wrong is said."""
    st.session_state["notices"] = []
    begun: list[str] = []
    for file, story in stories:
        made: list[str] = []
        notices: list[Notice] = []
        if carried_out(lambda opened: made.append(_begin(opened, file, story, notices))):  # noqa: B023 (called at once)
            begun += made
            for notice in notices:
                say(notice)
    return begun[0] if begun else None


def _begin(session: Session, file: File, story: Story, notices: list[Notice]) -> str:
    name = shown_name(story.name) or shown_name(file.name.rpartition(".")[0]) or t("Untitled")
    made = retell(session=session, settings=settings(), story=story, file=file.name, name=name[:MAX_NAME_CHARACTERS])
    notices += [Notice(remark, "quiet") for remark in made.remarks]
    notices += [_with_first_frame(session, file, lacking) for lacking in made.lacking]
    return made.project.id


def _with_first_frame(session: Session, file: File, lacking: Lacking) -> Notice:
    """Let the take's first frame stand for a picture that is not here, where there is one; the click takes it away."""
    if lacking.first_frame is None:
        return Notice(lacking.message, "bad")
    data = frame_as_png(file.getvalue(), lacking.first_frame)
    if data is None:
        return Notice(lacking.message, "bad")
    shot = lacking.shot
    try:
        media = add_picture(session=session, settings=settings(), data=data, name=f"{shot.label}.png").media
        attach_image(session=session, shot_id=shot.id, media_id=media.id)
    except (StudioError, FramepackError) as problem:
        return Notice(problem.message, "bad")
    return Notice(lacking.with_first_frame, "quiet", functools.partial(_without_picture, shot.id))


def _without_picture(shot_id: str, session: Session) -> None:
    detach_image(session=session, shot_id=shot_id)
