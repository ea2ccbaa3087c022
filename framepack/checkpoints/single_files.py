"""Owns finding single files of weights below a folder, as other programs keep them, such as ComfyUI's ``models``.

They are used where they lie. What a file is, its header says (``recognising``). Of several that are the same part, that
is taken which goes with the transformer and has the most bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from framepack.checkpoints.recognising import Recognised, is_named_f1, recognise
from framepack.checkpoints.table import CHECKPOINTS, Checkpoint, Part

ENDINGS = (".safetensors", ".gguf")
# Other programs have them two or three folders deep; deeper is somebody's whole disk.
_DEPTH = 5
_MOST = 2000
_SHARD = re.compile(r"-\d{5}-of-\d{5}\.")
_REPOSITORIES = frozenset(source.repository for one in CHECKPOINTS.values() for source in one.sources.values())
SINGLE_PARTS: tuple[Part, ...] = ("transformer", "vae", "text_encoder", "text_encoder_2", "image_encoder")


def files_below(folder: Path) -> Iterator[Path]:
    """The files that may hold weights below ``folder``, in the order of their names, without hidden folders."""
    count = 0
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        depth = len(here.relative_to(folder).parts)
        # A hub's cache, and the folders of a repository, hold parts in the layout they were published in.
        kept = [name for name in folders if not name.startswith((".", "models--"))]
        kept = [name for name in kept if (here / name).relative_to(folder).as_posix() not in _REPOSITORIES]
        folders[:] = sorted(kept) if depth < _DEPTH else []
        for name in sorted(names):
            if name.lower().endswith(ENDINGS) and not _SHARD.search(name) and count < _MOST:
                count += 1
                yield here / name


def find_single(checkpoint: Checkpoint, part: Part, folder: Path) -> Path | None:
    """The single file below ``folder`` that is ``part`` of ``checkpoint``, None where there is none."""
    if part not in SINGLE_PARTS or checkpoint.embedded:
        return None
    found = _parts_below(folder)
    transformers = [path for path, _ in found.get("transformer", ()) if is_named_f1(path) == (checkpoint.name == "f1")]
    if part == "transformer":
        return transformers[0] if transformers else None
    wanted = recognise(transformers[0]).sizes if transformers else None
    for path, what in found.get(part, ()):
        size = (what.sizes or {}).get(part)
        if not wanted or size is None or part not in wanted or wanted[part] == size:
            return path
    return None


def _parts_below(folder: Path) -> dict[Part, tuple[tuple[Path, Recognised], ...]]:
    """The files by what they are, those with the most bytes first."""
    found: dict[Part, list[tuple[Path, Recognised]]] = {}
    for path in files_below(folder):
        what = recognise(path)
        if what.part is not None:
            found.setdefault(what.part, []).append((path, what))
    return {part: tuple(sorted(files, key=lambda one: -one[0].stat().st_size)) for part, files in found.items()}
