"""Which order a line of a log is about: whatever is logged while one is worked on has its id in front."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Literal

from projects.logs.hiding import Hiding
from projects.settings import StudioSettings

Kind = Literal["render", "film", "pictures"]
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_order: ContextVar[str] = ContextVar("_order", default="")


@contextlib.contextmanager
def at_work_on(kind: Kind, id: str) -> Iterator[None]:
    """Until the end all that this thread logs, the engine's lines too, is about the order ``id``.

    A thread that is started meanwhile has to be given its context.
    """
    token = _order.set(f"[{kind} {id}] ")
    try:
        yield
    finally:
        _order.reset(token)


class OrderFormatter(logging.Formatter):
    """A line with the order that it is about."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        # Formatted where it was logged, so by the thread that is at work.
        record.message = f"{_order.get()}{record.message}"
        return super().formatMessage(record)


class HidingFormatter(OrderFormatter):
    """The same without what must not stand in a log."""

    def __init__(self, settings: StudioSettings, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._hiding = Hiding(settings, environ)

    def format(self, record: logging.LogRecord) -> str:
        return self._hiding.hidden(super().format(record))
