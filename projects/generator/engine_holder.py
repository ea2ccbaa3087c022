"""Owns the engine that a worker keeps between jobs. Torch is loaded when the first section has to be made, not before.

It is the only file of the domain that knows the engine, and imports it inside its functions.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.device.faults import accelerator_lost
from framepack.environment import cards_named
from framepack.shots.events import Event, Step
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.errors import WeightsChanged
from projects.forecast.arithmetic import CORE_ARITHMETIC, card_arithmetic
from projects.generator.processor import processor_title, usable_cpus
from projects.loras.files import brought_lora_file
from projects.settings import StudioSettings

if TYPE_CHECKING:
    from framepack.engine.engine import Engine


@dataclass(frozen=True)
class FoundDevice:
    """A device of this computer, or several that make each section together.

    ``name`` is the engine's for it, ``hardware`` the same for all names it has; ``parts`` are those of each device.
    ``title`` is what it is sold as, ``memory`` its bytes, and ``arithmetic`` how many operations a second it is built
    for.
    """

    name: str
    parts: tuple[str, ...]
    title: str = ""
    memory: int = 0
    arithmetic: float = 0.0

    @property
    def hardware(self) -> str:
        """All parts in one."""
        return "+".join(self.parts)


def find_device(name: str) -> FoundDevice:
    """The device called ``name``, as ``pick_device`` knows it, or the several that ``cards_named`` knows.

    Torch is loaded only where it has to be asked. Raises DeviceUnavailable and InvalidRequest.
    """
    names = cards_named(name)
    if len(names) > 1:
        found = [find_device(one) for one in names]
        return FoundDevice(
            "+".join(one.name for one in found),
            tuple(sorted({one.hardware for one in found})),
            " + ".join(one.title for one in found),
            sum(one.memory for one in found),
            sum(one.arithmetic for one in found),
        )
    if name == "cpu" or (name == "auto" and not _may_have_a_gpu()):
        return _processor("cpu")
    import torch

    from framepack.device.devices import pick_device

    device = pick_device(name)
    if device.type != "cuda":
        return _processor(str(device))
    card = torch.cuda.get_device_properties(device)
    speed = card_arithmetic(card.multi_processor_count, (card.major, card.minor))
    return FoundDevice(str(device), (f"cuda-{card.uuid}",), card.name, card.total_memory, speed)


def _processor(name: str) -> FoundDevice:
    """The computer itself, or the card that shares its memory."""
    cores = usable_cpus()
    title = f"{processor_title()}, {cores} cores"
    return FoundDevice(name, (name.partition(":")[0],), title, psutil.virtual_memory().total, cores * CORE_ARITHMETIC)


def _may_have_a_gpu() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    # NVIDIA's devices, AMD's, and those of Windows that are seen from within WSL.
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/kfd").exists() or Path("/dev/dxg").exists()


class OpenEngine:
    """The engine while somebody has it, as ``ShotRenderer`` uses it; ``is_fresh``: it came to life just now."""

    def __init__(self, engine: Engine, check_weights: Callable[[], None], *, is_fresh: bool) -> None:
        self.is_fresh = is_fresh
        self._engine = engine
        self._check_weights = check_weights

    def prepare(self, shots: Sequence[PlannedShot], pictures: Mapping[str, Path], store: SectionStore) -> None:
        """Encode every prompt and picture of ``shots`` that was never encoded before."""
        from framepack.engine.render import prepare_shots

        prepare_shots(self._engine, shots, pictures, store)

    def render(
        self, chain: tuple[PlannedShot, ...], place: int, pictures: Mapping[str, Path], store: SectionStore
    ) -> Generator[Event]:
        """Make the shot at ``place`` of a chain. Raises WeightsChanged."""
        from framepack.engine.render import render_shot

        with closing(render_shot(self._engine, chain, place, pictures, store)) as events:
            unchecked = True
            for event in events:
                if unchecked and isinstance(event, Step):
                    # Reading them takes a while, in which they may have been exchanged; nothing is published yet.
                    self._check_weights()
                    unchecked = False
                yield event


class EngineHolder:
    """Keeps one engine between jobs, for one user at a time; gives it up after a fault and when it stood idle."""

    def __init__(self, *, settings: StudioSettings, device: str, threads: int) -> None:
        self._settings = settings
        self._device = device
        self._threads = threads
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._weights = ("", "")
        self._used = time.monotonic()

    @contextmanager
    def engine(self, checkpoint: str, identity: str) -> Iterator[OpenEngine]:
        """The engine with the weights of ``checkpoint`` that are called ``identity``.

        Raises WeightsChanged where this computer has others now, and the engine's errors.
        """

        def check_weights() -> None:
            if checkpoint_identity(checkpoint_named(checkpoint), self._settings.engine.models) != identity:
                raise WeightsChanged(checkpoint)

        with self._lock:
            try:
                check_weights()
                before = self._engine
                opened = self._opened(checkpoint, identity)
                yield OpenEngine(opened, check_weights, is_fresh=opened is not before)
            except BaseException as error:
                # After a fault (out of memory, say) nothing of it is kept: the next job begins afresh. A lost
                # accelerator gives nothing back, and whoever asks it to may wait for ever.
                if not accelerator_lost(error):
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

    def _opened(self, checkpoint: str, identity: str) -> Engine:
        import torch

        from framepack.engine.engine import Engine

        if self._engine is not None and self._weights == (checkpoint, identity):
            return self._engine
        self._close()
        torch.set_num_threads(self._threads)
        engine = Engine(
            checkpoint_named(checkpoint),
            replace(self._settings.engine, device=self._device),
            conditioning_cache=self._settings.conditioning_dir,
            measurements=self._settings.home,
            lora_file=partial(brought_lora_file, self._settings),
        )
        self._engine, self._weights = engine.__enter__(), (checkpoint, identity)
        return self._engine

    def _close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.__exit__(None, None, None)
