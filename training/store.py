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


@dataclass
class Store:
    """``pictures`` uint8 (N, 3, height, width); ``figures`` float (M, 4, side, side), colours times alpha, alpha."""

    pictures: torch.Tensor
    figures: torch.Tensor


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
    """Everything in ``folder`` (``pictures.zip``, ``sprites.npz``) on ``device``."""
    figures = np.load(folder / "sprites.npz")["figures"].astype(np.float32).transpose(0, 3, 1, 2) / 255
    figures[:, :3] *= figures[:, 3:]
    return Store(
        torch.from_numpy(read_pictures(folder / "pictures.zip", split)).to(device),
        torch.from_numpy(np.ascontiguousarray(figures)).to(device),
    )
