"""Owns what there is of each checkpoint on this computer: where, how large, and what is missing. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.recognising import is_named_f1, recognise
from framepack.checkpoints.single_files import files_below
from framepack.checkpoints.table import CHECKPOINTS, Checkpoint, Part
from framepack.errors import FramepackError, WeightsMissing
from framepack.messages import Message

Form = Literal["published", "single"]
_HUNYUAN, _LLAMA, _MIT, _APACHE = "Tencent Hunyuan Community", "Meta Llama 3 Community", "MIT", "Apache 2.0"
# The licences of the published parts, of the models they were taken from; the embedded one has its own.
LICENCES: Mapping[Part, str] = MappingProxyType(
    {
        "transformer": _HUNYUAN,
        "vae": _HUNYUAN,
        "text_encoder": _LLAMA,
        "tokenizer": _LLAMA,
        "text_encoder_2": _MIT,
        "tokenizer_2": _MIT,
        "image_encoder": _APACHE,
        "feature_extractor": _APACHE,
    }
)
# About how large the published parts are, in bytes, for those that are not here.
PUBLISHED_BYTES: Mapping[Part, int] = MappingProxyType(
    {
        "transformer": 25_750_000_000,
        "vae": 493_000_000,
        "text_encoder": 15_010_000_000,
        "tokenizer": 17_000_000,
        "text_encoder_2": 247_000_000,
        "tokenizer_2": 1_600_000,
        "image_encoder": 857_000_000,
        "feature_extractor": 1_000,
    }
)


@dataclass(frozen=True)
class PartState:
    """One part: ``place`` is its folder, or the one file it is (``form`` "single"); None where it is not here.

    ``nbytes`` are those on this computer, else about those of a download. ``problem`` says what is wrong or missing.
    """

    part: Part
    repository: str
    licence: str
    nbytes: int
    place: Path | None
    form: Form | None
    commit: str | None
    problem: Message | None


@dataclass(frozen=True)
class CheckpointState:
    """A checkpoint and its parts."""

    checkpoint: Checkpoint
    parts: tuple[PartState, ...]

    @property
    def complete(self) -> bool:
        """Whether all is here."""
        return all(part.problem is None for part in self.parts)

    @property
    def nbytes(self) -> int:
        """What its parts take on this computer."""
        return sum(part.nbytes for part in self.parts if part.place is not None)

    @property
    def missing_bytes(self) -> int:
        """About what is to be fetched."""
        return sum(part.nbytes for part in self.parts if part.place is None)


@dataclass(frozen=True)
class OtherFile:
    """A file of weights that is found and not used, with what it is, or is taken for, in one sentence."""

    path: Path
    message: Message


def checkpoint_states(models: Path | None) -> tuple[CheckpointState, ...]:
    """What there is of every checkpoint; ``models`` is the folder used instead of the hub's cache, or None."""
    return tuple(
        CheckpointState(one, tuple(_part_state(one, part, models) for part in one.sources))
        for one in CHECKPOINTS.values()
    )


def other_files(models: Path | None) -> tuple[OtherFile, ...]:
    """The single files of weights below ``models`` that are no part of a checkpoint, each named for what it is."""
    if models is None or not models.is_dir():
        return ()
    found = []
    for path in files_below(models):
        what = recognise(path)
        if what.other is not None:
            found.append(OtherFile(path, what.other))
        elif what.part == "transformer":
            taken = "f1" if is_named_f1(path) else "original"
            found.append(OtherFile(path, Message("file-taken-by-name", {"file": path.name, "checkpoint": taken})))
    return tuple(found)


def _part_state(checkpoint: Checkpoint, part: Part, models: Path | None) -> PartState:
    source = checkpoint.sources[part]
    licence = "CC BY-SA 4.0" if checkpoint.embedded else LICENCES[part]
    usual = 0 if checkpoint.embedded else PUBLISHED_BYTES[part]
    try:
        found = find_part(checkpoint, part, models)
        nbytes = sum(path.stat().st_size for path in found.files(part))
    except WeightsMissing as missing:
        return PartState(part, source.repository, licence, usual, None, None, None, missing.message)
    except (FramepackError, OSError) as damaged:
        message = damaged.message if isinstance(damaged, FramepackError) else Message("text", {"text": str(damaged)})
        return PartState(part, source.repository, licence, usual, None, None, None, message)
    form: Form = "single" if found.single else "published"
    return PartState(part, source.repository, licence, nbytes, found.single or found.path, form, found.commit, None)
