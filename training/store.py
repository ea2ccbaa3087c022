"""Owns the training material in memory: pictures and figures as tensors on one device; knows no clips."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from training.cutouts import NAMES, VARIANTS, draw_cutouts
from training.sprites import FIGURES

FIGURE_NAMES = (*((english, chinese) for _, english, chinese in FIGURES), *NAMES * VARIANTS)
"""English and Chinese, one row for each figure training sees."""


@dataclass
class Store:
    """``pictures`` uint8 (N, 3, height, width); ``figures`` float (M, 4, side, side), colours times alpha, alpha.

    ``names`` are the figures' English ones, or nothing where it does not matter what they are.
    """

    pictures: torch.Tensor
    figures: torch.Tensor
    names: tuple[str, ...] = ()


def stack_figures(figures: np.ndarray) -> torch.Tensor:
    """uint8 (M, side, side, 4) as a ``Store`` holds them."""
    scaled = figures.astype(np.float32).transpose(0, 3, 1, 2) / 255
    scaled[:, :3] *= scaled[:, 3:]
    return torch.from_numpy(np.ascontiguousarray(scaled))


def read_pictures(archive_file: Path, split: str) -> np.ndarray:
    """uint8 (N, 3, height, width): the pictures of ``train`` or ``heldout``, in the index's order."""
    with zipfile.ZipFile(archive_file) as archive:
        index = json.loads(archive.read("index.json"))
        data = [archive.read(f"{row['split']}/{row['name']}.webp") for row in index if row["split"] == split]

    def decode(packed: bytes) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(packed)).convert("RGB"))

    with ThreadPoolExecutor(8) as pool:
        return np.ascontiguousarray(np.stack(list(pool.map(decode, data))).transpose(0, 3, 1, 2))


def read_store(folder: Path, split: str, device: torch.device) -> Store:
    """Everything in ``folder`` (``pictures.zip``, ``sprites.npz``) and the figures drawn here, on ``device``."""
    figures = np.load(folder / "sprites.npz")["figures"]
    if len(figures) != len(FIGURES):
        raise ValueError(f"{folder / 'sprites.npz'} has {len(figures)} figures, not {len(FIGURES)}: make it again")
    figures = np.concatenate((figures, *(draw_cutouts(variant) for variant in range(VARIANTS))))
    return Store(
        torch.from_numpy(read_pictures(folder / "pictures.zip", split)).to(device),
        stack_figures(figures).to(device),
        tuple(english for english, _ in FIGURE_NAMES),
    )
