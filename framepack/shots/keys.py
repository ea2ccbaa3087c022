"""The names of sections: a section's key is a hash of exactly what it is made from. No torch, no files.

Keys outlive releases: what was hashed in the first one is hashed always, under the same names. A setting that came
later is hashed only where it differs from the value that stood for it before there was such a setting.

Changing how a section is computed, so that the same inputs give other latents or frames, must raise ``ALGORITHM``.
Other rounding is no such change: a section has one name on all devices, and each of them rounds in its own way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import get_type_hints

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.beats import runs_of
from framepack.shots.request import CENTRED, Placement, Settings, ShotRequest
from framepack.shots.spans import FRAMES_PER_LATENT, Span, seconds_given, spans

ALGORITHM = 2

# The fields of ``Settings`` that are hashed always.
HASHED_ALWAYS = (
    *("checkpoint", "height", "width", "steps", "guidance", "cfg", "rescale"),
    *("negative_prompt", "cache", "threshold", "precision"),
)
# Those that came later, with the value that means what was done before; they are hashed where they differ from it.
ADDED_LATER: Mapping[str, object] = MappingProxyType({"fit": "fill", "loras": ()})
_NUMBERS = {name: kind for name, kind in get_type_hints(Settings).items() if kind in (int, float)}


@dataclass(frozen=True)
class PlannedSection:
    """One section with its name. ``number`` counts from 1 all that are begun since the shot's start.

    ``latents`` are kept of it, and ``frames`` shown. ``anchor_image`` and ``embedding_image`` are the pictures in slot
    0 and behind the image embedding (the SHA-256 of a picture's file, or the name of a video's last picture), "" where
    that is given; an ``anchor_image`` of None means the last latent before the shot.
    """

    key: str
    number: int
    latents: int
    frames: int
    prompt: str
    seed: int
    anchor_image: str | None
    anchor_placement: Placement
    embedding_image: str
    embedding_placement: Placement


@dataclass(frozen=True)
class PlannedShot:
    """One shot of a chain with the names of all it is made of.

    ``start`` is the key of the start unit for the shot that opens the chain: its picture (1 latent, 1 frame), or the
    end of the video that it goes on from. ``made`` are its sections in order.
    """

    request: ShotRequest
    span: Span
    start: str | None
    made: tuple[PlannedSection, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        """The keys of its sections in order."""
        return tuple(section.key for section in self.made)

    @property
    def units(self) -> tuple[tuple[str, int], ...]:
        """(key, frames shown) of every unit that, joined, is the shot; of a video before it none are shown."""
        parts = [(section.key, section.frames) for section in self.made]
        return ((self.start, 1 if self.span.opens else 0), *parts) if self.start else tuple(parts)

    @property
    def begins_at_end(self) -> bool:
        """Whether its last section is made first, beside its end picture."""
        backwards = checkpoint_named(self.request.settings.checkpoint).direction == "inverted"
        return backwards and self.request.end is not None

    @property
    def kept(self) -> int:
        """How many latents of its last section it needs; the shot after it starts from there."""
        return self.made[-1].latents


def plan_chain(requests: Sequence[ShotRequest], *, ends: bool = False) -> tuple[PlannedShot, ...]:
    """Name every section of a chain, whose first request opens it with a cut and whose others continue.

    ``ends``: no shot continues the last one, so it shows all its frames rather than whole latents (see ``spans``).
    Raises InvalidRequest where the first shot has no picture, sizes or checkpoints differ, or the checkpoint cannot
    continue a shot.
    """
    if not requests:
        return ()
    first = requests[0]
    checkpoint = checkpoint_named(first.settings.checkpoint)
    if first.image is None and first.past is None:
        raise InvalidRequest("image", Message("cut-without-picture"))
    if checkpoint.direction == "inverted" and len(requests) > 1:
        raise InvalidRequest("start", Message("backwards-use-cut", {"checkpoint": checkpoint.name}))
    if checkpoint.direction == "inverted" and first.past is not None:
        raise InvalidRequest("video", Message("backwards-no-video", {"checkpoint": checkpoint.name}))
    if any(request.past is not None for request in requests[1:]):
        raise InvalidRequest("video", Message("video-continues"))
    for request in requests:
        frame = (request.settings.checkpoint, request.identity, request.settings.height, request.settings.width)
        if frame != (first.settings.checkpoint, first.identity, first.settings.height, first.settings.width):
            raise InvalidRequest("start", Message("chain-differs"))

    start = _digest(
        {
            "unit": "start",
            "algorithm": ALGORITHM,
            "identity": first.identity,
            "height": first.settings.height,
            "width": first.settings.width,
            **_begun_with(first),
            **({"fit": first.settings.fit} if first.settings.fit != ADDED_LATER["fit"] else {}),
            **_placed("place", first.placement),
        }
    )
    planned: list[PlannedShot] = []
    given = first.past.latents if first.past else 1
    assert first.picture is not None, "a shot that opens a chain begins with a picture or a video"
    before, kept, seen, seconds = start, given, (first.picture, first.placement), begins_at(requests[:1])
    chain = spans(
        [request.seconds for request in requests],
        fps=checkpoint.fps,
        window=checkpoint.window,
        ends=ends,
        # Another number of sections is another name for each of them where they are made from the end.
        more_sections=checkpoint.direction == "forward",
        given=given,
    )
    for request, span in zip(requests, chain, strict=True):
        if request.picture:
            seen = (request.picture, request.placement)
        sections = unnamed_sections(request, span, before=seconds, seen=seen)
        named = _named(request, span, sections, before, kept)
        planned.append(PlannedShot(request=request, span=span, start=None if planned else start, made=named))
        before, kept = named[-1].key, named[-1].latents
        seen = (named[-1].embedding_image, named[-1].embedding_placement)
        seconds += request.seconds
    return tuple(planned)


def begins_at(chain: Sequence[ShotRequest]) -> float:
    """How many seconds after its chain the last of ``chain`` begins, as latents lie; a video before it counts."""
    first = chain[0]
    given = seconds_given(first.past.latents if first.past else 1, checkpoint_named(first.settings.checkpoint).fps)
    return given + sum(request.seconds for request in chain[:-1])


def unnamed_sections(
    request: ShotRequest, span: Span, *, before: float, seen: tuple[str, Placement]
) -> tuple[PlannedSection, ...]:
    """The sections of a shot that begins ``before`` seconds after its chain, without their keys.

    ``seen`` is the picture behind the embedding at its beginning, and its placement.
    """
    checkpoint = checkpoint_named(request.settings.checkpoint)
    backwards = checkpoint.direction == "inverted"
    sections: list[PlannedSection] = []
    for run in runs_of(request, span, before=before, fps=checkpoint.fps, whole_sections=backwards):
        anchor = (request.picture, request.placement)
        if run.image:
            anchor = seen = (run.image, run.placement)
        for number, latents in enumerate(run.sections, start=run.number):
            frames = FRAMES_PER_LATENT * latents
            sections.append(PlannedSection("", number, latents, frames, run.prompt, run.seed, *anchor, *seen))
    last = sections[-1]
    return (*sections[:-1], replace(last, frames=last.frames - span.left_off))


def latents_key(key: str) -> str:
    """The name under which section ``key`` is kept while it is sampled but not decoded yet."""
    return hashlib.sha256(f"{key} latents".encode()).hexdigest()


def hashed_settings(settings: Settings) -> dict[str, object]:
    """The part of ``settings`` that a key hashes, numbers as the type of their field: a guidance of 10 as 10.0."""
    values = {name: _typed(settings, name) for name in HASHED_ALWAYS}
    later = {name: _typed(settings, name) for name in ADDED_LATER}
    return values | {name: value for name, value in later.items() if value != ADDED_LATER[name]}


def _typed(settings: Settings, name: str) -> object:
    value = getattr(settings, name)
    return _NUMBERS[name](value) if name in _NUMBERS else value


def _named(
    request: ShotRequest, span: Span, sections: Sequence[PlannedSection], before: str, kept: int
) -> tuple[PlannedSection, ...]:
    """The sections with their keys; of the unit ``before`` the first, ``kept`` latents are."""
    settings = hashed_settings(request.settings)
    of_all: dict[str, object] = {"of": None}
    if checkpoint_named(request.settings.checkpoint).direction == "inverted":
        # What is made from the end depends on all that comes later.
        of_all = {"of": span.sections, **_beats(sections), **_ending(request)}
    named = []
    for section in sections:
        parts = {
            "unit": "section",
            "algorithm": ALGORITHM,
            "identity": request.identity,
            "settings": settings,
            "window": span.window,
            "first": span.first,
            "prompt": section.prompt,
            "seed": int(section.seed),
            "anchor": section.anchor_image,
            "embedding": section.embedding_image,
            **(_placed("anchor place", section.anchor_placement) if section.anchor_image else {}),
            **_placed("embedding place", section.embedding_placement),
            "number": section.number,
            "before": before,
            "kept": kept,
            **of_all,
        }
        before, kept = _digest(parts), section.latents
        named.append(replace(section, key=before))
    return tuple(named)


def _begun_with(request: ShotRequest) -> dict[str, object]:
    """What the start unit is made from: a picture, or the end of a video."""
    if request.past is None:
        return {"image": request.image}
    return {"video": request.past.video, "first frame": request.past.first, "last frame": request.past.last}


def _beats(sections: Sequence[PlannedSection]) -> dict[str, object]:
    """What all sections are told, where they are not all told the same."""
    told = [
        [section.prompt, int(section.seed), section.anchor_image, list(section.anchor_placement)]
        for section in sections
    ]
    return {"beats": told} if any(one != told[0] for one in told) else {}


def _ending(request: ShotRequest) -> dict[str, object]:
    """The picture beside which the last section is made, where there is one."""
    return {} if request.end is None else {"end": request.end, **_placed("end place", request.end_placement)}


def _placed(name: str, placement: Placement) -> dict[str, object]:
    """How a picture is placed; pictures were always cut about their centre before there was another way."""
    return {} if placement == CENTRED else {name: list(placement)}


def _digest(parts: dict[str, object]) -> str:
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
