"""Placing a picture in its frame: dragged and zoomed by hand, kept with the shot in thousandths."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.look.language import t
from pages.look.theme import ratio_of
from pages.serving.files import picture_url
from projects.database.tables import Project, Shot
from projects.storyboard.videos import picture_shown

_HERE = Path(__file__).parent
_frame = st.components.v2.component(
    "placing_frame",
    html='<div class="placing"></div>',
    css=(_HERE / "placing.css").read_text(encoding="utf-8"),
    js=(_HERE / "placing.js").read_text(encoding="utf-8"),
)


def placing(project: Project, shot: Shot, *, key: str) -> None:
    """Draw the frame with the shot's picture; what is moved is saved through the JSON interface."""
    shown = picture_shown(shot)
    assert shown is not None, "a shot that begins with no picture has none to place"
    _frame(
        key=key,
        data={
            "shot": shot.id,
            "version": shot.version,
            "place": [shot.place_x, shot.place_y, shot.place_zoom],
            "picture": picture_url(shown),
            "ratio": ratio_of(project.width, project.height),
            "api": "/api",
            "words": {
                "frame": t("Drag the picture; arrow keys move it, plus and minus zoom"),
                "zoom": t("Zoom"),
                "centre": t("Centre it again"),
            },
        },
    )
