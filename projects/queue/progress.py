"""How far a render is: the row and the small preview that pages read. It knows nothing of how a shot is rendered."""

from __future__ import annotations

import io
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from PIL import Image
from sqlmodel import Session

from framepack.files.atomic import replacing
from framepack.shots.events import Conditioned, Event, Finished, Notice, SectionDone, Step
from projects.database.opening import AWAY, session_for
from projects.database.tables import Phase, Progress, now
from projects.settings import StudioSettings
from projects.storage.places import preview_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WRITES_A_SECOND = 4
# Steps keep some of those free, so that a change of phase need not wait.
SECONDS_BETWEEN_STEPS = 0.4
# So long nothing is written after it could not be, since a database that is away makes everybody wait who asks.
SECONDS_AFTER_A_FAULT = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Which shot of a render is being made: ``shot_index`` counts from 1 among the ``shot_count`` that are wanted."""

    render_id: str
    shot_id: str | None
    shot_index: int
    shot_count: int
    sections: int


class ProgressWriter:
    """Writes where one shot of a render is, at most four times a second; a change of phase is never left out.

    What cannot be written is dropped: nobody's shot shall fail because its progress could not be shown. Only where the
    shot is not this worker's any more does ``held``, asked in the transaction that writes, raise.
    """

    def __init__(
        self,
        *,
        settings: StudioSettings,
        database: sa.Engine,
        place: Place,
        held: Callable[[Session], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._database = database
        self._place = place
        self._held = held
        self._clock = clock
        self._sleep = sleep
        self._written: deque[float] = deque(maxlen=WRITES_A_SECOND)
        self._silent_until = float("-inf")
        self._phase: Phase = "loading"
        self._found = 0
        self._sections_done = 0
        self._sampled: set[int] = set()
        self._step_times: list[float] = []
        self._pace: float | None = None
        self._preview: NDArray[np.uint8] | None = None

    def enter(self, phase: Phase) -> None:
        """Say that another phase begins."""
        self._phase = phase
        if len(self._written) == WRITES_A_SECOND:
            self._sleep(max(0.0, self._written[0] + 1.0 - self._clock()))
        self._write(step=0, steps=0)

    def follow(self, event: Event) -> None:
        """Take note of what the engine says."""
        match event:
            case Conditioned(sections_done=done):
                self._found = self._sections_done = done
                self._begin_section()
            case Notice(compiling=True):
                self.enter("compiling")
            case Step():
                self._follow_step(event)
            case SectionDone(number=number, seconds=seconds):
                # Found sections were counted at the start; number 0 is the start picture's unit.
                if seconds and number:
                    self._sections_done += 1
                    self._begin_section()
            case Finished():
                self.enter("finishing")

    def _begin_section(self) -> None:
        self._step_times = []
        if self._sections_done < self._place.sections:
            self.enter("sampling")

    def _follow_step(self, event: Step) -> None:
        self._sampled.add(event.section)
        self._phase = "sampling"
        self._step_times.append(self._clock())
        if len(self._step_times) > 1:
            self._pace = (self._step_times[-1] - self._step_times[0]) / (len(self._step_times) - 1)
        if event.number == event.of:
            self._preview = event.preview
            self.enter("decoding")
        elif not self._written or self._clock() - self._written[-1] >= SECONDS_BETWEEN_STEPS:
            self._preview = event.preview
            self._write(step=event.number, steps=event.of)

    def _write(self, *, step: int, steps: int) -> None:
        encoded = None if self._preview is None else _encoded(self._preview)
        self._preview = None
        # A model that works backwards samples every section before the first is done.
        section = max(self._sections_done + 1, self._found + len(self._sampled))
        row = Progress(
            render_id=self._place.render_id,
            shot_id=self._place.shot_id,
            shot_index=self._place.shot_index,
            shot_count=self._place.shot_count,
            section=min(section, self._place.sections),
            sections=self._place.sections,
            step=step,
            steps=steps,
            seconds_per_step=self._pace,
            phase=self._phase,
            updated_at=now(),
        )
        if self._clock() < self._silent_until:
            return
        try:
            with session_for(self._database) as session:
                self._held(session)
                session.merge(row)
                session.flush()
                if encoded is not None:
                    self._save_preview(encoded)
                session.commit()
        except AWAY as error:
            _log.warning("Progress is not shown for a while: %s", error)
            self._silent_until = self._clock() + SECONDS_AFTER_A_FAULT
        except sa.exc.IntegrityError:
            pass  # another worker of the same order was the first to write; what comes next is written over that
        self._written.append(self._clock())

    def _save_preview(self, encoded: bytes) -> None:
        path = preview_path(self._settings, self._place.render_id)
        try:
            with replacing(path) as aside:
                aside.write_bytes(encoded)
        except OSError as error:
            _log.warning("The preview is not shown: %s", error)


def _encoded(preview: NDArray[np.uint8]) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(preview).save(encoded, format="WEBP", quality=80)
    return encoded.getvalue()
