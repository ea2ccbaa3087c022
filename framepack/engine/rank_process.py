"""What a rank other than the first does: carry out orders on its card until the first one ends. It decides nothing."""

from __future__ import annotations

import os
import pickle
import queue
import threading
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from framepack.device.devices import enforce_cap, measure_budget, release_cached_memory, set_libraries_aside
from framepack.device.faults import memory_short
from framepack.engine.rank_orders import (
    Decode,
    Done,
    Drop,
    Failed,
    ForwardSection,
    InvertedSection,
    Load,
    Measure,
    NextStep,
    Order,
    StopSampling,
    TimeCard,
)
from framepack.engine.timing_cards import time_card
from framepack.errors import FramepackError, RankLost
from framepack.messages import Message, as_message
from framepack.parallel.group import Group, start_group
from framepack.parallel.together import attend_together
from framepack.parallel.ulysses import Ulysses
from framepack.sampling.sampler import Steps
from framepack.transformer.blocks import Arithmetic
from framepack.transformer.transformer import FramepackTransformer
from framepack.vae.fast_layers import with_fast_layers
from framepack.vae.tiles import decode_for_the_first, ignore
from framepack.weights.block_layout import BlockShape
from framepack.weights.loading import load_transformer, load_vae

FAILED = 1
# A card with less has no room for what cards need to meet; one that finds that out while they meet ends them all.
_LEAST_BYTES = 2**30


def follow(
    way: Connection,
    rank: int,
    size: int,
    device: str,
    meeting: Path,
    speeds: Sequence[float],
    timeout: float,
    threads: int,
) -> None:
    """The life of rank ``rank`` on ``device``; orders come by ``way``, whose end ends it, whatever it is at.

    It says ``Done`` once it is here, and goes to the meeting.
    """
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(way, orders), name="orders", daemon=True).start()
    set_libraries_aside()
    torch.set_num_threads(threads)
    try:
        _look_for_room(torch.device(device))
        way.send_bytes(pickle.dumps(Done()))
        group = start_group(
            rank=rank, size=size, device=torch.device(device), meeting=meeting, speeds=speeds, timeout=timeout
        )
        follower = _Follower(way, group)
        with torch.no_grad():
            while True:
                follower.carry_out(orders.get())
    # Whatever it is, the first rank is told, and has the words for it.
    except BaseException as error:
        way.send_bytes(pickle.dumps(Failed(_reason(error, rank))))
        # Others wait for this rank until its connections close.
        os._exit(FAILED)


def _look_for_room(device: torch.device) -> None:
    if device.type == "cuda" and torch.cuda.mem_get_info(device)[0] < _LEAST_BYTES:
        raise torch.OutOfMemoryError("others have all of the card's memory")


def _hear(way: Connection, orders: queue.SimpleQueue[Order]) -> None:
    while True:
        try:
            orders.put(pickle.loads(way.recv_bytes()))
        except (EOFError, OSError):
            os._exit(0)


def _reason(error: BaseException, rank: int) -> Message:
    card = rank + 1
    if isinstance(error, RankLost):
        return error.reason
    if memory_short(error):
        return Message("rank-memory", {"card": card})
    said = error.message if isinstance(error, FramepackError) else as_message(f"{type(error).__name__}: {error}"[:300])
    return Message("rank-failed", {"card": card, "said": said})


class _Follower:
    """Owns what the rank has in memory."""

    def __init__(self, way: Connection, group: Group) -> None:
        self._way = way
        self._group = group
        self._ranks: Ulysses | None = None
        self._transformer: FramepackTransformer | None = None
        self._arithmetic: dict[tuple[str, str], Arithmetic] = {}
        self._steps: Steps | None = None
        self._vae: Any = None
        self._vae_stays = True

    def carry_out(self, order: Order) -> None:
        match order:
            case Measure(cap):
                enforce_cap(self._group.device, cap)
                self._answer(measure_budget(self._group.device, cap))
            case TimeCard():
                self._answer(time_card(self._group))
            case Load():
                self._load(order)
                self._answer(Done())
            case Drop():
                self._drop()
            case ForwardSection() | InvertedSection():
                assert self._transformer is not None, "it was loaded"
                if self._vae is not None and not self._vae_stays:
                    self._vae.to("cpu")
                    release_cached_memory(self._group.device)
                self._transformer.store.release_buffers()
                self._steps = order.begin(self._transformer)
            case NextStep():
                assert self._steps is not None, "a section was begun"
                next(self._steps, None)
            case StopSampling():
                if self._steps is not None:
                    self._steps.close()
                    self._steps = None
            case Decode():
                self._decode(order)

    def _load(self, order: Load) -> None:
        self._drop()
        place = replace(order.place, device=self._group.device)
        loaded = load_transformer(place, order.dtype, order.format, order.offloading, self._group, order.loras)
        shape = BlockShape.of(loaded.rest.config)
        self._ranks = Ulysses(self._group, shape.heads)
        self._ranks.__enter__()
        name = order.format, order.backend
        if name not in self._arithmetic:
            attend = attend_together(self._ranks.name, order.backend)
            self._arithmetic[name] = Arithmetic(
                shape, attend, order.format, compiled=order.compiled, ranks=self._ranks.name
            )
        self._transformer = FramepackTransformer(loaded.rest, loaded.store, self._arithmetic[name], ranks=self._ranks)

    def _drop(self) -> None:
        if self._transformer is not None and self._ranks is not None:
            self._transformer.close()
            self._ranks.__exit__(None, None, None)
            self._transformer = self._ranks = None
            release_cached_memory(self._group.device)

    def _decode(self, order: Decode) -> None:
        if order.frees_buffers and self._transformer is not None:
            self._transformer.store.release_buffers()
            release_cached_memory(self._group.device)
        if self._vae is None:
            place = replace(order.place, device=self._group.device)
            self._vae = load_vae(place, order.encoder, order.decoder)
            with_fast_layers(self._vae)
        self._vae_stays = order.vae_stays
        decode_for_the_first(
            self._vae.to(self._group.device), order.window, tile=order.tile, notify=ignore, group=self._group
        )

    def _answer(self, answer: object) -> None:
        self._way.send_bytes(pickle.dumps(answer))
