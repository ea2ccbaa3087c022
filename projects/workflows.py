"""What the queue runs, and the engine it runs on: one workflow a render, one a chain, one step a shot.

The order of steps is part of ``render_queue.APPLICATION_VERSION``. Arguments are ids and numbers, never tensors. Torch
is loaded when the first section has to be made, not before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dbos import DBOS, SetWorkflowID

from framepack.checkpoints import checkpoint_named
from framepack.keys import PlannedShot
from framepack.request import Event
from framepack.section_store import SectionStore
from projects.render_queue import CHAINS, RENDER_WORKFLOW
from projects.settings import StudioSettings
from projects.shot_rendering import ShotRenderer

if TYPE_CHECKING:
    from framepack.engine import Engine

POLLING_SECONDS = 0.2


class OpenEngine:
    """The engine while somebody has it, as ``ShotRenderer`` uses it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def prepare(self, chain: tuple[PlannedShot, ...], pictures: Mapping[str, Path]) -> None:
        """Encode every prompt and picture of a chain that was never encoded before."""
        self._engine.prepare(chain, pictures)

    def render(
        self, chain: tuple[PlannedShot, ...], place: int, pictures: Mapping[str, Path], store: SectionStore
    ) -> Generator[Event]:
        """Make the shot at ``place`` of a chain."""
        from framepack.render import render_shot

        yield from render_shot(self._engine, chain, place, pictures, store)


class EngineRoom:
    """Keeps one engine between jobs, for one user at a time; gives it up after a fault and when it stood idle."""

    def __init__(self, *, settings: StudioSettings, device: str, threads: int) -> None:
        self._settings = settings
        self._device = device
        self._threads = threads
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._checkpoint = ""
        self._used = time.monotonic()

    @contextmanager
    def engine(self, checkpoint: str) -> Iterator[OpenEngine]:
        """The engine with the weights of ``checkpoint``. Raises the engine's errors."""
        with self._lock:
            try:
                yield OpenEngine(self._opened(checkpoint))
            except BaseException:
                # After a fault (out of memory, say) nothing of it is kept: the next job begins afresh.
                self._close()
                raise
            finally:
                self._used = time.monotonic()

    def release_if_idle(self, seconds: float) -> None:
        """Give the engine's memory back if nobody wanted it for ``seconds``."""
        if self._lock.acquire(blocking=False):
            try:
                if self._engine is not None and time.monotonic() - self._used > seconds:
                    self._close()
            finally:
                self._lock.release()

    def _opened(self, checkpoint: str) -> Engine:
        import torch

        from framepack.engine import Engine

        if self._engine is not None and self._checkpoint == checkpoint:
            return self._engine
        self._close()
        torch.set_num_threads(self._threads)
        engine = Engine(
            checkpoint_named(checkpoint),
            device=self._device,
            models=self._settings.models,
            conditioning_cache=self._settings.conditioning_dir,
            memory=self._settings.memory,
            attention=self._settings.attention,
            text_on_cpu=self._settings.text_on_cpu,
            measurements=self._settings.home,
        )
        self._engine, self._checkpoint = engine.__enter__(), checkpoint
        return self._engine

    def _close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.__exit__(None, None, None)


def register_workflows(shots: ShotRenderer) -> None:
    """Tell DBOS what this process can run; to be called before it is launched."""

    @DBOS.step(name="plan")
    def plan(render_id: str) -> list[list[int]]:
        return shots.plan(render_id)

    @DBOS.step(name="make")
    def make(render_id: str, number: int, place: int) -> str | None:
        return shots.make(render_id, number, place)

    @DBOS.step(name="settle")
    def settle(render_id: str, problems: list[str]) -> None:
        shots.settle(render_id, problems)

    # Recovery is not limited here: a take counts the deaths of its workers since its last finished section.
    @DBOS.workflow(name="chain", max_recovery_attempts=None)
    def chain(render_id: str, number: int, places: list[int]) -> str | None:
        for place in places:
            problem = make(render_id, number, place)
            if problem is not None:
                return problem
        return None

    @DBOS.workflow(name=RENDER_WORKFLOW, max_recovery_attempts=None)
    def render(render_id: str) -> None:
        handles = []
        for number, places in enumerate(plan(render_id)):
            # Chains are independent of each other: whichever worker is free takes the next one.
            with SetWorkflowID(f"{render_id}-{number}"):
                handles.append(DBOS.enqueue_workflow(CHAINS, chain, render_id, number, places))
        problems = [handle.get_result(polling_interval_sec=POLLING_SECONDS) for handle in handles]
        settle(render_id, [problem for problem in problems if problem is not None])
