"""What an edition has of its own: its shape and film settings, its shots and their order; and how it differs."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import streamlit as st

from pages.look.language import number_text, t
from pages.look.text import said
from pages.look.theme import told
from pages.session.bound import bound
from pages.session.state import Act, edited
from projects.cutting.film_settings import RATES, SIZES, Captions, film_settings
from projects.database.tables import Edition, Project, Shot, ShotUpdate
from projects.films.differences import differences
from projects.films.editions import cut_shot, give_shape, leave_out, move_shot, set_film
from projects.films.laying_out import Material, lay_out

# So many differences are told at once, and so many letters of what happens in a shot.
MOST_TOLD = 60
_LETTERS = 48
T = TypeVar("T")


def own_settings(project: Project, edition: Edition) -> None:
    """The shape and the film settings of an edition; each is the project's until another is chosen."""
    here = film_settings(project.film, edition.film)
    shapes: dict[str | None, str] = {
        None: t("As the project has it"),
        "wide": t("Wide (16:9)"),
        "square": t("Square (1:1)"),
        "tall": t("Tall (9:16)"),
    }
    if edition.shape not in shapes:
        shapes[edition.shape] = str(edition.shape)
    rendered = t("As rendered")
    sizes: dict[int | None, str] = {None: rendered}
    sizes |= {size: t("{size} pixels").format(size=size) for size in SIZES}
    rates: dict[float | None, str] = {None: rendered}
    rates |= {rate: number_text(rate, 2) for rate in RATES}
    captions: dict[Captions, str] = {
        "none": t("None"),
        "burned": t("In the picture"),
        "soft": t("As a track of the file"),
        "file": t("As a file beside it"),
    }
    with st.container(horizontal=True, key="edition-settings"):
        _choice("shape", t("Shape"), shapes, edition.shape, edition, partial(_shape, edition))
        _choice("size", t("Shorter side"), sizes, here.size, edition, partial(_set, project, edition, "size"))
        _choice("fps", t("Frames a second"), rates, here.fps, edition, partial(_set, project, edition, "fps"))
        save = partial(_set, project, edition, "captions")
        _choice("captions", t("Captions"), captions, here.captions, edition, save)


def own_shots(edition: Edition, shots: Sequence[tuple[Shot, bool]]) -> None:
    """One of all shots of an edition, and what the edition does with it: whether it shows it, where, and its words."""
    by_id = {shot.id: (place, shot, shown) for place, (shot, shown) in enumerate(shots)}
    if not by_id:
        return
    key = f"edition-shot-{edition.id}"
    if st.session_state.get(key) not in by_id:
        st.session_state[key] = next(iter(by_id))
    chosen = st.selectbox(
        t("Shot in this edition"), list(by_id), format_func=lambda id: _called(*by_id[id][1:]), key=key
    )
    place, shot, shown = by_id[chosen]
    with st.container(horizontal=True, vertical_alignment="center", key="edition-shot"):
        box = f"edition-{edition.id}-shown-{shot.id}"
        changed = bound(box, shown, partial(_show, edition, shot.id))
        st.toggle(t("Shown in this edition"), shown, key=box, on_change=changed)
        for label, icon, to in (
            (t("Earlier"), ":material/arrow_upward:", place - 1),
            (t("Later"), ":material/arrow_downward:", place + 1),
        ):
            st.button(
                label,
                key=f"edition-move-{to - place}",
                icon=icon,
                disabled=not 0 <= to < len(by_id),
                on_click=_moved,
                args=(edition, shot.id, to),
            )
    box = f"edition-{edition.id}-dialogue-{shot.id}"
    changed = bound(box, shot.dialogue, partial(_say, edition, shot.id))
    st.text_area(
        t("Dialogue in this edition"),
        shot.dialogue,
        key=box,
        height=80,
        on_change=changed,
        help=t("Captions are made of it. Trims and transitions of this edition are made on the table below."),
    )


def compared(material: Material, edition: Edition, editions: Sequence[Edition]) -> None:
    """What is different between an edition and the project's own film, or another edition, as a list."""
    others: dict[str, Edition | None] = {"": None, **{one.id: one for one in editions if one.id != edition.id}}
    names = {id: t("The project's own film") if one is None else one.name for id, one in others.items()}
    with_id = st.selectbox(
        t("Compared with"), list(names), format_func=names.__getitem__, key=f"edition-compared-{edition.id}", width=320
    )
    found = differences(lay_out(material, others[with_id]), lay_out(material, edition))
    if not found:
        told(t("They are cut alike."), "good")
        return
    lines = "".join(f"<li><bdi>{html.escape(said(one.message))}</bdi></li>" for one in found[:MOST_TOLD])
    st.html(f'<ul class="fs-list">{lines}</ul>')
    if len(found) > MOST_TOLD:
        told(t("And {n} more.").format(n=number_text(len(found) - MOST_TOLD)))


# --- the steps --------------------------------------------------------------------------------------------------------


def _choice(
    name: str, label: str, titles: Mapping[T, str], value: T, edition: Edition, save: Callable[[T], bool]
) -> None:
    key = f"edition-{edition.id}-{name}"
    changed = bound(key, value, save)
    options = list(titles)
    st.selectbox(
        label, options, options.index(value), format_func=titles.__getitem__, key=key, on_change=changed, width=220
    )


def _called(shot: Shot, shown: bool) -> str:
    text = " ".join((shot.name or shot.prompt).split())
    text = text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"
    named = f"{shot.label} · {text}" if text else shot.label
    return named if shown else t("{shot} (left out)").format(shot=named)


def _edited(edition: Edition, act: Act) -> bool:
    return edited(edition.project_id, "edit-edition", act)


def _moved(edition: Edition, shot_id: str, place: int) -> None:
    """The callback of the two buttons."""
    _edited(edition, lambda opened: move_shot(session=opened, edition_id=edition.id, shot_id=shot_id, place=place))


def _shape(edition: Edition, shape: str | None) -> bool:
    return _edited(edition, lambda opened: give_shape(session=opened, edition_id=edition.id, shape=shape))


def _show(edition: Edition, shot_id: str, shown: bool) -> bool:
    return _edited(
        edition,
        lambda opened: leave_out(session=opened, edition_id=edition.id, shot_id=shot_id, left_out=not shown),
    )


def _say(edition: Edition, shot_id: str, dialogue: str) -> bool:
    changes = ShotUpdate(dialogue=dialogue)
    return _edited(
        edition, lambda opened: cut_shot(session=opened, edition_id=edition.id, shot_id=shot_id, changes=changes)
    )


def _set(project: Project, edition: Edition, name: str, value: object) -> bool:
    film = film_settings(project.film, edition.film, {name: value})
    return _edited(edition, lambda opened: set_film(session=opened, edition_id=edition.id, film=film))
