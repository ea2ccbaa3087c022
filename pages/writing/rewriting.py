"""What the page knows of the endpoint that rewrites sentences: whom it belongs to and what it is sent, or why none."""

from __future__ import annotations

import os
from dataclasses import dataclass

from framepack.errors import SettingRejected
from framepack.messages import Message
from pages.look.text import said
from projects.rewriting.endpoint import named_endpoint
from projects.rewriting.rewriting import INSTRUCTION


@dataclass(frozen=True)
class Rewriting:
    """``off`` is why nothing is rewritten, in words, and "" where the ``model`` at ``host`` does it.

    ``readable``: what is sent leaves this computer without encryption.
    """

    off: str
    host: str = ""
    model: str = ""
    instruction: str = INSTRUCTION
    readable: bool = False


def rewriting_offered() -> Rewriting:
    """What the environment of the studio says of it."""
    try:
        endpoint = named_endpoint(os.environ)
    except SettingRejected as wrong:
        return Rewriting(said(wrong.message))
    if endpoint is None:
        return Rewriting(said(Message("rewriting-off")))
    if endpoint.offline:
        return Rewriting(said(Message("rewriting-offline")))
    if endpoint.withheld:
        return Rewriting(said(Message("rewriting-shared")))
    return Rewriting("", endpoint.host, endpoint.model, readable=endpoint.is_readable_on_the_way)
