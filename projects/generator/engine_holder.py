"""Owns the engine that a worker keeps between jobs. Torch is loaded when the first section has to be made, not before.

It is the only file of the domain that knows the engine, and imports it inside its functions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from framepack.checkpoints.table import checkpoint_named
from framepack.shots.events import Event
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.settings import StudioSettings

if TYPE_CHECKING:
    from framepack.engine.engine import Engine


def check_device(device: str) -> None:
    """Raise DeviceUnavailable where this computer has no ``device``."""
    from framepack.device.devices import pick_device

    pick_device(device)


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
        from framepack.engine.render import render_shot

        yield from render_shot(self._engine, chain, place, pictures, store)


class EngineHolder:
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

        from framepack.engine.engine import Engine

        if self._engine is not None and self._checkpoint == checkpoint:
            return self._engine
        self._close()
        torch.set_num_threads(self._threads)
        engine = Engine(
            checkpoint_named(checkpoint),
            replace(self._settings.engine, device=self._device),
            conditioning_cache=self._settings.conditioning_dir,
            measurements=self._settings.home,
        )
        self._engine, self._checkpoint = engine.__enter__(), checkpoint
        return self._engine

    def _close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.__exit__(None, None, None)
