"""The sound of the whole film: its music, how loud it is, and its cuts on the music's beats."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal

import streamlit as st
from sqlmodel import Session

from pages.board.reading import Board
from pages.finishing.beats import beats_suggestion
from pages.finishing.keeping import film_box
from pages.finishing.sound_box import heard, sound_box
from pages.look.language import t
from pages.session.keeping import beside
from projects.cutting.film_settings import FilmSettings, Loudness
from projects.cutting.shot_fields import DECIBELS
from projects.database.tables import Media, Project
from projects.films.timeline import Timeline
from projects.storyboard.projects import edit_film

LONGEST_SECONDS = 3600.0
_NONE = ""


def film_sound(board: Board, timeline: Timeline, sounds: Sequence[Media]) -> None:
    """The boxes; ``sounds`` are all that may be chosen."""
    project, film = board.project, timeline.settings
    left, right = st.columns(2, gap="medium")
    with left:
        music = _music(project, film, sounds)
    with right:
        _loudness(project, film)
        if music is not None:
            _under_voices(project, film)
            beats_suggestion(board, timeline, music)


def _music(project: Project, film: FilmSettings, sounds: Sequence[Media]) -> Media | None:
    known = {media.id: media for media in sounds}
    chosen = film.music or _NONE
    key, changed = film_box(project, "music", chosen)
    # One whose file went away is shown as that; choosing another one is for the person.
    choices = list(dict.fromkeys([_NONE, *known, chosen]))

    def named(id: str) -> str:
        if id == _NONE:
            return t("No music")
        return known[id].name if id in known else t("A sound that is gone")

    st.selectbox(t("Music"), choices, choices.index(chosen), format_func=named, key=key, on_change=changed)
    beside(key)
    music = known.get(chosen)
    if music is not None:
        heard(music)
        _placed(project, film)
    label = t("Take another sound file as music") if music else t("Take a sound file as music")
    sound_box(f"music-file-{project.id}", project.id, label, functools.partial(_use, project.id))
    return music


def _placed(project: Project, film: FilmSettings) -> None:
    """Where the music plays, and how loud."""
    fields: tuple[tuple[str, str, float, float, str], ...] = (
        ("music_at", t("Begins in the film at (s)"), 0.0, LONGEST_SECONDS, ""),
        ("music_start", t("From this second of the music on"), 0.0, LONGEST_SECONDS, ""),
        ("music_db", t("Level (dB)"), *DECIBELS, t("0 is as loud as the file. 6 dB less is about half as loud.")),
        ("music_fade", t("Fade in and out (s)"), 0.0, LONGEST_SECONDS, ""),
    )
    # Pairs in rows, so that they stay in order where there is room for one beside the other no more.
    for pair in (fields[:2], fields[2:]):
        for column, (field, label, least, most, hint) in zip(st.columns(2), pair, strict=True):
            with column:
                value = float(getattr(film, field))
                key, changed = film_box(project, field, value)
                st.number_input(
                    label,
                    least,
                    most,
                    value,
                    step=1.0 if field == "music_db" else 0.5,
                    format="%.1f",
                    key=key,
                    help=hint or None,
                    on_change=changed,
                )
                beside(key)
    key, changed = film_box(project, "music_loop", film.music_loop)
    st.toggle(t("Begin anew where the music ends"), film.music_loop, key=key, on_change=changed)
    beside(key)


def _loudness(project: Project, film: FilmSettings) -> None:
    titles: dict[Loudness | Literal[0], str] = {
        0: t("As it is"),
        -14: t("-14 LUFS: video sites, the web"),
        -16: t("-16 LUFS: podcasts, phones"),
        -23: t("-23 LUFS: television"),
    }
    chosen: Loudness | Literal[0] = film.loudness or 0
    key, changed = film_box(project, "loudness", chosen)
    st.selectbox(
        t("Loudness of the film"),
        list(titles),
        list(titles).index(chosen),
        format_func=titles.__getitem__,
        key=key,
        help=t("All of the sound is brought to this loudness; its peaks stay under -1 dB."),
        on_change=changed,
    )
    beside(key)


def _under_voices(project: Project, film: FilmSettings) -> None:
    key, changed = film_box(project, "duck", float(film.duck))
    st.number_input(
        t("Lower the music under voices by (dB)"),
        0.0,
        60.0,
        float(film.duck),
        step=1.0,
        format="%.1f",
        key=key,
        help=t("Where a sound of a shot that is a voice is heard. 0 leaves the music as it is; 12 is usual."),
        on_change=changed,
    )
    beside(key)


def _use(project_id: str, opened: Session, media: Media) -> None:
    edit_film(session=opened, project_id=project_id, changes={"music": media.id})
