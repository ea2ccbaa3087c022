"""The takes of the selected shot, side by side with what made each: choose, star, note, compare, throw away."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping, Sequence

import streamlit as st

from framepack.messages import Message
from framepack.store.join_reading import join_message
from pages.board.reading import Board
from pages.inspector.branches import side_by_side, takes_as_tree
from pages.inspector.frames import frames_of_take
from pages.inspector.quality import take_quality
from pages.look.language import language, number_text, t, words
from pages.look.text import said, seconds_text, size_text, term, wait_text, when_text
from pages.look.theme import ratio_of, told
from pages.player.compare import ComparedTake, compare_takes
from pages.player.words import ENGLISH as PLAYER_WORDS
from pages.serving.files import take_download_url, take_url
from pages.session.bound import bound
from pages.session.database import session, settings
from pages.session.state import edit, edited
from projects.database.tables import Take, now
from projects.loras.library import lora_names
from projects.storage.places import take_path
from projects.storyboard.choosing import choose_take
from projects.takes.again import use_settings_of
from projects.takes.staleness import ShotPlan
from projects.takes.takes import delete_take, note_take, restore_take, star_take
from projects.takes.tree import tree_of
from projects.takes.video_joins import video_join_of
from projects.takes.why import made_with_loras, preset_name


def shot_takes(board: Board, plan: ShotPlan) -> None:
    """All finished takes of the shot; those that go on from another one stand behind it."""
    found = board.takes.get(plan.shot.id, [])
    if not found:
        nothing = t("No takes yet. Every rendering of this shot is kept here, and you choose one.")
        st.html(f'<div class="fs-soft">{html.escape(nothing)}</div>')
        return
    limbs = tree_of(found)
    if len(found) > 1:
        takes_as_tree(limbs)
        side_by_side(plan, limbs, functools.partial(_choose, board.project.id, plan.shot.id))
        _compared(plan, found)
    loras = _lora_names(found)
    for limb in limbs:
        with st.container(border=True, key=f"take-{limb.take.id}", gap="small"):
            _one(board, plan, limb.take, loras)


def _compared(plan: ShotPlan, found: list[Take]) -> None:
    """Two takes in step with a slider between them, once somebody asks for it."""
    if not st.toggle(t("Compare two takes"), key=f"comparing-{plan.shot.id}"):
        return
    by_name = {t("Take {number}").format(number=take.number): take for take in found}
    names = list(by_name)
    left, right = st.columns(2)
    with left:
        one = st.selectbox(t("Left"), names, 1, key="compare-left")
    with right:
        two = st.selectbox(t("Right"), names, 0, key="compare-right")
    if one in by_name and two in by_name:
        shown = [ComparedTake(take_url(by_name[name].id), name) for name in (one, two)]
        compare_takes(
            *shown,
            ratio=ratio_of(found[0].width, found[0].height),
            fps=found[0].fps,
            words=words("player", PLAYER_WORDS),
            lang=language().tag,
            key=f"compare-{plan.shot.id}",
        )


def _lora_names(takes: Sequence[Take]) -> dict[str, str]:
    """The names of the LoRAs that takes were made with, by id."""
    ids = {id for take in takes for id, _ in made_with_loras(take.request.get("settings", {}))}
    if not ids:
        return {}
    with session() as opened:
        return lora_names(session=opened, ids=ids)


def _one(board: Board, plan: ShotPlan, take: Take, loras: Mapping[str, str]) -> None:
    project_id, shot = board.project.id, plan.shot
    name = t("Take {number}").format(number=take.number)
    frames_of_take(shot, take)
    made = when_text(take.finished_at or take.created_at, now())
    st.html(
        f'<div class="fs-soft"><b>{html.escape(name)}</b> · {html.escape(seconds_text(take.frames / take.fps))} · '
        f"{html.escape(made)}</div>"
        f'<div class="fs-soft">{html.escape(" · ".join(made_from(take, loras)))}</div>'
        f'<div class="fs-sentence fs-clamp" title="{html.escape(prompt_of(take))}">{html.escape(prompt_of(take))}</div>'
    )
    chosen = plan.chosen is not None and take.id == plan.chosen.id
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            t("In the film") if chosen else t("Use this take"),
            key=f"choose-{take.id}",
            icon=":material/check:" if chosen else None,
            disabled=chosen,
            on_click=_choose,
            args=(project_id, shot.id, take.id),
        )
        with st.container(horizontal=True, gap=None, width="content", key=f"icons-take-{take.id}"):
            st.button(
                t("Take the star away") if take.star else t("Star"),
                key=f"star-{take.id}",
                icon=":material/star:" if not take.star else ":material/kid_star:",
                type="tertiary",
                help=t("Take the star away") if take.star else t("Mark this take with a star"),
                on_click=edit,
                args=(
                    project_id,
                    "star-take",
                    lambda opened: star_take(session=opened, take_id=take.id, star=not take.star),
                ),
            )
            st.button(
                t("Use these settings again"),
                key=f"again-{take.id}",
                icon=":material/settings_backup_restore:",
                type="tertiary",
                help=t("Put the text, seed and settings that made this take back into the shot"),
                on_click=edit,
                args=(project_id, "use-settings", lambda opened: use_settings_of(session=opened, take_id=take.id)),
            )
            if not chosen:
                st.button(
                    t("Throw away"),
                    key=f"delete-{take.id}",
                    icon=":material/delete:",
                    type="tertiary",
                    help=t("Throw away"),
                    on_click=_throw_away,
                    args=(project_id, shot.label, take),
                )
        st.html(
            f'<a class="fs-link" href="{take_download_url(take.id)}" download>{html.escape(t("Download"))}</a>',
            width="content",
        )
    if join := video_join_of(take):
        told(said(join_message(join)), "warn" if join.is_seen else "quiet")
    take_quality(take)
    key = f"note-{take.id}"
    st.text_input(
        t("Note"),
        take.note,
        key=key,
        max_chars=2000,
        placeholder=t("A note on this take"),
        label_visibility="collapsed",
        on_change=bound(key, take.note, functools.partial(_note, project_id, take.id)),
    )


def made_from(take: Take, loras: Mapping[str, str]) -> list[str]:
    """What made a take, in words: seed, model and weights, preset, size, how long it took and what it takes on disk.

    ``loras`` are the names of LoRAs by id; one that the library never had is called by its SHA-256.
    """
    asked = take.request
    of = asked.get("settings", {})
    facts = []
    if "seed" in asked:
        facts.append(t("Seed {seed}").format(seed=asked["seed"]))
    if of.get("checkpoint"):
        facts.append(term("checkpoint", str(of["checkpoint"])))
    if asked.get("identity"):
        # Other weights of the same model have another name.
        facts.append(t("weights {name}").format(name=str(asked["identity"])[:8]))
    if of and (preset := preset_name(of)) is not None:
        facts.append(term("preset", preset))
    if of.get("steps"):
        facts.append(t("{steps} steps").format(steps=of["steps"]))
    for id, strength in made_with_loras(of):
        facts.append(t("LoRA {name} at {n}").format(name=loras.get(id, id[:8]), n=number_text(strength, 2)))
    facts.append(f"{take.width} × {take.height}")
    if take.seconds_spent:
        facts.append(t("made in {time}").format(time=wait_text(take.seconds_spent)))
    path = take_path(settings(), take.id)
    if path.exists():
        facts.append(size_text(path.stat().st_size))
    return facts


def prompt_of(take: Take) -> str:
    """The prompt that a take was made from."""
    return str(take.request.get("prompt", ""))


def _choose(project_id: str, shot_id: str, take_id: str) -> None:
    edit(project_id, "choose-take", lambda opened: choose_take(session=opened, shot_id=shot_id, take_id=take_id))


def _note(project_id: str, take_id: str, note: str) -> bool:
    return edited(project_id, "note-take", lambda opened: note_take(session=opened, take_id=take_id, note=note))


def _throw_away(project_id: str, shot: str, take: Take) -> None:
    edit(
        project_id,
        "delete-take",
        lambda opened: delete_take(session=opened, take_id=take.id),
        Message("take-deleted", {"number": take.number, "shot": shot}),
        lambda opened: restore_take(session=opened, take_id=take.id),
    )
