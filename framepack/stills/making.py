"""Makes pictures by a diffusers pipeline, one after the other; everything it took of the device ends with its process.

It knows no queue and no files but the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoPipelineForImage2Image, AutoPipelineForText2Image
from PIL import Image

from framepack.device.devices import measure_budget, pick_device
from framepack.environment import GIB
from framepack.errors import StillModelRejected
from framepack.messages import Message
from framepack.ops.half_format import half_format
from framepack.stills.models import StillModel

# Beside its weights a pipeline needs room for what it computes with.
_BESIDE = 1.3
_ACTIVATIONS = GIB


class StillsCalledOff(Exception):
    """Whoever ordered the pictures does not want them any more."""


@dataclass(frozen=True)
class StillRequest:
    """What is asked for: ``count`` pictures of ``height`` x ``width`` pixels, with seeds from ``seed`` on.

    With a ``source`` they are that picture changed as the prompt says, by ``strength`` (0 to 1). ``steps`` None: as the
    pipeline has it.
    """

    prompt: str
    height: int
    width: int
    count: int
    seed: int
    steps: int | None = None
    source: Image.Image | None = None
    strength: float = 0.6


def make_stills(
    model: StillModel,
    request: StillRequest,
    *,
    device: str,
    memory: int | None,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> Generator[Image.Image]:
    """Each picture as soon as it is made.

    ``progress`` is told the share that is done, first 0.0 once the model is there. ``memory`` caps the bytes of the
    device. Raises StillsCalledOff and StillModelRejected.
    """
    on = pick_device(device)
    pipeline = _loaded(model, request, on, memory)
    progress(0.0)
    for number in range(request.count):

        def step_done(running: Any, step: int, _: Any, values: dict[str, Any], number: int = number) -> dict[str, Any]:
            if cancelled():
                raise StillsCalledOff
            progress((number + (step + 1) / max(1, running.num_timesteps)) / request.count)
            return values

        if cancelled():
            raise StillsCalledOff
        said: dict[str, Any] = {
            "prompt": request.prompt,
            # Drawn on the processor, so that a seed means the same on every device.
            "generator": torch.Generator("cpu").manual_seed(request.seed + number),
            "callback_on_step_end": step_done,
        }
        if request.steps is not None:
            said["num_inference_steps"] = request.steps
        if request.source is not None:
            said |= {"image": request.source, "strength": request.strength}
        else:
            said |= {"height": request.height, "width": request.width}
        picture = pipeline(**said).images[0]
        if not isinstance(picture, Image.Image):
            raise StillModelRejected(model.name, Message("still-model-makes-none", {"pipeline": model.pipeline}))
        progress((number + 1) / request.count)
        yield picture.convert("RGB")


def _loaded(model: StillModel, request: StillRequest, device: torch.device, memory: int | None) -> Any:
    budget = measure_budget(device, memory)
    on_host = budget.unified or device.type == "cpu"
    needed = int(model.size * _BESIDE) + _ACTIVATIONS
    # Where it has no card of its own there is nothing that it could be moved out to.
    if on_host and model.size > budget.host_free:
        short = {"needed": needed / GIB, "free": budget.host_free / GIB}
        raise StillModelRejected(model.name, Message("still-model-too-large", short))
    maker = AutoPipelineForText2Image if request.source is None else AutoPipelineForImage2Image
    dtype = torch.float32 if device.type == "cpu" else half_format(device)
    try:
        pipeline = maker.from_pretrained(
            str(model.folder), dtype=dtype, use_safetensors=True, local_files_only=True, trust_remote_code=False
        )
    # What diffusers says of a model that is none of this kind, or damaged.
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as fault:
        raise StillModelRejected(model.name, Message("still-model-not-loaded", {"said": _first_line(fault)})) from fault
    pipeline.set_progress_bar_config(disable=True)
    free = min(budget.device_free, budget.cap or budget.device_free)
    if device.type == "cpu":
        return pipeline
    if needed <= free:
        return pipeline.to(device)
    # One part after the other; where the largest of them does not fit either, one layer after the other.
    largest = max((_bytes_of(part) for part in pipeline.components.values()), default=0)
    if int(largest * _BESIDE) + _ACTIVATIONS <= free:
        pipeline.enable_model_cpu_offload(device=device)
    else:
        pipeline.enable_sequential_cpu_offload(device=device)
    return pipeline


def _bytes_of(part: object) -> int:
    if not isinstance(part, torch.nn.Module):
        return 0
    return sum(weight.numel() * weight.element_size() for weight in part.parameters())


def _first_line(fault: Exception) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0][:300]
