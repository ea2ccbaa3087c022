"""Owns the other ranks of an engine: a process for each further card, which does what this one does, at its word.

Orders go by pipes, values between cards by ``framepack.parallel``. The processes end with this one, however it ends:
their pipe closes. When one of them dies, what is under way here ends in a RankLost.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

import torch

from framepack.device.memory_plan import Budget
from framepack.engine.rank_orders import (
    Answer,
    Failed,
    Measure,
    NextStep,
    Order,
    Section,
    StopSampling,
)
from framepack.engine.rank_process import FAILED, follow
from framepack.errors import RankLost
from framepack.messages import Message
from framepack.parallel.group import (
    SECONDS_TO_CONNECT,
    SECONDS_TO_WAIT,
    Group,
    abort_group,
    break_off,
    start_group,
)
from framepack.parallel.watchdog import Watchdog
from framepack.sampling.sampler import SamplingStep
from framepack.transformer.transformer import FramepackTransformer

T = TypeVar("T")
_SECONDS_TO_END = 1.0
_SECONDS_FOR_LAST_WORDS = 2.0
# At a meeting nobody has anything else to do than to meet.
_SECONDS_TO_NOTICE_AT_A_MEETING = 3.0
# Who waits at a meeting looks for the others only now and then, and that takes long on a computer that is very busy;
# who connects with one that has just died tries it five times.
_SECONDS_TO_LEAVE_A_MEETING = 5 * SECONDS_TO_CONNECT + 60.0


class Crew:
    """The ranks on ``devices``, of which the first is this process; ``speeds`` are those of ``Group``.

    The others are started when they are first needed and ended by ``close``, after which they may be started again.
    ``timeout`` is how many seconds a rank may be waited for.
    """

    def __init__(
        self, devices: Sequence[torch.device], *, speeds: Sequence[float] = (), timeout: float = SECONDS_TO_WAIT
    ) -> None:
        self.devices = tuple(devices)
        self._speeds = tuple(speeds)
        self._timeout = timeout
        self._group: Group | None = None
        self._folder: Path | None = None
        self._processes: list[BaseProcess] = []
        self._ways: list[Connection] = []
        self._watchdog: Watchdog | None = None

    @property
    def size(self) -> int:
        """How many ranks there are."""
        return len(self.devices)

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of a section's tokens that each rank has."""
        speeds = self._speeds or (1.0,) * self.size
        return tuple(speed / sum(speeds) for speed in speeds)

    @property
    def runs(self) -> bool:
        """Whether the ranks are there, all of them."""
        return self._group is not None and self._watchdog is not None and self._watchdog.found_dead is None

    @property
    def pids(self) -> list[int]:
        """The other ranks' processes."""
        return [process.pid for process in self._processes if process.pid is not None]

    @property
    def group(self) -> Group:
        """The group of ranks that are there."""
        assert self._group is not None, "it was started"
        return self._group

    def start(self) -> None:
        """Start the other ranks where they are not there. Raises RankLost."""
        if not self.runs:
            self.close()
            self._group = self._start()

    def budgets(self, cap: int | None) -> list[Budget]:
        """What memory the other ranks have. Raises RankLost."""
        found = self.ask(Measure(cap))
        assert all(isinstance(answer, Budget) for answer in found), "that is what was asked for"
        return [answer for answer in found if isinstance(answer, Budget)]

    def tell(self, order: Order) -> None:
        """Have the other ranks carry out an order. Raises RankLost."""
        assert self._watchdog is not None, "they were started"
        self._watchdog.needed(True)
        said = pickle.dumps(order)
        for way in self._ways:
            try:
                way.send_bytes(said)
            except OSError:
                raise self.loss() from None

    def answers(self) -> list[Answer]:
        """The answers of the other ranks to an order that has one. Raises RankLost."""
        found: list[Answer] = []
        for way in self._ways:
            try:
                # A process that is over closes its end, so nothing is waited for that cannot come.
                if not way.poll(self._timeout):
                    raise self.loss()
                answer: Answer = pickle.loads(way.recv_bytes())
            except (EOFError, OSError):
                raise self.loss() from None
            if isinstance(answer, Failed):
                raise RankLost(self.size, answer.reason)
            found.append(answer)
        return found

    def ask(self, order: Order) -> list[Answer]:
        """``tell`` and ``answers``."""
        self.tell(order)
        return self.answers()

    def in_step(self, section: Section, transformer: FramepackTransformer) -> Iterator[SamplingStep]:
        """The steps of ``section``, made by all ranks. Closing it stops all of them after the step under way.

        Raises RankLost and whatever a step raises, after which the ranks are to be closed.
        """
        transformer.store.release_buffers()
        self.tell(section)
        steps = section.begin(transformer)
        try:
            while True:
                self.tell(NextStep())
                step = next(steps, None)
                if step is None:
                    break
                yield step
                self._check()
            self.tell(StopSampling())
        except GeneratorExit:
            self.tell(StopSampling())
            raise
        except RankLost as error:
            raise self.loss(error) from error
        finally:
            steps.close()

    def checked(self, made: Generator[T]) -> Generator[T]:
        """What is ``made`` with the other ranks, for as long as all are there. Raises RankLost."""
        with closing(made):
            for one in made:
                self._check()
                yield one

    def rest(self) -> None:
        """Nobody waits for the other ranks until they are told something again."""
        if self._watchdog is not None:
            self._watchdog.needed(False)

    def loss(self, error: RankLost | None = None) -> RankLost:
        """What is known about a rank that is lost: what it said at last, or how it ended, or else ``error``."""
        for way in self._ways:
            try:
                said = pickle.loads(way.recv_bytes()) if way.poll(_SECONDS_FOR_LAST_WORDS) else None
            except (EOFError, OSError):
                continue
            # That others do not answer is told by each rank that is left; why is told by one.
            if isinstance(said, Failed) and said.reason.id != "rank-unreachable":
                return RankLost(self.size, said.reason)
        for card, process in enumerate(self._processes, start=2):
            process.join(_SECONDS_FOR_LAST_WORDS)
            if process.exitcode not in (None, FAILED):
                status = int(process.exitcode or 0)
                return RankLost(self.size, Message("rank-stopped", {"card": card, "status": status}))
        return error or RankLost(self.size, Message("rank-silent", {"seconds": self._timeout}))

    def close(self) -> None:
        """End the other ranks, whatever they are at."""
        if self._watchdog is not None:
            # What is taken down may wait for what a rank was to do on its device.
            self._watchdog.needed(True)
        if self._group is not None:
            abort_group(self._group)
        for way in self._ways:
            way.close()
        for process in self._processes:
            process.join(_SECONDS_TO_END)
            if process.is_alive():
                process.kill()
                process.join()
        if self._watchdog is not None:
            self._watchdog.close()
        self._group = self._watchdog = None
        self._processes, self._ways = [], []
        if self._folder is not None:
            # Only now: the threads of a group may look into the file, and wait long for one that is not there.
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _check(self) -> None:
        # Waiting for a card that is lost is interrupted without an error, and what was waited for is not there.
        if not self.runs:
            raise self.loss()

    def _start(self) -> Group:
        context = multiprocessing.get_context("spawn")
        self._folder = Path(tempfile.mkdtemp(prefix="framepack-"))
        meeting = self._folder / "meeting"
        threads = max(1, torch.get_num_threads() // self.size)
        try:
            for rank, device in enumerate(self.devices[1:], start=1):
                here, there = context.Pipe()
                given = (there, rank, self.size, str(device), meeting, self._speeds, self._timeout, threads)
                process = context.Process(target=follow, args=given, name=f"rank {rank}", daemon=True)
                process.start()
                there.close()
                self._processes.append(process)
                self._ways.append(here)
            # Most of what can go wrong does so before they are here, and then nobody waits for them at the meeting.
            self.answers()
            group = self._meet(meeting)
        except BaseException as error:
            loss = self.loss(error) if isinstance(error, RankLost) else None
            self.close()
            if loss is not None:
                raise loss from error
            raise
        self._watchdog = Watchdog(self._processes, abort=partial(abort_group, group), give_up=_end_this_process)
        return group

    def _meet(self, meeting: Path) -> Group:
        watchdog = Watchdog(
            self._processes,
            abort=lambda: break_off(meeting),
            give_up=_end_this_process,
            patience=_SECONDS_TO_NOTICE_AT_A_MEETING,
            last_patience=_SECONDS_TO_LEAVE_A_MEETING,
        )
        watchdog.needed(True)
        try:
            return start_group(
                rank=0,
                size=self.size,
                device=self.devices[0],
                meeting=meeting,
                speeds=self._speeds,
                timeout=self._timeout,
            )
        finally:
            watchdog.close()


def _end_this_process() -> None:
    print("A card that works on the shot, too, is lost, and what waits for it cannot be ended.", file=sys.stderr)
    sys.stderr.flush()
    os._exit(FAILED)
