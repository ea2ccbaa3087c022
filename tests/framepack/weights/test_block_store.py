"""Blocks that stay and blocks that come and go, on the processor: the real store, without a second stream."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from framepack.device.pinned_memory import NOT_LOCKED, PinnedMemory
from framepack.weights.block_store import BlockStore, Views

CPU = torch.device("cpu")
BLOCKS = 7


@dataclass(frozen=True)
class Numbered:
    """A block of ``nbytes`` bytes, all of them its number."""

    nbytes: int

    def views(self, flat: Tensor) -> Views:
        return {"whole": flat[: self.nbytes]}


# Two kinds, as in the real model: large ones first.
LARGE, SMALL = Numbered(512), Numbered(256)
LAYOUTS = [LARGE] * 3 + [SMALL] * 4


@dataclass
class Shelf:
    """Where blocks are read from; it counts how often."""

    reads: list[int] = field(default_factory=list)
    closed: bool = False

    def read(self, number: int, flat: Tensor) -> None:
        self.reads.append(number)
        flat.fill_(number)

    def close(self) -> None:
        self.closed = True


@dataclass
class Lock:
    """Locks ``patience`` pieces, then refuses."""

    patience: int
    locked: set[int] = field(default_factory=set)

    def lock(self, pointer: int, nbytes: int) -> bool:  # noqa: ARG002
        if len(self.locked) == self.patience:
            return False
        self.locked.add(pointer)
        return True

    def unlock(self, pointer: int) -> None:
        self.locked.remove(pointer)


def filled(number: int, into: PinnedMemory | None = None) -> Tensor:
    nbytes = LAYOUTS[number].nbytes
    flat = into.take(nbytes) if into else torch.empty(nbytes, dtype=torch.uint8)
    return flat.fill_(number)


def store(resident: set[int], *, copies: bool = True, buffers: int = 3) -> tuple[BlockStore, Shelf]:
    host, shelf = PinnedMemory(None), Shelf()
    kept = [number for number in range(BLOCKS) if number not in resident] if copies else []
    made = BlockStore(
        LAYOUTS,
        device=CPU,
        resident={number: filled(number) for number in resident},
        copies={number: filled(number, host) for number in kept},
        host=host,
        reader=shelf,
        buffers=buffers,
    )
    return made, shelf


def number_of(block: Views) -> int:
    assert block["whole"].unique().numel() == 1
    return int(block["whole"][0])


def swept(blocks: Iterator[Views]) -> list[int]:
    return [number_of(block) for block in blocks]


BACKENDS = [set(), {0}, {1, 4}, {0, 1, 2}, {0, 1, 2, 3, 4, 5}, set(range(BLOCKS))]


@pytest.mark.parametrize("resident", BACKENDS, ids=str)
@pytest.mark.parametrize("buffers", [1, 2, 3, 9])
@pytest.mark.parametrize("copies", [True, False], ids=["copies", "files"])
def test_every_sweep_gives_all_blocks_in_order(resident: set[int], buffers: int, copies: bool) -> None:
    made, shelf = store(resident, copies=copies, buffers=buffers)
    for _ in range(3):
        assert swept(made.blocks_in_order()) == list(range(BLOCKS))
    assert set(shelf.reads) == (set() if copies else set(range(BLOCKS)) - resident)


@pytest.mark.parametrize("buffers", [1, 2, 3])
@pytest.mark.parametrize("resident", BACKENDS, ids=str)
def test_a_block_is_loaded_once_a_sweep_and_none_for_a_sweep_that_may_not_come(
    resident: set[int], buffers: int
) -> None:
    made, shelf = store(resident, copies=False, buffers=buffers)
    streamed = [number for number in range(BLOCKS) if number not in resident]
    for _ in range(2):
        made.first_block()
        assert swept(made.blocks_in_order(skip_first=True)) == list(range(1, BLOCKS))
    made.close()
    assert shelf.reads == 2 * streamed


@pytest.mark.parametrize("resident", BACKENDS, ids=str)
@pytest.mark.parametrize("buffers", [1, 3])
def test_the_first_block_can_be_had_before_and_be_left_away(resident: set[int], buffers: int) -> None:
    made, _ = store(resident, buffers=buffers)
    for _ in range(2):
        assert number_of(made.first_block()) == 0
        assert number_of(made.first_block()) == 0
        assert swept(made.blocks_in_order(skip_first=True)) == list(range(1, BLOCKS))
    assert swept(made.blocks_in_order()) == list(range(BLOCKS))
    assert swept(made.blocks_in_order(skip_first=True)) == list(range(1, BLOCKS))


@pytest.mark.parametrize("resident", BACKENDS, ids=str)
@pytest.mark.parametrize("after", [1, 2, 4, 6])
def test_a_sweep_may_end_early(resident: set[int], after: int) -> None:
    made, _ = store(resident)
    assert [number_of(block) for block in itertools.islice(made.blocks_in_order(), after)] == list(range(after))
    begun = made.blocks_in_order()
    next(begun)
    begun.close()
    assert number_of(made.first_block()) == 0
    assert swept(made.blocks_in_order()) == list(range(BLOCKS))


def test_a_block_in_use_is_not_overwritten_by_those_that_are_on_their_way() -> None:
    made, _ = store(set())
    for number, block in enumerate(made.blocks_in_order()):
        kept = block["whole"].clone()
        assert number_of(block) == number
        assert torch.equal(block["whole"], kept)


def test_buffers_are_as_large_as_the_largest_block_that_passes_through_them() -> None:
    made, _ = store(set())
    assert made.device_bytes == 0
    made.first_block()
    assert made.device_bytes == 3 * LARGE.nbytes
    made, _ = store({0, 1, 2})
    swept(made.blocks_in_order())
    assert made.device_bytes == 3 * LARGE.nbytes + 3 * SMALL.nbytes
    made.release_buffers()
    assert made.device_bytes == 3 * LARGE.nbytes
    assert swept(made.blocks_in_order()) == list(range(BLOCKS))


@pytest.mark.parametrize("host_copies", [True, False])
def test_blocks_can_leave_the_device_while_it_is_used(host_copies: bool) -> None:
    made, shelf = store(set(range(BLOCKS)))
    swept(made.blocks_in_order())
    for stay in ({0, 2, 3, 5}, {2}, set()):
        made.keep_resident(stay, host_copies=host_copies, buffers=2)
        assert made.resident == stay
        assert swept(made.blocks_in_order()) == list(range(BLOCKS))
    assert made.device_bytes == 2 * LARGE.nbytes
    assert made.host_bytes == (sum(layout.nbytes for layout in LAYOUTS) if host_copies else 0)
    assert bool(shelf.reads) != host_copies


def test_closing_gives_everything_back() -> None:
    made, shelf = store({1})
    swept(made.blocks_in_order())
    made.close()
    assert made.device_bytes == made.host_bytes == 0
    assert shelf.closed


def test_pages_that_cannot_be_locked_are_used_as_they_are_with_one_notice() -> None:
    lock = Lock(patience=2)
    memory = PinnedMemory(lock)
    pieces = [memory.take(1000) for _ in range(2)]
    assert memory.notice is None
    pieces += [memory.take(1000) for _ in range(3)]
    assert memory.notice == NOT_LOCKED
    assert [piece.numel() for piece in pieces] == [1000] * 5
    assert lock.locked == {piece.data_ptr() for piece in pieces[:2]}
    memory.close()
    assert lock.locked == set()
    assert memory.nbytes == 0


def test_memory_that_is_not_there_is_said_so() -> None:
    with pytest.raises(MemoryError):
        PinnedMemory(None).take(2**62)


def test_locked_pages_are_unlocked_with_the_memory_itself() -> None:
    lock = Lock(patience=9)
    memory = PinnedMemory(lock)
    memory.take(5000)
    assert lock.locked
    del memory
    assert not lock.locked
