"""Streaming blocks through a CUDA device: the same bits, within a cap, and everything given back; skipped elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from framepack.benchmark.random_transformer import random_transformer
from framepack.context.packing import pack_forward
from framepack.device.devices import enforce_cap, measure_budget, release_cached_memory
from framepack.device.memory_plan import MIB, PartSizes, Work, plan_memory
from framepack.device.pinned_memory import PinnedMemory
from framepack.environment import GIB
from framepack.transformer.step_cache import EveryStep
from framepack.transformer.transformer import FramepackTransformer
from framepack.weights.block_loading import Offloading
from framepack.weights.block_store import BlockStore, Views
from tests.support.tiny_transformer import tiny_conditioning

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this computer"),
]

CUDA = torch.device("cuda:0")
HEADS, HEAD = 8, 128
WIDTH = HEADS * HEAD
# 1.1 GB of blocks: enough that a cap bites, little enough for any card.
CONFIG = {
    "num_attention_heads": HEADS,
    "attention_head_dim": HEAD,
    "num_layers": 8,
    "num_single_layers": 16,
    "num_refiner_layers": 1,
    "text_embed_dim": 12,
    "pooled_projection_dim": 8,
    "image_proj_dim": 10,
    "has_image_proj": True,
    "has_clean_x_embedder": True,
}
CAP = GIB
SIDE = 256


@pytest.fixture(autouse=True)
def _empty_device() -> Iterator[None]:
    release_cached_memory(CUDA)
    before = torch.cuda.memory_allocated(CUDA)
    yield
    enforce_cap(CUDA, None)
    release_cached_memory(CUDA)
    # Workspaces of the libraries stay.
    assert torch.cuda.memory_allocated(CUDA) - before < 100 * MIB


def transformer(offloading: Offloading, **options: bool) -> FramepackTransformer:
    return random_transformer(CONFIG, device=CUDA, dtype=torch.bfloat16, offloading=offloading, **options)


@torch.no_grad()
def velocities(made: FramepackTransformer, steps: int = 3) -> list[Tensor]:
    """Of some steps, each from what the one before predicted."""
    generator = torch.Generator().manual_seed(3)
    shape = (1, 16, 9, SIDE // 8, SIDE // 8)
    latents = torch.randn(shape, generator=generator).to(CUDA)
    history = torch.randn((1, 16, 19, *shape[-2:]), generator=generator).to(CUDA)
    conditioning = tiny_conditioning()
    section = made.prepare(pack_forward(history, history[:, :, :1], window=9), conditioning.image_embeds)
    prompt = made.prepare_prompt(conditioning.prompt_embeds, conditioning.pooled)
    found = []
    for sigma in torch.linspace(1.0, 0.2, steps).tolist():
        velocity = made.velocity(latents, sigma=sigma, guidance=10.0, section=section, prompt=prompt, cache=EveryStep())
        latents = latents - 0.1 * velocity
        found.append(velocity)
    return found


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_streamed_blocks_give_the_same_bits_as_blocks_that_stay(compiled: bool) -> None:
    staying = transformer(Offloading(), compiled=compiled)
    expected = velocities(staying)
    staying.close()
    assert all(torch.isfinite(velocity).all() for velocity in expected)
    for offloading in (
        Offloading(frozenset()),
        Offloading(frozenset(), buffers=2),
        Offloading(frozenset({0, 3, 9, 10, 20})),
        Offloading(frozenset({5}), host_copies=False),
    ):
        streaming = transformer(offloading, compiled=compiled)
        assert streaming.store.notice is None
        for got, wanted in zip(velocities(streaming), expected, strict=True):
            assert torch.equal(got, wanted)
        streaming.close()


def test_the_plan_for_a_cap_keeps_to_it_while_the_allocator_enforces_it() -> None:
    whole = transformer(Offloading())
    blocks = tuple(layout.nbytes for layout in whole.store.layouts)
    rest = sum(parameter.nbytes for parameter in whole.rest.parameters())
    expected = velocities(whole)
    whole.close()
    del whole
    release_cached_memory(CUDA)
    work = Work(SIDE, SIDE, 9, WIDTH, value_bytes=2, vae_width=16, vae_value_bytes=2)
    sizes = PartSizes(blocks, rest, text_layers=(1,), text_rest=1, clip=1, siglip=1, vae=1)
    plan = plan_memory(measure_budget(CUDA, CAP), sizes, work)
    assert sum(blocks) > CAP
    assert plan.buffers == 3
    enforce_cap(CUDA, CAP)
    torch.cuda.reset_peak_memory_stats(CUDA)
    streaming = transformer(Offloading.of(plan))
    for got, wanted in zip(velocities(streaming), expected, strict=True):
        assert torch.equal(got, wanted)
    assert torch.cuda.max_memory_allocated(CUDA) <= torch.cuda.max_memory_reserved(CUDA) <= CAP
    streaming.close()


def test_running_out_of_memory_moves_blocks_off_the_device_and_goes_on() -> None:
    whole = transformer(Offloading())
    expected = velocities(whole)
    stay = frozenset(range(0, 24, 3))

    def free_memory() -> None:
        whole.store.keep_resident(stay, host_copies=True, buffers=3)
        release_cached_memory(CUDA)

    short = FramepackTransformer(whole.rest, whole.store, whole.arithmetic, free_memory=free_memory)
    # Enough for the inputs of a step, not for what it computes.
    release_cached_memory(CUDA)
    enforce_cap(CUDA, torch.cuda.memory_reserved(CUDA) + 32 * MIB)
    for got, wanted in zip(velocities(short), expected, strict=True):
        assert torch.equal(got, wanted)
    assert short.store.resident == stay
    short.close()


def test_closing_gives_the_devices_memory_back_and_unlocks_the_hosts() -> None:
    release_cached_memory(CUDA)
    before = torch.cuda.memory_allocated(CUDA)
    made = transformer(Offloading(frozenset({1, 2})))
    copies = list(made.store._copies.values())
    assert all(copy.is_pinned() for copy in copies)
    made.store.first_block()
    assert made.store.device_bytes > 0
    made.close()
    assert not any(copy.is_pinned() for copy in copies)
    del made
    release_cached_memory(CUDA)
    assert torch.cuda.memory_allocated(CUDA) == before


@dataclass(frozen=True)
class Plain:
    """A block of bytes."""

    nbytes: int

    def views(self, flat: Tensor) -> Views:
        return {"whole": flat[: self.nbytes]}


@pytest.mark.parametrize("buffers", [1, 2, 3])
def test_no_copy_overtakes_the_work_on_the_block_before(buffers: int) -> None:
    # Blocks large enough that a copy takes a while, and work on each that takes longer still.
    layouts = [Plain(32 * MIB)] * 6
    host = PinnedMemory.for_device(CUDA)
    copies = {number: host.take(layout.nbytes).fill_(number + 1) for number, layout in enumerate(layouts)}
    store = BlockStore(layouts, device=CUDA, resident={}, copies=copies, host=host, buffers=buffers)
    seen: list[tuple[Tensor, Tensor]] = []
    wanted: list[int] = []
    for length in (6, 6, 2, 6, 1, 6):
        store.first_block()
        sweep = store.blocks_in_order(skip_first=length == 2)
        for number in range(int(length == 2), length):
            block = next(sweep)["whole"]
            torch.cuda._sleep(2_000_000)
            seen.append((block.min(), block.max()))
            wanted.append(number + 1)
        sweep.close()
    assert [(int(least), int(most)) for least, most in seen] == [(number, number) for number in wanted]
    store.close()


class Shelf:
    """Where blocks are read from; it counts how often."""

    def __init__(self) -> None:
        self.reads: list[int] = []

    def read(self, number: int, flat: Tensor) -> None:
        self.reads.append(number)
        flat.fill_(number)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("buffers", [1, 2, 3])
def test_blocks_are_read_once_a_step_and_the_first_ones_ahead_of_the_next(buffers: int) -> None:
    shelf, layout = Shelf(), Plain(4096)
    made = BlockStore(
        [layout] * 6, device=CUDA, resident={}, copies={}, host=PinnedMemory(None), reader=shelf, buffers=buffers
    )
    for step in (1, 2):
        made.first_block()
        assert [int(block["whole"][0]) for block in made.blocks_in_order(skip_first=True)] == [1, 2, 3, 4, 5]
        assert shelf.reads == step * [0, 1, 2, 3, 4, 5] + list(range(buffers))
    made.close()
