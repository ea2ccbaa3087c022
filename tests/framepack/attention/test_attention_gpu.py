"""Attention on a CUDA device: right in every way there is, bounded in memory, and tried where a crash costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from framepack.attention.backends import attend_with, available_backends, backend_named, scores_bytes
from framepack.attention.checking import Problem, is_right, random_operands
from framepack.attention.in_pieces import SCORES_BYTES
from framepack.attention.trial import is_right_elsewhere
from framepack.device.devices import release_cached_memory
from framepack.device.memory_plan import MIB
from framepack.ops.half_format import half_format
from framepack.ops.linear import available_formats, fp8_fault

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this computer"),
]

CUDA = torch.device("cuda:0")
# About a section of 608x640; the scores of all queries at once would take 5.7 GB in 16 bits.
LARGE = Problem(11_000, 24, 128, torch.float16)


def peak_beside_the_operands(backend: str) -> int:
    operands = random_operands(CUDA, LARGE)
    release_cached_memory(CUDA)
    before = torch.cuda.memory_allocated(CUDA)
    torch.cuda.reset_peak_memory_stats(CUDA)
    attend_with(backend)(operands.query, operands.key, operands.value)
    return torch.cuda.max_memory_allocated(CUDA) - before - operands.query.nbytes


def test_attention_in_pieces_keeps_to_what_the_plan_has_for_it_and_is_right() -> None:
    assert peak_beside_the_operands("pieces") < SCORES_BYTES + 32 * MIB
    assert is_right("pieces", random_operands(CUDA, LARGE))


def test_the_kernel_that_cards_without_bf16_use_keeps_no_scores() -> None:
    with sdpa_kernel(SDPBackend.EFFICIENT_ATTENTION):
        assert peak_beside_the_operands("sdpa") < 200 * MIB


def test_a_card_with_a_fused_kernel_needs_no_memory_for_scores() -> None:
    assert scores_bytes(CUDA) == 0
    assert available_backends(CUDA)[0] == "sdpa"


def test_every_backend_that_is_right_here_is_right_in_a_process_of_its_own() -> None:
    problem = Problem(1000, 24, 128, half_format(CUDA))
    for name in available_backends(CUDA):
        if backend_named(name).foreign:
            assert is_right_elsewhere(name, CUDA, problem) == is_right(name, random_operands(CUDA, problem))


def test_a_kernel_that_ruins_its_device_leaves_ours_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sageattention.py").write_text(
        "import torch\n\n"
        "def sageattn(query, *_, **__):\n"
        "    torch.zeros(4, device=query.device)[torch.tensor([99], device=query.device)].sum().item()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert not is_right_elsewhere("sage", CUDA, Problem(100, 2, 64, half_format(CUDA)))
    assert float(torch.ones(10, device=CUDA).sum()) == 10.0


def test_a_card_has_fp8_exactly_where_it_makes_a_product_in_it() -> None:
    if torch.cuda.get_device_capability(CUDA) < (8, 9):
        pytest.skip("this card has no fp8")
    assert ("fp8" in available_formats(CUDA)) == (fp8_fault(CUDA) is None)
