"""A sentence rewritten by the endpoint that the person names, through the interface; nothing is changed by it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pages.api.asking import Asked, Query
from pages.api.bodies import NewWording
from projects.rewriting.endpoint import named_endpoint
from projects.rewriting.rewriting import rewritten


@dataclass(frozen=True)
class WordingAnswer:
    """A sentence as the endpoint at ``host`` would write it; no shot has it yet."""

    text: str
    host: str


def rewrite(asked: Asked[NewWording, Query]) -> WordingAnswer:
    """Have the endpoint that the studio's settings name rewrite a sentence; it is sent there, and nothing else."""
    endpoint = named_endpoint(os.environ)
    text = rewritten(asked.body.text, endpoint)
    return WordingAnswer(text, endpoint.host if endpoint else "")
