"""The files of the library's LoRAs: each in a folder of its own, by its SHA-256, under its own name. No database."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from framepack.checkpoints.lora_facts import LoraFacts, lora_facts
from framepack.checkpoints.loras import PEFT_CONFIG, PEFT_FILE, lora_sha256, read_lora
from framepack.errors import LoraRejected
from framepack.files.atomic import sync
from framepack.messages import Message
from projects.database.tables import Lora, Project, Shot
from projects.errors import NotFound
from projects.names import shown_name
from projects.settings import StudioSettings
from projects.storage.shared import bring_folder, folder_is_shared, share_folder
from projects.storyboard.loras import chosen_loras

ENDING = ".safetensors"
# The largest that are published for these models are about a gigabyte.
MAX_LORA_BYTES = 4 * 2**30
_MAX_CONFIG_BYTES = 2**20
_MAX_NAME_CHARACTERS = 120
_HASH = re.compile(r"[0-9a-f]{64}")
# What some system cannot have in the name of a file.
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')

FileState = Literal["here", "missing", "damaged"]


@dataclass(frozen=True)
class KeptFile:
    """A LoRA's file as it was kept: its SHA-256, its own name, its bytes, and what it is."""

    sha256: str
    name: str
    size: int
    facts: LoraFacts


def lora_folder(settings: StudioSettings, lora_id: str) -> Path:
    """Where a LoRA's file lies, or would lie. Raises NotFound for what can be no LoRA's id."""
    if not _HASH.fullmatch(lora_id):
        raise NotFound("lora", lora_id)
    return settings.loras_dir / lora_id


def lora_file(settings: StudioSettings, lora_id: str) -> Path | None:
    """The file of a LoRA, None where there is none. Raises NotFound as ``lora_folder``."""
    return next(iter(sorted(lora_folder(settings, lora_id).glob(f"*{ENDING}"))), None)


def brought_lora_file(settings: StudioSettings, lora_id: str) -> Path | None:
    """As ``lora_file``, fetched from the shared store where it is not here. Raises StoreAway, too."""
    if lora_file(settings, lora_id) is None:
        bring_folder(settings, lora_folder(settings, lora_id))
    return lora_file(settings, lora_id)


def lora_is_there(settings: StudioSettings, lora_id: str) -> bool:
    """Whether a LoRA's file is here, or in the shared store. Raises NotFound as ``lora_folder``."""
    return lora_file(settings, lora_id) is not None or folder_is_shared(settings, lora_folder(settings, lora_id))


def check_file(file: Path, name: str) -> LoraFacts:
    """What is told of the LoRA in ``file``, which is called ``name``. Raises LoraRejected where it cannot be kept."""
    if file.is_file() and file.stat().st_size > MAX_LORA_BYTES:
        raise LoraRejected(name, Message("lora-many-bytes", {"most": MAX_LORA_BYTES // 2**30}))
    if not name.lower().endswith(ENDING):
        raise LoraRejected(name, Message("lora-not-safetensors"))
    return lora_facts(read_lora(file))


def keep_file(settings: StudioSettings, file: Path, name: str, config: Path | None = None) -> KeptFile:
    """Keep a copy of the LoRA in ``file``, which is called ``name``, checked before it is kept.

    ``config`` is PEFT's file of its scale. A kept file that was damaged since is replaced. Raises LoraRejected.
    """
    name = _file_name(name, config)
    if file.exists() and not file.is_file():
        raise LoraRejected(name, Message("file-not-plain"))
    if (size := file.stat().st_size) > MAX_LORA_BYTES:
        raise LoraRejected(name, Message("lora-many-bytes", {"most": MAX_LORA_BYTES // 2**30}))
    # What is read and hashed is the copy: the file that was given may change meanwhile.
    aside = settings.loras_dir / f".lora.{uuid.uuid4().hex}.part"
    aside.mkdir(parents=True)
    try:
        copied = aside / name
        shutil.copyfile(file, copied)
        if config is not None:
            if config.stat().st_size > _MAX_CONFIG_BYTES:
                raise LoraRejected(name, Message("lora-config-unreadable", {"place": PEFT_CONFIG}))
            shutil.copyfile(config, aside / PEFT_CONFIG)
        facts = check_file(copied, name)
        id = lora_sha256(copied)
        kept = lora_folder(settings, id)
        if not _is_whole(settings, id):
            for one in aside.iterdir():
                sync(one)
            shutil.rmtree(kept, ignore_errors=True)
            try:
                aside.replace(kept)
            except OSError:
                # Somebody else may have put the same file there meanwhile.
                if not _is_whole(settings, id):
                    raise
            sync(kept.parent)
        share_folder(settings, kept)
        return KeptFile(id, name, size, facts)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def file_state(settings: StudioSettings, lora: Lora) -> FileState:
    """Whether a LoRA's file is there, by its size: whatever else is wrong with it is found when it is used."""
    path = lora_file(settings, lora.id)
    if path is None:
        return "here" if lora_is_there(settings, lora.id) else "missing"
    return "here" if path.stat().st_size == lora.size_bytes else "damaged"


def loras_gone(settings: StudioSettings, project: Project, shots: Sequence[Shot]) -> frozenset[str]:
    """Those LoRAs that a project or its shots choose and whose files are not there."""
    chosen = {one.sha256 for shot in shots for one in chosen_loras(project, shot)}
    return frozenset(one for one in chosen if not lora_is_there(settings, one))


def config_beside(file: Path) -> Path | None:
    """PEFT's file of the scale of the LoRA in ``file``, where it lies beside it."""
    config = file.with_name(PEFT_CONFIG)
    return config if file.name == PEFT_FILE and config.is_file() else None


def _is_whole(settings: StudioSettings, lora_id: str) -> bool:
    path = lora_file(settings, lora_id)
    return path is not None and lora_sha256(path) == lora_id


def _file_name(given: str, config: Path | None) -> str:
    """A name that every system can have. PEFT's scale is looked for only beside a file of PEFT's own name."""
    if config is not None:
        return PEFT_FILE
    shown = _NOT_IN_NAMES.sub("_", shown_name(re.split(r"[/\\]", given)[-1])).strip(". ")
    stem, dot, ending = shown.rpartition(".")
    return f"{stem[:_MAX_NAME_CHARACTERS].strip('. ') or 'lora'}{dot}{ending[:20]}" if dot else shown[:20] or "lora"
