"""The names of the weights that projects are rendered with. A page never waits for one: large weights are named aside.

It knows no project.
"""

from __future__ import annotations

import logging
import threading
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
_failed: dict[tuple[str, Path | None], Message] = {}


def weights_name(checkpoint: Checkpoint, models: Path | None) -> tuple[str, Message | None]:
    """The name of the weights, or "" and why there is none: BEING_NAMED for as long as a thread makes it."""
    try:
        known = known_identity(checkpoint, models)
    except FramepackError as problem:
        return "", problem.message
    if known is not None:
        return known, None
    asked = (checkpoint.name, models)
    with _guard:
        if failed := _failed.pop(asked, None):
            return "", failed  # and tried again when it is asked for again
        if asked not in _under_way:
            _under_way.add(asked)
            threading.Thread(target=_name, args=(checkpoint, models), daemon=True).start()
    return "", BEING_NAMED


def weights_names(checkpoints: Collection[str], models: Path | None) -> dict[str, str]:
    """The names of the weights of several checkpoints, as far as they have one already."""
    found = {name: weights_name(checkpoint_named(name), models) for name in checkpoints}
    return {name: identity for name, (identity, problem) in found.items() if problem is None}


def _name(checkpoint: Checkpoint, models: Path | None) -> None:
    asked = (checkpoint.name, models)
    try:
        checkpoint_identity(checkpoint, models)
    except (OSError, FramepackError) as error:
        _log.exception("The weights of %s could not be named.", checkpoint.name)
        with _guard:
            _failed[asked] = message_for(error)
    finally:
        with _guard:
            _under_way.discard(asked)
