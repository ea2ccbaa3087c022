"""What ranks say to each other, and what is left of it when one of them dies or does not come."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from framepack.device.shares import Shares
from framepack.errors import RankLost
from framepack.parallel.group import Group, start_group
from framepack.parallel.ulysses import Ulysses
from framepack.sampling.sampler import SamplingSettings
from framepack.transformer.transformer import FramepackTransformer
from tests.support.preloaded import preloaded_context
from tests.support.ranks import on_ranks
from tests.support.rendering import until
from tests.support.twelve_heads import HEADS, sampled, twelve_heads


def _all_there_is(group: Group) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rank = group.rank
    rows = torch.full((rank + 1, 3), float(rank), dtype=torch.float64)
    joined = group.joined_rows(rows, Shares(tuple(range(1, group.size + 1))))
    sums = group.sums(torch.tensor([0.1 * 3**rank, 1.0]))
    largest = group.largest(torch.tensor(float(-rank)))
    flat = torch.full((group.size * 256 + 7,), 99, dtype=torch.uint8)
    flat[rank * 256 : (rank + 1) * 256] = rank
    group.complete(flat, 256)
    group.meet()
    return joined, sums, largest, flat


def test_every_rank_has_the_same_rows_sums_and_pieces_as_all_others() -> None:
    made = on_ranks(3, _all_there_is)
    joined, sums, largest, flat = made[0]
    assert joined[:, 0].tolist() == [0, 1, 1, 2, 2, 2]
    assert sums.tolist() == pytest.approx([1.3, 3.0])
    assert float(largest) == 0.0
    assert flat.tolist() == [0] * 256 + [1] * 256 + [2] * 256 + [99] * 7
    assert all(torch.equal(one, other) for values in made[1:] for one, other in zip(values, made[0], strict=True))


def _dies_in_a_step(group: Group, rank: int) -> tuple[str, str, float]:
    with Ulysses(group, HEADS) as ranks:
        transformer = FramepackTransformer.of_model_on_ranks(twelve_heads(), ranks)
        if group.rank == rank:
            single = transformer.arithmetic.single
            transformer.arithmetic.single = lambda *given: os._exit(9) if given else single(*given)  # type: ignore[method-assign,assign]
        begun = time.monotonic()
        try:
            sampled(transformer, SamplingSettings(steps=2))
        except RankLost as error:
            return str(error), error.reason.id, time.monotonic() - begun
    return "", "", 0.0


@pytest.mark.parametrize("dying", [0, 1])
def test_a_rank_that_dies_in_a_step_ends_the_others_in_a_sentence(dying: int) -> None:
    ((said, reason, seconds),) = on_ranks(2, _dies_in_a_step, dying, survivors=[1 - dying])
    assert said.startswith("One of the 2 cards")
    assert reason == "rank-unreachable"
    assert seconds < 20


def _does_not_come(group: Group) -> tuple[str, float]:
    if group.rank == 1:
        time.sleep(60)
    begun = time.monotonic()
    try:
        group.meet()
    except RankLost as error:
        return str(error), time.monotonic() - begun
    return "", 0.0


def test_a_rank_that_does_not_come_is_named_and_waited_for_only_so_long() -> None:
    ((said, seconds),) = on_ranks(2, _does_not_come, timeout=2.0, survivors=[0])
    assert "Rank 1" in said
    assert seconds < 20


def _hangs(group: Group) -> tuple[str, float]:
    if group.rank == 1:
        time.sleep(60)
    begun = time.monotonic()
    try:
        group.joined_rows(torch.zeros((1, 3)), Shares((1, 1)))
    except RankLost as error:
        return error.message.id, time.monotonic() - begun
    return "", 0.0


def test_a_rank_that_hangs_in_a_step_is_waited_for_only_so_long() -> None:
    assert on_ranks(2, _hangs, timeout=2.0, survivors=[0])[0][0] == "rank-lost"


def _meet(rank: int, meeting: Path) -> None:
    start_group(rank=rank, size=2, device=torch.device("cpu"), meeting=meeting)


def test_a_rank_that_stands_still_once_others_know_where_it_is_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = tmp_path / "meeting"
    dist.FileStore(str(meeting), 2).set("first/0", "here")  # type: ignore[attr-defined]
    other = preloaded_context().Process(target=_meet, args=(1, meeting), daemon=True)
    other.start()
    assert other.pid is not None
    until(lambda: b"cpu//0/1" in meeting.read_bytes())
    os.kill(other.pid, signal.SIGSTOP)
    monkeypatch.setattr("framepack.parallel.group.SECONDS_TO_CONNECT", 1.0)
    begun = time.monotonic()
    try:
        with pytest.raises(RankLost, match="do not reach it"):
            _meet(0, meeting)
    finally:
        other.kill()  # nothing else ends one that is stopped
        other.join()
    assert time.monotonic() - begun < 30
