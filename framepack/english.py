"""The engine's messages in English; a place takes the value of its name, with Python's formats."""

from __future__ import annotations

from types import MappingProxyType

ENGLISH = MappingProxyType(
    {
        # Something that was said in words from the start, by a library or an operating system.
        "text": "{text}",
        # --- errors ---
        "invalid-request": "{field}: {reason}",
        "image-rejected": "The picture {name} cannot be used: {reason}",
        "weights-missing": (
            "The weights of '{checkpoint}' are not on this computer ({missing} is missing). "
            "Fetch them with: python -m framepack download {checkpoint}"
        ),
        "weights-damaged": "The {part} of '{checkpoint}' cannot be read ({reason}). Fetch or copy it again.",
        "weights-lack": "it lacks {tensor} and {more} more",
        "weights-have-more": "it also has {tensor} and {more} more",
        "index-is-none": "{file} is not an index of weights",
        "file-unreadable": "{file}: {reason}",
        "file-empty": "{file} is empty",
        "file-is-a-pointer": (
            "{file} is a pointer of Git LFS, not the file itself, which git lfs pull or the download fetches"
        ),
        "file-is-a-web-page": "{file} is a page of the web, saved in place of the file",
        "file-is-no-weights": "{file} is not a safetensors file",
        "file-cut-short": "{file} is cut short: it has {size} of {needed} bytes",
        "tensor-not-finite": "{tensor} in {file} holds values that are no numbers",
        "host-memory-short": (
            "The computer's memory ran out while the {part} of '{checkpoint}' was read; nothing is wrong with the "
            "files. Close other programs or choose a smaller model."
        ),
        "device-unavailable": "There is no device '{device}' on this computer; there is: {available}.",
        "section-missing": "Section {key} is needed but is not stored; render the shot before this one first.",
        "video-mismatch": "The video {name} cannot be joined: {reason}",
        "download-failed": "{repository} could not be fetched: {reason}.",
        "latents-rejected": "The latents file {name} cannot be continued from: {reason}.",
        "values-lost": "What was computed is no picture: {what} hold values that are no numbers.",
        "decoded-frames": "the decoded frames",
        "predicted-latents": "the latents of a step in the 16-bit numbers of this card",
        "not-enough-memory": (
            "A picture of {size} needs about {needed:.1f} GB of the device's memory and {available:.1f} GB of it can "
            "be used; choose a smaller size, close other programs, or allow more with STUDIO_MEMORY_GB."
        ),
    }
)
