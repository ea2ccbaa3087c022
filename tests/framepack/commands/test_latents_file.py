"""Latents files: what is written is read back, and a file from anywhere is checked before it is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from framepack.checkpoints.table import CHECKPOINTS
from framepack.commands.latents_file import FORMAT, KeptShot, LatentsRejected, near_shown, read_latents, write_latents
from framepack.errors import InvalidRequest

METADATA = {"format": FORMAT, "checkpoint": "f1", "height": "64", "width": "96", "fps": "30", "seconds": "1.0"}


def kept() -> KeptShot:
    torch.manual_seed(0)
    latents = torch.randn(1, 16, 8, 8, 12)
    return KeptShot(
        checkpoint=CHECKPOINTS["f1"],
        height=64,
        width=96,
        seconds=1.0,
        latents=latents,
        anchor=latents[:, :, -1:],
        image_embeds=torch.randn(1, 4, 28).half(),
        last_frame=np.full((64, 96, 3), 7, np.uint8),
    )


def test_a_file_is_read_back_to_the_bit(tmp_path: Path) -> None:
    write_latents(tmp_path / "a.safetensors", kept())
    read = read_latents(tmp_path / "a.safetensors")
    for name in ("checkpoint", "height", "width", "seconds"):
        assert getattr(read, name) == getattr(kept(), name)
    for name in ("latents", "anchor", "image_embeds"):
        assert torch.equal(getattr(read, name), getattr(kept(), name))
    assert np.array_equal(read.last_frame, kept().last_frame)
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def changed(tmp_path: Path, tensors: dict[str, torch.Tensor | None], metadata: dict[str, str]) -> Path:
    path = tmp_path / "a.safetensors"
    write_latents(path, kept())
    everything = {**load_file(path), **tensors}
    save_file({name: value for name, value in everything.items() if value is not None}, path, METADATA | metadata)
    return path


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"latents": None}, "it has no 'latents'"),
        ({"anchor": None}, "it has no 'anchor'"),
        ({"image_embeds": None}, "it has no 'image_embeds'"),
        ({"last_frame": None}, "it has no 'last_frame'"),
        ({"latents": torch.zeros(1, 16, 8, 8, 8)}, "'latents' is"),
        ({"latents": torch.zeros(1, 16, 0, 8, 12)}, "'latents' is"),
        ({"latents": torch.zeros(2, 16, 8, 8, 12)}, "'latents' is"),
        ({"latents": torch.zeros(1, 16, 8, 8, 12, dtype=torch.float64)}, "float64"),
        ({"latents": torch.zeros(1, 16, 8, 8, 12).long()}, "int64"),
        ({"latents": torch.full((1, 16, 8, 8, 12), torch.nan)}, "not numbers"),
        ({"anchor": torch.full((1, 16, 1, 8, 12), torch.inf)}, "not numbers"),
        ({"image_embeds": torch.zeros(1, 5000, 2)}, "5000 tokens"),
        ({"image_embeds": torch.zeros(4, 28)}, "'image_embeds' is"),
        ({"last_frame": torch.zeros(64, 96, 3)}, "'last_frame' is"),
        ({"last_frame": torch.zeros(96, 64, 3, dtype=torch.uint8)}, "'last_frame' is"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(
    tmp_path: Path, tensors: dict[str, torch.Tensor | None], reason: str
) -> None:
    with pytest.raises(LatentsRejected, match=reason):
        read_latents(changed(tmp_path, tensors, {}))


@pytest.mark.parametrize(
    "metadata",
    [
        {"format": "another"},
        {"height": "63"},
        {"height": "99999999999999999999"},
        {"width": "-96"},
        {"width": ""},
        {"fps": "24"},
        {"seconds": "nan"},
        {"seconds": "1e999"},
        {"seconds": "soon"},
    ],
)
def test_facts_that_do_not_fit_are_refused(tmp_path: Path, metadata: dict[str, str]) -> None:
    with pytest.raises(LatentsRejected):
        read_latents(changed(tmp_path, {}, metadata))


def test_an_unknown_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="there is no 'sora'"):
        read_latents(changed(tmp_path, {}, {"checkpoint": "sora"}))


@pytest.mark.parametrize("data", [b"", b"\xff" * 100, b"\x80\x00\x00\x00\x00\x00\x00\x00{" + b" " * 127])
def test_a_damaged_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.safetensors").write_bytes(data)
    with pytest.raises(LatentsRejected, match="damaged or not a safetensors file"):
        read_latents(tmp_path / "a.safetensors")


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    write_latents(tmp_path / "a.safetensors", kept())
    whole = (tmp_path / "a.safetensors").read_bytes()
    (tmp_path / "a.safetensors").write_bytes(whole[:-100])
    with pytest.raises(LatentsRejected, match="damaged"):
        read_latents(tmp_path / "a.safetensors")


def test_the_time_asked_for_is_kept_unless_it_is_far_from_what_is_shown() -> None:
    shown = (1 + 4 * 7) / 30
    assert near_shown(1.0, kept().latents, 30) == 1.0
    assert near_shown(0.01, kept().latents, 30) == pytest.approx(shown - 4 / 30)
    assert near_shown(1e9, replace(kept()).latents, 30) == pytest.approx(shown + 4 / 30)
