"""Owns where a model's blocks lie while it runs, and brings those that do not stay on the device in time.

A block is one flat piece of memory, so it comes in one copy. Blocks that are offloaded pass through a few buffers: a
stream of its own copies two blocks ahead of the one that computes, and waits, on the device, for an event recorded when
a buffer was last used; the host waits for nothing. It goes round, so the last blocks of one step are computed
while the first ones of the next are copied. Where there is no such stream nothing is gained by copying ahead, and a
block comes when it is asked for. It knows neither files nor what blocks are for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from framepack.device.memory_plan import BUFFERS
from framepack.device.pinned_memory import PinnedMemory
from framepack.messages import Message

Views = dict[str, Tensor]


class Layout(Protocol):
    """How a block's tensors lie in a flat piece of memory; ``framepack.weights.block_layout.BlockLayout`` is one."""

    @property
    def nbytes(self) -> int:
        """How much it takes."""
        ...

    def views(self, flat: Tensor) -> Views:
        """The tensors by name, on the memory of ``flat`` (uint8)."""
        ...


class BlockReader(Protocol):
    """Reads blocks from where they are kept for good, such as files."""

    def read(self, number: int, flat: Tensor) -> None:
        """Put block ``number`` into ``flat`` (uint8, on any device) by work on the current stream."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class BlockStore:
    """The blocks of one model, in order, ready to be computed with on ``device``.

    ``resident`` holds the memory of those that stay there, ``copies`` that of others on the host, where it is taken
    from ``host``; a block that is in neither is read by ``reader`` whenever it is needed. Blocks that do not stay come
    through ``buffers`` buffers. For one thread at a time; ``close`` gives everything back.
    """

    def __init__(
        self,
        layouts: Sequence[Layout],
        *,
        device: torch.device,
        resident: Mapping[int, Tensor],
        copies: Mapping[int, Tensor],
        host: PinnedMemory,
        reader: BlockReader | None = None,
        buffers: int = BUFFERS,
    ) -> None:
        self.layouts = tuple(layouts)
        self.device = device
        self._resident = dict(resident)
        self._views = {number: self.layouts[number].views(flat) for number, flat in resident.items()}
        self._copies = dict(copies)
        self._host = host
        self._reader = reader
        self._buffers = buffers
        self._stream_buffers: _StreamBuffers | None = None
        if missing := set(range(len(self.layouts))) - set(resident) - set(copies):
            assert reader is not None, f"nobody has block {min(missing)}"

    @property
    def resident(self) -> frozenset[int]:
        """The numbers of the blocks that stay on the device."""
        return frozenset(self._resident)

    @property
    def device_bytes(self) -> int:
        """What the blocks and the buffers take on the device now."""
        buffers = self._stream_buffers.nbytes if self._stream_buffers else 0
        return buffers + sum(flat.numel() for flat in self._resident.values())

    @property
    def host_bytes(self) -> int:
        """What copies take on the host."""
        return self._host.nbytes

    @property
    def notice(self) -> Message | None:
        """What the person should know about how blocks arrive; None where all is as it should be."""
        return self._host.notice

    def first_block(self) -> Views:
        """The first block, ready for the current stream until ``blocks_in_order`` goes on; cheap if it is resident."""
        return self._ready(0)

    def blocks_in_order(self, *, skip_first: bool = False) -> Generator[Views]:
        """The blocks in order, each ready for the current stream until the next one is asked for.

        It may be closed early. ``skip_first`` leaves away block 0, which was had by ``first_block``.
        """
        for number in range(len(self.layouts)):
            try:
                if number or not skip_first:
                    yield self._ready(number)
            finally:
                if self._stream_buffers is not None:
                    self._stream_buffers.done(number)

    def keep_resident(self, resident: Collection[int], *, host_copies: bool, buffers: int) -> None:
        """Evict those of the blocks on the device that are not in ``resident``.

        They go to the host, if there shall be ``host_copies``, or are read again when they are needed.
        """
        self.release_buffers()
        self._buffers = buffers
        for number in sorted(self.resident - set(resident)):
            flat = self._resident.pop(number)
            del self._views[number]
            if host_copies or self._reader is None:
                copy = self._host.take(self.layouts[number].nbytes)
                copy.copy_(flat[: copy.numel()])
                self._copies[number] = copy

    def refill(self) -> None:
        """Read all blocks again, into the memory they have, because ``reader`` has other values for them now."""
        assert self._reader is not None, "nobody has other values"
        self.release_buffers()
        for number, flat in (*self._resident.items(), *self._copies.items()):
            self._reader.read(number, flat)

    def release_buffers(self) -> None:
        """Give the buffers' memory back; the next use of the blocks takes it again."""
        if self._stream_buffers is not None:
            self._stream_buffers.wait_for_copies()
            self._stream_buffers = None

    def close(self) -> None:
        """Give all memory back, on the device and on the host."""
        self.release_buffers()
        self._views.clear()
        self._resident.clear()
        self._copies.clear()
        self._host.close()
        if self._reader is not None:
            self._reader.close()

    def _ready(self, number: int) -> Views:
        if number in self._views:
            return self._views[number]
        if self._stream_buffers is None:
            order = [number for number in range(len(self.layouts)) if number not in self._resident]
            self._stream_buffers = _StreamBuffers(self, order, min(self._buffers, len(order)))
        return self._stream_buffers.get(number)

    def _bring(self, number: int, flat: Tensor) -> None:
        """Start to put block ``number`` into ``flat`` on the current stream."""
        copy = self._copies.get(number)
        if copy is not None:
            flat.copy_(copy, non_blocking=True)
        else:
            assert self._reader is not None, f"nobody has block {number}"
            self._reader.read(number, flat)


@dataclass
class _Buffer:
    """One buffer with the views of it, by layout; ``copied`` and ``used`` are its last copy and its last use."""

    flat: Tensor
    views: dict[int, Views] = field(default_factory=dict)
    copied: torch.cuda.Event | None = None
    used: torch.cuda.Event | None = None


@dataclass(frozen=True)
class _Coming:
    """Block ``number`` is, or will be, in ``buffer``."""

    number: int
    buffer: _Buffer


class _StreamBuffers:
    """The buffers through which the blocks of ``order`` pass, again and again."""

    def __init__(self, store: BlockStore, order: Sequence[int], count: int) -> None:
        self._store = store
        self._after = dict(zip(order, (*order[1:], order[0]), strict=True))
        nbytes = max(store.layouts[number].nbytes for number in order)
        self._free = deque(_Buffer(torch.empty(nbytes, dtype=torch.uint8, device=store.device)) for _ in range(count))
        self._coming: deque[_Coming] = deque()
        self._loaded_last = order[-1]
        self.nbytes = count * nbytes
        self._stream: torch.cuda.Stream | None = None
        if store.device.type == "cuda":
            self._stream = torch.cuda.Stream(store.device)  # type: ignore[no-untyped-call]
            # The memory may be what kernels that are still under way have just been done with.
            self._stream.wait_stream(torch.cuda.current_stream(store.device))
            for buffer in self._free:
                buffer.copied, buffer.used = _event(), _event()

    def get(self, number: int) -> Views:
        """The tensors of block ``number``, ready for the current stream until ``done``."""
        while self._coming and self._coming[0].number != number:
            # A step ended early, or left blocks away: what it would have gone on with is not wanted now.
            self._let_go()
        if not self._coming:
            self._load(number)
            self._fill()
        buffer = self._coming[0].buffer
        if buffer.copied is not None:
            torch.cuda.current_stream(self._store.device).wait_event(buffer.copied)
        layout = self._store.layouts[number]
        if id(layout) not in buffer.views:
            buffer.views[id(layout)] = layout.views(buffer.flat)
        return buffer.views[id(layout)]

    def done(self, number: int) -> None:
        """The current stream has been given all work on block ``number``: its buffer is for another one now."""
        if not self._coming or self._coming[0].number != number:
            return
        self._let_go()
        self._fill()

    def wait_for_copies(self) -> None:
        """Wait until no copy is under way."""
        if self._stream is not None:
            self._stream.synchronize()

    def _let_go(self) -> None:
        """Free the buffer of the block that was to come next, or is in use, once the work given so far is done."""
        buffer = self._coming.popleft().buffer
        if buffer.used is not None:
            buffer.used.record(torch.cuda.current_stream(self._store.device))
        self._free.append(buffer)

    def _fill(self) -> None:
        """Start copies into all free buffers, of the blocks that come next, where that can be done ahead."""
        while self._free and self._stream is not None:
            number = self._after[self._loaded_last]
            if any(coming.number == number for coming in self._coming):
                return
            self._load(number)

    def _load(self, number: int) -> None:
        buffer = self._free.popleft()
        flat = buffer.flat[: self._store.layouts[number].nbytes]
        if self._stream is None or buffer.used is None or buffer.copied is None:
            self._store._bring(number, flat)
        else:
            self._stream.wait_event(buffer.used)
            with torch.cuda.stream(self._stream):
                self._store._bring(number, flat)
            buffer.copied.record(self._stream)
        self._coming.append(_Coming(number, buffer))
        self._loaded_last = number


def _event() -> torch.cuda.Event:
    event: torch.cuda.Event = torch.cuda.Event()  # type: ignore[no-untyped-call]
    return event
