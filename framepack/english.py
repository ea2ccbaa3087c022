"""The engine's messages in English; a place takes the value of its name, with Python's formats."""

from __future__ import annotations

from types import MappingProxyType

ENGLISH = MappingProxyType(
    {
        # Something that was said in words from the start, by a library or an operating system.
        "text": "{text}",
        # --- errors ---
        "invalid-request": "{field}: {reason}",
        "setting-rejected": "{setting}: {reason}",
        "image-rejected": "The picture {name} cannot be used: {reason}",
        "weights-missing": (
            "The weights of '{checkpoint}' are not on this computer ({missing} is missing). "
            "Fetch them with: python -m framepack download {checkpoint}"
        ),
        "weights-damaged": "The {part} of '{checkpoint}' cannot be read ({reason}). Fetch or copy it again.",
        "device-unavailable": "There is no device '{device}' on this computer; there is: {available}.",
        "section-missing": "Section {key} is needed but is not stored; render the shot before this one first.",
        "video-mismatch": "The video {name} cannot be joined: {reason}",
        "download-failed": "{repository} could not be fetched: {reason}.",
        "latents-rejected": "The latents file {name} cannot be continued from: {reason}.",
        "not-enough-memory": (
            "A picture of {size} needs about {needed:.1f} GB of the device's memory and {available:.1f} GB of it can "
            "be used; choose a smaller size, close other programs, or allow more with STUDIO_MEMORY_GB."
        ),
        # --- reasons ---
        "no-memory-size": "'{said}' is not a number of GB.",
        "no-text-device": "'{said}' is not 'cpu', the only other place for the text encoder.",
    }
)
