"""The pages of the harness app: one for each component, told by the address what to show."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import streamlit as st

from framepack.shots.request import MAX_SEED
from framepack.shots.spans import MAX_SECONDS
from pages.inspector.fields import Bounds, typing_boxes
from pages.inspector.inspector import FIELDS
from pages.inspector.keeper import keep_saving
from pages.inspector.strip import Grid, Strip
from pages.inspector.words import ENGLISH as BOX_WORDS
from pages.writing.phrases import PHRASES
from pages.writing.rewriting import Rewriting
from tests.support.fake_shots import FAKE, PROJECT


def home() -> None:
    """The page of the bare address."""
    st.text("The harness")


def boxes() -> None:
    """The typing boxes of one of three shots, and what Python was told."""
    shot = st.segmented_control("Shot", list(FAKE.shots), default=next(iter(FAKE.shots)), required=True)
    st.button("Draw anew")
    typing_boxes(
        FAKE.shots[shot],
        project_id=PROJECT,
        fields=FIELDS,
        bounds={"seconds": Bounds(0.1, MAX_SECONDS), "seed": Bounds("0", str(MAX_SEED))},
        strip=Strip(
            Grid(first=1, latents=19, window=9, opens=True, before=0.0, fps=30, frames=75, by_sections=False),
            None,
            "/{id}",
        ),
        counter="12 of 256 tokens",
        unread="its end",
        phrases=PHRASES,
        rewriting=Rewriting("It is off here."),
        words=BOX_WORDS,
        lang=st.query_params.get("lang", "en"),
        api="/api",
        key="boxes",
        on_saved=lambda id: st.session_state.update(told=id),
    )
    st.text(f"Told of: {st.session_state.get('told', 'nothing')}")


def other() -> None:
    """Another page of the same studio."""
    st.text("Another page")
    keep_saving(api="/api")


def story() -> None:
    """The player, with what the test has put into ``story.json``."""
    from pages.player.player import PlayerShot, story_player
    from pages.player.words import ENGLISH

    st.button("Draw anew")
    told = json.loads((Path(os.environ["HARNESS_FILES"]) / "story.json").read_text())
    shots = [PlayerShot(**one) for one in told["shots"]]
    story_player(
        shots,
        ratio=told["ratio"],
        fps=told["fps"],
        fit="cover",
        start=None,
        words=ENGLISH,
        lang="en",
        key="story",
        on_shot=lambda id: st.session_state.update(at=id),
    )
    st.text(f"At: {st.session_state.get('at', 'nothing')}")


def compare() -> None:
    """Two takes beside each other, with what the test has put into ``compare.json``."""
    from pages.player.compare import ComparedTake, compare_takes
    from pages.player.words import ENGLISH

    told = json.loads((Path(os.environ["HARNESS_FILES"]) / "compare.json").read_text())
    left, right = (ComparedTake(**one) for one in told["takes"])
    compare_takes(left, right, ratio=told["ratio"], fps=told["fps"], words=ENGLISH, lang="en", key="compare")


def clicks() -> None:
    """Buttons whose clicks take as long as the test wants, and which of them were carried out."""
    st.text(f"Carried out: {' '.join(sorted(st.session_state.get('carried-out', [])))}")
    for number in range(12):
        st.button(f"Do {number}", key=f"do-{number}", on_click=_carry_out, args=(number,))


def _carry_out(number: int) -> None:
    files = Path(os.environ["HARNESS_FILES"])
    had = [*st.session_state.get("carried-out", []), str(number)]
    (files / f"begun-{number}").touch()
    while (files / f"hold-{number}").exists():
        time.sleep(0.01)
    st.session_state["carried-out"] = had


st.set_page_config(layout="wide")
st.navigation([st.Page(page) for page in (home, boxes, other, story, compare, clicks)], position="top").run()
