"""Functions run on several ranks of one group, each in a process of its own, on the processor."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from framepack.parallel.group import start_group
from tests.support.preloaded import preloaded_context

SECONDS = 120.0


class RankFailed(AssertionError):
    """A rank raised, or ended without a result; the text says which and how."""


def on_ranks(
    size: int,
    work: Callable[..., Any],
    *given: Any,
    timeout: float = 60.0,
    speeds: Sequence[float] = (),
    survivors: Sequence[int] | None = None,
) -> list[Any]:
    """What ``work(group, *given)`` gives on each rank of a group of ``size``; of ``survivors`` only, where some die.

    ``work`` and what it takes and gives must be picklable, and is named by its module.
    """
    context = preloaded_context()
    with TemporaryDirectory() as folder:
        ways = [context.Pipe() for _ in range(size)]
        processes = [
            context.Process(target=_run, args=(end, rank, size, Path(folder) / "meeting", timeout, speeds, work, given))
            for rank, (_, end) in enumerate(ways)
        ]
        for process in processes:
            process.start()
        for _, end in ways:
            end.close()
        try:
            return [_result(rank, ways[rank][0]) for rank in (range(size) if survivors is None else survivors)]
        finally:
            for process in processes:
                process.kill()
                process.join()


def _result(rank: int, way: Connection) -> Any:
    if not way.poll(SECONDS):
        raise RankFailed(f"rank {rank} gave nothing in {SECONDS:.0f} s")
    try:
        went_well, result = way.recv()
    except EOFError:
        raise RankFailed(f"rank {rank} died") from None
    if not went_well:
        raise RankFailed(f"rank {rank}:\n{result}")
    return result


def _run(
    way: Connection,
    rank: int,
    size: int,
    meeting: Path,
    timeout: float,
    speeds: Sequence[float],
    work: Callable[..., Any],
    given: tuple[Any, ...],
) -> None:
    torch.set_num_threads(1)
    # So that small tensors come back by value, however the ranks end.
    torch.multiprocessing.set_sharing_strategy("file_system")
    try:
        group = start_group(
            rank=rank, size=size, device=torch.device("cpu"), meeting=meeting, speeds=speeds, timeout=timeout
        )
        result: Any = True, work(group, *given)
    except BaseException:
        result = False, traceback.format_exc()
    way.send(result)
    way.close()
    os._exit(0)
