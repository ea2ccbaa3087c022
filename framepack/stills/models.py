"""Models that make pictures from words: which the person has, whether one may be used, and good ones to begin with.

They are folders as diffusers saves them. Only safetensors are read and no code of theirs is run. No torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framepack.errors import StillModelRejected
from framepack.messages import Message

INDEX = "model_index.json"
WEIGHTS = ".safetensors"
# Formats that can carry code.
_UNSAFE = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack")
_LIBRARIES = ("diffusers", "transformers")
_MOST_INDEX_BYTES = 2**20


@dataclass(frozen=True)
class StillModel:
    """A usable model: its ``folder``, its class in diffusers (``pipeline``) and the bytes of its weights (``size``)."""

    name: str
    folder: Path
    pipeline: str
    size: int


@dataclass(frozen=True)
class Suggestion:
    """A model that is good to begin with, as its public page describes it. None: see its page.

    ``parameters`` counts thousands of millions of them, ``memory_gb`` a card that it is said to fit, ``steps`` how many
    it is made for.
    """

    repository: str
    licence: str
    parameters: float | None
    memory_gb: int | None
    steps: int | None

    @property
    def page(self) -> str:
        """Where its page is."""
        return f"https://huggingface.co/{self.repository}"


SUGGESTIONS = (
    Suggestion("Tongyi-MAI/Z-Image-Turbo", "Apache-2.0", 6, 16, 8),
    Suggestion("black-forest-labs/FLUX.1-schnell", "Apache-2.0", 12, None, 4),
    Suggestion("stabilityai/stable-diffusion-xl-base-1.0", "CreativeML Open RAIL++-M", None, None, None),
)


def still_model_names(folder: Path) -> list[str]:
    """The names of the models in ``folder``, which may be one itself, sorted; none where there is no folder."""
    return sorted(_models(folder))


def still_model(folder: Path, name: str) -> StillModel:
    """The model called ``name`` in ``folder``; the name is never a path.

    Raises StillModelRejected where it is not there, no model of diffusers, or has weights or code that may not be used.
    """
    found = _models(folder).get(name)
    if found is None:
        raise StillModelRejected(name, Message("still-model-not-there", {"folder": str(folder)}))
    index = _index(found, name)
    if any(found.rglob("*.py")):
        raise StillModelRejected(name, Message("still-model-has-code"))
    size = 0
    for part, said in index.items():
        # Two names in a list are a part's library and class; [null, null] is a part that is left out.
        if not (isinstance(said, list) and len(said) == 2 and all(isinstance(one, str) for one in said)):
            continue
        if said[0] not in _LIBRARIES and said[0] != "stable_diffusion":
            raise StillModelRejected(name, Message("still-model-has-code"))
        size += _weights_of(found / part, part, name)
    if not size:
        raise StillModelRejected(name, Message("still-model-no-weights"))
    return StillModel(name, found, str(index["_class_name"]), size)


def _models(folder: Path) -> dict[str, Path]:
    if (folder / INDEX).is_file():
        return {folder.name: folder}
    if not folder.is_dir():
        return {}
    return {path.name: path for path in folder.iterdir() if (path / INDEX).is_file()}


def _index(folder: Path, name: str) -> dict[str, Any]:
    try:
        path = folder / INDEX
        index = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= _MOST_INDEX_BYTES else None
    except (OSError, ValueError):
        index = None
    # A class that comes with the model is named by a list with its file.
    if not isinstance(index, dict) or not isinstance(index.get("_class_name"), str):
        raise StillModelRejected(name, Message("still-model-no-index", {"file": INDEX}))
    return index


def _weights_of(part: Path, called: str, name: str) -> int:
    """The bytes of a part's weights; 0 where it has none, as tokenizers have none."""
    files = [path for path in part.iterdir() if path.is_file()] if part.is_dir() else []
    safe = [path for path in files if path.suffix == WEIGHTS]
    if not safe and any(path.suffix in _UNSAFE for path in files):
        raise StillModelRejected(name, Message("still-model-unsafe", {"part": called}))
    # Copies in another format stand beside each other; each is loaded once.
    plain = [path for path in safe if path.name.count(".") == 1] or safe
    return sum(path.stat().st_size for path in plain)
