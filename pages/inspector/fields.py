"""The boxes in which one shot is written, such as its prompt, name, length or dialogue. They save by themselves.

They speak with the application's JSON interface and not over Streamlit's connection, so that nothing that was typed
hangs on a message that may not arrive. ``keeper.py`` sends what is left from an earlier page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from pages.inspector.strip import Strip
from pages.writing.phrases import Kind, Phrase
from pages.writing.rewriting import Rewriting

_HERE = Path(__file__).parent
_BEATS = ("beat_grid.js", "beat_strip.js", "beat_row.js", "beats.js")
_SCRIPTS = ("../look/leaving.js", "telling.js", "rewriting.js", "helping.js", "box.js", *_BEATS, "fields.js")
# Everything that saves begins with these.
SAVING = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("shelf.js", "saving.js"))
_boxes = st.components.v2.component(
    "typing_boxes",
    html='<div class="room"><section class="fields"></section></div>',
    css="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("fields.css", "beats.css", "helping.css")),
    js="\n".join([SAVING, *((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)]),
)


@dataclass(frozen=True)
class Bounds:
    """The least and the most that a box for a number takes. Seeds are text: a browser cannot count so far."""

    least: float | str
    most: float | str


def typing_boxes(
    row: Mapping[str, object],
    *,
    project_id: str,
    fields: Sequence[str],
    bounds: Mapping[str, Bounds],
    strip: Strip,
    counter: str,
    unread: str,
    phrases: Mapping[Kind, Sequence[Phrase]],
    rewriting: Rewriting | None,
    words: Mapping[str, str],
    lang: str,
    api: str,
    key: str,
    on_saved: Callable[[str], object],
) -> None:
    """Draw the boxes ``fields`` of the shot of ``row`` (as the board has it); ``bounds`` are of "seconds" and "seed".

    ``strip`` is what its beats stand on, and ``counter`` says how long the prompt is,
    ``unread`` is the end of it that no encoder reads, ``phrases`` can be put into it,
    and ``rewriting`` is who would rewrite it; where there is no prompt nobody does. ``key`` must be the same for
    every shot, or what is typed would be torn from under the person when another shot is selected. ``on_saved`` is
    called with the shot's id once something of it was saved and nobody is in a box.
    """

    def told() -> None:
        saved = st.session_state.get(key, {}).get("saved")
        if saved:
            on_saved(str(saved["shot"]))

    data = {
        "shot": dict(row),
        "fields": list(fields),
        "project_id": project_id,
        "bounds": {field: asdict(one) for field, one in bounds.items()},
        "strip": asdict(strip),
        "counter": counter,
        "unread": unread,
        "phrases": {kind: [asdict(one) for one in of_kind] for kind, of_kind in phrases.items()},
        "rewriting": asdict(rewriting) if rewriting else None,
        "words": dict(words),
        "lang": lang,
        "api": api,
    }
    _boxes(key=key, data=data, on_saved_change=told)
