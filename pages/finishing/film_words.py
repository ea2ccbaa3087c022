"""The words of the whole film: cards before and after it, and captions, also as files of their own."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from framepack.shots.spans import MAX_SECONDS
from pages.finishing.keeping import film_box
from pages.look.language import t, tn
from pages.session.keeping import beside
from projects.cutting.film_settings import Captions, FilmSettings
from projects.cutting.shot_fields import MAX_WORDS_CHARACTERS
from projects.database.tables import Project
from projects.films.timeline import Timeline
from projects.words.captions import cues, srt, vtt


def film_words(project: Project, timeline: Timeline) -> None:
    """The boxes."""
    left, right = st.columns(2, gap="medium")
    with left:
        _captions(project, timeline)
    with right:
        _card(project, timeline.settings, "title", t("Title card before the first shot"))
        _card(project, timeline.settings, "credits", t("Credits after the last shot"))


def _captions(project: Project, timeline: Timeline) -> None:
    titles: Mapping[Captions, str] = {
        "none": t("None"),
        "burned": t("Burned into the picture"),
        "soft": t("As a track that can be switched on"),
        "file": t("As a file beside the film"),
    }
    captions = timeline.settings.captions
    key, changed = film_box(project, "captions", captions)
    st.selectbox(
        t("Captions"),
        list(titles),
        list(titles).index(captions),
        format_func=titles.__getitem__,
        key=key,
        help=t("They are the dialogue of the shots."),
        on_change=changed,
    )
    beside(key)
    spoken = cues(timeline)
    if not spoken:
        st.html(f'<div class="fs-soft">{t("No shot has dialogue yet.")}</div>')
        return
    st.html(f'<div class="fs-soft">{tn("{n} caption", "{n} captions", len(spoken))}</div>')
    with st.container(horizontal=True):
        for ending, text, kind in (("srt", srt(spoken), "application/x-subrip"), ("vtt", vtt(spoken), "text/vtt")):
            st.download_button(
                t("Captions as {ending}").format(ending=ending.upper()),
                text.encode(),
                f"{timeline.name}.{ending}",
                kind,
                key=f"captions-{ending}",
                on_click="ignore",
                icon=":material/download:",
            )


def _card(project: Project, film: FilmSettings, field: str, label: str) -> None:
    words, seconds = str(getattr(film, field)), float(getattr(film, f"{field}_seconds"))
    key, changed = film_box(project, field, words)
    st.text_area(label, words, height=80, max_chars=MAX_WORDS_CHARACTERS, key=key, on_change=changed)
    beside(key)
    if words.strip():
        key, changed = film_box(project, f"{field}_seconds", seconds)
        st.number_input(
            t("Its length (s)"), 0.1, MAX_SECONDS, seconds, step=0.5, format="%.1f", key=key, on_change=changed
        )
        beside(key)
