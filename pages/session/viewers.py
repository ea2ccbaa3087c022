"""How many pages look at work under way at the moment, so that many of them ask less often. It knows no page."""

from __future__ import annotations

import threading
import time
import uuid

import streamlit as st

# What all pages together ask of this process; the work that they look at needs the processor more.
LOOKS_A_SECOND = 4.0
FORGOTTEN_SECONDS = 60.0


class Viewers:
    """The pages that look at present; one that has not looked for long is forgotten."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen: dict[str, float] = {}

    def spacing(self, viewer: str, seconds: float, moment: float) -> float:
        """How often ``viewer``, who looks at ``moment``, may look: every so many ``seconds``, less often among many."""
        with self._guard:
            self._seen[viewer] = moment
            for gone in [one for one, last in self._seen.items() if moment - last > FORGOTTEN_SECONDS]:
                del self._seen[gone]
            return max(seconds, len(self._seen) / LOOKS_A_SECOND)


_viewers = Viewers()


def look_every(seconds: float) -> float:
    """How often this page may look: every so many ``seconds``, and less often where many do."""
    viewer = st.session_state.setdefault("viewer", uuid.uuid4().hex)
    return _viewers.spacing(viewer, seconds, time.monotonic())
