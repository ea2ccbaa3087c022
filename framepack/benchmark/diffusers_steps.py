"""Single steps of diffusers' own transformer in a process of their own, on demand, to measure ours against by turns.

In a process of its own neither its memory nor a limit on ours gets into the other's figures. ``DiffusersSteps`` is the
end in the process that asks; what runs in the other begins at ``main``. They speak in lines of JSON.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel
from diffusers.hooks import apply_group_offloading
from diffusers.utils.logging import disable_progress_bar

from framepack.context.packing import pack_forward
from framepack.device.memory_watch import MemoryPeaks, MemoryWatch

Manner = Literal["eager", "group offload"]
WARM_UP = 2


@dataclass(frozen=True)
class StepRequest:
    """What a step is measured on: the transformer in ``folder`` in ``dtype`` (a name of torch's) and the sizes.

    ``height`` and ``width`` are those of the latents, ``text`` and ``image`` the tokens of the prompt and the picture.
    """

    folder: str
    device: str
    dtype: str
    manner: Manner
    window: int
    height: int
    width: int
    text: int
    image: int


class DiffusersSteps:
    """A context in which ``step`` runs one step in the other process. Raises RuntimeError where that one fails."""

    def __init__(self, request: StepRequest) -> None:
        self._request = request
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> DiffusersSteps:
        command = [sys.executable, "-m", "framepack.benchmark.diffusers_steps", json.dumps(asdict(self._request))]
        root = str(Path(__file__).resolve().parents[2])
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths, "OMP_WAIT_POLICY": "PASSIVE"},
        )
        self._read()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def step(self) -> float:
        """The seconds one step takes."""
        return float(self._ask("step")["seconds"])

    def peaks(self) -> MemoryPeaks:
        """The most memory the other process has taken."""
        return MemoryPeaks(**self._ask("peaks"))

    def _ask(self, what: str) -> dict[str, Any]:
        assert self._process is not None, "the context was entered"
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"diffusers' transformer ({self._request.manner}) ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def main(request: StepRequest) -> None:
    """Load the model, say so, and do what every line asks for until there are no more."""
    device = torch.device(request.device)
    with MemoryWatch(device) as watch:
        step = _prepared(request, device)
        for _ in range(WARM_UP):
            step()
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            if line.strip() == "peaks":
                print(json.dumps(asdict(watch.peaks())), flush=True)
            else:
                print(json.dumps({"seconds": step()}), flush=True)


def _prepared(request: StepRequest, device: torch.device) -> Callable[[], float]:
    """A function that runs one step on random values and gives its seconds."""
    disable_progress_bar()
    dtype = getattr(torch, request.dtype)
    model: Any = HunyuanVideoFramepackTransformer3DModel.from_pretrained(
        request.folder, dtype=dtype, local_files_only=True
    )
    model.eval().requires_grad_(False)
    if request.manner == "eager":
        model.to(device)
    else:
        apply_group_offloading(
            model,
            onload_device=device,
            offload_device=torch.device("cpu"),
            offload_type="block_level",
            num_blocks_per_group=1,
            use_stream=True,
        )
    gc.collect()
    inputs = step_inputs(request, model.config, device, dtype)

    def step() -> float:
        wait_for(device)
        begun = time.perf_counter()
        with torch.no_grad():
            model(**inputs)
        wait_for(device)
        return time.perf_counter() - begun

    return step


def step_inputs(request: StepRequest, config: Any, device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """The arguments of one call of diffusers' transformer with ``config`` on random values."""
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn((1, *shape), generator=generator).to(device, dtype)

    size = request.height, request.width
    context = pack_forward(drawn(16, 19, *size), drawn(16, 1, *size), window=request.window)
    slots = {"clean": context.clean, "history_2x": context.half, "history_4x": context.quarter}
    return {
        "hidden_states": drawn(16, request.window, *size),
        "timestep": torch.tensor([500.0], device=device),
        "encoder_hidden_states": drawn(request.text, config.text_embed_dim),
        "encoder_attention_mask": torch.ones((1, request.text), device=device, dtype=dtype),
        "pooled_projections": drawn(config.pooled_projection_dim),
        "image_embeds": drawn(request.image, config.image_proj_dim),
        "indices_latents": torch.tensor(context.new, device=device),
        "guidance": torch.tensor([10000.0], device=device, dtype=dtype),
        **{f"latents_{name}": slot.latents for name, slot in slots.items()},
        **{f"indices_latents_{name}": torch.tensor(slot.indices, device=device) for name, slot in slots.items()},
        "return_dict": False,
    }


def wait_for(device: torch.device) -> None:
    """Wait until ``device`` has done all it was given to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


if __name__ == "__main__":
    main(StepRequest(**json.loads(sys.argv[1])))
