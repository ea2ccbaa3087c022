"""Enlarging: in tiles as in one piece, with less memory in smaller tiles, and refusals that say why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as functional
from safetensors.torch import save_file

from framepack.enlarging.enlarger import Enlarger, load_enlarger
from framepack.enlarging.files import enlarger_file, enlarger_names
from framepack.errors import EnlargerRejected

CPU = torch.device("cpu")


def smoothed(picture: torch.Tensor) -> torch.Tensor:
    """Twice the size, each pixel from its neighbours as far as 6 away."""
    wide = functional.avg_pool2d(functional.pad(picture, (6, 6, 6, 6), mode="replicate"), 13, stride=1)
    return functional.interpolate(wide, scale_factor=2, mode="nearest")


def enlarger(side: int) -> Enlarger:
    return Enlarger("k", 2, smoothed, CPU, torch.float32, side)


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (150, 210, 3), np.uint8)


def test_tiles_show_no_seam() -> None:
    whole = enlarger(1024).enlarge(picture())
    assert whole.shape == (300, 420, 3)
    assert np.abs(whole.astype(int) - enlarger(64).enlarge(picture())).max() <= 1


def test_where_memory_is_short_the_tiles_become_smaller() -> None:
    tried: list[int] = []

    def short(given: torch.Tensor) -> torch.Tensor:
        tried.append(given.shape[-1])
        if given.shape[-1] > 130:
            raise torch.OutOfMemoryError("out of memory")
        return smoothed(given)

    small = Enlarger("k", 2, short, CPU, torch.float32, 256)
    assert small.enlarge(picture()).shape == (300, 420, 3)
    assert max(tried) > 130
    assert small.side == 64  # with its context on both sides 112 pixels


def test_what_fails_for_another_reason_is_told() -> None:
    def broken(_: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        Enlarger("k", 2, broken, CPU, torch.float32, 64).enlarge(picture())


def test_a_name_outside_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    save_file({"x": torch.zeros(1)}, tmp_path / "secret.safetensors")
    with pytest.raises(EnlargerRejected, match="it is not in the folder"):
        enlarger_file(folder, "../secret.safetensors")


def test_only_safetensors_files_are_offered_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(b"pickle")
    (tmp_path / "b.safetensors").write_bytes(b"<html></html>")
    assert enlarger_names(tmp_path) == ["b.safetensors"]
    assert enlarger_names(tmp_path / "none") == []
    with pytest.raises(EnlargerRejected, match=r"b\.safetensors cannot be used"):
        enlarger_file(tmp_path, "b.safetensors")


def test_a_small_esrgan_is_loaded_and_enlarges_in_tiles(tmp_path: Path) -> None:
    spandrel = pytest.importorskip("spandrel", exc_type=Exception, reason="spandrel does not start here")
    net = spandrel.architectures.ESRGAN.ESRGAN(num_filters=8, num_blocks=1, scale=2)
    save_file(net.state_dict(), tmp_path / "tiny.safetensors")
    loaded = load_enlarger(tmp_path / "tiny.safetensors", CPU)
    assert loaded.scale == 2
    whole = loaded.enlarge(picture())
    loaded.side = 64
    assert np.abs(whole.astype(int) - loaded.enlarge(picture())).max() <= 1


def test_a_file_of_another_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("spandrel", exc_type=Exception, reason="spandrel does not start here")
    save_file({"layer.weight": torch.zeros(3, 3)}, tmp_path / "other.safetensors")
    with pytest.raises(EnlargerRejected, match="no model that enlarges"):
        load_enlarger(tmp_path / "other.safetensors", CPU)
