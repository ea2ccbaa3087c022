"""How long one double and one single block take: diffusers' and ours, plain and compiled, each way of attention, fp8.

    python benchmarks/blocks.py [--tokens 17500 --text 789] [--ways cudnn,sage] [--quick] [--profile]

Random weights of the published model's sizes, batch 1, bf16 on CUDA (fp32 elsewhere, for trying it out). All variants
take turns; medians. "model" is what 20 double and 40 single blocks take. "off" is how far what a block adds to its
tokens is from diffusers' block in fp32. The last line on standard output is JSON.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.models.transformers.transformer_hunyuan_video import (
    HunyuanVideoSingleTransformerBlock,
    HunyuanVideoTransformerBlock,
)
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.turns import Step, take_turns
from framepack.attention.backends import attend_with, available_backends
from framepack.ops.fp8 import WeightFormat
from framepack.ops.linear import available_formats
from framepack.transformer.blocks import Arithmetic, BlockWeights, Manner, double_block, rotary_tables, single_block
from framepack.weights.block_layout import BlockKind, BlockShape, fill, layout_of

DOUBLES, SINGLES = 20, 40
KINDS: tuple[BlockKind, ...] = ("double", "single")


@dataclass(frozen=True)
class Setting:
    """What is computed and where."""

    shape: BlockShape
    tokens: int
    text: int
    device: torch.device
    dtype: torch.dtype

    def random(self, *size: int, seed: int, std: float = 1.0, dtype: torch.dtype | None = None) -> Tensor:
        generator = torch.Generator(self.device).manual_seed(seed)
        values = torch.randn(size, generator=generator, device=self.device) * std
        return values.to(dtype or self.dtype)


@dataclass(frozen=True)
class Inputs:
    """One section's tensors, those of both streams also joined."""

    tokens: Tensor
    text: Tensor
    joined: Tensor
    modulation: Tensor
    published_rotary: tuple[Tensor, Tensor]
    rotary: tuple[Tensor, Tensor]


def make_inputs(setting: Setting) -> Inputs:
    joined = setting.random(1, setting.tokens + setting.text, setting.shape.width, seed=1)
    angles = setting.random(setting.tokens, setting.shape.head // 2, seed=2, dtype=torch.float32)
    angles = angles.repeat_interleave(2, dim=1)
    published = (angles.cos(), angles.sin())
    return Inputs(
        joined[:, : setting.tokens].clone(),
        joined[:, setting.tokens :].clone(),
        joined,
        setting.random(1, setting.shape.width, seed=3),
        published,
        rotary_tables(*published, setting.text),
    )


def published_block(setting: Setting, kind: BlockKind) -> Any:
    """diffusers' block with random weights, the same at every call."""
    made = HunyuanVideoTransformerBlock if kind == "double" else HunyuanVideoSingleTransformerBlock
    shape = setting.shape
    with torch.device("meta"):
        block = made(shape.heads, shape.head, mlp_ratio=shape.mlp / shape.width)
    block = block.to(setting.dtype).to_empty(device=setting.device).requires_grad_(False).eval()
    for seed, (name, parameter) in enumerate(block.named_parameters()):
        parameter.copy_(setting.random(*parameter.shape, seed=seed, std=0.02) + float("attn.norm" in name))
    return block


def weights_of(setting: Setting, kind: BlockKind, format: WeightFormat) -> BlockWeights:
    layout = layout_of(setting.shape, kind, setting.dtype, format)
    views = layout.views(torch.zeros(layout.nbytes, dtype=torch.uint8, device=setting.device))
    fill(layout, views, published_block(setting, kind).state_dict())
    return BlockWeights(kind, views)


def variants(setting: Setting, inputs: Inputs, ways: list[str], quick: bool) -> dict[str, dict[BlockKind, Step]]:
    """What is compared, by name: a call of each kind of block. The first is what the others are measured against."""
    formats = [format for format in available_formats(setting.device) if not quick or format != "fp8_storage"]
    weights = {(format, kind): weights_of(setting, kind, format) for format in formats for kind in KINDS}
    blocks = {kind: published_block(setting, kind) for kind in KINDS}
    given = (inputs.tokens, inputs.text, inputs.modulation, None, inputs.published_rotary)
    made: dict[str, dict[BlockKind, Step]] = {}

    def ours(format: WeightFormat, way: str, compiled: bool) -> None:
        arithmetic = Arithmetic(setting.shape, attend_with(way), format, compiled=compiled)
        name = f"ours, {'compiled' if compiled else 'eager'}, {format}, {way}"
        made[name] = {kind: functools.partial(step, inputs, arithmetic, weights[format, kind]) for kind in KINDS}

    made["diffusers, eager"] = {kind: functools.partial(block, *given) for kind, block in blocks.items()}
    if not quick:
        fast = {kind: torch.compile(block, dynamic=False, fullgraph=True) for kind, block in blocks.items()}
        made["diffusers, compiled"] = {kind: functools.partial(block, *given) for kind, block in fast.items()}
        ours("plain", ways[0], compiled=False)
        made[f"ours, compiled for one size, plain, {ways[0]}"] = for_one_size(setting, inputs, ways[0], weights)
    for format in formats:
        for way in ways if format != "fp8_storage" else ways[:1]:
            ours(format, way, compiled=True)
    return made


def step(inputs: Inputs, arithmetic: Arithmetic, weights: BlockWeights) -> Tensor | tuple[Tensor, Tensor]:
    """One block as the transformer calls it."""
    if weights.kind == "double":
        return arithmetic.first(inputs.tokens, inputs.text, inputs.modulation, inputs.rotary, weights)
    return arithmetic.single(inputs.joined, inputs.modulation, inputs.rotary, weights)


def for_one_size(
    setting: Setting, inputs: Inputs, way: str, weights: dict[tuple[WeightFormat, BlockKind], BlockWeights]
) -> dict[BlockKind, Step]:
    """The blocks compiled for these numbers of tokens only, to see what one graph for all numbers costs."""
    manner = Manner(setting.shape, attend_with(way))
    tokens, text, joined = (tensor.clone() for tensor in (inputs.tokens, inputs.text, inputs.joined))
    rotary = (inputs.rotary[0].clone(), inputs.rotary[1].clone())

    # Functions of their own, because what is compiled is kept for a function, whoever asks for it.
    @torch.compile(dynamic=False, fullgraph=True)
    def double(weights: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        return double_block(tokens, text, inputs.modulation, rotary, weights, manner)

    @torch.compile(dynamic=False, fullgraph=True)
    def single(weights: dict[str, Tensor]) -> Tensor:
        return single_block(joined, inputs.modulation, rotary, weights, manner)

    return {
        "double": functools.partial(double, weights["plain", "double"].tensors),
        "single": functools.partial(single, weights["plain", "single"].tensors),
    }


def added(result: Any, setting: Setting, given: Tensor) -> Tensor:
    """What a block adds to its tokens (n, D), whichever form its ``result`` has."""
    tokens: Tensor = result[0] if isinstance(result, tuple) else result
    return (tokens[:, : setting.tokens].float() - given.float())[0]


def exact(setting: Setting, inputs: Inputs, kind: BlockKind) -> Tensor:
    """What diffusers' block adds to its tokens in fp32."""
    block = published_block(setting, kind).float()
    given = (inputs.tokens.float(), inputs.text.float(), inputs.modulation.float(), None, inputs.published_rotary)
    return added(block(*given), setting, inputs.tokens)


def profile(steps: dict[BlockKind, Step], device: torch.device) -> None:
    """Print the 25 kernels that take the most time in one double and one single block."""
    kinds = [torch.profiler.ProfilerActivity.CPU]
    if device.type == "cuda":
        kinds.append(torch.profiler.ProfilerActivity.CUDA)
    for kind, call in steps.items():
        with torch.profiler.profile(activities=kinds) as profiler:
            call()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
        spent = "self_device_time_total" if device.type == "cuda" else "self_cpu_time_total"
        events = sorted(profiler.key_averages(), key=lambda event: -getattr(event, spent))
        print(f"\n{kind} block, microseconds:")
        for event in events[:25]:
            if getattr(event, spent) > 0:
                print(f"{getattr(event, spent):10.0f} {event.count:4d}x  {event.key[:140]}")


def add_size_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that ``setting_of`` reads, and ``--rounds``."""
    parser.add_argument("--tokens", type=int, default=17500)
    parser.add_argument("--text", type=int, default=789)
    parser.add_argument("--heads", type=int, default=24)
    parser.add_argument("--head", type=int, default=128)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=9)


def setting_of(asked: argparse.Namespace) -> Setting:
    """What the arguments ask for."""
    device = torch.device(asked.device)
    shape = BlockShape(asked.heads, asked.head, 4 * asked.heads * asked.head)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    return Setting(shape, asked.tokens, asked.text, device, dtype)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_size_arguments(parser)
    parser.add_argument("--ways", help="only these ways of attention, with commas between")
    parser.add_argument("--quick", action="store_true", help="fewer variants")
    parser.add_argument("--profile", action="store_true", help="also the kernels of the fastest plain variant")
    asked = parser.parse_args()
    setting = setting_of(asked)
    # Every variant is a compilation of the same functions.
    torch._dynamo.config.recompile_limit = 64

    inputs = make_inputs(setting)
    ways = asked.ways.split(",") if asked.ways else list(available_backends(setting.device))
    steps = variants(setting, inputs, ways, asked.quick)
    calls = {f"{name} | {kind}": step for name, both in steps.items() for kind, step in both.items()}
    times = take_turns(setting.device, calls, asked.rounds)
    wanted = {kind: exact(setting, inputs, kind) for kind in KINDS}
    report: dict[str, Any] = {"device": str(setting.device), "torch": torch.__version__, "tokens": asked.tokens}
    report["blocks"] = {}
    heads = ("double ms", "single ms", "model s", "ratio", "off double", "off single")
    print(f"{'variant':44}" + "".join(f"{head:>12}" for head in heads))
    first: float | None = None
    for name, both in steps.items():
        taken = [times.get(f"{name} | {kind}") for kind in KINDS]
        double, single = taken
        if double is None or single is None:
            continue
        model = (DOUBLES * double + SINGLES * single) / 1000.0
        first = first or model
        off = [
            float((added(call(), setting, inputs.tokens) - wanted[kind]).norm() / wanted[kind].norm())
            for kind, call in both.items()
        ]
        print(f"{name:44}{double:12.3f}{single:12.3f}{model:12.4f}{first / model:12.2f}{off[0]:12.4f}{off[1]:12.4f}")
        report["blocks"][name] = {"double": double, "single": single, "model": model, "off": off}
    if asked.profile:
        plain = [name for name in report["blocks"] if "compiled, plain" in name]
        best = min(plain, key=lambda name: report["blocks"][name]["model"])
        profile(steps[best], setting.device)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
