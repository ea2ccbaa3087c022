"""Blocks as flat buffers: what is laid where, and how published weights get there."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from framepack.ops.fp8 import WeightFormat
from framepack.weights.block_layout import (
    BlockKind,
    BlockLayout,
    BlockShape,
    fill,
    fill_one,
    layout_of,
    published_names,
)
from framepack.weights.flat_layout import ALIGNMENT
from tests.support.tiny_transformer import tiny_model

MODEL = tiny_model()
SHAPE = BlockShape.of(MODEL.config)
BLOCKS: dict[BlockKind, Any] = {"double": MODEL.transformer_blocks[0], "single": MODEL.single_transformer_blocks[0]}
KINDS: tuple[BlockKind, ...] = ("double", "single")


def empty(layout: BlockLayout) -> dict[str, Tensor]:
    return layout.views(torch.zeros(layout.nbytes, dtype=torch.uint8))


def filled(kind: BlockKind, format: WeightFormat = "plain") -> tuple[BlockLayout, dict[str, Tensor]]:
    layout = layout_of(SHAPE, kind, torch.float32, format)
    views = empty(layout)
    fill(layout, views, BLOCKS[kind].state_dict())
    return layout, views


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_names_are_those_of_the_real_block(kind: BlockKind) -> None:
    assert set(published_names(kind)) == set(BLOCKS[kind].state_dict())


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_takes_the_bytes_of_its_weights_and_little_more(kind: BlockKind) -> None:
    layout = layout_of(SHAPE, kind, torch.float32)
    weights = sum(weight.nbytes for weight in BLOCKS[kind].state_dict().values())
    assert weights <= layout.nbytes < weights + len(layout.specs) * ALIGNMENT
    assert all(spec.offset % ALIGNMENT == 0 for spec in layout.specs)


def test_the_published_blocks_take_what_a_plan_reckons_with() -> None:
    shape = BlockShape(heads=24, head=128, mlp=12288)
    assert layout_of(shape, "double", torch.bfloat16).nbytes == pytest.approx(2 * 339.9e6, rel=1e-3)
    assert layout_of(shape, "single", torch.bfloat16).nbytes == pytest.approx(2 * 141.6e6, rel=1e-3)
    assert layout_of(shape, "single", torch.bfloat16, "fp8").nbytes == pytest.approx(170e6, rel=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_published_value_is_found_again_in_the_buffer(kind: BlockKind) -> None:
    _, views = filled(kind)
    published = torch.cat([weight.flatten() for weight in BLOCKS[kind].state_dict().values()])
    assert torch.equal(torch.cat([view.flatten() for view in views.values()]).sort().values, published.sort().values)


def test_queries_keys_values_and_the_mlp_are_one_matrix_with_the_pairs_halves_apart() -> None:
    _, views = filled("single")
    block = BLOCKS["single"]
    order = [*range(0, SHAPE.head, 2), *range(1, SHAPE.head, 2)]
    channels = torch.cat([torch.tensor(order) + start for start in range(0, SHAPE.width, SHAPE.head)])
    rotated = (block.attn.to_q, block.attn.to_k)
    for name in ("weight", "bias"):
        parts = [getattr(part, name)[channels] for part in rotated]
        parts += [getattr(part, name) for part in (block.attn.to_v, block.proj_mlp)]
        assert torch.equal(views[f"qkv_mlp.{name}"], torch.cat(parts))
    norms = torch.stack([block.attn.norm_q.weight[order], block.attn.norm_k.weight[order]])
    assert torch.equal(views["qk_norm"], norms)


def test_the_output_projection_of_a_single_block_is_two() -> None:
    _, views = filled("single")
    both = torch.cat([views["out_attention.weight"], views["out_mlp.weight"]], dim=1)
    assert torch.equal(both, BLOCKS["single"].proj_out.weight)


def test_views_share_the_buffer_also_where_it_begins_inside_another() -> None:
    layout, views = filled("double")
    store = torch.zeros(layout.nbytes + 3 * ALIGNMENT, dtype=torch.uint8)
    flat = store[ALIGNMENT:]
    for name, view in layout.views(flat).items():
        view.copy_(views[name])
    again = layout.views(flat.clone())
    assert all(torch.equal(again[name], views[name]) for name in views)
    assert not store[:ALIGNMENT].any()


def test_weights_are_cast_as_they_are_filled_in() -> None:
    layout = layout_of(SHAPE, "single", torch.bfloat16)
    views = empty(layout)
    fill_one(layout, views, "proj_out.bias", BLOCKS["single"].proj_out.bias)
    assert torch.equal(views["out.bias"], BLOCKS["single"].proj_out.bias.bfloat16())


@pytest.mark.parametrize("kind", KINDS)
def test_fp8_keeps_large_weights_near_and_the_rest_exactly(kind: BlockKind) -> None:
    _, exact = filled(kind)
    _, views = filled(kind, "fp8_storage")
    for name, weight in exact.items():
        if views[name].dtype == torch.float8_e4m3fn:
            again = views[name].float() * views[name.replace(".weight", ".scale")][:, None]
            assert float((again - weight).norm() / weight.norm()) < 0.04
        else:
            assert torch.equal(views[name], weight)
    assert views["modulation.weight"].dtype == torch.float32


def test_a_channel_of_zeros_stays_zero_in_fp8() -> None:
    layout = layout_of(SHAPE, "single", torch.bfloat16, "fp8")
    views = empty(layout)
    fill_one(layout, views, "attn.to_q.weight", torch.zeros(SHAPE.width, SHAPE.width))
    assert not views["qkv_mlp.weight"].float().any()


def test_wrong_weights_are_refused_in_one_sentence() -> None:
    layout = layout_of(SHAPE, "single", torch.float32)
    views = empty(layout)
    with pytest.raises(ValueError, match=r"proj_out.weight is of the shape \(3, 4\) where \(32, 96\) is needed"):
        fill_one(layout, views, "proj_out.weight", torch.zeros(3, 4))
    with pytest.raises(ValueError, match="a single block has no attn"):
        fill_one(layout, views, "attn.to_out.0.weight", torch.zeros(3, 4))
    with pytest.raises(ValueError, match="is missing from a single block"):
        fill(layout, views, {name: t for name, t in BLOCKS["single"].state_dict().items() if name != "proj_mlp.bias"})


def test_a_buffer_that_will_not_do_is_refused() -> None:
    layout = layout_of(SHAPE, "single", torch.float32)
    with pytest.raises(ValueError, match=f"needs {layout.nbytes} contiguous bytes"):
        layout.views(torch.zeros(layout.nbytes - 1, dtype=torch.uint8))
    with pytest.raises(ValueError, match="multiple of 256 bytes, not at 8"):
        layout.views(torch.zeros(layout.nbytes + 8, dtype=torch.uint8)[8:])
    with pytest.raises(ValueError, match="multiples of 16"):
        layout_of(BlockShape(2, 12, 48), "single", torch.bfloat16, "fp8")
    with pytest.raises(ValueError, match="fp8 products give bf16, not float32"):
        layout_of(SHAPE, "single", torch.float32, "fp8")
