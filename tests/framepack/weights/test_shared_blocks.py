"""One host copy of streamed blocks for all ranks: the same blocks, in hardly more memory than for one rank."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from framepack.device.pinned_memory import PinnedMemory
from framepack.parallel.group import Group
from framepack.parallel.ulysses import Ulysses
from framepack.sampling.sampler import SamplingSettings
from framepack.transformer.transformer import FramepackTransformer
from framepack.weights.block_loading import Offloading
from framepack.weights.block_store import BlockStore, Views
from framepack.weights.shared_blocks import SharedBlocks
from tests.support.ranks import on_ranks
from tests.support.twelve_heads import HEADS, sampled, twelve_heads

MIB = 2**20
STREAMED = Offloading(resident=frozenset({1}), host_copies=True, buffers=2)


def _streamed(group: Group, direct: bool = True) -> tuple[Tensor, int]:
    group = replace(group, direct=direct)
    with Ulysses(group, HEADS) as ranks:
        transformer = FramepackTransformer.of_model_on_ranks(twelve_heads(), ranks, offloading=STREAMED)
        made = sampled(transformer, SamplingSettings(steps=2, cache="first_block", threshold=1.0))[0]
        host = transformer.store.host_bytes
        transformer.close()
        return made, host


@pytest.mark.parametrize("size", [2, 3])
def test_ranks_that_stream_their_blocks_sample_the_same_and_lock_each_byte_once(size: int) -> None:
    resident = FramepackTransformer.of_model(twelve_heads())
    want = sampled(resident, SamplingSettings(steps=2, cache="first_block", threshold=1.0))[0]
    alone = FramepackTransformer.of_model(twelve_heads(), offloading=STREAMED).store.host_bytes
    made = on_ranks(size, _streamed)
    for got, _ in made:
        assert float((got - want).norm() / want.norm()) < 1e-5
    assert alone <= sum(host for _, host in made) < 1.02 * alone


def test_ranks_that_reach_each_other_only_by_the_host_fetch_all_of_each_block_from_there() -> None:
    resident = FramepackTransformer.of_model(twelve_heads())
    want = sampled(resident, SamplingSettings(steps=2, cache="first_block", threshold=1.0))[0]
    alone = FramepackTransformer.of_model(twelve_heads(), offloading=STREAMED).store.host_bytes
    for got, host in on_ranks(2, _streamed, False):
        assert float((got - want).norm() / want.norm()) < 1e-5
        assert alone <= host < 1.02 * alone


@dataclass(frozen=True)
class _Flat:
    """A block that is one tensor."""

    nbytes: int

    def views(self, flat: Tensor) -> Views:
        return {"all": flat[: self.nbytes]}


class _Numbered:
    """Reads blocks full of their own number."""

    def read(self, number: int, flat: Tensor) -> None:
        flat.fill_(number + 1)

    def close(self) -> None:
        pass


def _proportional() -> int:
    found = re.search(r"^Pss:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def _grown(group: Group, blocks: int, nbytes: int) -> int:
    """What the host copy of so many blocks of a size takes of this rank's memory, shared pages counted by halves."""
    layouts = [_Flat(nbytes + 256 * number) for number in range(blocks)]
    group.meet()
    before = _proportional()
    host = PinnedMemory(None)
    numbers = list(range(blocks))
    reader = SharedBlocks(_Numbered(), layouts, numbers, group, host)
    # Every page is in use on every rank, as it is where devices fetch from it.
    functools.reduce(lambda total, copy: total + int(copy[::4096].sum()), reader._copies.values(), 0)
    group.meet()
    grown = _proportional() - before
    group.meet()
    cpu = torch.device("cpu")
    store = BlockStore(layouts, device=cpu, resident={}, copies={}, host=host, reader=reader, buffers=1)
    for number, views in enumerate(store.blocks_in_order(), start=1):
        assert (int(views["all"].min()), int(views["all"].max())) == (number, number)
    store.close()
    return grown


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory in proportion is Linux's to tell")
def test_two_ranks_have_at_most_a_quarter_more_host_memory_than_one() -> None:
    blocks, nbytes = 12, 16 * MIB
    (alone,) = on_ranks(1, _grown, blocks, nbytes)
    both = on_ranks(2, _grown, blocks, nbytes)
    assert alone > 0.9 * blocks * nbytes
    assert sum(both) < 1.25 * alone
