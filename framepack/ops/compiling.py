"""Compiling functions of tensors for the device they run on, with their plain form where no compiler works."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

from framepack.messages import Message

P = ParamSpec("P")
R = TypeVar("R")


def with_any_rows(*tensors: Tensor, dim: int) -> None:
    """Tell the compiler that the sizes of ``tensors`` along ``dim`` differ from call to call: one graph serves all."""
    for tensor in tensors:
        torch._dynamo.maybe_mark_dynamic(tensor, dim)


class Compiler:
    """Compiles what it is given at its first call, as one graph, until compiling fails; then all of it runs plainly.

    ``notices`` holds one message once it has failed. ``on_compile`` is told the name of a function before its first
    call, which takes as long as compiling does.
    """

    def __init__(self, on_compile: Callable[[str], None] | None = None) -> None:
        self.works = True
        self.notices: list[Message] = []
        self._on_compile = on_compile

    def compiled(self, name: str, function: Callable[P, R]) -> Callable[P, R]:
        """``function``, a pure function of tensors, compiled. Other sizes than those marked as such compile anew."""
        fast: Callable[P, R] | None = None

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            nonlocal fast
            if not self.works:
                return function(*args, **kwargs)
            first = fast is None
            if first and self._on_compile is not None:
                self._on_compile(name)
            try:
                if fast is None:
                    fast = torch.compile(function, dynamic=False, fullgraph=True)
                return fast(*args, **kwargs)
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                if not first and not isinstance(error, torch._dynamo.exc.TorchDynamoException):
                    raise
                self._give_up(error)
            return function(*args, **kwargs)

        return call

    def _give_up(self, error: Exception) -> None:
        self.works = False
        reason = str(error).strip().splitlines()
        self.notices.append(Message("not-compiled", {"reason": reason[0] if reason else type(error).__name__}))
