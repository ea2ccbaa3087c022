"""The server's own small pages, which need no script: for who is not within the studio. It knows none of them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path

from starlette.responses import HTMLResponse, Response

from pages.look.language import language, t


def plain_page(
    title: str, body: str, *, style: Path, status: int, headers: Mapping[str, str], head: str = ""
) -> Response:
    """A page of ``body``, drawn as the file ``style`` says; ``head`` and ``body`` are HTML, ``title`` is not."""
    name = html.escape(t("FramePack studio"))
    return HTMLResponse(
        f'<!doctype html><html lang="{language().tag}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,">{head}'
        f"<title>{html.escape(title)} · {name}</title><style>{style.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>{body}</main></body></html>",
        status,
        headers,
    )


def told_in_plain(sentence: str) -> str:
    """What went wrong, as HTML."""
    return f'<p class="bad" role="alert">{html.escape(sentence)}</p>'
