"""The ways of attention that this computer has, and how one is chosen."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from framepack.attention import backends, in_pieces
from framepack.attention.backends import BACKENDS, attend_with, available_backends, scores_bytes
from framepack.attention.checking import Problem, random_operands
from framepack.attention.cudnn_fp8 import attend_fp8
from framepack.attention.in_pieces import SCORES_BYTES, attend_in_pieces
from framepack.attention.selection import (
    TIMES_FILE,
    choose_backend,
    fastest,
    measured,
    read_times,
    write_times,
)
from framepack.attention.trial import is_right_elsewhere
from framepack.errors import InvalidRequest

CPU = torch.device("cpu")
SMALL = Problem(tokens=37, heads=2, head=16, dtype=torch.float32)


def test_a_computer_without_a_gpu_has_pytorchs_own_way_and_measures_nothing(tmp_path: Path) -> None:
    assert available_backends(CPU) == ("sdpa",)
    choice = choose_backend(CPU, SMALL, memory_folder=tmp_path, allow_8bit=True)
    assert (choice.backend, choice.milliseconds) == ("sdpa", {})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("way", available_backends(CPU))
def test_a_way_gives_what_the_formula_gives(way: str) -> None:
    query, key, value = torch.randn((3, 1, 37, 2, 16), generator=torch.Generator().manual_seed(0))
    weights = torch.einsum("bqhd,bkhd->bhqk", query, key).div(16**0.5).softmax(dim=-1)
    made = attend_with(way)(query, key, value)
    assert made.is_contiguous()
    assert torch.allclose(made, torch.einsum("bhqk,bkhd->bqhd", weights, value), atol=1e-6)


def test_every_way_is_an_operator_a_compiler_leaves_whole() -> None:
    query, key, value = torch.randn((3, 1, 5, 2, 16), generator=torch.Generator().manual_seed(0))
    torch.library.opcheck(
        torch.ops.framepack.attend.default, (query, key, value, "sdpa"), test_utils=("test_schema", "test_faketensor")
    )


def test_a_way_is_one_function_so_that_nothing_compiles_again_for_it() -> None:
    assert attend_with("sdpa") is attend_with("sdpa")


def test_a_way_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidRequest, match="there is no 'magic'; there is: sdpa, pieces, cudnn"):
        attend_with("magic")
    with pytest.raises(InvalidRequest, match="'cudnn' does not work here; there is: sdpa"):
        choose_backend(CPU, SMALL, memory_folder=None, allow_8bit=False, wanted="cudnn")
    assert choose_backend(CPU, SMALL, memory_folder=None, allow_8bit=False, wanted="sdpa").backend == "sdpa"


def test_the_fastest_way_is_taken() -> None:
    assert fastest({"sdpa": 2.0, "cudnn": 1.5, "flash": 3.0}).backend == "cudnn"


def test_a_way_that_fails_or_is_far_off_is_left_out_of_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    def off(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        return BACKENDS["sdpa"].compute(query, key, value) * 1.1

    def failing(*_: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("not for this card")

    def here(_: torch.device) -> bool:
        return True

    more = {"off": backends.Backend(off, here), "rough": backends.Backend(off, here, eight_bit=True)}
    more["failing"] = backends.Backend(failing, here)
    monkeypatch.setattr(backends, "BACKENDS", {**BACKENDS, **more})
    times = measured(("sdpa", "off", "rough", "failing"), CPU, SMALL)
    assert times["off"] is None
    assert times["failing"] is None
    assert times["sdpa"] is not None
    assert times["rough"] is not None


def test_a_measurement_is_made_once_and_eight_bits_are_taken_only_when_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(_: torch.device) -> bool:
        return True

    plain = BACKENDS["sdpa"].compute
    more = {"other": backends.Backend(plain, here), "rough": backends.Backend(plain, here, eight_bit=True)}
    monkeypatch.setattr(backends, "BACKENDS", {**BACKENDS, **more})
    choice = choose_backend(CPU, SMALL, memory_folder=tmp_path, allow_8bit=False)
    assert set(choice.milliseconds) == {"sdpa", "other"}
    (place,) = read_times(tmp_path)
    write_times(tmp_path, {place: {"sdpa": 3.0, "other": 2.0, "rough": 1.0}})
    assert choose_backend(CPU, SMALL, memory_folder=tmp_path, allow_8bit=False).backend == "other"
    assert choose_backend(CPU, SMALL, memory_folder=tmp_path, allow_8bit=True).backend == "rough"
    assert choose_backend(CPU, SMALL, memory_folder=tmp_path, allow_8bit=False, wanted="rough").backend == "other"


def test_a_package_that_is_installed_or_renewed_is_measured_afresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose() -> set[str]:
        choose_backend(CPU, SMALL, memory_folder=tmp_path / "kept", allow_8bit=False)
        return set(read_times(tmp_path / "kept"))

    other = backends.Backend(BACKENDS["sdpa"].compute, lambda _: True)
    monkeypatch.setattr(backends, "BACKENDS", {**BACKENDS, "other": other})
    before = choose()
    assert choose() == before
    for number, version in enumerate(("0.0.3", "0.0.4"), start=1):
        folder = tmp_path / version / f"fa3_fwd-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Name: fa3-fwd\nVersion: {version}\n", encoding="utf-8")
        monkeypatch.syspath_prepend(folder.parent)
        assert len(choose() - before) == number


def test_a_way_whose_rounding_a_block_does_in_other_passes_is_timed_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def rounding_slowly(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        called.append("whole")
        return BACKENDS["sdpa"].compute(query, key, value)

    def core(query: torch.Tensor, *_: torch.Tensor) -> Callable[[], torch.Tensor]:
        return lambda: called.append("core") or query

    def here(_: torch.device) -> bool:
        return True

    called: list[str] = []
    monkeypatch.setattr(backends, "BACKENDS", {**BACKENDS, "rough": backends.Backend(rounding_slowly, here, core=core)})
    assert measured(("rough",), CPU, SMALL)["rough"] is not None
    assert called == ["whole", "core", "core", "core"]


def test_attention_in_fp8_is_timed_as_what_a_block_leaves_of_it() -> None:
    query, key, value = torch.randn((3, 1, 37, 2, 16), generator=torch.Generator().manual_seed(0))
    core = BACKENDS["cudnn-fp8"].core
    assert core is not None
    made, whole = core(query, key, value)().float(), attend_fp8(query, key, value)
    assert float((made - whole).norm() / whole.norm()) < 0.1


@pytest.mark.parametrize(
    ("files", "way"),
    [
        (("flash_attn/cute/__init__.py",), None),
        (("flash_attn/__init__.py",), "flash_attn"),
        (("flash_attn/__init__.py", "fa3_fwd_interface.py"), "fa3_fwd_interface"),
        (("flash_attn/__init__.py", "fa3_fwd_interface.py", "flash_attn_interface.py"), "flash_attn_interface"),
    ],
)
def test_the_newest_edition_of_flash_attention_is_taken(
    files: tuple[str, ...], way: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(
            "def flash_attn_func(query, key, value):\n    return value * 2, query\n", encoding="utf-8"
        )
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for name in ("flash_attn", "fa3_fwd_interface", "flash_attn_interface"):
        # Set first, so that what is imported below is forgotten again.
        monkeypatch.setitem(sys.modules, name, sys)
        del sys.modules[name]
    monkeypatch.setattr(backends, "_modern_cuda", lambda _: True)
    monkeypatch.setattr(backends, "_installed", backends._installed.__wrapped__)
    assert BACKENDS["flash-attn"].available(CPU) == (way is not None)
    if way is not None:
        value = torch.ones(1, 3, 2, 4)
        assert torch.equal(attend_with("flash-attn")(value, value, value), value * 2)
        assert way in sys.modules


def test_without_the_memory_to_measure_it_is_pytorchs_own_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("out of memory")

    def here(_: torch.device) -> bool:
        return True

    monkeypatch.setattr(
        backends, "BACKENDS", {"sdpa": backends.Backend(full, here), "other": backends.Backend(full, here)}
    )
    choice = choose_backend(CPU, SMALL, memory_folder=tmp_path, allow_8bit=False)
    assert (choice.backend, read_times(tmp_path)) == ("sdpa", {})


def test_measurements_that_cannot_be_read_or_written_are_made_again(tmp_path: Path) -> None:
    (tmp_path / TIMES_FILE).write_text("{half", encoding="utf-8")
    assert read_times(tmp_path) == {}
    (tmp_path / TIMES_FILE).write_text(json.dumps([1]), encoding="utf-8")
    assert read_times(tmp_path) == {}
    blocked = tmp_path / "file"
    blocked.touch()
    write_times(blocked, {"here": {"sdpa": 1.0}})


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02), (torch.float16, 3e-3)])
@pytest.mark.parametrize("rows", [1, 10, 37, 1000])
def test_attention_in_pieces_is_pytorchs_own(
    rows: int, dtype: torch.dtype, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_pieces, "SCORES_BYTES", rows * 37 * 12)
    operands = random_operands(CPU, Problem(37, 2, 16, dtype))
    made = attend_with("pieces")(operands.query, operands.key, operands.value)
    assert made.is_contiguous()
    assert made.dtype == dtype
    wide = [part.float() for part in (operands.query, operands.key, operands.value)]
    assert torch.allclose(made.float(), attend_with("sdpa")(*wide), atol=tolerance)


class LargestTensor(TorchDispatchMode):
    """The most bytes that any one operation gives."""

    most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            self.most = max(self.most, made.numel() * made.itemsize)
        return made


def test_attention_in_pieces_keeps_its_scores_within_the_bound_that_the_plan_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(in_pieces, "SCORES_BYTES", 2**20)
    operands = random_operands(CPU, Problem(1500, 2, 16, torch.float32))
    with LargestTensor() as watched:
        attend_in_pieces(operands.query, operands.key, operands.value)
    # Three such tensors are alive at once; all scores would take 18 MB.
    assert watched.most <= 2**20 // 3


def test_large_scores_do_not_overflow_in_fp16_before_they_are_scaled() -> None:
    query = torch.full((1, 5, 1, 128), 30.0, dtype=torch.float16)
    assert float(query[0, 0, 0] @ query[0, 0, 0].float().half()) == float("inf")
    made = attend_in_pieces(query, query, query)
    assert torch.equal(made, query)


def test_a_device_without_a_fused_kernel_attends_in_pieces_and_nothing_else() -> None:
    mps = torch.device("mps")
    assert available_backends(mps) == ("pieces",)
    assert choose_backend(mps, SMALL, memory_folder=None, allow_8bit=True).backend == "pieces"
    assert scores_bytes(mps) == SCORES_BYTES
    assert scores_bytes(CPU) == 0


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("return torch.nn.functional.scaled_dot_product_attention(*heads_first).transpose(1, 2)", True),
        ("return torch.zeros_like(query)", False),
        ("raise RuntimeError('not for this card')", False),
        ("os.abort()", False),
        ("os._exit(3)", False),
    ],
)
def test_a_foreign_kernel_is_tried_in_another_process_where_a_crash_costs_nothing(
    body: str, right: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sageattention.py").write_text(
        "import os\nimport torch\n\n"
        "def sageattn(query, key, value, tensor_layout, is_causal, smooth_k):\n"
        "    heads_first = [part.transpose(1, 2) for part in (query, key, value)]\n"
        f"    {body}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert is_right_elsewhere("sage", CPU, SMALL) == right


def test_a_foreign_kernel_that_crashed_is_remembered_and_not_used_even_if_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sageattention.py").write_text("def sageattn(*_, **__):\n    raise SystemExit(9)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sage = dataclasses.replace(BACKENDS["sage"], available=lambda _: True)
    monkeypatch.setattr(backends, "BACKENDS", {**BACKENDS, "sage": sage})
    with pytest.raises(InvalidRequest, match="'sage' does not work here; there is: sdpa"):
        choose_backend(CPU, SMALL, memory_folder=tmp_path / "kept", allow_8bit=True, wanted="sage")
    (times,) = read_times(tmp_path / "kept").values()
    assert times == {"sage": None}
    monkeypatch.setattr("framepack.attention.trial.subprocess", None)
    assert choose_backend(CPU, SMALL, memory_folder=tmp_path / "kept", allow_8bit=True).backend == "sdpa"
