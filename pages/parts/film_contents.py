"""What a film would be made of: what is missing or out of date, as counts, and the table of its shots."""

from __future__ import annotations

import html
from itertools import groupby

import streamlit as st

from framepack.messages import Message
from pages.board.reading import Board, standing
from pages.look.language import t, tn
from pages.look.text import frames_text, said, seconds_text
from pages.look.theme import chip, told
from projects.database.tables import Shot
from projects.takes.staleness import ShotPlan, shown_of


def lacking(board: Board) -> list[ShotPlan]:
    """The shots that have no finished take."""
    return [plan for plan in board.plans if plan.chosen is None]


def stale(board: Board) -> list[ShotPlan]:
    """The shots whose take is out of date; where the weights are not known, nothing is known of that."""
    if board.weights_problem is not None:
        return []
    return [plan for plan in board.plans if plan.chosen is not None and plan.state != "done"]


def film_problems(board: Board) -> None:
    """What stands in the way of the film, as counts with the way to the first shot of each; then what does not."""
    if not board.plans:
        told(said(Message("no-shots-yet")), "warn")
        _to_storyboard(board, None, t("Open the storyboard"))
        return
    counted: list[tuple[Shot, str]] = []
    if missing := lacking(board):
        sentence = tn("{n} shot is not rendered yet.", "{n} shots are not rendered yet.", len(missing))
        counted.append((missing[0].shot, sentence))
    if unready := [plan for plan in missing if plan.problem is not None]:
        sentence = tn(
            "{n} of them lacks something before it can be rendered.",
            "{n} of them lack something before they can be rendered.",
            len(unready),
        )
        counted.append((unready[0].shot, sentence))
    if old := stale(board):
        sentence = tn(
            "{n} shot changed since its take was made. The film shows the older take.",
            "{n} shots changed since their takes were made. The film shows the older takes.",
            len(old),
        )
        counted.append((old[0].shot, sentence))
    # Sentences about one shot have one way to it.
    for shot, sentences in groupby(counted, key=lambda one: one[0]):
        for _, sentence in sentences:
            told(sentence, "warn")
        _to_storyboard(board, shot.id, t("Go to {shot}").format(shot=shot.label))


def _to_storyboard(board: Board, shot_id: str | None, label: str) -> None:
    has_two = board.project.real_checkpoint is not None
    address = {
        "project": board.project.id,
        **({"pass": board.made_for} if has_two else {}),
        **({"shot": shot_id} if shot_id else {}),
    }
    st.page_link("storyboard.py", label=label, icon=":material/arrow_forward:", query_params=address)


def contents(board: Board) -> None:
    """A table of the shots as the film would hold them."""
    titles = (t("Shot"), t("What happens"), t("State"), t("Length"))
    rows = "".join(_row(board, plan) for plan in board.plans)
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in titles)
    st.html(f'<table class="fs-facts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')


def _row(board: Board, plan: ShotPlan) -> str:
    doing = standing(board, plan)
    length = "–"
    if plan.chosen is not None:
        frames = shown_of(plan.chosen, plan.frames)
        length = (
            f"{html.escape(seconds_text(frames / plan.chosen.fps))}"
            f'<span class="fs-wide"> · {html.escape(frames_text(frames))}</span>'
        )
    prompt = plan.shot.prompt.strip() or t("No text yet")
    state = chip(doing.word, doing.tone, said(doing.message) if doing.message else "")
    return (
        f'<tr><th scope="row" class="fs-number">{plan.shot.label}</th>'
        f'<td><div class="fs-clamp"><bdi>{html.escape(prompt)}</bdi></div></td>'
        f'<td>{state}</td><td class="fs-right">{length}</td></tr>'
    )
