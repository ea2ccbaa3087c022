"""One card against several on the same shot: steps, a section with decoding and writing, streamed weights, memory.

    python -m benchmarks.cards [--cards 2] [--size 608x640] [--rounds 7] [--small] [--device cuda]
                                [--rows ROW ...]

Random weights of the published model's sizes made in memory, window 9, batch 1, bf16 on CUDA (fp32 elsewhere). One card
and all of them take turns in one run; medians. On CUDA all is measured a second time with NCCL's peer access switched
off, as cards without it would have it. ``--small --device cpu`` tries it out with gloo. The last line on standard
output is JSON. A row that fails says why in its place, and the others go on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import torch
from diffusers import AutoencoderKLHunyuanVideo
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.steps import PICTURE_TOKENS, PROMPT_TOKENS, of_ours
from framepack.attention.backends import attend_with, available_backends
from framepack.benchmark.diffusers_steps import StepRequest, wait_for
from framepack.benchmark.random_transformer import PUBLISHED_CONFIG, random_transformer
from framepack.conditioning.values import Conditioning
from framepack.context.history import History
from framepack.device.devices import enforce_cap, formats_for, release_cached_memory
from framepack.device.memory_plan import VAE_TENSORS_FUSED, Budget, PartSizes, Work, plan_memory
from framepack.device.shares import expected_gain
from framepack.environment import GIB
from framepack.media.video import write_frames
from framepack.ops.fp8 import WeightFormat
from framepack.ops.linear import available_formats
from framepack.parallel.group import Group, abort_group, start_group
from framepack.parallel.together import attend_together
from framepack.parallel.ulysses import Ulysses
from framepack.sampling.sampler import SamplingSettings, sample_section
from framepack.transformer.blocks import Arithmetic
from framepack.transformer.transformer import FramepackTransformer
from framepack.vae.decoding import decode_after, window_of
from framepack.vae.fast_layers import with_fast_layers
from framepack.vae.tiles import decode_for_the_first, ignore
from framepack.weights.block_layout import BlockShape
from framepack.weights.block_loading import Offloading, block_places, small_parts

SMALL = {"num_layers": 1, "num_single_layers": 2, "num_refiner_layers": 1, "num_attention_heads": 4}
SMALL_VAE = {"block_out_channels": (8, 8, 8, 8), "layers_per_block": 1, "norm_num_groups": 4}
CAP = int(5.3 * GIB)
STREAMED = Offloading(resident=frozenset(), host_copies=True)
VAE_BYTES = 493 * 10**6  # the VAE in fp16, for the plan
EXCHANGED = 84 * 10**6  # what each of two cards sends of queries, keys and values in a layer of the large model
WAIT = 1800.0
Step = Callable[[], Any]


@dataclass(frozen=True)
class Asked:
    """The command's options."""

    cards: int
    height: int
    width: int
    rounds: int
    steps: int
    small: bool
    device: str
    backend: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Bench:
    """What a rank measures with."""

    asked: Asked
    group: Group
    ranks: Ulysses

    @property
    def first(self) -> bool:
        """Whether this rank is the one that tells."""
        return self.group.rank == 0

    @property
    def config(self) -> dict[str, Any]:
        return {**PUBLISHED_CONFIG, **(SMALL if self.asked.small else {})}

    @property
    def dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.group.device.type == "cuda" else torch.float32

    @property
    def compiled(self) -> bool:
        return self.group.device.type == "cuda"

    def transformer(
        self, format: WeightFormat, backend: str, offloading: Offloading, *, shared: bool
    ) -> FramepackTransformer:
        """The random transformer, the same at every call, on all ranks or on this one alone."""
        return random_transformer(
            self.config,
            device=self.group.device,
            dtype=self.dtype,
            offloading=offloading,
            format=format,
            attend=attend_together(self.ranks.name, backend) if shared else attend_with(backend),
            compiled=self.compiled,
            ranks=self.ranks if shared else None,
        )

    def alone(self, shared: FramepackTransformer, format: WeightFormat, backend: str) -> FramepackTransformer:
        """The weights of ``shared``, which all are on this card, used by this one alone."""
        shape = shared.arithmetic.manner.shape
        arithmetic = Arithmetic(shape, attend_with(backend), format, compiled=self.compiled)
        return FramepackTransformer(shared.rest, shared.store, arithmetic)

    def step(self, transformer: FramepackTransformer) -> Step:
        asked, name = self.asked, str(self.dtype).removeprefix("torch.")
        request = StepRequest(
            "", asked.device, name, "eager", 9, asked.height, asked.width, PROMPT_TOKENS, PICTURE_TOKENS
        )
        return of_ours(transformer, request)

    def by_turns(self, alone: Step, together: Step, rounds: int, warm: int = 1) -> dict[str, Any]:
        """The median seconds of either call, with ``warm`` calls before each that is timed."""
        taken: dict[str, list[float]] = {"one": [], "all": []}
        for _ in range(rounds):
            self.group.meet()
            if self.first:
                taken["one"].append(self._timed(alone, warm))
            self.group.meet()
            taken["all"].append(self._timed(together, warm))
        if not self.first:
            return {}
        one, every = median(taken["one"]), median(taken["all"])
        return {"one": one, "all": every, "gain": one / every, "seconds": taken}

    def in_turn(self, together: dict[str, Any], alone: dict[str, Any]) -> dict[str, Any]:
        """The row of two measurements of which one came after the other."""
        if not self.first:
            return {}
        one, every = alone["one"], together["all"]
        seconds = {"one": alone["seconds"]["one"], "all": together["seconds"]["all"]}
        return {"one": one, "all": every, "gain": one / every, "seconds": seconds}

    def _timed(self, step: Step, warm: int) -> float:
        for _ in range(warm):
            step()
        wait_for(self.group.device)
        begun = time.perf_counter()
        step()
        wait_for(self.group.device)
        return time.perf_counter() - begun


@contextmanager
def closed_after(*transformers: FramepackTransformer | None) -> Iterator[None]:
    """Give the memory of ``transformers`` back afterwards."""
    try:
        yield
    finally:
        for transformer in transformers:
            if transformer is not None:
                transformer.close()
        devices = {one.device for one in transformers if one is not None}
        del transformers
        for device in devices:
            release_cached_memory(device)


def relative(got: Tensor, want: Tensor) -> float:
    return float((got.double() - want.double()).norm() / want.double().norm())


def exact(bench: Bench) -> dict[str, Any]:
    """A step, exact, with all weights on each card; and how far all cards' result is from one card's."""
    backend = bench.asked.backend
    shared = bench.transformer("plain", backend, Offloading(), shared=True)
    with closed_after(shared):
        alone, together = bench.step(bench.alone(shared, "plain", backend)), bench.step(shared)
        row = bench.by_turns(alone, together, bench.asked.rounds)
        got = together()
        if bench.first:
            row["difference"] = relative(got, alone())
            others = [name for name in ("flash", "sdpa", "pieces") if name != backend]
            usable = [name for name in others if name in (*available_backends(bench.group.device), "pieces")]
            other = bench.step(bench.alone(shared, "plain", usable[0]))
            row["difference of another order of summation, one card"] = relative(other(), alone())
        bench.group.meet()
        return row


def fast(bench: Bench) -> dict[str, Any]:
    """A step with products in fp8 and attention in 8 bits, as far as the card has them."""
    device = bench.group.device
    format: WeightFormat = "fp8" if "fp8" in available_formats(device) else "fp8_storage"
    backend = "cudnn-fp8" if "cudnn-fp8" in available_backends(device) else bench.asked.backend
    shared = bench.transformer(format, backend, Offloading(), shared=True)
    with closed_after(shared):
        row = bench.by_turns(bench.step(bench.alone(shared, format, backend)), bench.step(shared), bench.asked.rounds)
        return {**row, "weights": format, "attention": backend}


def streamed(bench: Bench) -> dict[str, Any]:
    """A step with all weights streamed under a cap on each card; and what the ranks have of the host's memory."""
    return under_cap(bench, STREAMED, STREAMED)


def as_planned(bench: Bench) -> dict[str, Any]:
    """A step under that cap with as many blocks staying on each card as the plan of memory lets stay."""
    together, one = planned(bench, bench.asked.cards), planned(bench, 1)
    row = under_cap(bench, together, one)
    return {**row, "blocks that stay": [len(one.resident or ()), len(together.resident or ())]} if row else row


def planned(bench: Bench, cards: int) -> Offloading:
    """What stays and what streams under the cap where ``cards`` have equal shares of the tokens."""
    dtype, parts, asked = bench.dtype, small_parts(bench.config), bench.asked
    config, rest = parts.config, sum(value.numel() for value in parts.parameters()) * dtype.itemsize
    blocks = tuple(place.layout.nbytes for place in block_places(config, dtype, "plain"))
    sizes = PartSizes(blocks, rest, text_layers=(), text_rest=0, clip=0, siglip=0, vae=VAE_BYTES)
    work = Work(
        height=asked.height * 8,
        width=asked.width * 8,
        window=9,
        model_width=BlockShape.of(config).width,
        value_bytes=dtype.itemsize,
        vae_width=128,
        vae_value_bytes=2,
        vae_tensors=VAE_TENSORS_FUSED,
        share=1 / cards,
    )
    plan = plan_memory(Budget(device_free=CAP, device_total=CAP, host_free=10**12, cap=CAP), sizes, work)
    return Offloading.of(plan)


def under_cap(bench: Bench, together: Offloading, one: Offloading) -> dict[str, Any]:
    """A step under a cap on each card, by all with their weights as ``together`` says, by the first as ``one`` says."""
    device, backend = bench.group.device, bench.asked.backend
    enforce_cap(device, CAP)
    try:
        before = proportional_bytes()
        shared = bench.transformer("plain", backend, together, shared=True)
        bench.step(shared)()
        bench.group.meet()
        all_ranks = sum_of_ranks(bench, proportional_bytes() - before)
        with closed_after(shared):
            row = bench.by_turns(lambda: None, bench.step(shared), bench.asked.rounds)
        # The cap leaves room for one of the two at a time.
        del shared
        release_cached_memory(device)
        before = proportional_bytes()
        alone = bench.transformer("plain", backend, one, shared=False) if bench.first else None
        with closed_after(alone):
            step_alone = bench.step(alone) if alone is not None else lambda: None
            step_alone()
            of_one = proportional_bytes() - before
            row = bench.in_turn(row, bench.by_turns(step_alone, lambda: None, bench.asked.rounds))
        if device.type == "cuda":
            row["reserved"] = torch.cuda.max_memory_reserved(device)
        if not bench.first or not of_one:
            return row
        return {**row, "host bytes, one": of_one, "host bytes, all": all_ranks, "host share": all_ranks / of_one}
    finally:
        enforce_cap(device, None)


def section(bench: Bench) -> dict[str, Any]:
    """A section of 25 steps with decoding and writing."""
    backend, device = bench.asked.backend, bench.group.device
    shared = bench.transformer("plain", backend, Offloading(), shared=True)
    torch.manual_seed(0)
    with torch.device(device):
        vae: Any = AutoencoderKLHunyuanVideo(**(SMALL_VAE if bench.asked.small else {}))
    vae = vae.to(formats_for(device).decoder).eval().requires_grad_(False)
    with_fast_layers(vae)
    with closed_after(shared):
        alone = bench.alone(shared, "plain", backend)
        return bench.by_turns(
            lambda: whole_section(bench, alone, vae, None),
            lambda: whole_section(bench, shared, vae, bench.group),
            max(1, bench.asked.rounds // 3),
            warm=0 if bench.asked.small else 1,
        )


def whole_section(bench: Bench, transformer: FramepackTransformer, vae: Any, group: Group | None) -> None:
    generator, asked, config = torch.Generator().manual_seed(3), bench.asked, transformer.rest.config

    def drawn(*shape: int) -> Tensor:
        return torch.randn((1, *shape), generator=generator)

    size = (asked.height, asked.width)
    history, noise = drawn(16, 19, *size), drawn(16, 9, *size)
    conditioning = Conditioning(
        prompt_embeds=drawn(PROMPT_TOKENS, config.text_embed_dim),
        pooled=drawn(config.pooled_projection_dim),
        image_embeds=drawn(PICTURE_TOKENS, config.image_proj_dim),
        negative_prompt_embeds=None,
        negative_pooled=None,
    )
    *_, last = sample_section(
        transformer,
        history=history,
        anchor=drawn(16, 1, *size),
        conditioning=conditioning,
        noise=noise,
        settings=SamplingSettings(steps=asked.steps),
    )
    before, latents = History(history, 0, None), last.latents.cpu()
    if group is not None and not bench.first:
        decode_for_the_first(vae, window_of(before, latents), tile=None, notify=ignore, group=group)
        return
    with tempfile.TemporaryDirectory() as folder:
        frames = decode_after(vae, before, latents, tile=None, notify=ignore, group=group)
        write_frames(Path(folder) / "section.mp4", frames, 30)


def exchange(bench: Bench) -> dict[str, Any]:
    """How fast ranks exchange as much as in a layer, in bytes a second sent by each."""
    group, size = bench.group, bench.group.size
    part = (10**5 if bench.asked.small else EXCHANGED) // (size - 1)
    given = torch.zeros(part * size, dtype=torch.uint8, device=group.device)
    out = torch.empty_like(given)
    taken = []
    for _ in range(bench.asked.rounds + 2):
        group.meet()
        wait_for(group.device)
        begun = time.perf_counter()
        group.await_exchange(group.begin_exchange(out, given, [part] * size, [part] * size))
        wait_for(group.device)
        taken.append(time.perf_counter() - begun)
    seconds = median(taken[2:])
    return {"seconds": seconds, "bytes a second": part * (size - 1) / seconds}


def sum_of_ranks(bench: Bench, value: float) -> float:
    return float(bench.group.sums(torch.tensor([value], dtype=torch.float64, device=bench.group.device))[0])


def proportional_bytes() -> int:
    """What this process has of the host's memory, shared pages in proportion; 0 where the system does not tell."""
    rollup = Path("/proc/self/smaps_rollup")
    found = re.search(r"^Pss:\s+(\d+) kB", rollup.read_text(), re.MULTILINE) if rollup.exists() else None
    return int(found[1]) * 1024 if found else 0


ROWS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "exchange": exchange,
    "step, exact, resident": exact,
    "step, 8 bits": fast,
    "step, streamed": streamed,
    "step under that cap, as planned": as_planned,
    "section": section,
}


def rank(way: Connection, number: int, asked: Asked, meeting: Path, environment: dict[str, str]) -> None:
    """One rank's life; the first one sends a row at a time."""
    os.environ.update(environment)
    device = torch.device(f"cuda:{number}" if asked.device == "cuda" else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(1)
    group = start_group(rank=number, size=asked.cards, device=device, meeting=meeting, timeout=WAIT)
    heads = int(SMALL["num_attention_heads"]) if asked.small else 24
    with torch.no_grad(), Ulysses(group, heads) as ranks:
        for name in asked.rows:
            found = ROWS[name](Bench(asked, group, ranks))
            if number == 0:
                way.send((name, found))
    group.meet()
    abort_group(group)
    if number == 0:
        way.send(None)


def measured(asked: Asked, environment: dict[str, str]) -> dict[str, Any]:
    """All rows by ranks that have ``environment`` besides; what a rank died of stands in the row it died in."""
    context = multiprocessing.get_context("spawn")
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        here, there = context.Pipe()
        given = (asked, Path(folder) / "meeting", environment)
        ranks = [
            context.Process(target=rank, args=(there if number == 0 else context.Pipe()[1], number, *given))
            for number in range(asked.cards)
        ]
        for process in ranks:
            process.start()
        there.close()
        try:
            while (said := here.recv()) is not None:
                rows[said[0]] = said[1]
                print(f"{said[0]}: {told(said[1])}", file=sys.stderr, flush=True)
        except EOFError:
            missing = next((name for name in asked.rows if name not in rows), "the end")
            rows[missing] = {"failed": [process.exitcode for process in ranks]}
        finally:
            for process in ranks:
                process.join(10)
                process.kill()
    return rows


def expected(rows: dict[str, Any], asked: Asked) -> float | None:
    """The gain of the exact step by arithmetic, from one card's time and what exchanges take, none of it hidden."""
    one, taken = rows.get("step, exact, resident", {}).get("one"), rows.get("exchange", {}).get("seconds")
    if one is None or taken is None:
        return None
    layers = 3 if asked.small else 60
    # The result goes back as one of the three that came: queries, keys and values.
    return expected_gain([one] * asked.cards, layers * taken * 4 / 3)


def told(row: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value:.4g}" for key, value in row.items() if isinstance(value, float))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cards", type=int, default=2)
    parser.add_argument("--size", default="608x640")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=25, help="of a section")
    parser.add_argument("--way", default="cudnn", help="attention that does not round to 8 bits")
    parser.add_argument("--small", action="store_true", help="a model of a few blocks, for trying it out")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rows", nargs="+", choices=tuple(ROWS), default=tuple(ROWS), metavar="ROW")
    given = parser.parse_args()
    height, width = (int(side) // 8 for side in given.size.split("x"))
    backend = given.way if given.way in available_backends(torch.device(given.device)) else "sdpa"
    asked = Asked(
        given.cards, height, width, given.rounds, given.steps, given.small, given.device, backend, tuple(given.rows)
    )
    found = {"with peer access": measured(asked, {})}
    if given.device == "cuda":
        found["without peer access"] = measured(asked, {"NCCL_P2P_DISABLE": "1"})
    for rows in found.values():
        rows["expected gain"] = expected(rows, asked)
    name = torch.cuda.get_device_name(0) if given.device == "cuda" else "cpu"
    print(json.dumps({"device": name, "cards": asked.cards, "torch": torch.__version__, "rows": found}))


if __name__ == "__main__":
    main()
