"""How long a whole sampling step takes: diffusers' transformer and ours, exact and with products and attention in fp8.

    python benchmarks/steps.py [--size 608x640] [--rounds 7] [--way cudnn] [--small]

Random weights of the published model's sizes made in memory, window 9, batch 1, bf16 on CUDA (fp32 elsewhere); all
variants take turns in one process; medians. The last line on standard output is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from framepack.attention.backends import attend_with, available_backends
from framepack.benchmark.diffusers_steps import StepRequest, step_inputs, wait_for
from framepack.benchmark.random_transformer import DEVIATION, PUBLISHED_CONFIG, random_transformer
from framepack.context.packing import pack_forward
from framepack.ops.linear import available_formats
from framepack.transformer.step_cache import EveryStep
from framepack.transformer.transformer import FramepackTransformer

SMALL = {"num_layers": 1, "num_single_layers": 2, "num_refiner_layers": 1, "num_attention_heads": 2}
PROMPT_TOKENS, PICTURE_TOKENS = 60, 729
Step = Callable[[], Any]


def of_diffusers(config: dict[str, Any], request: StepRequest, device: torch.device, dtype: torch.dtype) -> Step:
    """A step of diffusers' own transformer, uncompiled."""
    with torch.device("meta"):
        model: Any = HunyuanVideoFramepackTransformer3DModel(**config)
    model = model.to(dtype).to_empty(device=device).eval().requires_grad_(False)
    for name, parameter in model.named_parameters():
        parameter.normal_(float(".norm" in name and parameter.dim() == 1), DEVIATION)
    inputs = step_inputs(request, model.config, device, dtype)
    return lambda: model(**inputs)


def of_ours(transformer: FramepackTransformer, request: StepRequest) -> Step:
    """A step of ours without a cache, on the same sizes."""
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn((1, *shape), generator=generator).to(transformer.device)

    config, size = transformer.rest.config, (request.height, request.width)
    context = pack_forward(drawn(16, 19, *size), drawn(16, 1, *size), window=request.window)
    section = transformer.prepare(context, drawn(request.image, config.image_proj_dim))
    embeds, pooled = drawn(request.text, config.text_embed_dim), drawn(config.pooled_projection_dim)
    prompt, latents = transformer.prepare_prompt(embeds, pooled), drawn(16, request.window, *size)
    return lambda: transformer.velocity(
        latents, sigma=0.5, guidance=10.0, section=section, prompt=prompt, cache=EveryStep()
    )


def timed(device: torch.device, step: Step) -> float:
    """The seconds one step takes."""
    wait_for(device)
    begun = time.perf_counter()
    step()
    wait_for(device)
    return time.perf_counter() - begun


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", default="608x640")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--way", default="cudnn", help="attention that does not round to 8 bits")
    parser.add_argument("--small", action="store_true", help="a model of a few blocks, for trying it out")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    asked = parser.parse_args()
    device = torch.device(asked.device)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    height, width = (int(side) // 8 for side in asked.size.split("x"))
    name = str(dtype).removeprefix("torch.")
    request = StepRequest("", asked.device, name, "eager", 9, height, width, PROMPT_TOKENS, PICTURE_TOKENS)
    config = {**PUBLISHED_CONFIG, **(SMALL if asked.small else {})}
    way = asked.way if asked.way in available_backends(device) else "sdpa"
    variants = [("plain", way)]
    if "fp8" in available_formats(device):
        variants += [("fp8", other) for other in (way, "cudnn-fp8") if other in available_backends(device)]

    steps = {"diffusers, eager": of_diffusers(config, request, device, dtype)}
    for format, used in variants:
        made = random_transformer(
            config, device=device, dtype=dtype, format=format, attend=attend_with(used), compiled=device.type == "cuda"
        )
        steps[f"ours, {format}, {used}"] = of_ours(made, request)
    for step_name, step in steps.items():
        print(f"{step_name}: first step {timed(device, step):.1f} s", file=sys.stderr, flush=True)
        timed(device, step)
    times: dict[str, list[float]] = {step_name: [] for step_name in steps}
    for _ in range(asked.rounds):
        for step_name, taken in times.items():
            taken.append(timed(device, steps[step_name]))
    first = median(times["diffusers, eager"])
    for step_name, taken in times.items():
        seconds = median(taken)
        print(f"{step_name:28}{seconds:9.4f} s ({min(taken):.4f} to {max(taken):.4f}){first / seconds:8.2f} times")
    print(json.dumps({"device": asked.device, "torch": torch.__version__, "seconds": times}))


if __name__ == "__main__":
    main()
