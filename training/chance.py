"""Owns drawing one of several words, and filling in patterns of them; knows no words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np


def pick(rng: np.random.Generator, values: Sequence[str]) -> str:
    """One of ``values``, each as likely as the others."""
    return values[int(rng.integers(len(values)))]


def expand(pattern: str, rng: np.random.Generator) -> str:
    """``pattern`` with one choice for each "[one|another|]", from the inside out."""
    while found := re.search(r"\[([^\[\]]*)\]", pattern):
        pattern = pattern[: found.start()] + pick(rng, found[1].split("|")) + pattern[found.end() :]
    return pattern
