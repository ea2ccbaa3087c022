"""Blocks, their products and attention on a CUDA device; skipped where there is none."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from diffusers.models.transformers.transformer_hunyuan_video import (
    HunyuanVideoSingleTransformerBlock,
    HunyuanVideoTransformerBlock,
)
from torch import Tensor

from framepack.attention.backends import BACKENDS, attend_with, available_backends
from framepack.attention.checking import Problem
from framepack.attention.cudnn_fp8 import attend_fp8
from framepack.attention.selection import choose_backend, read_times
from framepack.ops.fp8 import WeightFormat, quantised
from framepack.ops.linear import Weight, activated_product, available_formats, joint_product, product
from framepack.ops.modulate import Rows, modulated, plain_rows, quantised_by_formula
from framepack.ops.qk_norm_rope import queries_and_keys_by_formula
from framepack.ops.triton_available import kernels_work
from framepack.transformer.blocks import Arithmetic, BlockWeights, rotary_tables
from framepack.weights.block_layout import BlockKind, BlockShape, fill, layout_of

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this computer"),
]

DEVICE = torch.device("cuda:0")
needs_kernels = pytest.mark.usefixtures("kernels")
SHAPE = BlockShape(heads=4, head=128, mlp=2048)
TOKENS, TEXT = 700, 61
KINDS: tuple[BlockKind, ...] = ("double", "single")


@pytest.fixture
def kernels() -> None:
    if not kernels_work(DEVICE):
        pytest.skip("Triton's kernels do not work on this computer")


def random(*size: int, seed: int = 0, dtype: torch.dtype = torch.bfloat16) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed)).to(DEVICE, dtype)


def error(made: Tensor, wanted: Tensor) -> float:
    return float((made.float() - wanted.float()).norm() / wanted.float().norm())


def needs(format: WeightFormat) -> None:
    if format not in available_formats(DEVICE):
        pytest.skip("this card has no fp8 products")


def published_block(kind: BlockKind) -> Any:
    made = HunyuanVideoTransformerBlock if kind == "double" else HunyuanVideoSingleTransformerBlock
    block = made(SHAPE.heads, SHAPE.head, mlp_ratio=SHAPE.mlp / SHAPE.width).requires_grad_(False).eval()
    generator = torch.Generator().manual_seed(1)
    for name, parameter in block.named_parameters():
        torch.nn.init.normal_(parameter, mean=float("attn.norm" in name), std=0.04, generator=generator)
    return block.to(DEVICE, torch.bfloat16)


def weights_of(block: Any, kind: BlockKind, format: WeightFormat = "plain") -> BlockWeights:
    layout = layout_of(SHAPE, kind, torch.bfloat16, format)
    views = layout.views(torch.zeros(layout.nbytes, dtype=torch.uint8, device=DEVICE))
    fill(layout, views, block.state_dict())
    return BlockWeights(kind, views)


def published_rotary(tokens: int) -> tuple[Tensor, Tensor]:
    angles = random(tokens, SHAPE.head // 2, seed=9, dtype=torch.float32).repeat_interleave(2, dim=1)
    return angles.cos(), angles.sin()


def run(arithmetic: Arithmetic, weights: BlockWeights, tokens: int = TOKENS, text: int = TEXT) -> Tensor:
    """What the block adds to its tokens, so that what passes it unchanged hides no error."""
    given, said = random(1, tokens, SHAPE.width, seed=2), random(1, text, SHAPE.width, seed=3)
    rotary = rotary_tables(*published_rotary(tokens), text)
    with torch.no_grad():
        return arithmetic.rest(given, said, random(1, SHAPE.width, seed=4), rotary, [weights]) - given


def run_published(block: Any) -> Tensor:
    given, said = random(1, TOKENS, SHAPE.width, seed=2), random(1, TEXT, SHAPE.width, seed=3)
    with torch.no_grad():
        made, _ = block(given, said, random(1, SHAPE.width, seed=4), None, published_rotary(TOKENS))
        return made - given


@pytest.mark.parametrize("way", list(BACKENDS))
def test_a_way_of_attention_gives_what_the_formula_gives_in_fp32(way: str) -> None:
    if way not in available_backends(DEVICE):
        pytest.skip(f"this computer does not have the way '{way}'")
    joint = random(1, TOKENS, 3, SHAPE.heads, SHAPE.head)
    query, key, value = joint.unbind(2)
    weights = torch.einsum("bqhd,bkhd->bhqk", query.float(), key.float()).div(SHAPE.head**0.5).softmax(dim=-1)
    wanted = torch.einsum("bhqk,bkhd->bqhd", weights, value.float())
    attend = attend_with(way)
    before = joint.clone()
    for made in (attend(query, key, value), torch.compile(attend, fullgraph=True)(query, key, value)):
        assert made.is_contiguous()
        assert error(made, wanted) < (0.12 if BACKENDS[way].eight_bit else 0.01)
    assert torch.equal(joint, before)


def test_the_fastest_way_is_measured_once_and_kept(tmp_path: Path) -> None:
    problem = Problem(TOKENS, SHAPE.heads, SHAPE.head, torch.bfloat16)
    choice = choose_backend(DEVICE, problem, memory_folder=tmp_path, allow_8bit=False)
    assert choice.backend in available_backends(DEVICE)
    assert not BACKENDS[choice.backend].eight_bit
    assert min(choice.milliseconds.values()) == choice.milliseconds[choice.backend] > 0
    kept = read_times(tmp_path)
    assert choose_backend(DEVICE, problem, memory_folder=tmp_path, allow_8bit=False) == choice
    assert read_times(tmp_path) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_gives_what_the_published_one_gives_in_bf16(kind: BlockKind) -> None:
    block = published_block(kind)
    made = run(Arithmetic(SHAPE, attend_with("sdpa")), weights_of(block, kind))
    assert error(made, run_published(block)) < 0.015


@pytest.mark.parametrize("way", list(BACKENDS))
@pytest.mark.parametrize("kind", KINDS)
def test_a_compiled_block_gives_what_a_plain_one_gives(kind: BlockKind, way: str) -> None:
    if way not in available_backends(DEVICE):
        pytest.skip(f"this computer does not have the way '{way}'")
    torch._dynamo.reset()
    weights = weights_of(published_block(kind), kind)
    compiled = Arithmetic(SHAPE, attend_with(way), compiled=True)
    made = run(compiled, weights)
    assert compiled.notices == []
    # What is rounded to 8 bits may fall on the other side of a boundary.
    assert error(made, run(Arithmetic(SHAPE, attend_with(way)), weights)) < (0.05 if BACKENDS[way].eight_bit else 0.015)


@pytest.mark.parametrize("format", ["plain", "fp8_storage", "fp8"])
def test_other_numbers_of_tokens_compile_nothing(format: WeightFormat) -> None:
    needs(format)
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    arithmetic = Arithmetic(SHAPE, attend_with("sdpa"), format, compiled=True)
    for kind in KINDS:
        weights = weights_of(published_block(kind), kind, format)
        for tokens, text in ((TOKENS, TEXT), (TOKENS, 64), (512, 61), (1000, 48)):
            run(arithmetic, weights, tokens, text)
    assert arithmetic.notices == []
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("format", ["fp8_storage", "fp8"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_block_in_fp8_is_near_the_one_in_bf16(kind: BlockKind, format: WeightFormat, compiled: bool) -> None:
    needs(format)
    torch._dynamo.reset()
    block = published_block(kind)
    exact = run(Arithmetic(SHAPE, attend_with("sdpa")), weights_of(block, kind))
    arithmetic = Arithmetic(SHAPE, attend_with("sdpa"), format, compiled=compiled)
    made = run(arithmetic, weights_of(block, kind, format))
    assert arithmetic.notices == []
    assert 0 < error(made, exact) < 0.12


def test_kernels_work_where_their_compiler_is() -> None:
    if importlib.util.find_spec("triton") is None or not any(map(shutil.which, ("cc", "gcc", "clang"))):
        pytest.skip("there is no Triton on this computer, or no C compiler for it")
    assert kernels_work(DEVICE)


@needs_kernels
def test_the_kernel_makes_the_rows_the_formula_makes() -> None:
    needs("fp8")
    from framepack.ops.modulate_triton import quantised_by_kernel

    for columns in (512, 500, 1536):
        given = random(33, 3 * columns)[:, columns : 2 * columns]
        shift, scale = random(columns, seed=1), random(columns, seed=2)
        for way in ((None, None, 0.0, False), (None, None, 0.0, True), (shift, scale, 1e-6, False)):
            made, made_scale = quantised_by_kernel(given, *way)
            values, row_scale = quantised_by_formula(given, *way)
            assert torch.allclose(made_scale, row_scale, rtol=1e-3)
            # A value may fall on the other side of a rounding boundary, one in many.
            assert float((made.float() != values.float()).float().mean()) < 0.02


@needs_kernels
def test_what_is_no_number_is_seen_in_fp8_too() -> None:
    needs("fp8")
    from framepack.ops.modulate_triton import quantised_by_kernel

    given = random(3, 512)
    given[1, 7] = float("nan")
    made, made_scale = quantised_by_kernel(given, None, None, 0.0, False)
    seen = (made.float() * made_scale).isfinite().all(dim=1)
    assert seen.tolist() == [True, False, True]


@needs_kernels
def test_the_kernel_modulates_rows_as_the_formula_does() -> None:
    from framepack.ops.modulate_triton import modulated_by_kernel

    for columns in (512, 500, 1536):
        given = random(33, 3 * columns)[:, columns : 2 * columns]
        shift, scale = random(columns, seed=1), random(columns, seed=2)
        made = modulated_by_kernel(given, shift, scale, 1e-6)
        assert error(made, modulated(given.float(), shift.float(), scale.float(), 1e-6)) < 0.003


@needs_kernels
@pytest.mark.parametrize("fp8", [False, True])
@pytest.mark.parametrize(("heads", "head"), [(24, 128), (6, 32), (3, 64)])
def test_the_kernel_makes_the_queries_and_keys_the_formula_makes(heads: int, head: int, fp8: bool) -> None:
    if fp8:
        needs("fp8")
    from framepack.ops.qk_norm_rope_triton import queries_and_keys_by_kernel

    joint = random(37, 3 * heads * head)
    cosines, sines = random(37, head, seed=3, dtype=torch.float32), random(37, head, seed=4, dtype=torch.float32)
    for norms, count in ((random(2, head, seed=1), 37), (random(4, head, seed=2), 20)):
        *wanted, largest = queries_and_keys_by_formula(joint, norms, count, cosines, sines, heads, 1e-6, fp8)
        *made, made_largest = (torch.empty_like(part) for part in (*wanted, largest))
        together = min(heads & -heads, 8)
        queries_and_keys_by_kernel(joint, norms, count, cosines, sines, 1e-6, *made, made_largest, together)
        for part, formula in zip(made, wanted, strict=True):
            # What is rounded may fall on the other side of a boundary.
            assert error(part, formula) < (0.01 if fp8 else 0.001)
        assert torch.equal(made_largest, largest)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_block_wholly_in_fp8_takes_any_number_of_tokens(kind: BlockKind, compiled: bool) -> None:
    needs("fp8")
    if "cudnn-fp8" not in available_backends(DEVICE):
        pytest.skip("this computer has no attention in fp8")
    torch._dynamo.reset()
    block = published_block(kind)
    arithmetic = Arithmetic(SHAPE, attend_fp8, "fp8", compiled=compiled)
    for tokens in (700, 701, 702):
        exact = run(Arithmetic(SHAPE, attend_with("sdpa")), weights_of(block, kind), tokens)
        made = run(arithmetic, weights_of(block, kind, "fp8"), tokens)
        assert 0 < error(made, exact) < 0.15
    assert arithmetic.notices == []


def test_activation_in_a_product_is_that_after_it() -> None:
    given, layer = random(301, 512), Weight(random(1024, 512, seed=1) / 16, None, random(1024, seed=2))
    made = activated_product(Rows(given, None), layer)
    assert layer.bias is not None
    exact = F.gelu(F.linear(given.float(), layer.weight.float(), layer.bias.float()), approximate="tanh")
    assert made.scale is None
    assert error(made.values, exact) < 0.005


def test_attention_in_fp8_is_the_one_whose_cost_is_measured_by_its_formula() -> None:
    if "cudnn-fp8" not in available_backends(DEVICE):
        pytest.skip("this computer has no attention in fp8")
    query, key, value = random(3, 1, 300, SHAPE.heads, SHAPE.head)
    formula = attend_fp8(query.cpu(), key.cpu(), value.cpu())
    assert error(attend_fp8(query, key, value).cpu(), formula) < 0.03


def test_products_in_fp8_are_those_of_what_their_operands_stand_for() -> None:
    needs("fp8")

    def layer(seed: int) -> Weight:
        weight, scale = quantised(random(1024, 512, seed=seed))
        return Weight(weight, scale, random(1024, seed=seed + 1))

    def stood_for(rows: Rows, layer: Weight) -> Tensor:
        assert rows.scale is not None
        assert layer.scale is not None
        assert layer.bias is not None
        weight = layer.weight.float() * layer.scale[:, None]
        return (rows.values.float() * rows.scale) @ weight.t() + layer.bias.float()

    above, below = plain_rows(random(301, 512), "fp8"), plain_rows(random(17, 512, seed=1), "fp8")
    first, second = layer(2), layer(4)
    assert error(product(above, first), stood_for(above, first)) < 0.01
    part = first.outputs(256, 512)
    assert error(product(above, part), stood_for(above, part)) < 0.01
    joint = joint_product(above, first, below, second, 318)
    assert error(joint, torch.cat([stood_for(above, first), stood_for(below, second)])) < 0.01
