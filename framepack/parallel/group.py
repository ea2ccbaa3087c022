"""Owns the group of processes, one a card, that work on one shot, and what they say to each other.

The ranks meet through a file, so no port is open to others. Cards talk by NCCL, processors by gloo, which also keeps
the barrier before a section: it names a rank that does not come. Whatever goes wrong between ranks is a RankLost, which
leaves the group of no use. It knows no model.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import distributed_c10d

from framepack.device.shares import Shares
from framepack.errors import RankLost
from framepack.messages import Message, as_message

# Newer versions of PyTorch have another name for it, and warn of the older one.
_all_gather: Callable[[Tensor, Tensor, dist.ProcessGroup], object] = getattr(
    dist, "all_gather_single", dist.all_gather_into_tensor
)

# How long a rank waits for another: longer than the first step of one takes that compiles for itself.
SECONDS_TO_WAIT = 300.0
# How long a rank that has come to the meeting may take for its next word there. Gloo tries five times to connect with
# one that has just died, and nothing interrupts that.
SECONDS_TO_CONNECT = 10.0
_ENDING = threading.Lock()


@dataclass(frozen=True)
class Group:
    """The ranks of one shot as rank ``rank`` of ``size`` sees them, computing on ``device``.

    ``data`` carries what the blocks exchange and ``weights`` the blocks' weights, which come meanwhile; ``control`` is
    on the host everywhere. ``speeds`` are the ranks' measured speeds, of which only proportions count. ``direct`` says
    that what one rank has reaches another without the host's memory.
    """

    rank: int
    size: int
    device: torch.device
    speeds: tuple[float, ...]
    timeout: float
    data: dist.ProcessGroup
    weights: dist.ProcessGroup
    control: dist.ProcessGroup
    direct: bool = True

    def shares(self, total: int) -> Shares:
        """``total`` items shared out by the ranks' speeds."""
        return Shares.of(total, self.speeds)

    def meet(self) -> None:
        """Wait until every rank is here. Raises RankLost."""
        with self._guarded():
            # The one rank that waits for all others names the one that is missing.
            dist.monitored_barrier(self.control, timeout=dt.timedelta(seconds=self.timeout), wait_all_ranks=False)

    def begin_exchange(self, out: Tensor, given: Tensor, sent: Sequence[int], received: Sequence[int]) -> dist.Work:
        """Begin to send ``sent[i]`` bytes of ``given`` to rank i, and to put ``received[i]`` of its into ``out``.

        Both are flat and of any dtype; neither may be touched until ``await_exchange``.
        """
        with self._guarded():
            work: dist.Work | None = dist.all_to_all_single(
                out.view(torch.uint8), given.view(torch.uint8), list(received), list(sent), self.data, async_op=True
            )
        assert work is not None, "it was asked for"
        return work

    def await_exchange(self, work: dist.Work) -> None:
        """Have the current stream, or the processor, wait for an exchange. Raises RankLost."""
        with self._guarded():
            work.wait()

    def joined_rows(self, rows: Tensor, shares: Shares) -> Tensor:
        """All ranks' rows (total, k), of which this one has ``rows`` (its share, k); on every rank the same."""
        rows = rows.contiguous()
        row_bytes = rows.shape[1] * rows.dtype.itemsize
        out = rows.new_empty((shares.total, rows.shape[1]))
        sent, received = [rows.nbytes] * self.size, [count * row_bytes for count in shares.counts]
        given = rows.flatten().repeat(self.size)
        self.await_exchange(self.begin_exchange(out.flatten(), given, sent, received))
        return out

    def sums(self, values: Tensor) -> Tensor:
        """``values`` (k,) added up over all ranks in the order of ranks, so that all get the same to the bit."""
        first, *others = self.joined_rows(values.unsqueeze(0), Shares((1,) * self.size))
        total: Tensor = first.clone()
        for one in others:
            total += one
        return total

    def largest(self, values: Tensor) -> Tensor:
        """The largest of all ranks' ``values``, place by place, as a new tensor."""
        found = values.clone()
        with self._guarded():
            dist.all_reduce(found, dist.ReduceOp.MAX, self.data)
        return found

    def send(self, values: Tensor, rank: int) -> None:
        """Send ``values`` to ``rank``, which receives them."""
        with self._guarded():
            dist.send(values.contiguous(), rank, self.data)

    def receive(self, out: Tensor, rank: int) -> None:
        """Fill ``out``, which is contiguous, with what ``rank`` sends."""
        with self._guarded():
            dist.recv(out, rank, self.data)

    def complete(self, flat: Tensor, part: int) -> None:
        """Fill the first ``size * part`` bytes of ``flat`` (uint8); this rank has its ``part``, the others theirs.

        On the current stream.
        """
        mine = flat[self.rank * part : (self.rank + 1) * part]
        with self._guarded():
            _all_gather(flat[: self.size * part], mine, self.weights)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError) as error:
            # A group that was aborted meanwhile is not known any more.
            if isinstance(error, ValueError) and dist.is_initialized():
                raise
            said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise RankLost(self.size, Message("rank-unreachable", {"said": as_message(said)})) from error


def start_group(
    *,
    rank: int,
    size: int,
    device: torch.device,
    meeting: Path,
    speeds: Sequence[float] = (),
    timeout: float = SECONDS_TO_WAIT,
) -> Group:
    """Meet the other ranks through the file ``meeting``, the same for all and new for every group. Raises RankLost.

    ``speeds`` are those of ``Group``, nothing for ranks that are equally fast.
    """
    on_cards = device.type == "cuda"
    if on_cards:
        torch.cuda.set_device(device)
    # A rank that does not answer shall end in an error here, not in the end of the process.
    os.environ.setdefault("TORCH_NCCL_ASYNC_ERROR_HANDLING", "2")
    # That somebody hangs is the watchdog's to notice; these would ask the file of the meeting, also when it is gone.
    os.environ.setdefault("TORCH_NCCL_ENABLE_MONITORING", "0")
    os.environ.setdefault("TORCH_NCCL_DUMP_ON_TIMEOUT", "0")
    wait = dt.timedelta(seconds=timeout)
    connect = dt.timedelta(seconds=min(timeout, SECONDS_TO_CONNECT))
    try:
        store = dist.FileStore(str(meeting), size)  # type: ignore[attr-defined]
        backend, patience = ("nccl", wait) if on_cards else ("gloo", connect)
        _come_together(store, "first", rank, size, wait)
        dist.init_process_group(
            backend, store=store, rank=rank, world_size=size, timeout=patience, device_id=device if on_cards else None
        )
        data = dist.group.WORLD
        weights = dist.new_group(backend=backend, timeout=patience)
        _come_together(store, "last", rank, size, wait)
        control = dist.new_group(backend="gloo", timeout=connect)
        for by_gloo in (control,) if on_cards else (data, weights, control):
            distributed_c10d._set_pg_timeout(wait, by_gloo)
        dist.monitored_barrier(control, timeout=wait)
    except RuntimeError as error:
        if not dist.is_initialized():
            # A meeting that came to nothing was counted: the next one would look for the others under another name.
            dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)  # type: ignore[attr-defined]
        abort_group()
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise RankLost(size, Message("rank-unreachable", {"said": as_message(said)})) from error
    assert data is not None
    assert isinstance(weights, dist.ProcessGroup)
    assert isinstance(control, dist.ProcessGroup)
    group = Group(rank, size, device, tuple(speeds) or (1.0,) * size, timeout, data, weights, control)
    if not on_cards:
        return group
    mine = torch.tensor([[torch.cuda.current_device()]], device=device)
    cards = [torch.device("cuda", int(number)) for number in group.joined_rows(mine, Shares((1,) * size))]
    return replace(group, direct=cards_reach_each_other(cards))


def _come_together(store: dist.Store, where: str, rank: int, size: int, patience: dt.timedelta) -> None:  # type: ignore[name-defined]
    """Wait until every rank is here; a broken off meeting interrupts that."""
    store.set(f"{where}/{rank}", "here")
    store.wait([f"{where}/{other}" for other in range(size)], patience)


def cards_reach_each_other(devices: Sequence[torch.device]) -> bool:
    """Whether each of these devices has access to every other's memory, and NCCL may use it."""
    if devices[0].type != "cuda" or os.environ.get("NCCL_P2P_DISABLE") == "1":
        return False
    pairs = [(one, other) for one in devices for other in devices if one != other]
    return all(torch.cuda.can_device_access_peer(one, other) for one, other in pairs)


def break_off(meeting: Path) -> None:
    """Have whoever waits for another rank at the ``meeting`` fail at once: one of them will never come."""
    aside = meeting.with_name(f"{meeting.name}-broken")
    # They look into the file again and again, and what leads to itself cannot be opened.
    aside.symlink_to(meeting.name)
    aside.replace(meeting)


def abort_group(group: Group | None = None) -> None:
    """Leave ``group``, or what there is of one that did not come about, whether or not its other ranks are there.

    Whatever waits for one of them returns at once, without an error and with whatever is there.
    """
    with _ENDING:
        if not dist.is_initialized():
            return
        # At the same time: none can be taken down while what another waits for keeps the device busy, and NCCL does
        # not come back from taking down all of them in one go.
        parts = () if group is None else (group.data, group.weights, group.control)
        aborts = [threading.Thread(target=part.abort, name="end of a group", daemon=True) for part in parts]
        for abort in aborts:
            abort.start()
        for abort in aborts:
            abort.join()
        distributed_c10d._abort_process_group()
