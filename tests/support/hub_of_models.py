"""A miniature hub that has every file of a published checkpoint, most of them a few thousand bytes."""

from __future__ import annotations

from framepack.checkpoints.folders import PART_FILES
from framepack.checkpoints.table import CHECKPOINTS

F1 = CHECKPOINTS["f1"]
TRANSFORMER = "diffusion_pytorch_model.safetensors"


def published() -> dict[str, dict[str, bytes]]:
    """The files of FramePack F1 by repository; the transformer's is so large that it arrives in pieces."""
    found: dict[str, dict[str, bytes]] = {}
    for part, source in F1.sources.items():
        for pattern in PART_FILES[part][:2]:
            name = "/".join(filter(None, (source.subfolder, pattern.replace("*", ""))))
            found.setdefault(source.repository, {})[name] = f"{part} {name} ".encode() * 4000
    found[F1.sources["transformer"].repository][TRANSFORMER] = b"weights " * (3 * 2**20)
    return found
