"""Takes of the selected shot that part from each other: going on from a moment, the tree they are, side by side."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import streamlit as st
from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from framepack.shots.spans import FRAMES_PER_LATENT
from pages.look.language import language, t, words
from pages.look.text import seconds_text
from pages.look.theme import ratio_of
from pages.player.frames import Latents, WayOn
from pages.player.side_by_side import TakeBeside, takes_side_by_side
from pages.player.words import ENGLISH as PLAYER_WORDS
from pages.serving.files import take_url
from pages.session.database import settings
from pages.session.state import Notice, attempt, say
from projects.database.tables import Take
from projects.queue.branches import BranchOrder, Way, change_length, order_branches
from projects.storyboard.shots import new_seed
from projects.takes.staleness import ShotPlan
from projects.takes.tree import Limb

MOST_BESIDE = 8


def latents_of(take: Take) -> Latents | None:
    """Where other takes can go on from a take; None where its model makes it from the end."""
    checkpoint = checkpoint_named(str(take.request["settings"]["checkpoint"]))
    if checkpoint.direction == "inverted":
        return None
    first = 1 if take.request.get("start") == "cut" else 0
    latents = -(-(take.frames - first) // FRAMES_PER_LATENT)
    return Latents(first, latents, checkpoint.window) if latents > 0 else None


def takes_as_tree(limbs: Sequence[Limb]) -> None:
    """The takes along the time: of each what it shares with another is thin, and its own is broad."""
    if all(limb.of is None for limb in limbs):
        return
    longest = max(limb.take.frames for limb in limbs)
    rows = []
    for limb in limbs:
        begin, end = 100 * limb.shared / longest, 100 * limb.take.frames / longest
        name = t("Take {number}").format(number=limb.take.number)
        rows.append(
            f'<li style="--deep:{min(limb.depth, 4)}"><span class="fs-limb-name">{html.escape(name)}</span>'
            f'<span class="fs-limb" aria-hidden="true"><i style="width:{begin:.2f}%"></i>'
            f'<b style="width:{end - begin:.2f}%"></b></span><span>{html.escape(parting(limb))}</span></li>'
        )
    label = html.escape(t("Which takes share their beginning"))
    st.html(f'<ol class="fs-tree fs-soft" aria-label="{label}">{"".join(rows)}</ol>')


def parting(limb: Limb) -> str:
    """Where a take parts from another, in words."""
    length = seconds_text(limb.take.frames / limb.take.fps)
    if limb.of is None:
        return length
    if limb.shared >= limb.take.frames:
        return t("{length}, the beginning of take {number}").format(length=length, number=limb.of.number)
    at = seconds_text(limb.shared / limb.take.fps)
    if limb.shared >= limb.of.frames:
        return t("{length}, goes on after the end of take {number}").format(length=length, number=limb.of.number)
    return t("{length}, parts from take {number} at {at}").format(length=length, number=limb.of.number, at=at)


def side_by_side(plan: ShotPlan, limbs: Sequence[Limb], choose: Callable[[str], None]) -> None:
    """Takes in step, those that parted last at the same moment unless others are chosen."""
    if not st.toggle(t("Side by side"), key=f"beside-{plan.shot.id}"):
        return
    by_name = {t("Take {number}").format(number=limb.take.number): limb.take for limb in limbs}
    usual = [name for name, take in by_name.items() if take in last_parted(limbs)]
    newest = max(limb.take.number for limb in limbs)
    # Afresh for each newest take: what was ordered last is what one wants to see.
    key = f"which-{plan.shot.id}-{newest}"
    names = st.multiselect(t("Which takes"), [*by_name], usual, max_selections=MOST_BESIDE, key=key)
    if not names:
        return
    first, chosen = by_name[names[0]], plan.chosen.id if plan.chosen else None
    takes_side_by_side(
        [
            TakeBeside(take.id, take_url(take.id), name, take.id == chosen)
            for name, take in by_name.items()
            if name in names
        ],
        ratio=ratio_of(first.width, first.height),
        fps=first.fps,
        words=words("player", PLAYER_WORDS),
        lang=language().tag,
        key=f"side-{plan.shot.id}",
        on_choose=choose,
    )


def last_parted(limbs: Sequence[Limb]) -> list[Take]:
    """The takes that part at the moment at which the newest one does, and the one they part from; else the newest."""
    newest = max(limbs, key=lambda limb: limb.take.number)
    if newest.of is None:
        return [limb.take for limb in sorted(limbs, key=lambda limb: -limb.take.number)[:MOST_BESIDE]]
    parted = [limb.take for limb in limbs if limb.of is newest.of and limb.shared == newest.shared]
    return [newest.of, *parted[-MOST_BESIDE + 1 :]]


def go_on(take_id: str, way: WayOn) -> None:
    """Order takes that go on from a take, and say what they cost."""
    prompt = way.prompt or None
    # Of those that say the same the first keeps the seed there is.
    ways = [Way(prompt, None if way.same_seed else new_seed()) for _ in range(way.count)]
    ordered: list[BranchOrder] = []

    def order(opened: Session) -> None:
        ordered.append(order_branches(session=opened, settings=settings(), take_id=take_id, at=way.at, ways=ways))

    if attempt(order):
        (done,) = ordered
        values = {"at": round(done.at, 2), "new": done.new_sections, "sections": done.sections}
        say(Notice(Message("branch-ordered", values), "good"))


def make_last(take_id: str, seconds: float) -> None:
    """Have a take as another one that lasts ``seconds``, and say what came of it."""
    made: list[Take | BranchOrder] = []

    def change(opened: Session) -> None:
        made.append(change_length(session=opened, settings=settings(), take_id=take_id, seconds=seconds))

    if attempt(change):
        (done,) = made
        if isinstance(done, Take):
            lasts = {"number": done.number, "seconds": round(done.frames / done.fps, 2)}
            say(Notice(Message("length-made", lasts), "good"))
        else:
            values = {"new": done.new_sections, "sections": done.sections}
            say(Notice(Message("length-ordered", values), "good"))
