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
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_type_hints

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.request import CENTRED, Placement, Settings, ShotRequest
from framepack.shots.spans import Span, spans

ALGORITHM = 2

# The fields of ``Settings`` that are hashed always.
HASHED_ALWAYS = (
    *("checkpoint", "height", "width", "steps", "guidance", "cfg", "rescale"),
    *("negative_prompt", "cache", "threshold", "precision"),
)
# Those that came later, with the value that means what was done before; they are hashed where they differ from it.
ADDED_LATER: Mapping[str, object] = MappingProxyType({"fit": "fill"})
_NUMBERS = {name: kind for name, kind in get_type_hints(Settings).items() if kind in (int, float)}


@dataclass(frozen=True)
class PlannedShot:
    """One shot of a chain with the names of all it is made of.

    ``start`` is the key of the start picture's unit (1 latent, 1 frame) for the shot that opens the chain; ``sections``
    are the keys of its sections in order. ``anchor_image`` and ``embedding_image`` are the pictures (SHA-256) in slot 0
    and behind the image embedding; an ``anchor_image`` of None means the last latent before the shot. The former is
    placed in the frame as the request says, the latter as ``embedding_placement`` does.
    """

    request: ShotRequest
    span: Span
    start: str | None
    sections: tuple[str, ...]
    anchor_image: str | None
    embedding_image: str
    embedding_placement: Placement = CENTRED

    @property
    def units(self) -> tuple[tuple[str, int], ...]:
        """(key, frames shown) of every unit that, joined, is the shot."""
        parts = [(key, self.span.frames_of_section(number)) for number, key in enumerate(self.sections, start=1)]
        return ((self.start, 1), *parts) if self.start else tuple(parts)


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
    if first.image is None:
        raise InvalidRequest("image", Message("cut-without-picture"))
    if checkpoint.direction == "inverted" and len(requests) > 1:
        raise InvalidRequest("start", Message("backwards-use-cut", {"checkpoint": checkpoint.name}))
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
            "image": first.image,
            **({"fit": first.settings.fit} if first.settings.fit != ADDED_LATER["fit"] else {}),
            **_placed("place", first.placement),
        }
    )
    counts_sections = checkpoint.direction == "inverted"
    planned: list[PlannedShot] = []
    before, kept, embedding, placement = start, 1, first.image, first.placement
    chain = spans(
        [request.seconds for request in requests],
        fps=checkpoint.fps,
        window=checkpoint.window,
        ends=ends,
        # Another number of sections is another name for each of them where they are made from the end.
        more_sections=checkpoint.direction == "forward",
    )
    for request, span in zip(requests, chain, strict=True):
        if request.image:
            embedding, placement = request.image, request.placement
        keys = []
        settings = hashed_settings(request.settings)
        for number in range(1, span.sections + 1):
            before = _section_key(
                request,
                settings,
                span,
                number,
                before,
                kept,
                (embedding, placement),
                counts_sections,
            )
            kept = span.window
            keys.append(before)
        kept = span.kept
        planned.append(
            PlannedShot(
                request=request,
                span=span,
                start=start if span.opens else None,
                sections=tuple(keys),
                anchor_image=request.image,
                embedding_image=embedding,
                embedding_placement=placement,
            )
        )
    return tuple(planned)


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


def _section_key(
    request: ShotRequest,
    settings: dict[str, object],
    span: Span,
    number: int,
    before: str,
    kept: int,
    embedding: tuple[str, Placement],
    counts_sections: bool,
) -> str:
    image, placement = embedding
    return _digest(
        {
            "unit": "section",
            "algorithm": ALGORITHM,
            "identity": request.identity,
            "settings": settings,
            "window": span.window,
            "first": span.first,
            "prompt": request.prompt,
            "seed": int(request.seed),
            "anchor": request.image,
            "embedding": image,
            **(_placed("anchor place", request.placement) if request.image else {}),
            **_placed("embedding place", placement),
            "number": number,
            "of": span.sections if counts_sections else None,
            "before": before,
            "kept": kept,
        }
    )


def _placed(name: str, placement: Placement) -> dict[str, object]:
    """How a picture is placed; pictures were always cut about their centre before there was another way."""
    return {} if placement == CENTRED else {name: list(placement)}


def _digest(parts: dict[str, object]) -> str:
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
