"""What stands above the board: the project's name and settings, ways to add shots, what was deleted, the story."""

from __future__ import annotations

import functools
import html

import streamlit as st
from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from pages.board.reading import read_board
from pages.guests.links import guests_box
from pages.look.language import language, t, tn, words
from pages.look.text import term, when_text
from pages.look.theme import chip, css_fit, ratio_of
from pages.parts.project_settings import project_settings_box
from pages.player.player import PlayerShot, story_player
from pages.player.words import ENGLISH as PLAYER_WORDS
from pages.serving.files import picture_url, take_url
from pages.session.database import session
from pages.session.state import edit
from pages.session.view import ask_for_lines
from projects.database.tables import Pass, Project, now
from projects.storyboard.several import deleted_shots, restore_shots
from projects.storyboard.videos import picture_shown
from projects.takes.staleness import ShotPlan

_PLAYING = "playing-story"


def storyboard_head(project: Project, made_for: Pass) -> None:
    """One line, so that the board has the screen."""
    model = project.checkpoint if made_for == "draft" else project.real_checkpoint or project.checkpoint
    said = (
        chip(
            t("Draft: rough animatic"), "warn", t("Small and rough, made on any computer: to see timing and movement.")
        )
        if checkpoint_named(model).embedded
        else chip(term("checkpoint", model))
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="head"):
        name = html.escape(project.name)
        size = f"{project.width} × {project.height}" if project.width else ""
        pixels = html.escape(t("{size} pixels").format(size=size)) if size else ""
        st.html(
            f'<div class="fs-row"><h1 class="fs-title">{name}</h1>{said}<span class="fs-soft">{pixels}</span></div>',
            width="content",
        )
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small", key="head-tools"):
            st.toggle(
                t("Play the story"),
                key=_PLAYING,
                help=t("Plays all shots in order: the takes where there are some, else the pictures."),
            )
            st.button(t("From text"), icon=":material/playlist_add:", key="from-text", on_click=ask_for_lines)
            _deleted(project)
            guests_box(project)
            project_settings_box(project)


def _deleted(project: Project) -> None:
    with session() as opened:
        gone = deleted_shots(session=opened, project_id=project.id)
    if not gone:
        return
    with st.popover(tn("{n} deleted", "{n} deleted", len(gone)), icon=":material/delete:", key="deleted"):
        for shot in gone[:50]:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                when = when_text(shot.deleted_at, now()) if shot.deleted_at else ""
                st.html(
                    f'<div class="fs-sentence"><b>{shot.label}</b> {html.escape(shot.name or shot.prompt[:80])} '
                    f'<span class="fs-soft">· {html.escape(when)}</span></div>'
                )
                st.button(
                    t("Bring it back"),
                    key=f"restore-{shot.id}",
                    on_click=edit,
                    args=(
                        project.id,
                        "restore-shots",
                        functools.partial(_restore, project.id, shot.id),
                    ),
                )


def _restore(project_id: str, shot_id: str, opened: Session) -> None:
    restore_shots(session=opened, project_id=project_id, shot_ids=[shot_id])


def story(project: Project, made_for: Pass, selected: str | None) -> None:
    """The player over the whole project, while it is asked for: takes where there are some, else the pictures."""
    if not st.session_state.get(_PLAYING):
        return
    with session() as opened:
        board = read_board(opened, project.id, made_for)
    shots = [_played(plan) for plan in board.plans]
    story_player(
        shots,
        ratio=ratio_of(project.width, project.height),
        fps=checkpoint_named(project.checkpoint).fps,
        fit=css_fit(project.fit),
        start=selected,
        words=words("player", PLAYER_WORDS),
        lang=language().tag,
        key=f"story-{project.id}",
        on_shot=lambda _: None,
    )


def _played(plan: ShotPlan) -> PlayerShot:
    shot, take = plan.shot, plan.chosen
    seconds = shot.seconds if take is None else (plan.frames if plan.state == "done" else take.frames) / take.fps
    return PlayerShot(
        id=shot.id,
        number=shot.label,
        name=shot.name,
        seconds=seconds,
        take=take_url(take.id) if take else None,
        picture=picture_url(shown, 960) if (shown := picture_shown(shot)) else None,
        caption=shot.dialogue,
        prompt=shot.prompt,
        place=(shot.place_x, shot.place_y, shot.place_zoom),
    )
