"""The studio's messages in English, the engine's among them; a place takes the value of its name."""

from __future__ import annotations

from types import MappingProxyType

from framepack.english import ENGLISH as ENGINE

ENGLISH = MappingProxyType(
    {
        **ENGINE,
        # --- errors ---
        "not-found": "There is no {kind} '{id}' (any more).",
        "storyboard-file": "{where}: {reason}",
        "database-too-new": (
            "The database {database} was made by a newer version of the studio (its revision is {revision}); "
            "use that version, or another folder through STUDIO_HOME."
        ),
        "setting-rejected": "{setting}: {reason}",
        # --- why a picture cannot be used, beyond what the engine says ---
        "picture-many-bytes": "its file is larger than {most} MiB, the most that is taken; save it smaller.",
    }
)
