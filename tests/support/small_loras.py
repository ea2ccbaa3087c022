"""A LoRA for the tiny checkpoints of ``tests.support.checkpoints``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

WIDTH, MLP = 16, 64


def small_lora(path: Path, *, seed: int = 1, words: str = "") -> Path:
    """Write one to ``path``, which is returned: of rank 4, as kohya's trainers spell it."""
    random = np.random.default_rng(seed)
    layer = "lora_unet_single_blocks_0_linear2"
    tensors = {
        f"{layer}.lora_up.weight": random.normal(size=(WIDTH, 4)).astype(np.float32),
        f"{layer}.lora_down.weight": random.normal(size=(4, WIDTH + MLP)).astype(np.float32),
        f"{layer}.alpha": np.array(4.0, np.float32),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, {"modelspec.trigger_phrase": words} if words else {"format": "pt"})
    return path
