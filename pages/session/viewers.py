"""How many pages look at work under way at the moment, so that many of them ask less often. It knows no page."""

from __future__ import annotations

import threading
import time
import uuid

import streamlit as st

# What all pages together ask of this process; the work that they look at needs the processor more.
LOOKS_A_SECOND = 4.0
FORGOTTEN_SECONDS = 60.0

_guard = threading.Lock()
_seen: dict[str, float] = {}


def look_every(seconds: float) -> float:
    """How often this page may look: every so many ``seconds``, and less often where many do."""
    viewer = st.session_state.setdefault("viewer", uuid.uuid4().hex)
    return spacing(viewer, seconds, time.monotonic())


def spacing(viewer: str, seconds: float, moment: float) -> float:
    """``look_every`` for a ``viewer`` that looks at ``moment``; who has not looked for long is forgotten."""
    with _guard:
        _seen[viewer] = moment
        for gone in [one for one, last in _seen.items() if moment - last > FORGOTTEN_SECONDS]:
            del _seen[gone]
        return max(seconds, len(_seen) / LOOKS_A_SECOND)
