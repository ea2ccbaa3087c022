"""One film, or what else was made of a project: to watch, with its figures and name, to download, to throw away."""

from __future__ import annotations

import html

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.filming.words import format_text
from pages.look.language import t
from pages.look.text import frames_text, seconds_text, shots_text, size_text, when_text
from pages.look.theme import picture, player, ratio_of, story_link, told
from pages.serving.files import captions_url, download_url, film_story_url, film_url
from pages.session.database import settings
from pages.session.state import do
from projects.database.tables import Film, now
from projects.films.films import MAX_NAME_CHARACTERS, delete_film, rename_film, restore_film
from projects.queue.deliveries import Delivery
from projects.storage.finished import size_of
from projects.storage.places import captions_path, film_path
from projects.storage.shared import is_kept

_RENAMING = "renaming-film"


def is_shown(film: Film) -> bool:
    """Whether a browser shows it."""
    return Delivery.from_json(film.order).shown_as is not None


def film_player(film: Film) -> None:
    """The film as large as there is room for; or that a browser does not show it, or that it is gone."""
    shown_as, ratio = Delivery.from_json(film.order).shown_as, ratio_of(film.width, film.height)
    if not is_kept(settings(), film_path(settings(), film)):
        told(t("The file of “{name}” is no longer there. Make the film again.").format(name=film.name), "warn")
    elif shown_as == "video":
        st.html(player(film_url(film.id), ratio=ratio, label=film.name, large=True))
    elif shown_as == "picture":
        st.html(picture(film_url(film.id), film.name, ratio=ratio))
    else:
        told(t("Browsers do not show such a file; download it to open it elsewhere."))


def film_facts(film: Film) -> None:
    """Its name and figures, and what can be done with it."""
    path, delivery = film_path(settings(), film), Delivery.from_json(film.order)
    there = is_kept(settings(), path)
    size = t("{width} × {height} pixels").format(width=film.width, height=film.height)
    figures = [
        format_text(delivery.format),
        *([size_text(size_of(path) or film.size_bytes)] if there else []),
        *([seconds_text(film.seconds), frames_text(film.frames), size] if film.frames else []),
        *([shots_text(len(film.parts))] if film.parts else []),
        t("made {when}").format(when=when_text(film.finished_at or film.created_at, now())),
    ]
    name = html.escape(film.name)
    if st.session_state.get(_RENAMING) == film.id:
        st.text_input(
            t("New name"),
            film.name,
            key=f"name-{film.id}",
            max_chars=MAX_NAME_CHARACTERS,
            on_change=_rename,
            args=(film.id,),
        )
        name = ""
    title = f'<div class="fs-name"><bdi>{name}</bdi></div>' if name else ""
    st.html(f'{title}<div class="fs-soft">{html.escape(" · ".join(figures))}</div>')
    labels = {"rename": t("Rename"), "delete": t("Delete")}
    with st.container(horizontal=True, vertical_alignment="center"):
        if there:
            address = download_url(film.id)
            st.html(
                f'<a class="fs-download" href="{address}" download>{html.escape(t("Download"))}</a>', width="content"
            )
            if is_kept(settings(), captions_path(settings(), film)):
                captions = html.escape(t("Captions (SRT)"))
                st.html(f'<a class="fs-soft" href="{captions_url(film.id)}" download>{captions}</a>', width="content")
            st.html(story_link(film_story_url(film.id)), width="content")
        with st.container(key=f"icons-{film.id}", width="content"):
            st.menu_button(
                t("More for this film"),
                list(labels),
                format_func=labels.__getitem__,
                icon=":material/more_horiz:",
                type="tertiary",
                key=f"menu-{film.id}",
                on_click=_chosen,
                args=(film,),
            )


def _chosen(film: Film) -> None:
    """The callback of the menu."""
    if st.session_state[f"menu-{film.id}"] == "rename":
        st.session_state[_RENAMING] = film.id
        return

    def delete(opened: Session) -> None:
        delete_film(session=opened, film_id=film.id)

    def restore(opened: Session) -> None:
        restore_film(session=opened, film_id=film.id)

    do(delete, Message("film-deleted", {"name": film.name}), restore)


def _rename(film_id: str) -> None:
    """The callback of the box for a name."""
    name = st.session_state[f"name-{film_id}"].strip()
    st.session_state.pop(_RENAMING, None)
    if name:
        do(lambda opened: rename_film(session=opened, film_id=film_id, name=name))
