"""Which folders of this computer weights are used from, and which others have some that are not used. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from huggingface_hub import constants

from framepack.checkpoints.inventory import CheckpointState

# "cache" is a hub's cache as the hub's client lays it out, "hf_download" the same within FramePack's or
# FramePack-Studio's folder, "single" a folder with single files such as ComfyUI's models, "plain" OWNER/NAME/ for each
# repository.
Kind = Literal["cache", "hf_download", "single", "plain"]


@dataclass(frozen=True)
class FoundFolder:
    """A folder that ``parts`` of checkpoints lie in, ``nbytes`` together."""

    path: Path
    kind: Kind
    parts: int
    nbytes: int


def used_folders(states: Iterable[CheckpointState], models: Path | None) -> tuple[FoundFolder, ...]:
    """The folders that what is found of ``states`` is used from; what two checkpoints share is counted once."""
    sizes: dict[tuple[Path, Kind], dict[Path, int]] = {}
    for state in states:
        for part in state.parts:
            if part.place is not None and not state.checkpoint.embedded:
                sizes.setdefault(_folder_of(part.place, models, part.form == "single"), {})[part.place] = part.nbytes
    return tuple(FoundFolder(path, kind, len(of), sum(of.values())) for (path, kind), of in sizes.items())


def unused_folders(beside: Sequence[Path], models: Path | None) -> tuple[FoundFolder, ...]:
    """The folders of ComfyUI, FramePack and FramePack-Studio that lie in one of ``beside`` and are not used.

    ``path`` is what STUDIO_MODELS would have to be; what is in them is not looked at.
    """
    found = []
    for parent in beside:
        for name, inside, kind in _OTHERS:
            folder = parent / name
            if (folder / inside).is_dir():
                path = folder / inside if kind == "single" else folder
                if path != models:
                    found.append(FoundFolder(path, kind, 0, 0))
    return tuple(found)


_OTHERS: tuple[tuple[str, str, Kind], ...] = (
    ("ComfyUI", "models", "single"),
    ("FramePack", "hf_download", "hf_download"),
    ("FramePack-Studio", "hf_download", "hf_download"),
)


def _folder_of(place: Path, models: Path | None, single: bool) -> tuple[Path, Kind]:
    if models is not None and place.is_relative_to(models):
        if single:
            return models, "single"
        for below in (models / "hf_download" / "hub", models / "hub", models / "diffusers", models):
            if place.is_relative_to(below):
                kept = place.relative_to(below).parts[0].startswith("models--")
                kind: Kind = "hf_download" if "hf_download" in below.parts and kept else "cache" if kept else "plain"
                return below, kind
    return Path(constants.HF_HUB_CACHE), "cache"
