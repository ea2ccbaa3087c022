"""Files that lie where a checkpoint's weights would, for tests that only name them."""

from __future__ import annotations

from pathlib import Path

from framepack.checkpoints.folders import PART_FILES
from framepack.checkpoints.table import Checkpoint


def pretend_weights(checkpoint: Checkpoint, models: Path) -> list[Path]:
    """Write files of a few bytes for every part of ``checkpoint`` below ``models``; returns them."""
    written = []
    for part, source in checkpoint.sources.items():
        folder = models / source.repository / source.subfolder
        folder.mkdir(parents=True, exist_ok=True)
        for pattern in PART_FILES[part][:2]:
            path = folder / pattern.replace("*", "")
            path.write_text(f"{checkpoint.name} {part} {path.name}")
            written.append(path)
    return written
