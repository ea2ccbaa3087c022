"""The worker processes of this computer: started together with what needs them, restarted when they die, ended with it.

It knows nothing of what a worker does. Where several cards may make a shot together it asks again and again whether
they shall (``card_choice``), and changes workers between two sections.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from framepack.device.cards_measured import read_measured
from projects.generator.card_choice import CardChoice, measured_together
from projects.generator.keeper import Keeper
from projects.generator.ranks import Layout, together
from projects.settings import StudioSettings

_SECONDS_BETWEEN_CHOICES = 3.0
_SECONDS_BETWEEN_LOOKS = 0.1


def local_devices() -> tuple[str, ...]:
    """The devices that get a worker each: every NVIDIA GPU where there are several, else whatever the engine finds."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        count = len([device for device in visible.split(",") if device.strip() not in ("", "-1")])
    else:
        count = _count_gpus()
    return tuple(f"cuda:{number}" for number in range(count)) if count > 1 else ("auto",)


def _count_gpus() -> int:
    # Not by asking torch: the process that calls this serves pages, and torch stays out of it.
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


class LocalWorkers:
    """This computer's worker processes, from ``with`` to its end. Entering returns at once; they come up meanwhile.

    There is one for each of ``devices``. Without any, the ``cards``, or else all of this computer's devices, are given
    to workers as the settings say; where none of the computer's can be used, the processor serves.
    """

    def __init__(
        self, settings: StudioSettings, devices: Sequence[str] | None = None, *, cards: Sequence[str] | None = None
    ) -> None:
        self._settings = settings
        self._devices = devices
        self._cards = cards
        self._keepers: list[Keeper] = []
        self._over = threading.Event()
        self._lock = threading.RLock()

    def __enter__(self) -> LocalWorkers:
        self._settings.make_folders()
        # Looking for the devices takes seconds on some computers, and whoever enters may have pages to serve.
        threading.Thread(target=self._begin, name="workers", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._over.set()
        for keeper in self._keepers:
            keeper.tell_to_end()
        for keeper in self._keepers:
            keeper.await_end()

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        return [keeper.pid for keeper in self._keepers if keeper.pid is not None]

    @property
    def failing(self) -> Path | None:
        """What a worker said that does not come up, None while there is one that does or may still do so."""
        with self._lock:
            failing = [keeper for keeper in self._keepers if keeper.failing]
            return failing[0].output if failing and len(failing) == len(self._keepers) else None

    def _begin(self) -> None:
        if self._devices is not None:
            self._keep(self._devices)
            return
        cards = local_devices() if self._cards is None else self._cards
        per_shot = self._settings.cards_per_shot
        if per_shot is None and len(cards) > 1:
            self._share_out(cards)
        else:
            self._keep(together(cards, per_shot or 1))

    def _share_out(self, cards: Sequence[str]) -> None:
        """Give cards to workers by what is ordered, until the end."""
        layout: Layout = "each"
        # Only where it has to be measured does it matter that nobody is at work yet.
        first_time = not read_measured(self._settings.home)
        measured = measured_together(self._settings, cards) if first_time else None
        self._keep(tuple(dict.fromkeys(cards)))  # the processor is one however often it is named
        choice = CardChoice(self._settings, cards, measured if first_time else measured_together(self._settings, cards))
        while not self._over.wait(_SECONDS_BETWEEN_CHOICES):
            if layout == "all" and any(keeper.afresh or keeper.failing for keeper in self._keepers):
                choice.note_loss()
            wanted = choice.layout(layout)
            if wanted != layout and self._all_left():
                layout = wanted
                self._keep(choice.workers(layout))

    def _all_left(self) -> bool:
        """Have all workers end after the sections they are at; whether they did, and not the studio before them."""
        for keeper in self._keepers:
            keeper.tell_to_leave()
        while not all(keeper.is_over for keeper in self._keepers):
            if self._over.wait(_SECONDS_BETWEEN_LOOKS):
                return False
        with self._lock:
            self._keepers.clear()
        return True

    def _keep(self, devices: Sequence[str]) -> None:
        with self._lock:
            if not self._over.is_set():
                self._keepers += [Keeper(self._settings, device, self._let_the_processor_serve) for device in devices]

    def _let_the_processor_serve(self) -> None:
        """Called when a worker failed: without a single one that works, and nobody's wish for these, there is one more
        device."""
        with self._lock:
            ours = self._devices is None and self._cards is None
            if ours and self.failing and not any(keeper.device == "cpu" for keeper in self._keepers):
                self._keep(["cpu"])
