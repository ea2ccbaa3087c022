"""The engine's errors: each is a message, an id with values. None knows who will show it, or in which language."""

from __future__ import annotations

from framepack.english import ENGLISH
from framepack.messages import Message, Value, as_message, worded


class FramepackError(Exception):
    """Base of everything the engine raises on purpose; ``message`` says what it is about.

    Its text is the message in English, for logs and tests; whoever shows it to a person words it there.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return worded(self.message, ENGLISH)


class InvalidRequest(FramepackError):
    """A value of a request is outside what the engine can do."""

    def __init__(self, field: str, reason: Message) -> None:
        super().__init__(Message("invalid-request", {"field": field, "reason": reason}))
        self.field = field
        self.reason = reason


class SettingRejected(FramepackError):
    """A setting of the environment, or an option like it, cannot be used."""

    def __init__(self, setting: str, reason: Message) -> None:
        super().__init__(Message("setting-rejected", {"setting": setting, "reason": reason}))
        self.setting = setting


class ImageRejected(FramepackError):
    """A picture cannot be used: missing, not a picture, damaged, or too large."""

    def __init__(self, name: str, reason: Message | str) -> None:
        super().__init__(Message("image-rejected", {"name": name, "reason": as_message(reason)}))
        self.name = name
        self.reason = as_message(reason)


class VideoRejected(FramepackError):
    """A video cannot be gone on from: missing, no video, damaged, too short or too large."""

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__(Message("video-rejected", {"name": name, "reason": reason}))
        self.name = name
        self.reason = reason


class WeightsMissing(FramepackError):
    """A checkpoint's files are not on this computer."""

    def __init__(self, checkpoint: str, missing: str) -> None:
        super().__init__(Message("weights-missing", {"checkpoint": checkpoint, "missing": missing}))
        self.checkpoint = checkpoint


class WeightsDamaged(FramepackError):
    """A checkpoint's files are there but cannot be read as what they should be."""

    def __init__(self, checkpoint: str, part: str, reason: Message | str) -> None:
        values: dict[str, Value] = {"checkpoint": checkpoint, "part": part, "reason": as_message(reason)}
        super().__init__(Message("weights-damaged", values))
        self.checkpoint = checkpoint
        self.part = part


class LoraRejected(FramepackError):
    """A LoRA cannot be used: not one, damaged, or of another model."""

    def __init__(self, name: str, reason: Message | str) -> None:
        super().__init__(Message("lora-rejected", {"name": name, "reason": as_message(reason)}))
        self.name = name
        self.reason = as_message(reason)


class LoraMissing(FramepackError):
    """No file is known of the LoRA with this SHA-256."""

    def __init__(self, sha256: str) -> None:
        super().__init__(Message("lora-missing", {"sha256": sha256[:12]}))
        self.sha256 = sha256


class EnlargerRejected(FramepackError):
    """A model that enlarges pictures cannot be used: not there, not one, damaged, or its library lacks."""

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__(Message("enlarger-rejected", {"name": name, "reason": reason}))
        self.name = name


class StillModelRejected(FramepackError):
    """A model that makes pictures from words cannot be used: not there, not one, not safe, or damaged."""

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__(Message("still-model-rejected", {"name": name, "reason": reason}))
        self.name = name


class HostMemoryShort(FramepackError, MemoryError):
    """The computer's own memory ran out while weights were read, which says nothing about the weights."""

    def __init__(self, checkpoint: str, part: str) -> None:
        super().__init__(Message("host-memory-short", {"checkpoint": checkpoint, "part": part}))
        self.checkpoint = checkpoint
        self.part = part


class DeviceUnavailable(FramepackError):
    """The device asked for is not there."""

    def __init__(self, device: str, available: tuple[str, ...]) -> None:
        super().__init__(Message("device-unavailable", {"device": device, "available": ", ".join(available)}))
        self.device = device
        self.available = available


class RankLost(FramepackError):
    """One of the processes that work on a shot together, one a card, stopped or does not answer."""

    def __init__(self, cards: int, reason: Message) -> None:
        super().__init__(Message("rank-lost", {"cards": cards, "reason": reason}))
        self.reason = reason

    @property
    def for_memory(self) -> bool:
        """Whether it stopped because its memory ran out."""
        return self.reason.id == "rank-memory"


class SectionMissing(FramepackError):
    """A section that a shot builds upon is not in the store."""

    def __init__(self, key: str) -> None:
        super().__init__(Message("section-missing", {"key": key[:12]}))
        self.key = key


class NotEnoughMemory(FramepackError):
    """A device has too little memory for what is asked, however little of the model lies on it at a time."""

    def __init__(self, size: str, needed: int, available: int) -> None:
        values: dict[str, Value] = {"size": size, "needed": needed / 2**30, "available": available / 2**30}
        super().__init__(Message("not-enough-memory", values))
        self.size = size
        self.needed = needed
        self.available = available


class ValuesLost(FramepackError):
    """What a model computed is no picture: it holds values that are no numbers."""

    def __init__(self, what: Message) -> None:
        super().__init__(Message("values-lost", {"what": what}))
