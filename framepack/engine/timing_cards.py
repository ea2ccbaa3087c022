"""Times what a card does in products and in attention, alone or beside others, and how fast it sends to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch.nn.functional import scaled_dot_product_attention

from framepack.device.cards_measured import CardArithmetic, CardMeasured
from framepack.device.devices import formats_for, release_cached_memory
from framepack.parallel.group import Group

_ROUNDS = 5
# Large enough that a card is busy, small enough for one that has other things in memory.
_TOKENS, _WIDTH, _SENT = 4096, 3072, 56 * 2**20
_SMALL_TOKENS, _SMALL_WIDTH, _SMALL_SENT = 256, 256, 2**20
_HEAD = 128
Timed = Callable[[Callable[[], object]], float]
"""The seconds that a piece of work takes."""


def time_card(group: Group) -> CardMeasured:
    """Measure with all other ranks at once. Raises RankLost and torch.OutOfMemoryError."""
    try:
        return _timed(group)
    finally:
        release_cached_memory(group.device)


def time_alone(device: torch.device) -> CardArithmetic:
    """Measure a card by itself, in a second or less, in 0.2 GB. Raises torch.OutOfMemoryError."""
    try:
        return _arithmetic(device, lambda work: _seconds(work, device, lambda: None))
    finally:
        release_cached_memory(device)


def _timed(group: Group) -> CardMeasured:
    size = _SENT if group.device.type == "cuda" else _SMALL_SENT
    part = size // group.size
    given = torch.zeros(part * group.size, dtype=torch.uint8, device=group.device)
    out = torch.empty_like(given)

    def exchange() -> None:
        group.await_exchange(group.begin_exchange(out, given, [part] * group.size, [part] * group.size))

    def timed(work: Callable[[], object]) -> float:
        return _seconds(work, group.device, group.meet)

    alone = _arithmetic(group.device, timed)
    return CardMeasured(alone.products, alone.attention, part * (group.size - 1) / timed(exchange))


def _arithmetic(device: torch.device, timed: Timed) -> CardArithmetic:
    tokens, width = (_SMALL_TOKENS, _SMALL_WIDTH) if device.type == "cpu" else (_TOKENS, _WIDTH)
    kind = formats_for(device).transformer
    rows = torch.randn((tokens, width), device=device, dtype=kind)
    weights = torch.randn((width, 4 * width), device=device, dtype=kind)
    heads = torch.randn((1, width // _HEAD, tokens, _HEAD), device=device, dtype=kind)
    products = timed(lambda: rows @ weights)
    attention = timed(lambda: scaled_dot_product_attention(heads, heads, heads))
    return CardArithmetic(2.0 * tokens * width * 4 * width / products, 4.0 * tokens * tokens * width / attention)


def _seconds(work: Callable[[], object], device: torch.device, meet: Callable[[], None]) -> float:
    """The median of a few rounds, each begun by ``meet``."""
    taken = []
    for _ in range(_ROUNDS + 2):
        meet()
        begun = time.perf_counter()
        work()
        if device.type != "cpu":
            torch.accelerator.synchronize(device)
        taken.append(time.perf_counter() - begun)
    return median(taken[2:])
