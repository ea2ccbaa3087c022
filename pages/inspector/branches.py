"""Going on differently from a moment of a take of the selected shot."""

from __future__ import annotations

from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.messages import Message
from framepack.shots.spans import FRAMES_PER_LATENT
from pages.player.frames import Latents, WayOn
from pages.session.database import settings
from pages.session.state import Notice, attempt, say
from projects.database.tables import Take
from projects.queue.branches import BranchOrder, Way, order_branches
from projects.storyboard.shots import new_seed


def latents_of(take: Take) -> Latents | None:
    """Where other takes can go on from a take; None where its model makes it from the end."""
    checkpoint = checkpoint_named(str(take.request["settings"]["checkpoint"]))
    if checkpoint.direction == "inverted":
        return None
    first = 1 if take.request.get("start") == "cut" else 0
    latents = -(-(take.frames - first) // FRAMES_PER_LATENT)
    return Latents(first, latents, checkpoint.window) if latents > 0 else None


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
