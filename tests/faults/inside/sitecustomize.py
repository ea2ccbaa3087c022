"""Faults that come from within a process: Python loads this file at the start of every process of the studio.

What is to go wrong stands in the file named by STUDIO_FAULTS_INSIDE: {"fault": "memory" | "nan" | "clock", ...}. A
fault happens once: whoever does it takes the file away first, so that the next process goes well.
"""

import importlib.abc
import importlib.machinery
import json
import os
import sys
from pathlib import Path

_ORDERS = Path(os.environ.get("STUDIO_FAULTS_INSIDE", "/nowhere"))
_TRANSFORMER = "framepack.transformer.transformer"


def _taken(kind):
    """The order of this kind, which is taken by whoever removes it first; None where there is none."""
    try:
        order = json.loads(_ORDERS.read_text())
        if order["fault"] != kind:
            return None
        _ORDERS.unlink()
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return order


def _spoil(module):
    """Have the transformer run out of memory, or give values that are no numbers, when that is ordered."""
    import torch

    plain = module.FramepackTransformer.velocity

    def spoiled(self, *given, **named):
        if _taken("memory") is not None:
            raise torch.OutOfMemoryError("the device has no memory left (a fault of the driver)")
        made = plain(self, *given, **named)
        return made * float("nan") if _taken("nan") is not None else made

    module.FramepackTransformer.velocity = spoiled


class _Loader(importlib.abc.Loader):
    def __init__(self, plain):
        self._plain = plain

    def create_module(self, spec):
        return self._plain.create_module(spec)

    def exec_module(self, module):
        self._plain.exec_module(module)
        _spoil(module)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != _TRANSFORMER:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


sys.meta_path.insert(0, _Finder())

_clock = _taken("clock")
if _clock is not None:
    import datetime

    import time_machine

    _moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=_clock["seconds"])
    time_machine.travel(_moment, tick=True).start()
