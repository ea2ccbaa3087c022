"""Owns drawing one of several words; knows no words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pick(rng: np.random.Generator, values: Sequence[str]) -> str:
    """One of ``values``, each as likely as the others."""
    return values[int(rng.integers(len(values)))]
