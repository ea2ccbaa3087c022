"""The engine's errors, each built from the values it is about; none of them knows who will show it."""

from __future__ import annotations


class FramepackError(Exception):
    """Base of everything the engine raises on purpose. Its text is one sentence for the person who asked."""


class InvalidRequest(FramepackError):
    """A value of a request is outside what the engine can do."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ImageRejected(FramepackError):
    """A picture cannot be used: missing, not a picture, damaged, or too large."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The picture {name} cannot be used: {reason}")
        self.name = name
        self.reason = reason


class WeightsMissing(FramepackError):
    """A checkpoint's files are not on this computer."""

    def __init__(self, checkpoint: str, missing: str) -> None:
        super().__init__(
            f"The weights of '{checkpoint}' are not on this computer ({missing} is missing). "
            f"Fetch them with: python -m framepack download {checkpoint}"
        )
        self.checkpoint = checkpoint
        self.missing = missing


class WeightsDamaged(FramepackError):
    """A checkpoint's files are there but cannot be read as what they should be."""

    def __init__(self, checkpoint: str, part: str, reason: str) -> None:
        super().__init__(f"The {part} of '{checkpoint}' cannot be read ({reason}). Fetch or copy it again.")
        self.checkpoint = checkpoint
        self.part = part
        self.reason = reason


class DeviceUnavailable(FramepackError):
    """The device asked for is not there."""

    def __init__(self, device: str, available: tuple[str, ...]) -> None:
        super().__init__(f"There is no device '{device}' on this computer; there is: {', '.join(available)}.")
        self.device = device
        self.available = available


class SectionMissing(FramepackError):
    """A section that a shot builds upon is not in the store."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Section {key[:12]} is needed but is not stored; render the shot before this one first.")
        self.key = key


class NotEnoughMemory(FramepackError):
    """A device has too little memory for what is asked, however little of the model lies on it at a time."""

    def __init__(self, size: str, needed: int, available: int) -> None:
        super().__init__(
            f"A picture of {size} needs about {needed / 2**30:.1f} GB of the device's memory and "
            f"{available / 2**30:.1f} GB of it can be used; choose a smaller size, close other programs, or allow more "
            "with STUDIO_MEMORY_GB."
        )
        self.size = size
        self.needed = needed
        self.available = available
