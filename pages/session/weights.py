"""The names of the weights that projects are rendered with. A page never waits for one: large weights are named aside.

It knows no project.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from pathlib import Path

from framepack.checkpoints.identity import checkpoint_identity, known_identity
from framepack.checkpoints.table import Checkpoint, checkpoint_named
from framepack.errors import FramepackError
from framepack.messages import Message
from projects.failures import message_for

BEING_NAMED = Message("weights-being-named")

_log = logging.getLogger(__name__)
_guard = threading.Lock()
_under_way: set[tuple[str, Path | None]] = set()
_failed: dict[tuple[str, Path | None], tuple[Message, float]] = {}
# All that ask for weights that cannot be read are told so for as long, before it is tried again.
TOLD_SECONDS = 5.0


def weights_name(checkpoint: Checkpoint, models: Path | None) -> tuple[str, Message | None]:
    """The name of the weights, or "" and why there is none: BEING_NAMED for as long as a thread makes it."""
    try:
        known = known_identity(checkpoint, models)
    except FramepackError as problem:
        return "", problem.message
    if known is not None:
        return known, None
    with _guard:
        if failed := _fault(checkpoint, models):
            return "", failed
        _begin(checkpoint, models)
    return "", BEING_NAMED


def weights_names(checkpoints: Collection[str], models: Path | None) -> dict[str, str]:
    """The names of the weights of several checkpoints, as far as they have one already."""
    found = {}
    for checkpoint in map(checkpoint_named, checkpoints):
        try:
            known = known_identity(checkpoint, models)
        except FramepackError:
            continue
        if known is not None:
            found[checkpoint.name] = known
            continue
        with _guard:
            if _fault(checkpoint, models) is None:
                _begin(checkpoint, models)
    return found


def _fault(checkpoint: Checkpoint, models: Path | None) -> Message | None:
    """Why the weights could not be named just now; forgotten after a while, so that it is tried again."""
    asked = (checkpoint.name, models)
    if asked not in _failed:
        return None
    failed, since = _failed[asked]
    if time.monotonic() - since > TOLD_SECONDS:
        del _failed[asked]
        return None
    return failed


def _begin(checkpoint: Checkpoint, models: Path | None) -> None:
    """Let a thread name the weights, unless one does."""
    asked = (checkpoint.name, models)
    if asked not in _under_way:
        _under_way.add(asked)
        threading.Thread(target=_name, args=(checkpoint, models), daemon=True).start()


def _name(checkpoint: Checkpoint, models: Path | None) -> None:
    asked = (checkpoint.name, models)
    try:
        checkpoint_identity(checkpoint, models)
    except (OSError, FramepackError) as error:
        _log.exception("The weights of %s could not be named.", checkpoint.name)
        with _guard:
            _failed[asked] = message_for(error), time.monotonic()
    finally:
        with _guard:
            _under_way.discard(asked)
