"""Attention over the rows of all ranks: each gives away its rows of other heads and gets all rows of its own heads.

That is sequence parallelism by exchanging heads for tokens (DeepSpeed-Ulysses, arXiv 2309.14509). Context, new tokens
and text are each shared out over the ranks, so all have as much of every kind to do: text is 4 % of the rows, but
repeated on every rank it would be a quarter of what each of eight has. Attention sees every row once and nothing else,
whatever the counts. Heads go in pieces, so that one piece is exchanged while another is attended to. It knows no block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

import torch
import torch.distributed as dist
from torch import Tensor

from framepack.attention.backends import Attend, attend_with, backend_named
from framepack.attention.cudnn_fp8 import attend_rounded, rounded_value
from framepack.device.shares import Shares
from framepack.errors import InvalidRequest
from framepack.messages import Message, Value
from framepack.parallel.group import Group

# Pieces of a rank's heads: more hide more of the exchange, and make more and smaller calls of attention.
MOST_PIECES = 3


@dataclass(frozen=True)
class Split:
    """How the rows of a section are shared out: those of the context, of the new tokens and of the text."""

    context: Shares
    new: Shares
    text: Shares

    @property
    def rows(self) -> Shares:
        """All rows of each rank."""
        parts = (self.context.counts, self.new.counts, self.text.counts)
        return Shares(tuple(map(sum, zip(*parts, strict=True))))


def check_shared_heads(cards: int, heads: int) -> None:
    """Raise InvalidRequest, saying which do, where so many cards cannot share the heads of a model."""
    if heads % cards:
        choices = ", ".join(str(count) for count in range(2, heads + 1) if heads % count == 0)
        values: dict[str, Value] = {"cards": cards, "heads": heads, "choices": choices}
        raise InvalidRequest("cards", Message("cards-share-heads", values))


class Ulysses:
    """A model's attention on the ranks of ``group``, as a context manager; ``heads`` are those of the model.

    Operators find it by its ``name`` while it is open; a process is one rank, so the next one has the same name, and
    what was compiled serves it too. ``rows`` says how many rows each rank has now. Raises InvalidRequest where the
    ranks cannot share the heads.
    """

    name = "ranks"

    def __init__(self, group: Group, heads: int) -> None:
        check_shared_heads(group.size, heads)
        self.group = group
        self.heads = group.shares(heads)
        # The slowest card has a head at least, or it were of no use.
        if min(self.heads.counts) == 0:
            self.heads = Shares((heads // group.size,) * group.size)
        self.rows = Shares((0,) * group.size)

    def __enter__(self) -> Ulysses:
        _OPEN[self.name] = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _OPEN.pop(self.name, None)

    def split(self, *, context: int, new: int, text: int) -> Split:
        """So many rows shared out."""
        return Split(self.group.shares(context), self.group.shares(new), self.group.shares(text))

    def change(self, before: Tensor, now: Tensor) -> float:
        """``step_cache.relative_change`` over what all ranks have: on every rank the same, so all decide the same."""
        sizes = torch.stack([(now - before).abs().sum(dtype=torch.float32), before.abs().sum(dtype=torch.float32)])
        changed, whole = self.group.sums(sizes).tolist()
        return float(changed / whole)

    def through(
        self, operands: Sequence[Tensor], attend: Callable[[Tensor, Tensor, Tensor], Tensor], out_dtype: torch.dtype
    ) -> Tensor:
        """Attention (1, n, heads, head) of this rank's rows to those of all, given queries, keys and values of its own.

        ``attend`` gets all rows of some of the heads, and gives ``out_dtype``.
        """
        pieces = self.heads.pieces(min(MOST_PIECES, *self.heads.counts))
        under_way = [[self._begin(values.squeeze(0), piece) for values in operands] for piece in pieces]
        _, rows, _, head = operands[0].shape
        out = operands[0].new_empty((rows, self.heads.total, head), dtype=out_dtype)
        back: list[_Coming] = []
        for coming, piece in zip(under_way, pieces, strict=True):
            query, key, value = (self._arrived(one).unsqueeze(0) for one in coming)
            back.append(self._begin_back(attend(query, key, value).squeeze(0), piece, rows))
        for one, piece in zip(back, pieces, strict=True):
            self.group.await_exchange(one.work)
            sizes = [rows * (places.stop - places.start) * head for places in piece]
            for places, values in zip(piece, torch.split(one.out, sizes), strict=True):
                out[:, places] = values.view(rows, places.stop - places.start, head)
        return out.unsqueeze(0)

    def _begin(self, values: Tensor, piece: Sequence[slice]) -> _Coming:
        """Give away this rank's rows of a piece's heads (n, heads, head), and get all rows of its own of them."""
        rows, _, head = values.shape
        mine = piece[self.group.rank]
        unit = head * values.dtype.itemsize
        given = torch.cat([values[:, places].reshape(-1) for places in piece])
        out = given.new_empty(self.rows.total * (mine.stop - mine.start) * head)
        sent = [rows * (places.stop - places.start) * unit for places in piece]
        received = [count * (mine.stop - mine.start) * unit for count in self.rows.counts]
        work = self.group.begin_exchange(out, given, sent, received)
        return _Coming(work, given, out, (self.rows.total, mine.stop - mine.start, head))

    def _begin_back(self, attended: Tensor, piece: Sequence[slice], rows: int) -> _Coming:
        """Give other ranks' rows of what was ``attended`` (all, heads, head) back, and get this rank's of all heads."""
        _, mine, head = attended.shape
        unit = head * attended.dtype.itemsize
        given = attended.reshape(-1)
        out = given.new_empty(rows * sum(places.stop - places.start for places in piece) * head)
        sent = [count * mine * unit for count in self.rows.counts]
        received = [rows * (places.stop - places.start) * unit for places in piece]
        return _Coming(self.group.begin_exchange(out, given, sent, received), given, out, ())

    def _arrived(self, coming: _Coming) -> Tensor:
        self.group.await_exchange(coming.work)
        return coming.out.view(coming.shape)


@dataclass(frozen=True)
class _Coming:
    """An exchange under way: what is ``given`` must live as long; ``out`` has ``shape`` once it has come."""

    work: dist.Work
    given: Tensor
    out: Tensor
    shape: tuple[int, ...]


# Operators take only names, and a compiler needs operators.
_OPEN: dict[str, Ulysses] = {}


def attend_together(name: str, backend: str) -> Attend:
    """Attention over all ranks of the ``Ulysses`` called ``name``, by the backend of that name.

    A backend that blocks take apart is given as it is: they have ``attend_rounded_together`` for it.
    """
    if not backend_named(backend).opaque:
        return attend_with(backend)

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        attended: Tensor = _attend_together(query, key, value, name, backend)
        return attended

    return attend


def attend_rounded_together(
    query: Tensor, key: Tensor, value: Tensor, largest: Tensor, name: str
) -> tuple[Tensor, Tensor]:
    """``cudnn_fp8.attend_quantised`` over all ranks: what is exchanged is in fp8, with one scale for all ranks."""
    value, scale = rounded_value(value, _largest_of_all(largest, name))
    attended: Tensor = _attend_rounded_together(query, key, value, scale, name)
    return attended, scale.reciprocal()


@torch.library.custom_op(
    "framepack::attend_together",
    mutates_args=(),
    schema="(Tensor query, Tensor key, Tensor value, str name, str backend) -> Tensor",
)
def _attend_together(query: Tensor, key: Tensor, value: Tensor, name: str, backend: str) -> Tensor:
    return _OPEN[name].through((query, key, value), attend_with(backend), query.dtype)


@_attend_together.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, name: str, backend: str) -> Tensor:  # noqa: ARG001
    return query.new_empty(query.shape)


@torch.library.custom_op(
    "framepack::attend_rounded_together",
    mutates_args=(),
    schema="(Tensor query, Tensor key, Tensor value, Tensor scale, str name) -> Tensor",
)
def _attend_rounded_together(query: Tensor, key: Tensor, value: Tensor, scale: Tensor, name: str) -> Tensor:
    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attend_rounded(query, key, value, scale)

    return _OPEN[name].through((query, key, value), attend, query.dtype)


@_attend_rounded_together.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, scale: Tensor, name: str) -> Tensor:  # noqa: ARG001
    return query.new_empty(query.shape)


@torch.library.custom_op("framepack::largest_of_all", mutates_args=(), schema="(Tensor largest, str name) -> Tensor")
def _largest_of_all(largest: Tensor, name: str) -> Tensor:
    return _OPEN[name].group.largest(largest)


@_largest_of_all.register_fake
def _(largest: Tensor, name: str) -> Tensor:  # noqa: ARG001
    return largest.new_empty(largest.shape)
