"""What documents say in English besides what people wrote; headings of tables are read back by ``shot_lines``."""

from __future__ import annotations

from types import MappingProxyType

DOCUMENT_WORDS = MappingProxyType(
    {
        # --- headings of the shot list ---
        "number": "Number",
        "name": "Name",
        "prompt": "Prompt",
        "seconds": "Seconds",
        "start": "Start",
        "dialogue": "Dialogue",
        "notes": "Notes",
        "film_start": "Begins in the film",
        "film_seconds": "Seconds in the film",
        "transition": "Transition",
        "state": "Shows",
        "beats": "Beats",
        "picture": "Picture",
        # --- what a shot shows ---
        "take": "take",
        "still": "picture",
        "nothing": "nothing yet",
        # --- the storyboard on paper ---
        "said": "Dialogue: {text}",
        "noted": "Notes: {text}",
        "no_picture": "No picture yet",
        "page": "Page {page} of {pages}",
        "length": "{shots} shots, {length}",
        "one_shot": "1 shot, {length}",
    }
)
