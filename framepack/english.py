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
        "device-unavailable": "There is no device '{device}' on this computer; there is: {available}.",
        "section-missing": "Section {key} is needed but is not stored; render the shot before this one first.",
        "video-mismatch": "The video {name} cannot be joined: {reason}",
        "download-failed": "{repository} could not be fetched: {reason}.",
        "latents-rejected": "The latents file {name} cannot be continued from: {reason}.",
        "not-enough-memory": (
            "A picture of {size} needs about {needed:.1f} GB of the device's memory and {available:.1f} GB of it can "
            "be used; choose a smaller size, close other programs, or allow more with STUDIO_MEMORY_GB."
        ),
        # --- why a picture cannot be used ---
        "picture-missing": "there is no such file.",
        "picture-not-a-file": "it is not a file.",
        "picture-not-allowed": "it may not be read.",
        "picture-unknown": "it is not a picture of a known kind ({kinds}).",
        "picture-damaged": "it is damaged or cut short.",
        "picture-too-small": "it is {width} x {height} pixels; each side must have at least {least}.",
        "picture-too-large": (
            "it has {megapixels:.0f} megapixels ({width} x {height}), too many to open; save it with at most "
            "{fitting_width} x {fitting_height} pixels."
        ),
        "picture-bomb": "it has far too many pixels to open; save it smaller.",
        "picture-measurements": "it holds measurements, not colours; save it as an 8 or 16 bit picture.",
        "picture-too-deep": "it has more than 16 bits a colour; save it with 8 or 16.",
        # --- what is to be said of a picture that is used ---
        "picture-remark": "About the picture {name}: {remark}",
        "picture-animated": "it is an animation; what is used is its frame {number}, as a still picture.",
        "picture-cut": "it is cut short; its last {missing:.1f} % are missing and stay grey.",
        "picture-hdr": "it is an HDR picture; its colours were brought into the range of an ordinary one.",
    }
)
