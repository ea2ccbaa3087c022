"""Choosing a device, its number formats, and the look at unfinished latents."""

from __future__ import annotations

import gc
import sys
import weakref

import numpy as np
import pytest
import torch

from framepack.checkpoints.table import CHECKPOINTS
from framepack.context.history import History
from framepack.device.devices import (
    available_devices,
    device_notice,
    formats_for,
    peak_megabytes,
    pick_device,
    release_cached_memory,
    set_libraries_aside,
    unused_card_notice,
)
from framepack.errors import DeviceUnavailable
from framepack.messages import Message
from framepack.ops.half_format import half_format
from framepack.vae.preview import LatentPreview, preview_for


def test_the_processor_is_always_there_and_auto_takes_the_fastest() -> None:
    assert available_devices()[-1] == "cpu"
    assert pick_device("cpu") == torch.device("cpu")
    assert str(pick_device("auto")) == available_devices()[0]


@pytest.mark.parametrize("name", ["tpu", "cuda:99", "", "cpu:1", "CPU"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(DeviceUnavailable, match=r"there is: .*cpu"):
        pick_device(name)


def test_a_processor_samples_in_fp32_and_a_gpu_in_the_published_formats() -> None:
    assert formats_for(torch.device("cpu")).transformer == formats_for(torch.device("cpu")).encoders == torch.float32
    on_gpu = formats_for(torch.device("cuda:0"))
    assert (on_gpu.transformer, on_gpu.encoders, on_gpu.decoder) == (torch.bfloat16, torch.float16, torch.float16)


@pytest.mark.parametrize(
    ("tool", "cuda", "hip", "said"),
    [
        ("nvidia-smi", None, None, Message("card-unused")),  # Windows, with the usual package
        ("nvidia-smi", "13.0", None, None),
        ("nvidia-smi", None, "6.4", None),
        (None, None, None, None),
    ],
)
def test_a_card_that_the_installed_pytorch_cannot_use_is_said(
    monkeypatch: pytest.MonkeyPatch, tool: str | None, cuda: str | None, hip: str | None, said: Message | None
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: tool)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", hip)
    assert unused_card_notice() == said


@pytest.mark.parametrize(
    ("capability", "hip", "format"),
    [
        ((7, 5), None, torch.float16),
        ((6, 1), None, torch.float16),
        ((8, 0), None, torch.bfloat16),
        ((12, 0), None, torch.bfloat16),
        ((7, 5), "6.4", torch.bfloat16),
    ],
)
def test_a_card_without_bf16_computes_in_fp16(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], hip: str | None, format: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.version, "hip", hip)
    assert half_format.__wrapped__(torch.device("cuda:0")) == format


def test_what_nobody_has_compared_yet_is_called_experimental() -> None:
    assert device_notice(torch.device("mps")) == Message("apple-is-experimental")
    assert device_notice(torch.device("cpu")) is None


def test_the_peak_of_memory_is_that_of_the_process_on_a_processor() -> None:
    assert 50 < peak_megabytes(torch.device("cpu")) < 100_000


def test_a_preview_is_the_linear_map_of_the_middle_latent() -> None:
    weights = torch.zeros(16, 3)
    weights[0, 0], weights[1, 1] = 0.5, 0.25
    latents = torch.zeros(1, 16, 9, 2, 3)
    latents[0, 0, 4], latents[0, 1, 4] = 1.0, 8.0
    picture = LatentPreview(weights, torch.tensor([0.1, 0.0, 1.0])).picture(latents)
    assert picture.shape == (2, 3, 3)
    assert picture.dtype == np.uint8
    assert picture[0, 0].tolist() == [153, 255, 255]


@pytest.mark.parametrize("name", list(CHECKPOINTS))
def test_every_checkpoint_has_its_preview(name: str) -> None:
    preview = preview_for(CHECKPOINTS[name])
    assert preview.weights.shape == (16, 3)
    assert preview.bias.shape == (3,)


def test_a_history_keeps_the_latents_that_matter_and_their_numbers() -> None:
    latents = torch.arange(30.0).reshape(1, 1, 30, 1, 1).expand(1, 16, 30, 1, 1)
    history = History(latents[:, :, :1], 0, None)
    for start in (1, 10, 19):
        history = history.then(latents[:, :, start : start + 9], None)
    assert (history.first, history.end, history.latents.shape[2]) == (9, 28, 19)
    assert history.latents[0, 0, :, 0, 0].tolist() == list(range(9, 28))
    assert history.last_latent[0, 0, 0, 0, 0] == 27


class Ring:
    """Something that only a collection of garbage finds."""

    def __init__(self) -> None:
        self.itself = self


def test_libraries_are_set_aside_and_what_comes_later_is_still_given_back() -> None:
    set_libraries_aside()
    assert gc.get_freeze_count() > len(sys.modules)
    later = weakref.ref(Ring())
    release_cached_memory(torch.device("cpu"))
    assert later() is None
