"""A section of the published model's size, whole and from files, in each layout its weights come in.

    python -m benchmarks.layouts make FOLDER
    python -m benchmarks.layouts time FOLDER --layout bf16|fp8|gguf|gguf-k [--model f1|original]
                                             [--memory-gb X] [--lora]

``make`` writes random weights below FOLDER: in shards of bf16 as published (43 GB), the transformer as one file in
float8 with scales (13 GB), as one in GGUF's Q4_0 (7 GB), as one in Q4_K, Q5_K and Q6_K by turns (9 GB; random bytes
with finite scales, since nothing here makes these formats), and a LoRA of rank 32 for all layers of the blocks.
``time`` makes one section of 36 frames by the whole engine, encoders and VAE too, and with ``--lora`` a second one at
another strength. Its last line is JSON: seconds until the first step, of a step (median from the third on), of decoding
and writing, and in all; the most memory on the card and in the host.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import cycle, pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from framepack.benchmark.random_weights import write_random_checkpoint
from framepack.checkpoints.loras import lora_sha256
from framepack.checkpoints.table import CHECKPOINTS
from framepack.device.devices import peak_megabytes, restart_peak
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot
from framepack.environment import GIB, EngineOptions
from framepack.media.pictures import picture_hash
from framepack.shots.events import SectionDone, Step
from framepack.shots.keys import plan_chain
from framepack.shots.presets import preset_named, with_preset
from framepack.shots.request import ShotRequest, default_settings
from framepack.store.section_store import SectionStore

LAYOUTS = ("bf16", "fp8", "gguf", "gguf-k")
LORA, LORA_RANK, STRENGTHS = "lora.safetensors", 32, (0.8, 0.5)
BLOCK = 32  # of how many weights each scale of Q4_0 is
K_BLOCK = 256  # of how many weights a block of the formats _K is
# Of each of them the bytes of a block that are numbers in fp16, and what these are: weights then lie around 0.
K_SCALES = {"Q4_K": (0, (3e-5, 2.2e-4)), "Q5_K": (0, (1.5e-5, 2.2e-4)), "Q6_K": (208, (1e-5,))}


def make(folder: Path, device: torch.device) -> None:
    """Write all layouts below ``folder``; the encoders and the VAE are the same files in each."""
    published = folder / "bf16"
    write_random_checkpoint(published, CHECKPOINTS["f1"])
    transformers = {name: CHECKPOINTS[name].sources["transformer"].repository for name in ("f1", "original")}
    (published / transformers["original"]).symlink_to(published / transformers["f1"])
    for layout in LAYOUTS[1:]:
        for repository in {source.repository for source in CHECKPOINTS["f1"].sources.values()}:
            link = folder / layout / repository
            if repository not in transformers.values():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(published / repository)
    shards = sorted((published / transformers["f1"]).glob("*.safetensors"))
    _write_fp8(shards, folder / "fp8" / "diffusion_models" / "f1_fp8_scaled.safetensors", device)
    _write_gguf(shards, folder / "gguf" / "diffusion_models" / "f1_q4_0.gguf", device)
    write_gguf_k(shapes_of(shards), folder / "gguf-k" / "diffusion_models" / "f1_q4_k_m.gguf")
    _write_lora(shards, folder / LORA)


def shapes_of(shards: list[Path]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of all tensors in ``shards``."""
    for shard in shards:
        with safe_open(shard, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118
                yield name, tuple(file.get_slice(name).get_shape())


def tensors_of(shards: list[Path], device: torch.device) -> Iterator[tuple[str, Tensor]]:
    for shard in shards:
        with safe_open(shard, framework="pt", device=str(device)) as file:
            for name in file.keys():  # noqa: SIM118 - it is no mapping
                yield name, file.get_tensor(name)


def _is_product(name: str, tensor: Tensor) -> bool:
    return tensor.dim() == 2 and "blocks." in name and tensor.shape[1] % BLOCK == 0


def _write_fp8(shards: list[Path], path: Path, device: torch.device) -> None:
    found: dict[str, Tensor] = {}
    for name, tensor in tensors_of(shards, device):
        if _is_product(name, tensor):
            scale = tensor.abs().max().float() / torch.finfo(torch.float8_e4m3fn).max
            found[name] = (tensor / scale).to(torch.float8_e4m3fn).cpu()
            found[f"{name.removesuffix('.weight')}.scale_weight"] = scale.cpu()
        else:
            found[name] = tensor.cpu()
    found["scaled_fp8"] = torch.zeros(2).to(torch.float8_e4m3fn)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(found, path, {"format": "pt"})


def _write_gguf(shards: list[Path], path: Path, device: torch.device) -> None:
    writer = gguf.GGUFWriter(path, "hyvid")
    for name, tensor in tensors_of(shards, device):
        if _is_product(name, tensor):
            writer.add_tensor(name, in_q4_0(tensor), raw_dtype=gguf.GGMLQuantizationType.Q4_0)
            continue
        if tensor.dim() > 4:
            writer.add_array(f"comfy.gguf.orig_shape.{name}", list(tensor.shape))
            tensor = tensor.flatten(1)
        writer.add_tensor(name, tensor.float().cpu().numpy())
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_gguf_k(shapes: Iterable[tuple[str, tuple[int, ...]]], path: Path) -> None:
    """A file with tensors of these names and ``shapes``, the large ones in the formats _K by turns, all random."""
    generator = np.random.default_rng(2)
    pool = generator.integers(0, 256, 2**24 + 43, dtype=np.uint8)
    writer = gguf.GGUFWriter(path, "hyvid")
    kinds = cycle(K_SCALES)
    for name, shape in shapes:
        if len(shape) == 2 and "blocks." in name and shape[1] % K_BLOCK == 0:
            kind = next(kinds)
            writer.add_tensor(name, in_k(kind, shape, pool), raw_dtype=gguf.GGMLQuantizationType[kind])
            continue
        values = generator.standard_normal(shape, dtype=np.float32) * 0.02
        if len(shape) > 4:
            writer.add_array(f"comfy.gguf.orig_shape.{name}", list(shape))
            values = values.reshape(shape[0], -1)
        writer.add_tensor(name, values + np.float32(len(shape) == 1 and "norm" in name))
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def in_k(kind: str, shape: tuple[int, ...], pool: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Random weights (m, n) as GGUF keeps them in ``kind``: bytes (m, n / 256 * those of a block) from ``pool``."""
    _, nbytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    rows, blocks = shape[0], shape[1] // K_BLOCK
    made = np.resize(pool, (rows * blocks, nbytes))
    first, scales = K_SCALES[kind]
    made[:, first : first + 2 * len(scales)] = np.asarray(scales, np.float16).view(np.uint8)
    return made.reshape(rows, blocks * nbytes)


def in_q4_0(values: Tensor) -> NDArray[np.uint8]:
    """``values`` (m, n) as GGUF keeps them in Q4_0: bytes (m, n / 32 * 18), as ``gguf.quantize`` gives them, slowly."""
    rows, columns = values.shape
    blocks = values.float().reshape(-1, BLOCK)
    largest = blocks.gather(1, blocks.abs().argmax(dim=1, keepdim=True))
    scale = largest / -8
    steps = (blocks * torch.where(scale == 0, 0.0, scale.reciprocal()) + 8.5).trunc().clamp(0, 15).to(torch.uint8)
    nibbles = steps[:, : BLOCK // 2] | (steps[:, BLOCK // 2 :] << 4)
    joined = torch.cat([scale.half().view(torch.uint8), nibbles], dim=1)
    return joined.reshape(rows, columns // BLOCK * joined.shape[1]).cpu().numpy()


def _write_lora(shards: list[Path], path: Path) -> None:
    generator = torch.Generator().manual_seed(1)
    found: dict[str, Tensor] = {}
    for shard in shards:
        with safe_open(shard, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118
                shape = file.get_slice(name).get_shape()
                if len(shape) == 2 and "blocks." in name and "norm" not in name and "refiner" not in name:
                    stem = f"transformer.{name.removesuffix('.weight')}"
                    down = torch.randn((LORA_RANK, shape[1]), generator=generator).mul_(0.02)
                    up = torch.randn((shape[0], LORA_RANK), generator=generator).mul_(0.02)
                    found[f"{stem}.lora_A.weight"], found[f"{stem}.lora_B.weight"] = down.bfloat16(), up.bfloat16()
    save_file(found, path, {"format": "pt"})


def timed(asked: argparse.Namespace) -> dict[str, Any]:
    """One section, or two with a LoRA at two strengths, through the whole engine."""
    checkpoint = CHECKPOINTS[asked.model]
    height, width = (int(side) for side in asked.size.split("x"))
    settings = with_preset(default_settings(checkpoint, height=height, width=width), preset_named(asked.preset))
    settings = replace(settings, steps=asked.steps)
    lora = asked.folder / LORA
    name = lora_sha256(lora) if asked.lora else ""
    wanted: list[Any] = [replace(settings, loras=((name, strength),)) for strength in STRENGTHS] if name else [settings]
    options = EngineOptions(
        device=asked.device,
        models=asked.folder / asked.layout,
        memory=int(asked.memory_gb * GIB) if asked.memory_gb else None,
    )
    rows = []
    with TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        pixels = np.random.default_rng(1).integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((width, height)).save(picture)
        image = picture_hash(picture)
        with Engine(checkpoint, options, lora_file=lambda _: lora) as engine:
            for number, settings in enumerate(wanted):
                restart_peak(engine.device)
                request = ShotRequest(settings, f"random {number}", "a boat drifts away", 1, 1.2, image)
                store = SectionStore(Path(folder) / f"sections {number}")
                rows.append(_section(engine, request, {image: picture}, store))
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"layout": asked.layout, "model": asked.model, "memory_gb": asked.memory_gb, "host_mb": host, "rows": rows}


def _section(engine: Engine, request: ShotRequest, pictures: Mapping[str, Path], store: SectionStore) -> dict[str, Any]:
    begun = time.perf_counter()
    times, done = [], 0.0
    for event in render_shot(engine, plan_chain([request]), 0, dict(pictures), store):
        if isinstance(event, Step):
            times.append(time.perf_counter() - begun)
        elif isinstance(event, SectionDone):
            done = time.perf_counter() - begun
    gaps = [after - before for before, after in pairwise(times)]
    return {
        "first_step": times[0],
        "step": median(gaps[1:]),
        "after_sampling": done - times[-1],
        "seconds": done,
        "steps": len(times),
        "card_mb": peak_megabytes(engine.device),
        "reserved_mb": torch.cuda.max_memory_reserved() / 2**20 if engine.device.type == "cuda" else 0.0,
        "loras": len(request.settings.loras),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("make", "time"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layout", choices=LAYOUTS, default="bf16")
    parser.add_argument("--model", choices=("f1", "original"), default="f1")
    parser.add_argument("--memory-gb", type=float, default=0.0)
    parser.add_argument("--lora", action="store_true")
    parser.add_argument("--preset", default="exact")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--size", default="608x640")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    asked = parser.parse_args()
    if asked.what == "make":
        make(asked.folder, torch.device(asked.device))
    else:
        print(json.dumps(timed(asked)))


if __name__ == "__main__":
    main()
