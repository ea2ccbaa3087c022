"""Attention over the rows of all ranks as operators of a compiler: at once, or in three steps with other work between.

Operators take only tensors and names. What is under way stays with the ``Ulysses`` of the name: from one step to the
next goes an empty tensor that keeps them in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from framepack.attention.backends import Attend, attend_with, backend_named
from framepack.attention.cudnn_fp8 import attend_rounded, rounded_value
from framepack.parallel.ulysses import open_ranks


def attend_together(name: str, backend: str) -> Attend:
    """Attention over all ranks of the ``Ulysses`` called ``name``, by the backend of that name, all at once.

    A backend that blocks take apart is given as it is: they have ``begin_rounded`` for it.
    """
    if not backend_named(backend).opaque:
        return attend_with(backend)
    return Together(name, backend)


@dataclass(frozen=True)
class Together:
    """Attention over all ranks of the ``Ulysses`` called ``name``, at once or in three steps.

    Between the steps a block computes what attention does not need, while the exchanges are under way. ``after`` is
    something of that: the next step waits until it has been put on the device.
    """

    name: str
    backend: str

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        under_way = self.attend(begin_together(query, key, value, self.name), None)
        return end_together(under_way, query, None, self.name)

    def attend(self, under_way: Tensor, after: Tensor | None) -> Tensor:
        """The second step, after ``begin_together``."""
        attended: Tensor = _attend_begun(under_way, after, self.name, self.backend)
        return attended


def begin_together(query: Tensor, key: Tensor, value: Tensor, name: str) -> Tensor:
    """The first step: begin to exchange queries, keys and values (1, n, heads, head)."""
    begun: Tensor = _begin(query, key, value, name)
    return begun


def end_together(under_way: Tensor, like: Tensor, after: Tensor | None, name: str) -> Tensor:
    """The third step: what this rank's rows got, in the shape (1, n, heads, head) and format of ``like``."""
    attended: Tensor = _end(under_way, like, after, name)
    return attended


def begin_rounded(query: Tensor, key: Tensor, value: Tensor, largest: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """The first step for ``cudnn_fp8.attend_rounded``: all goes in fp8, with one scale, which is returned too."""
    value, scale = rounded_value(value, _largest_of_all(largest, name))
    return begin_together(query, key, value, name), scale


def attend_begun_rounded(under_way: Tensor, scale: Tensor, after: Tensor | None, name: str) -> Tensor:
    """The second step, after ``begin_rounded``."""
    attended: Tensor = _attend_begun_rounded(under_way, scale, after, name)
    return attended


@torch.library.custom_op(
    "framepack::begin_together",
    mutates_args=(),
    schema="(Tensor query, Tensor key, Tensor value, str name) -> Tensor",
)
def _begin(query: Tensor, key: Tensor, value: Tensor, name: str) -> Tensor:
    open_ranks(name).begin((query, key, value))
    return query.new_empty(0)


@_begin.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, name: str) -> Tensor:  # noqa: ARG001
    return query.new_empty(0)


@torch.library.custom_op(
    "framepack::attend_begun",
    mutates_args=(),
    schema="(Tensor under_way, Tensor? after, str name, str backend) -> Tensor",
)
def _attend_begun(under_way: Tensor, after: Tensor | None, name: str, backend: str) -> Tensor:  # noqa: ARG001
    open_ranks(name).attend(attend_with(backend))
    return torch.empty_like(under_way)


@_attend_begun.register_fake
def _(under_way: Tensor, after: Tensor | None, name: str, backend: str) -> Tensor:  # noqa: ARG001
    return torch.empty_like(under_way)


@torch.library.custom_op(
    "framepack::attend_begun_rounded",
    mutates_args=(),
    schema="(Tensor under_way, Tensor scale, Tensor? after, str name) -> Tensor",
)
def _attend_begun_rounded(under_way: Tensor, scale: Tensor, after: Tensor | None, name: str) -> Tensor:  # noqa: ARG001
    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attend_rounded(query, key, value, scale)

    open_ranks(name).attend(attend)
    return torch.empty_like(under_way)


@_attend_begun_rounded.register_fake
def _(under_way: Tensor, scale: Tensor, after: Tensor | None, name: str) -> Tensor:  # noqa: ARG001
    return torch.empty_like(under_way)


@torch.library.custom_op(
    "framepack::end_together",
    mutates_args=(),
    schema="(Tensor under_way, Tensor like, Tensor? after, str name) -> Tensor",
)
def _end(under_way: Tensor, like: Tensor, after: Tensor | None, name: str) -> Tensor:  # noqa: ARG001
    return open_ranks(name).end(like)


@_end.register_fake
def _(under_way: Tensor, like: Tensor, after: Tensor | None, name: str) -> Tensor:  # noqa: ARG001
    return torch.empty_like(like, memory_format=torch.contiguous_format)


@torch.library.custom_op("framepack::largest_of_all", mutates_args=(), schema="(Tensor largest, str name) -> Tensor")
def _largest_of_all(largest: Tensor, name: str) -> Tensor:
    return open_ranks(name).group.largest(largest)


@_largest_of_all.register_fake
def _(largest: Tensor, name: str) -> Tensor:  # noqa: ARG001
    return largest.new_empty(largest.shape)
