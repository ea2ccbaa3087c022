"""Owns what libraries have to be told before they are loaded, by the environment of the process. No torch here."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Set in ``environ`` what is not set there, before torch is imported.

    Threads shall sleep, not spin, while they wait for each other: spinning slows everything down several times as soon
    as another program wants a core. And the device's memory shall be taken so that gaps in it can be put together: on
    a small card there is no room for any.
    """
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.platform == "linux" and "PYTORCH_CUDA_ALLOC_CONF" not in environ:
        environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")
