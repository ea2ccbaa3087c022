"""Beats: at a moment of a shot another sentence, seed or picture takes over, and what came before stays as it is.

A beat begins on a latent: the section before it is cut there, and the next one goes on from that point, as at the end
of a shot that is continued. A picture that a shot is guided to is such a beat, too: towards the end it is the anchor.
Pure arithmetic, no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from framepack.shots.request import CENTRED, Beat, Placement, ShotRequest
from framepack.shots.spans import FRAMES_PER_LATENT, Span

# How much of a shot's end is guided to a picture, but no more than half of the shot.
GUIDED_SECONDS = 2.4


@dataclass(frozen=True)
class Run:
    """The part of a shot between two beats: ``latents`` new ones from its latent ``first`` (0 is its first new one) on.

    ``image`` is the picture in slot 0 and behind the embedding where a beat brought one, None where they are the
    shot's own. ``sections`` are how many latents are kept of each of its sections; ``number`` counts from 1 all
    sections begun since the shot's start, and is that of the run's first.
    """

    first: int
    latents: int
    number: int
    sections: tuple[int, ...]
    prompt: str
    seed: int
    image: str | None
    placement: Placement


@dataclass(frozen=True)
class _Said:
    """All that is said from a beat on; ``image`` is None where the pictures are the shot's own."""

    prompt: str
    seed: int
    image: str | None = None
    placement: Placement = CENTRED

    def then(self, beat: Beat) -> _Said:
        """What is said from ``beat`` on, which may leave out what stays."""
        return _Said(
            prompt=self.prompt if beat.prompt is None else beat.prompt,
            seed=self.seed if beat.seed is None else beat.seed,
            image=beat.image or self.image,
            placement=beat.placement if beat.image else self.placement,
        )


def runs_of(request: ShotRequest, span: Span, *, before: float, fps: int, whole_sections: bool) -> tuple[Run, ...]:
    """The runs of a shot that begins ``before`` seconds after its chain.

    ``whole_sections``: beats begin where sections do, for a model that makes them from the end.
    """
    said = _that_change(request, _in_place(request, span, before, fps, whole_sections))
    starts = [*said]
    runs: list[Run] = []
    number = 1
    for first, end in zip(starts, [*starts[1:], span.latents], strict=True):
        sections = _sections(end - first, span.window)
        now = said[first]
        runs.append(Run(first, end - first, number, sections, now.prompt, now.seed, now.image, now.placement))
        number += len(sections)
    return tuple(runs)


def first_latent(at: float, span: Span, *, before: float, fps: int, whole_sections: bool) -> int:
    """The latent of a shot (0 is its first new one) at which a beat ``at`` seconds into it begins, or would.

    The other arguments are as of ``runs_of``. A beat that begins at or after the last latent's end changes nothing.
    """
    # Rounded as joins are: on the running total of the chain.
    first = max(0, round(((before + at) * fps - 1) / FRAMES_PER_LATENT) + 1 - span.first)
    return round(first / span.window) * span.window if whole_sections else first


def _in_place(request: ShotRequest, span: Span, before: float, fps: int, whole_sections: bool) -> dict[int, _Said]:
    """What is said from which latent of the shot on, in order; of two beats on one latent the later counts."""
    said = _Said(request.prompt, request.seed)
    found = {0: said}
    # A model that works backwards has its end picture beside the section that it makes first.
    for beat in request.beats if whole_sections else _with_guide(request):
        said = said.then(beat)
        first = first_latent(beat.at, span, before=before, fps=fps, whole_sections=whole_sections)
        if beat.at < request.seconds and first < span.latents:
            found[first] = said
    return found


def guided_from(seconds: float) -> float:
    """The moment of a shot of so many seconds from which on it is guided to its end picture."""
    return max(seconds / 2, seconds - GUIDED_SECONDS)


def _with_guide(request: ShotRequest) -> tuple[Beat, ...]:
    """The beats of a shot, and that which guides it; before those at the same time, which may bring a picture."""
    if request.end is None:
        return request.beats
    guide = Beat(guided_from(request.seconds), image=request.end, placement=request.end_placement)
    return tuple(sorted((guide, *request.beats), key=lambda beat: beat.at))


def _that_change(request: ShotRequest, beats: Mapping[int, _Said]) -> dict[int, _Said]:
    """The beats without those that say what is said already; the first is always there."""
    changed: dict[int, _Said] = {}
    now = None
    for first, said in beats.items():
        picture = (said.image, said.placement) if said.image else (request.picture, request.placement)
        whole = (said.prompt, said.seed, *picture)
        if whole != now:
            changed[first] = said
            now = whole
    return changed


def _sections(latents: int, window: int) -> tuple[int, ...]:
    """How many latents are kept of each section of a run."""
    whole, rest = divmod(latents, window)
    return (window,) * whole + ((rest,) if rest else ())


def moment_of(latent: int, span: Span, *, before: float, fps: int) -> float:
    """A time in seconds into the shot at which a beat begins on its ``latent``, that nearest to when it is shown."""
    exact = (FRAMES_PER_LATENT * (latent + span.first - 1) + 1) / fps - before
    # Decimals enough for a thousandth of a latent.
    return max(0.0, round(exact, 4))
