"""Rows and products in fp8, as far as they run without a GPU."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from framepack.messages import Message, as_message
from framepack.ops import linear
from framepack.ops.fp8 import FP8, quantised
from framepack.ops.linear import (
    Weight,
    activated_product,
    available_formats,
    fp8_fault,
    fp8_notice,
    joint_product,
    product,
    quick_format,
)
from framepack.ops.modulate import Rows, activated_rows, modulated_rows, plain_rows


def values(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def error(made: Tensor, wanted: Tensor) -> float:
    return float((made - wanted).norm() / wanted.norm())


def restored(rows: Rows) -> Tensor:
    assert rows.scale is not None
    return rows.values.float() * rows.scale


def test_rows_in_fp8_are_near_the_exact_ones_each_way_they_are_made() -> None:
    given, shift, scale = values(7, 48), values(48, seed=1), values(48, seed=2)
    given[3] *= 1000
    for made, exact in (
        (plain_rows(given, "fp8"), plain_rows(given, "plain")),
        (activated_rows(given), Rows(F.gelu(given, approximate="tanh"), None)),
        (modulated_rows(given, shift, scale, 1e-6, "fp8"), modulated_rows(given, shift, scale, 1e-6, "plain")),
    ):
        assert made.values.dtype == FP8
        assert exact.scale is None
        for row, wanted in zip(restored(made), exact.values, strict=True):
            assert error(row, wanted) < 0.04


def test_a_row_of_zeros_stays_zero_in_fp8() -> None:
    assert not restored(plain_rows(torch.zeros(2, 16), "fp8")).any()


def test_a_product_with_weights_kept_in_fp8_is_that_with_the_weights_they_stand_for() -> None:
    weight, scale = quantised(values(6, 16))
    layer = Weight(weight, scale, values(6, seed=1))
    given = values(5, 16, seed=2)
    assert torch.allclose(
        product(Rows(given, None), layer), F.linear(given, weight.float() * scale[:, None], layer.bias)
    )


def test_activation_in_a_product_is_that_after_it() -> None:
    given = values(5, 16)
    plain = Weight(values(6, 16, seed=1), None, values(6, seed=2))
    stored = Weight(*quantised(values(6, 16, seed=1)), values(6, seed=2))
    for layer in (plain, stored):
        made = activated_product(Rows(given, None), layer)
        assert made.scale is None
        assert torch.allclose(made.values, F.gelu(product(Rows(given, None), layer), approximate="tanh"))


def test_part_of_rows_is_rows() -> None:
    rows = plain_rows(values(7, 16), "fp8")
    assert torch.equal(restored(rows.part(2, 3)), restored(rows)[2:5])
    plain = Rows(values(7, 16), None).part(2, 3)
    assert plain.scale is None
    assert torch.equal(plain.values, values(7, 16)[2:5])


def test_part_of_rows_multiplies_as_the_whole_does() -> None:
    rows, layer = plain_rows(values(9, 32).bfloat16(), "fp8"), Weight(*quantised(values(16, 32, seed=1)), None)
    assert torch.equal(product(rows.part(3, 5), layer), product(rows, layer)[3:8])


def test_part_of_a_layers_outputs_is_a_layer() -> None:
    weight, scale = quantised(values(6, 16))
    layer = Weight(weight, scale, values(6, seed=1))
    given = Rows(values(5, 16, seed=2), None)
    assert torch.allclose(product(given, layer.outputs(2, 5)), product(given, layer)[:, 2:5], atol=1e-6)


def test_two_products_lie_one_below_the_other() -> None:
    above, below = Rows(values(5, 16), None), Rows(values(3, 16, seed=1), None)
    first = Weight(values(6, 16, seed=2), None, values(6, seed=3))
    second = Weight(*quantised(values(6, 16, seed=4)), values(6, seed=5))
    joint = joint_product(above, first, below, second, 8)
    assert torch.allclose(joint, torch.cat([product(above, first), product(below, second)]), atol=1e-5)


def test_the_operators_are_what_a_compiler_is_told_they_are() -> None:
    given, shift, scale = values(7, 48), values(48, seed=1), values(48, seed=2)
    checks = "test_faketensor"
    rows = torch.ops.framepack.quantised_rows.default
    torch.library.opcheck(rows, (given, shift, scale, 1e-6, False), test_utils=checks)
    torch.library.opcheck(torch.ops.framepack.modulated.default, (given, shift, scale, 1e-6), test_utils=checks)
    weight, weight_scale = quantised(values(6, 48))
    operands = (given, None, weight, weight_scale, None)
    torch.library.opcheck(torch.ops.framepack.scaled_product.default, operands, test_utils=checks)
    activated = (given, weight, weight_scale, values(6))
    torch.library.opcheck(torch.ops.framepack.activated_product.default, activated, test_utils=checks)
    layer = (values(6, 48), None, values(6))
    joint = (given, None, *layer, given, None, *layer, 14)
    torch.library.opcheck(torch.ops.framepack.joint_product.default, joint, test_utils=checks)


def test_a_processor_keeps_weights_in_fp8_but_multiplies_none() -> None:
    assert available_formats(torch.device("cpu")) == ("plain", "fp8_storage")
    assert available_formats(torch.device("mps")) == ("plain",)


@pytest.mark.parametrize(
    ("capability", "hip", "fault", "eight_bit"),
    [
        ((8, 9), None, None, True),
        ((8, 6), None, None, False),
        ((9, 4), "6.4", None, False),
        # As torch says it on Windows.
        ((8, 9), None, "Rowwise scaling is not currently supported on your device", False),
        ((12, 0), None, "Rowwise scaling is not currently supported on your device", False),
    ],
)
def test_products_in_fp8_are_for_nvidias_cards_from_ada_on_that_make_one(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], hip: str | None, fault: str | None, eight_bit: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.version, "hip", hip)
    monkeypatch.setattr(linear, "fp8_fault", lambda _: fault and as_message(fault))
    device = torch.device("cuda:0")
    assert ("fp8" in available_formats(device)) == eight_bit
    assert fp8_notice(device) == (Message("fp8-fails", {"reason": as_message(fault)}) if fault else None)


def test_one_product_in_fp8_shows_whether_a_device_makes_them() -> None:
    assert fp8_fault(torch.device("cpu")) is None
    # Products without values are no products.
    assert fp8_fault(torch.device("meta")) is not None


def test_what_is_quickest_is_fp8_or_fewer_bytes_to_bring_or_plain() -> None:
    assert quick_format(("plain", "fp8_storage", "fp8"), would_stream=lambda: False) == "fp8"
    assert quick_format(("plain", "fp8_storage"), would_stream=lambda: True) == "fp8_storage"
    assert quick_format(("plain", "fp8_storage"), would_stream=lambda: False) == "plain"
    assert quick_format(("plain",), would_stream=lambda: True) == "plain"
