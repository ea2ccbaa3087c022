"""Owns what the environment of the process says: to us, and to libraries before they are loaded. No torch here."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from contextlib import suppress

GIB = 2**30


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Set in ``environ`` what is not set there, before torch is imported.

    Threads shall sleep, not spin, while they wait for each other: spinning slows everything down several times as soon
    as another program wants a core. And the device's memory shall be taken so that gaps in it can be put together: on
    a small card there is no room for any.
    """
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.platform == "linux" and "PYTORCH_CUDA_ALLOC_CONF" not in environ:
        environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")


def bytes_of(gigabytes: str | float) -> int:
    """The bytes of so many GB (of 2**30, as cards are sold). Raises ValueError for what is no amount of memory."""
    with suppress(ValueError):
        amount = float(gigabytes)
        if 0.0 < amount < 2**20:
            return int(amount * GIB)
    raise ValueError(f"'{gigabytes}' is not a number of GB")


def text_on_cpu(said: str | None) -> bool:
    """Whether the large text encoder is to run on the processor. Raises ValueError for all but "cpu" and nothing."""
    if said and said != "cpu":
        raise ValueError(f"'{said}' is not 'cpu', the only other place for the text encoder")
    return bool(said)
