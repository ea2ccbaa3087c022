"""The names of encoded prompts and pictures, and which of them a shot needs. No torch, no files.

What is encoded is named by what it was made from: the checkpoint's identity, the prompt or the picture, its size, and
how it was fitted to that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from framepack.shots.keys import PlannedShot
from framepack.shots.request import CENTRED, Fit, Placement, ShotRequest

ALGORITHM = 1


def prompt_name(identity: str, prompt: str) -> str:
    """The name of an encoded prompt."""
    return _name(identity, {"prompt": prompt})


def picture_name(identity: str, image: str, size: tuple[int, int], fit: Fit, placement: Placement = CENTRED) -> str:
    """The name of the encoded picture ``image`` (SHA-256) at ``size`` (height, width), brought to it by ``fit``.

    ``placement`` says where one that fills the frame is cut.
    """
    # Pictures that fill the frame about their centre were cached before there was another way, without saying so.
    fitted: dict[str, object] = {} if fit == "fill" else {"fit": fit}
    placed: dict[str, object] = {} if placement == CENTRED else {"place": placement}
    return _name(identity, {"image": image, "size": size, **fitted, **placed})


def prompts_of(request: ShotRequest, prompt: str) -> tuple[str, ...]:
    """``prompt``, one of a shot's, and the negative one where real CFG is used."""
    return (prompt,) if request.settings.cfg == 1.0 else (prompt, request.settings.negative_prompt)


def all_prompts_of(shot: PlannedShot) -> frozenset[str]:
    """Every prompt the shot needs encoded."""
    return frozenset(text for section in shot.made for text in prompts_of(shot.request, section.prompt))


def pictures_of(shot: PlannedShot) -> Iterator[tuple[str, str, tuple[int, int], Fit, Placement]]:
    """(identity, picture, size, fit, placement) of every picture the shot needs encoded."""
    settings = shot.request.settings
    anchors = {(section.anchor_image, section.anchor_placement) for section in shot.made}
    embedded = {(section.embedding_image, section.embedding_placement) for section in shot.made}
    ends = {(shot.request.end, shot.request.end_placement)} if shot.begins_at_end else set()
    for image, placement in anchors | embedded | ends:
        if image:
            yield shot.request.identity, image, (settings.height, settings.width), settings.fit, placement


def conditioning_of(shot: PlannedShot) -> Iterator[str]:
    """The names of all that the shot needs encoded."""
    for prompt in all_prompts_of(shot):
        yield prompt_name(shot.request.identity, prompt)
    for picture in pictures_of(shot):
        yield picture_name(*picture)


def _name(identity: str, content: dict[str, object]) -> str:
    parts = {"algorithm": ALGORITHM, "identity": identity, **content}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
