"""What the server's own small pages send by a form. It knows no page."""

from __future__ import annotations

import urllib.parse

from starlette.requests import Request

_MOST_FIELDS = 10


async def form_of(request: Request, most_bytes: int) -> dict[str, str]:
    """The fields of a form; none of them where it is longer than that page's form can be."""
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > most_bytes:
            return {}
    try:
        fields = urllib.parse.parse_qsl(data.decode("utf-8", errors="replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}  # no page of ours has as many
    return dict(fields)
