"""Owns the plan of what lies where in memory while shots are made: arithmetic on bytes, without torch or a device.

Every part has its turn: the text encoder, the image encoder, the transformer, the decoder. Only the transformer is
used again and again, so the plan is mostly about its blocks: those that stay on the device, and those that come and go
through a few buffers while the block before computes. Sizes are bytes unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from framepack.environment import GIB
from framepack.errors import NotEnoughMemory
from framepack.messages import Message, joined

MIB = 2**20

# Buffers of the largest streamed block: one computes, one is ready, one is being filled.
BUFFERS = 3
# What is left alone: workspaces of the libraries, and gaps between allocations.
RESERVE = 256 * MIB
RESERVED_SHARE = 0.02
# Of the computer's own memory, for everything that is not weights.
HOST_RESERVE = GIB
# Tensors of the size of all tokens that are alive at once in a block. Measured on the 13 B model at 608x640 in bf16:
# 1.38 GB beside the weights, which is 12.3 of them compiled. The rest is for uncompiled arithmetic and for what a step
# cache keeps; with it the whole of sampling was planned at 4.35 GiB where 4.00 were measured (benchmarks/log.md).
TOKEN_TENSORS = 16
# Full-size tensors of the VAE's outermost width that are alive at once, per frame of a tile: in fp16 and for 17 frames
# 13.4 were measured at 608x640, 13.8 at 256x256 and 14.3 at 192x192, and 9.4, 9.8 and 10.2 with the kernels of
# ``framepack.vae.fast_layers``; what a small tile takes more is little enough to be in ``RESERVE``.
VAE_TENSORS, VAE_TENSORS_FUSED = 14, 11
VAE_FRAMES = 17
# The prompt's longest form and the tokens of a picture.
TEXT_TOKENS, PICTURE_TOKENS = 256, 729
TEXT_ACTIVATIONS = 256 * MIB
PICTURE_ACTIVATIONS = 256 * MIB
# Sides in pixels of the square tiles a frame is decoded in, the best first. From 256 on nothing is lost but time.
TILES = (512, 384, 320, 256, 192, 128)
GOOD_TILE = 256
# How much less one notch is.
NOTCH = GIB


@dataclass(frozen=True)
class Budget:
    """What a computer has to give: bytes free on the device and on the host (``unified``: they are the same).

    ``device_free`` counts what this program already holds as free. ``cap`` is what it was told not to go beyond.
    """

    device_free: int
    device_total: int
    host_free: int
    cap: int | None = None
    unified: bool = False

    @property
    def device(self) -> int:
        """What the plan may put on the device."""
        most = self.device_free if self.cap is None else min(self.device_free, self.cap)
        return int(most * (1.0 - RESERVED_SHARE)) - RESERVE

    @property
    def host(self) -> int:
        """What the plan may keep on the host."""
        return self.host_free - HOST_RESERVE


@dataclass(frozen=True)
class PartSizes:
    """The bytes of a checkpoint's weights in the formats they are used in.

    ``blocks`` are those of the transformer in their order and ``rest`` is all else of it; likewise ``text_layers`` and
    ``text_rest`` of the first text encoder, as far as it is run.
    """

    blocks: tuple[int, ...]
    rest: int
    text_layers: tuple[int, ...]
    text_rest: int
    clip: int
    siglip: int
    vae: int


@dataclass(frozen=True)
class Work:
    """How much is computed at once: a section of ``window`` latents at ``height`` x ``width`` pixels.

    ``model_width`` is the transformer's and ``value_bytes`` its format's; ``attention_bytes`` what attention keeps of
    its scores, on devices where it keeps any; ``vae_width`` the channels of the VAE at full size, ``vae_value_bytes``
    those of its format and ``vae_tensors`` how many tensors of that size are alive at once. ``share`` is the part of
    the tokens that one card has where several work on a section.
    """

    height: int
    width: int
    window: int
    model_width: int
    value_bytes: int
    vae_width: int
    vae_value_bytes: int
    vae_tensors: int = VAE_TENSORS
    attention_bytes: int = 0
    share: float = 1.0

    @property
    def tokens(self) -> int:
        """All tokens of a sampling step: new latents, context, picture and prompt."""
        rows, columns = self.height // 16, self.width // 16
        # Of the context 2 latents are at full size, 2 at half and 16 at a quarter of it, in time too.
        half = -(-rows // 2) * -(-columns // 2)
        quarter = 4 * -(-rows // 4) * -(-columns // 4)
        return (self.window + 2) * rows * columns + half + quarter + TEXT_TOKENS + PICTURE_TOKENS

    @property
    def tokens_here(self) -> int:
        """The tokens that are on one card."""
        return math.ceil(self.tokens * self.share)

    @property
    def sampling(self) -> int:
        """Bytes of activations of a sampling step."""
        return TOKEN_TENSORS * self.tokens_here * self.model_width * self.value_bytes + self.attention_bytes

    def decoding(self, tile: int | None, frames: int = VAE_FRAMES) -> int:
        """Bytes of activations when ``frames`` are decoded in tiles of ``tile`` pixels, None for whole ones."""
        height, width = (side if tile is None else min(side, tile) for side in (self.height, self.width))
        frame = height * width * self.vae_width * self.vae_value_bytes
        return self.vae_tensors * frames * frame

    @property
    def tiles(self) -> tuple[int | None, ...]:
        """The ways of decoding a frame, whole or in tiles, the fastest first."""
        return (None, *(tile for tile in TILES if tile < max(self.height, self.width)))


@dataclass(frozen=True)
class MemoryPlan:
    """Where everything lies. Made by ``plan_memory``; ``lowered`` gives the next one that needs less.

    ``resident`` are the numbers of the transformer's blocks that stay on the device; the others come from copies on the
    host or, if not ``host_copies``, from their files at every step, through ``buffers`` buffers. ``text_resident`` is
    the number of the text encoder's layers that stay while it is run. ``vae_stays``: it lies on the device during
    sampling too. ``tile`` is the side in pixels of the tiles it decodes in, None for whole frames.
    """

    budget: Budget
    sizes: PartSizes
    work: Work
    resident: frozenset[int]
    buffers: int
    host_copies: bool
    text_resident: int
    vae_stays: bool
    tile: int | None

    @cached_property
    def streamed(self) -> tuple[int, ...]:
        """The numbers of the blocks that come and go, in order."""
        return tuple(number for number in range(len(self.sizes.blocks)) if number not in self.resident)

    @property
    def resident_bytes(self) -> int:
        """Bytes of the blocks that stay."""
        return sum(self.sizes.blocks[number] for number in self.resident)

    @property
    def buffer_bytes(self) -> int:
        """Bytes of the buffers for those that do not."""
        return self.buffers * max((self.sizes.blocks[number] for number in self.streamed), default=0)

    @property
    def sampling_bytes(self) -> int:
        """Bytes on the device while a section is sampled."""
        vae = self.sizes.vae if self.vae_stays else 0
        return self.sizes.rest + self.resident_bytes + self.buffer_bytes + self.work.sampling + vae

    @property
    def decoding_bytes(self) -> int:
        """Bytes on the device while it is decoded; the buffers are given back for it where that is needed."""
        return self.sizes.rest + self.resident_bytes + self.sizes.vae + self.work.decoding(self.tile)

    @property
    def keeps_buffers(self) -> bool:
        """Whether the buffers can stay while a section is decoded."""
        return self.decoding_bytes + self.buffer_bytes <= self.budget.device

    @property
    def encoding_bytes(self) -> int:
        """Bytes on the device while prompts are encoded, without the transformer."""
        layers = self.sizes.text_layers
        coming = BUFFERS * max(layers, default=0) if self.text_resident < len(layers) else 0
        return self.sizes.text_rest + sum(layers[: self.text_resident]) + coming + TEXT_ACTIVATIONS

    @property
    def host_bytes(self) -> int:
        """Bytes of the blocks' copies on the host."""
        return sum(self.sizes.blocks[number] for number in self.streamed) if self.host_copies else 0

    @property
    def message(self) -> Message:
        """The plan in one line for a person."""
        parts = [self._blocks_message()]
        layers = len(self.sizes.text_layers)
        if self.text_resident < layers:
            streamed = {"streamed": layers - self.text_resident, "layers": layers}
            parts.append(Message("text-layers-streamed", streamed))
        parts.append(Message("frames-whole") if self.tile is None else Message("frames-tiled", {"tile": self.tile}))
        need = max(self.sampling_bytes, self.decoding_bytes)
        parts.append(Message("memory-used", {"need": need / GIB, "room": self.budget.device / GIB}))
        return joined(parts, "clauses")

    def lowered(self) -> MemoryPlan:
        """The plan one notch lower: less on the device, which costs time. Raises NotEnoughMemory where there is none.

        First fewer blocks stay, then the VAE leaves, at last there are fewer buffers.
        """
        for lower in self._lower_plans():
            if self.sampling_bytes - lower.sampling_bytes >= min(NOTCH, self.sampling_bytes // 10):
                return _with_copies(lower)
        least = replace(self, resident=frozenset(), buffers=1, vae_stays=False)
        if least.sampling_bytes < self.sampling_bytes:
            return _with_copies(least)
        raise NotEnoughMemory(_what(self.work), self.sampling_bytes, self.budget.device)

    def with_smaller_tiles(self) -> MemoryPlan:
        """The plan with the next smaller tiles. Raises NotEnoughMemory where there are none."""
        tiles = self.work.tiles
        smaller = tiles[tiles.index(self.tile) + 1 :]
        if not smaller:
            raise NotEnoughMemory(_what(self.work), self.decoding_bytes, self.budget.device)
        return replace(self, tile=smaller[0])

    def _lower_plans(self) -> Iterator[MemoryPlan]:
        order = resident_order(self.sizes.blocks)
        buffers = self.buffers or (1 if self.budget.unified else BUFFERS)
        for count in range(len(self.resident) - 1, -1, -1):
            yield replace(self, resident=frozenset(order[:count]), buffers=buffers)
        if self.vae_stays:
            yield replace(self, resident=frozenset(), buffers=buffers, vae_stays=False)
        for fewer in range(buffers - 1, 0, -1):
            yield replace(self, resident=frozenset(), buffers=fewer, vae_stays=False)

    def _blocks_message(self) -> Message:
        count = len(self.sizes.blocks)
        if not self.streamed:
            return Message("blocks-stay", {"blocks": count})
        origin = Message("from-memory") if self.host_copies else Message("from-files")
        if not self.resident:
            return Message("blocks-streamed", {"blocks": count, "origin": origin})
        return Message("some-blocks-streamed", {"resident": len(self.resident), "blocks": count, "origin": origin})


def plan_memory(budget: Budget, sizes: PartSizes, work: Work) -> MemoryPlan:
    """The plan that gives ``work`` the most room. Raises NotEnoughMemory, saying what would help, where none fits."""
    everything = frozenset(range(len(sizes.blocks)))
    whole = MemoryPlan(
        budget=budget,
        sizes=sizes,
        work=work,
        resident=everything,
        buffers=0,
        host_copies=not budget.unified,
        text_resident=_text_resident(budget, sizes),
        vae_stays=True,
        tile=None,
    )
    for candidate in _candidates(whole):
        if candidate.sampling_bytes > budget.device:
            continue
        for tile in work.tiles:
            tiled = replace(candidate, tile=tile)
            good = tile is None or tile >= GOOD_TILE or not candidate.resident
            if good and tiled.decoding_bytes <= budget.device:
                return _with_copies(tiled)
    least = replace(whole, resident=frozenset(), buffers=1, vae_stays=False, tile=work.tiles[-1])
    raise NotEnoughMemory(_what(work), max(least.sampling_bytes, least.decoding_bytes), max(0, budget.device))


def resident_order(blocks: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of ``blocks`` (their bytes) in the order in which they are given a lasting place on the device.

    The largest come first: they take longest to copy for the time they compute, and with all of them in place the
    buffers for the others are smaller. Among equals they are spread evenly, so that copies never come in a crowd.
    """
    order: list[int] = []
    for size in sorted(set(blocks), reverse=True):
        equals = [number for number, bytes_ in enumerate(blocks) if bytes_ == size]
        order += (equals[place] for place in _spread(len(equals)))
    return tuple(order)


def _spread(count: int) -> list[int]:
    """0 .. count-1 so that every beginning of the list lies evenly: halves, then quarters, and so on."""
    bits = max(1, (count - 1).bit_length())
    turned = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(2**bits))
    return [number for number in turned if number < count]


def _candidates(whole: MemoryPlan) -> Iterator[MemoryPlan]:
    """The plans in the order of how fast they are, the fastest first."""
    yield whole
    order = resident_order(whole.sizes.blocks)
    most = 1 if whole.budget.unified else BUFFERS
    # The VAE needs a tenth of a second to come back, once a section: too little to keep a block away for.
    for count in range(len(order) - 1, -1, -1):
        yield replace(whole, resident=frozenset(order[:count]), buffers=most, vae_stays=False)
    for buffers in range(most - 1, 0, -1):
        yield replace(whole, resident=frozenset(), buffers=buffers, vae_stays=False)


def _with_copies(plan: MemoryPlan) -> MemoryPlan:
    """``plan`` without copies of blocks on the host where that has no room for them."""
    return replace(plan, host_copies=False) if plan.host_bytes > plan.budget.host else plan


def _text_resident(budget: Budget, sizes: PartSizes) -> int:
    """How many of the text encoder's layers can stay while prompts are encoded."""
    layers = sizes.text_layers
    room = budget.device - sizes.text_rest - TEXT_ACTIVATIONS
    if sum(layers) <= room:
        return len(layers)
    room -= BUFFERS * max(layers, default=0)
    return max(0, sum(sum(layers[:count]) <= room for count in range(1, len(layers))))


def _what(work: Work) -> str:
    return f"{work.height}x{work.width}"
