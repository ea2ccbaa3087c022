"""Queries and keys for attention, as far as they are made without a GPU."""

from __future__ import annotations

import torch
from torch import Tensor

from framepack.ops.fp8 import FP8
from framepack.ops.qk_norm_rope import queries_and_keys, queries_and_keys_in_fp8

HEADS, HEAD, ROWS = 6, 8, 10


def random(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed))


JOINT = random(ROWS, 3 * HEADS * HEAD)
UNTURNED = (torch.ones(ROWS, HEAD), torch.zeros(ROWS, HEAD))


def test_every_head_has_the_size_its_norm_gives_it() -> None:
    norms = torch.stack([torch.full((HEAD,), 2.0), torch.full((HEAD,), 3.0)])
    query, key = queries_and_keys(JOINT, norms, ROWS, UNTURNED, HEADS, 0.0)
    assert query.shape == key.shape == (ROWS, HEADS, HEAD)
    assert torch.allclose(query.square().mean(dim=2).sqrt(), torch.tensor(2.0))
    assert torch.allclose(key.square().mean(dim=2).sqrt(), torch.tensor(3.0))


def test_rows_after_the_first_stream_have_the_norms_of_the_second() -> None:
    norms = random(4, HEAD, seed=1)
    query, key = queries_and_keys(JOINT, norms, 7, UNTURNED, HEADS, 1e-6)
    for rows, own in ((slice(0, 7), norms[:2]), (slice(7, ROWS), norms[2:])):
        wanted = queries_and_keys(JOINT, own, ROWS, UNTURNED, HEADS, 1e-6)
        assert torch.equal(query[rows], wanted[0][rows])
        assert torch.equal(key[rows], wanted[1][rows])


def test_in_fp8_they_are_the_same_rounded_and_the_largest_value_is_told() -> None:
    norms, rotary = random(2, HEAD, seed=1), (random(ROWS, HEAD, seed=2), random(ROWS, HEAD, seed=3))
    exact = queries_and_keys(JOINT, norms, ROWS, rotary, HEADS, 1e-6)
    *rounded, largest = queries_and_keys_in_fp8(JOINT, norms, ROWS, rotary, HEADS, 1e-6)
    for made, wanted in zip(rounded, exact, strict=True):
        assert made.dtype == FP8
        assert torch.equal(made.float(), wanted.to(FP8).float())
    assert largest == JOINT.view(ROWS, 3, -1)[:, 2].abs().amax()


def test_the_operator_is_what_a_compiler_is_told_it_is() -> None:
    for fp8 in (False, True):
        given = (JOINT, random(2, HEAD), ROWS, *UNTURNED, HEADS, 1e-6, fp8)
        checks = "test_faketensor"
        torch.library.opcheck(torch.ops.framepack.queries_and_keys.default, given, test_utils=checks)
