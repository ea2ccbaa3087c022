"""How things look: the style sheet, the frame of every page, pictures, chips and empty states. It reads no database.

Whatever a person wrote is escaped here before it becomes HTML.
"""

from __future__ import annotations

import html
import json
import os
from pathlib import Path
from typing import Literal

import streamlit as st

from pages.look.language import t
from pages.look.language_switch import language_switch
from projects.database.tables import PictureFit
from projects.settings import is_shared

Tone = Literal["quiet", "good", "warn", "bad", "busy"]
_STYLE = Path(__file__).with_name("theme.css")


def style() -> None:
    """The style sheet, with the words in it; once a page run."""
    st.html(_STYLE)
    st.html(f"<style>:root {{ {own_words()} }}</style>")


def own_words() -> str:
    """What the box for files says, as properties of the style sheet: it is Streamlit's own and knows English only."""
    said = {
        "choose-files": t("Choose files"),
        "drop-files": t("or drop them here"),
        "drop-here": t("Drop them here"),
        "file-refused": t("Not taken: larger than this box takes, or the studio did not answer."),
    }
    return "; ".join(f"--fs-{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in said.items())


def masthead(
    *, project_id: str | None, here: Literal["projects", "storyboard", "film", "queue", "loras", "models"]
) -> None:
    """The top line of every page: the ways to all projects, the pages of the open one, queue, LoRAs and models.

    The pages of a project show the same of its passes, if the address says which.
    """
    made_for = st.query_params.get("pass")
    with st.container(horizontal=True, vertical_alignment="center", key="masthead", gap="small"):
        st.page_link("project_list.py", label=t("FramePack studio"), icon=":material/movie:", help=t("All projects"))
        if project_id is not None:
            with st.container(horizontal=True, width="content", gap=None, key="tabs"):
                for page, label, icon in (
                    ("storyboard", t("Storyboard"), ":material/view_agenda:"),
                    ("film", t("Film"), ":material/theaters:"),
                ):
                    with st.container(width="content", key=f"tab-{page}{'-here' if page == here else ''}"):
                        address = {"project": project_id, **({"pass": made_for} if made_for else {})}
                        st.page_link(f"{page}.py", label=label, icon=icon, query_params=address)
        with st.container(horizontal=True, width="content", gap=None, key="everywhere"):
            for name, page, label, icon in (
                ("queue", "queue.py", t("Queue"), ":material/pending_actions:"),
                ("loras", "lora_library.py", t("LoRAs"), ":material/style:"),
                ("models", "models.py", t("Models"), ":material/deployed_code:"),
            ):
                with st.container(width="content", key=f"tab-{name}{'-here' if name == here else ''}"):
                    st.page_link(page, label=label, icon=icon)
            if is_shared(os.environ):
                with st.container(width="content", key="tab-door"):
                    st.html(f'<a class="fs-door" href="/door"><span>{html.escape(t("Shared"))}</span></a>')
        language_switch()


def chip(text: str, tone: Tone = "quiet", title: str = "") -> str:
    """A small coloured label, as HTML."""
    hint = f' title="{html.escape(title)}"' if title else ""
    return f'<span class="fs-chip fs-{tone}"{hint}>{html.escape(text)}</span>'


def picture(url: str, alt: str, *, ratio: str = "16 / 9", fit: str = "cover") -> str:
    """A picture in its frame, fitted to it as CSS says it and the generator does it, as HTML."""
    return (
        f'<div class="fs-frame" style="--shape:{ratio};--fit:{fit}">'
        f'<img src="{html.escape(url)}" alt="{html.escape(alt)}" loading="lazy" decoding="async"></div>'
    )


def player(url: str, *, poster: str | None = None, ratio: str = "16 / 9", label: str = "", large: bool = False) -> str:
    """A video that is fetched when it is played, and piece by piece, as HTML; ``large`` fills most of a screen."""
    shown = f' poster="{html.escape(poster)}" preload="none"' if poster else ' preload="metadata"'
    return (
        f'<div class="fs-frame{" fs-large" if large else ""}" style="--shape:{ratio}">'
        f'<video src="{html.escape(url)}" controls playsinline{shown} aria-label="{html.escape(label)}"></video></div>'
    )


def placeholder(symbol: str, text: str, *, ratio: str = "16 / 9") -> str:
    """What stands where a picture will be, as HTML."""
    return (
        f'<div class="fs-frame fs-nothing" style="--shape:{ratio}"><div>'
        f'<div class="fs-symbol">{html.escape(symbol)}</div><div>{html.escape(text)}</div></div></div>'
    )


def told(sentence: str, tone: Tone = "quiet") -> None:
    """A sentence the page says to the person, with a line of its colour beside it."""
    st.html(f'<div class="fs-told fs-told-{tone}" role="status">{html.escape(sentence)}</div>')


def story_link(url: str) -> str:
    """A link that downloads what made a take or film, as HTML."""
    hint = t("Prompts, seeds and settings as JSON; drop it on the page of projects to have the shots back")
    return (
        f'<a class="fs-link" href="{html.escape(url)}" download title="{html.escape(hint)}">'
        f"{html.escape(t('What made it'))}</a>"
    )


def empty_state(title: str, text: str) -> None:
    """What a page says when there is nothing on it yet."""
    st.html(
        f'<div class="fs-empty"><div class="fs-empty-title">{html.escape(title)}</div>'
        f"<div>{html.escape(text)}</div></div>"
    )


def ratio_of(width: int | None, height: int | None) -> str:
    """The shape of a project's pictures as CSS says it; 16:9 until the first picture decides."""
    return f"{width} / {height}" if width and height else "16 / 9"


def css_fit(fit: PictureFit) -> Literal["cover", "contain"]:
    """How a project's pictures come into their frames, as CSS says it."""
    return "contain" if fit == "fit" else "cover"
