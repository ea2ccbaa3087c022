"""Attention over the rows of all ranks: each gives away its rows of other heads and gets all rows of its own heads.

That is sequence parallelism by exchanging heads for tokens (DeepSpeed-Ulysses, arXiv 2309.14509). Context, new tokens
and text are each shared out over the ranks, so all have as much of every kind to do: text is 4 % of the rows, but
repeated on every rank it would be a quarter of what each of eight has. Attention sees every row once and nothing else,
whatever the counts. It is done in three steps, so that blocks compute something else while rows are exchanged. Heads
in pieces, one exchanged while another is attended to, were slower with two cards: smaller calls of attention leave some
of a card's processors idle. It knows no block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

import torch
import torch.distributed as dist
from torch import Tensor

from framepack.device.shares import Shares
from framepack.errors import InvalidRequest
from framepack.messages import Message, Value
from framepack.parallel.group import Group


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
        self._coming: list[_Coming] = []

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

    def begin(self, operands: Sequence[Tensor]) -> None:
        """Begin to exchange queries, keys and values (1, n, heads, head) of this rank's rows for all rows of its heads.

        Until ``end`` there is no other ``begin``; what is computed meanwhile hides what the exchange takes.
        """
        self._coming = [self._begin(values.squeeze(0)) for values in operands]

    def attend(self, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        """``attend`` to all rows of this rank's heads once they are here, and begin to give other ranks' rows back."""
        query, key, value = (self._arrived(one).unsqueeze(0) for one in self._coming)
        self._coming = [self._begin_back(attend(query, key, value).squeeze(0))]

    def end(self, like: Tensor) -> Tensor:
        """What this rank's rows got of all heads, in the shape (1, n, heads, head) and format of ``like``."""
        (back,) = self._coming
        self._coming = []
        self.group.await_exchange(back.work)
        out = torch.empty_like(like, memory_format=torch.contiguous_format)
        for places, values in self._by_rank(back.out, out.shape[3]):
            _wide(out[0, :, places]).copy_(_wide(values))
        return out

    def _begin(self, values: Tensor) -> _Coming:
        """Give away this rank's rows (n, heads, head) of other ranks' heads, and get all rows of its own heads."""
        given = values.new_empty(values.numel())
        parts = self._by_rank(given, values.shape[2])
        for places, part in parts:
            _wide(part).copy_(_wide(values[:, places]))
        shape = (self.rows.total, self.heads.counts[self.group.rank], values.shape[2])
        out = given.new_empty(shape)
        received = [count * out[0].nbytes for count in self.rows.counts]
        work = self.group.begin_exchange(out.flatten(), given, [part.nbytes for _, part in parts], received)
        return _Coming(work, given, out)

    def _begin_back(self, attended: Tensor) -> _Coming:
        """Give other ranks' rows of what was ``attended`` (all, heads, head) back, and get this rank's of all heads."""
        given = attended.contiguous()
        head = given.shape[2]
        out = given.new_empty(self.rows.counts[self.group.rank] * self.heads.total * head)
        sent = [count * given[0].nbytes for count in self.rows.counts]
        received = [part.nbytes for _, part in self._by_rank(out, head)]
        return _Coming(self.group.begin_exchange(out, given.flatten(), sent, received), given, out)

    def _by_rank(self, flat: Tensor, head: int) -> list[tuple[slice, Tensor]]:
        """For each rank the places of its heads, and this rank's rows (n, heads, head) of them in ``flat``."""
        rows = self.rows.counts[self.group.rank]
        parts = torch.split(flat, [rows * heads * head for heads in self.heads.counts])
        places = [self.heads.of_rank(rank) for rank in range(self.group.size)]
        return [(place, part.view(rows, -1, head)) for place, part in zip(places, parts, strict=True)]

    def _arrived(self, coming: _Coming) -> Tensor:
        self.group.await_exchange(coming.work)
        return coming.out


@dataclass(frozen=True)
class _Coming:
    """An exchange under way: what is ``given`` must live as long; ``out`` is what comes."""

    work: dist.Work
    given: Tensor
    out: Tensor


def _wide(values: Tensor) -> Tensor:
    """The same bytes as fewer numbers of 8 bytes each, where they can be seen so: a card copies those faster."""
    fits = values.shape[-1] * values.dtype.itemsize % 8 == 0
    return values.view(torch.int64) if fits else values


# A process is one rank of one group at a time.
_OPEN: dict[str, Ulysses] = {}


def open_ranks(name: str) -> Ulysses:
    """The ``Ulysses`` of that name, which is open."""
    return _OPEN[name]
