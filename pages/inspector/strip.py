"""What the beats of a shot stand on: the shot in time, and the take whose frames are shown along it."""

from __future__ import annotations

from dataclasses import dataclass

from framepack.checkpoints.table import checkpoint_named
from framepack.shots.keys import begins_at
from framepack.shots.request import MAX_BEATS
from framepack.shots.spans import spans
from pages.board.reading import Board
from pages.look.theme import ratio_of
from pages.serving.files import picture_url
from projects.storyboard.project_settings import checkpoint_of
from projects.takes.staleness import ShotPlan


@dataclass(frozen=True)
class Grid:
    """On which latents of a shot beats may begin.

    ``first``, ``latents``, ``window`` and ``opens`` are as of its span, ``before`` the seconds of its chain that come
    before it. ``by_sections``: only where a section does. ``frames`` are how many it shows.
    """

    first: int
    latents: int
    window: int
    opens: bool
    before: float
    fps: int
    frames: int
    by_sections: bool


@dataclass(frozen=True)
class StripTake:
    """A take: where its frames are had (``?n=`` follows), how many there are, how many last a second, its shape."""

    frame_url: str
    frames: int
    fps: int
    ratio: str


@dataclass(frozen=True)
class Strip:
    """``picture`` is the address of a beat's picture with {id} for its id; ``most`` is how many beats there can be."""

    grid: Grid
    take: StripTake | None
    picture: str
    most: int = MAX_BEATS


def strip_of(board: Board, plan: ShotPlan) -> Strip:
    """What the beats of a shot stand on. A shot that cannot be rendered yet is taken for a chain of its own."""
    shot, planned, take = plan.shot, plan.planned, plan.chosen
    usual = shot.checkpoint or checkpoint_of(board.project, board.made_for)
    checkpoint = checkpoint_named(planned.request.settings.checkpoint if planned else usual)
    (alone,) = spans((shot.seconds,), fps=checkpoint.fps, window=checkpoint.window, ends=True)
    span = planned.span if planned else alone
    return Strip(
        grid=Grid(
            first=span.first,
            latents=span.latents,
            window=span.window,
            opens=span.opens,
            before=begins_at([one.request for one in plan.chain]) if plan.chain else 0.0,
            fps=checkpoint.fps,
            frames=max(plan.frames, 1),
            by_sections=checkpoint.direction == "inverted",
        ),
        take=None
        if take is None
        else StripTake(f"/api/takes/{take.id}/frame", take.frames, take.fps, ratio_of(take.width, take.height)),
        picture=picture_url("{id}"),
    )
