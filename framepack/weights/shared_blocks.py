"""Owns the one host copy of streamed blocks that all ranks of a group bring their blocks from.

The copy lies in memory that the ranks share, and each of them locks only the part of every block that it fetches; the
others' parts come from their devices. So host memory and the traffic from it are those of one card. Where devices reach
each other only through the host's memory, each fetches all of a block from there instead: by way of a peer it would
cross that memory twice more. The memory has no name in any file system: nothing is left of it, however the ranks end.
"""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Mapping, Sequence
from itertools import accumulate

import torch
from torch import Tensor

from framepack.device.pinned_memory import PinnedMemory
from framepack.device.shares import Shares
from framepack.parallel.group import Group
from framepack.weights.block_store import BlockReader, Layout
from framepack.weights.flat_layout import ALIGNMENT

_NO_MEMORY = (errno.ENOMEM, errno.ENOSPC)
_NONE = -1


class SharedBlocks:
    """Brings the blocks ``numbers``, read once by ``reader``, from one copy that the ranks of ``group`` share.

    ``host`` locks this rank's parts. To be made, used and closed by all ranks alike. Raises MemoryError on all of them
    where there is no room for the copy.
    """

    def __init__(
        self, reader: BlockReader, layouts: Sequence[Layout], numbers: Sequence[int], group: Group, host: PinnedMemory
    ) -> None:
        self._reader = reader
        self._group = group
        sizes = [layouts[number].nbytes for number in numbers]
        self._parts = {number: _part(layouts[number].nbytes, group.size) for number in numbers}
        self._copies = _views_of_shared_memory(group, dict(zip(numbers, sizes, strict=True)))
        for place, number in enumerate(numbers):
            if place % group.size == group.rank:
                reader.read(number, self._copies[number])
        group.meet()
        # What the equal parts leave over is a few hundred bytes, of which every rank has a copy of its own.
        rests = [size - group.size * self._parts[number] for number, size in zip(numbers, sizes, strict=True)]
        flat = host.take(max(1, sum(rests)))
        self._rests: dict[int, Tensor] = {}
        for number, rest, start in zip(numbers, rests, accumulate(rests, initial=0), strict=False):
            part = self._parts[number]
            host.lock(self._copies[number][self._fetched(number)])
            self._rests[number] = flat[start : start + rest]
            self._rests[number].copy_(self._copies[number][group.size * part :])

    def read(self, number: int, flat: Tensor) -> None:
        """See ``framepack.weights.block_store.BlockReader``; all ranks read the same blocks in one order."""
        copy, part, fetched = self._copies[number], self._parts[number], self._fetched(number)
        flat[fetched].copy_(copy[fetched], non_blocking=True)
        flat[self._group.size * part :].copy_(self._rests[number], non_blocking=True)
        if part and self._group.direct:
            self._group.complete(flat, part)

    def _fetched(self, number: int) -> slice:
        """What this rank fetches of a block, without the rest that lies apart."""
        part, first, count = self._parts[number], self._group.rank, 1
        if not self._group.direct:
            first, count = 0, self._group.size
        return slice(first * part, (first + count) * part)

    def close(self) -> None:
        """See ``framepack.weights.block_store.BlockReader``."""
        self._copies.clear()
        self._rests.clear()
        self._reader.close()


def can_share_memory() -> bool:
    """Whether this system has memory that processes share without a name."""
    return hasattr(os, "memfd_create")


def _part(nbytes: int, size: int) -> int:
    return nbytes // size // ALIGNMENT * ALIGNMENT


def _views_of_shared_memory(group: Group, sizes: Mapping[int, int]) -> dict[int, Tensor]:
    """Flat pieces of these ``sizes`` in memory of all ranks, for each of the numbers."""
    starts = list(accumulate(_whole_pages(size) for size in sizes.values()))
    total = max(1, starts[-1] if starts else 1)
    mine = _NONE
    if group.rank == 0:
        mine = os.memfd_create("blocks", os.MFD_CLOEXEC)
        try:
            os.posix_fallocate(mine, 0, total)
        except OSError as error:
            os.close(mine)
            if error.errno not in _NO_MEMORY:
                raise
            mine = _NONE
    told = group.joined_rows(torch.tensor([[os.getpid(), mine]], device=group.device), Shares((1,) * group.size))
    pid, number = (int(value) for value in told[0])
    if number == _NONE:
        raise MemoryError(f"{total} bytes cannot be had")
    found = mine if group.rank == 0 else os.open(f"/proc/{pid}/fd/{number}", os.O_RDWR)
    pages = mmap.mmap(found, total, flags=mmap.MAP_SHARED)
    group.meet()
    os.close(found)
    flat = torch.frombuffer(pages, dtype=torch.uint8)
    begins = [0, *starts]
    return {key: flat[begin : begin + size] for (key, size), begin in zip(sizes.items(), begins, strict=False)}


def _whole_pages(nbytes: int) -> int:
    return -(-nbytes // mmap.PAGESIZE) * mmap.PAGESIZE
