"""Owns what the environment of the process says: how an engine is set up, and what libraries must be told. No torch."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from framepack.errors import InvalidRequest, SettingRejected
from framepack.messages import Message, Value

GIB = 2**30


@dataclass(frozen=True)
class EngineOptions:
    """How an engine is set up on a computer: what it may use, not what it makes.

    ``device`` is auto, cpu, mps, cuda, cuda:1 and so on, or several as ``cards_named`` has them; ``models`` a folder of
    weights used instead of the hub's cache, None for that; ``memory`` the most bytes of each device that may be taken,
    None for what is free; ``attention`` the name of a backend, None for the fastest; ``text_on_cpu`` has the processor
    run the large text encoder, which is slow and takes nothing of the device; ``partial_loras`` uses of a LoRA what
    fits the model, rather than refuse one with anything that does not.
    """

    device: str = "auto"
    models: Path | None = None
    memory: int | None = None
    attention: str | None = None
    text_on_cpu: bool = False
    partial_loras: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> EngineOptions:
        """What STUDIO_MODELS, STUDIO_MEMORY_GB, FRAMEPACK_ATTENTION, FRAMEPACK_TEXT_DEVICE and FRAMEPACK_LORAS say.

        One that is empty is not set. Raises SettingRejected.
        """
        models = environ.get("STUDIO_MODELS")
        text_device = environ.get("FRAMEPACK_TEXT_DEVICE")
        if text_device not in (None, "", "cpu"):
            raise SettingRejected("FRAMEPACK_TEXT_DEVICE", Message("no-text-device", {"said": text_device or ""}))
        loras = environ.get("FRAMEPACK_LORAS")
        if loras not in (None, "", "partly"):
            raise SettingRejected("FRAMEPACK_LORAS", Message("no-lora-setting", {"said": loras or ""}))
        options = cls(
            models=Path(models).expanduser().resolve() if models else None,
            attention=environ.get("FRAMEPACK_ATTENTION") or None,
            text_on_cpu=bool(text_device),
            partial_loras=bool(loras),
        )
        return options.with_memory(environ.get("STUDIO_MEMORY_GB"), "STUDIO_MEMORY_GB")

    def with_memory(self, gigabytes: str | None, setting: str) -> EngineOptions:
        """These with at most so many GB (of 2**30 bytes, as cards are sold); as they are where nothing is said.

        Raises SettingRejected, naming ``setting``, for what is no amount of memory.
        """
        return replace(self, memory=_bytes_of(gigabytes, setting)) if gigabytes else self

    def as_environment(self) -> dict[str, str]:
        """What another process has to be started with to read these again; the device is told it by other means."""
        return {
            "STUDIO_MODELS": str(self.models or ""),
            "STUDIO_MEMORY_GB": str(self.memory / GIB) if self.memory else "",
            "FRAMEPACK_ATTENTION": self.attention or "",
            "FRAMEPACK_TEXT_DEVICE": "cpu" if self.text_on_cpu else "",
            "FRAMEPACK_LORAS": "partly" if self.partial_loras else "",
        }


def cards_named(device: str) -> tuple[str, ...]:
    """The devices that ``device`` names to work on one shot: cuda:0+1 and cuda:0+cuda:1 two cards, cpu:2 and cpu+cpu
    the processor in two processes, anything without + one device.

    Raises InvalidRequest for what is not of one kind or named twice.
    """
    kind, _, number = device.partition(":")
    if kind == "cpu" and number.isdigit() and int(number) > 0:
        return ("cpu",) * int(number)
    first, *others = device.split("+")
    kind = first.partition(":")[0]
    names = (first, *(f"{kind}:{other}" if other.isdigit() else other for other in others))
    alike = all(name.partition(":")[0] == kind and name for name in names)
    if others and not (alike and (kind == "cpu" or len(set(names)) == len(names))):
        raise InvalidRequest("device", Message("cards-unlike", {"name": device}))
    return names


def check_arguments(arguments: Sequence[str]) -> None:
    """Raise InvalidRequest for an argument of a command that came in another encoding than the system's text has."""
    for argument in arguments:
        # What cannot be decoded comes as half a pair of surrogates, which no encoder takes.
        if any("\ud800" <= letter <= "\udfff" for letter in argument):
            shown = argument.encode(errors="surrogateescape").decode("latin-1")
            values: dict[str, Value] = {"text": f"'{shown[:60]}…'" if len(shown) > 60 else f"'{shown}'"}
            raise InvalidRequest("argument", Message("argument-not-utf-8", values))


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Set in ``environ`` what is not set there, before torch is imported.

    Threads shall sleep, not spin, while they wait for each other: spinning slows everything down several times as soon
    as another program wants a core. And the device's memory shall be taken so that gaps in it can be put together: on
    a small card there is no room for any.
    """
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.platform == "linux" and "PYTORCH_CUDA_ALLOC_CONF" not in environ:
        environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")


def _bytes_of(gigabytes: str, setting: str) -> int:
    with suppress(ValueError):
        amount = float(gigabytes)
        if 0.0 < amount < 2**20:
            return int(amount * GIB)
    raise SettingRejected(setting, Message("no-memory-size", {"said": gigabytes}))
