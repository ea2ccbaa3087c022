"""The memory plan, for the 13 billion parameter model and for small ones: arithmetic only, no device."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from framepack.device.memory_plan import (
    MIB,
    VAE_TENSORS_FUSED,
    Budget,
    MemoryPlan,
    PartSizes,
    Work,
    plan_memory,
    resident_order,
)
from framepack.english import ENGLISH
from framepack.environment import GIB
from framepack.errors import NotEnoughMemory
from framepack.messages import worded

DOUBLE, SINGLE = 679_500_000, 283_200_000
SIZES = PartSizes(
    blocks=(DOUBLE,) * 20 + (SINGLE,) * 40,
    rest=820_000_000,
    text_layers=(436_000_000,) * 30,
    text_rest=1_050_000_000,
    clip=246_000_000,
    siglip=857_000_000,
    vae=493_000_000,
)
WORK = Work(height=608, width=640, window=9, model_width=3072, value_bytes=2, vae_width=128, vae_value_bytes=2)


def card(gigabytes: float, host: float = 64, cap: float | None = None) -> Budget:
    return Budget(
        device_free=int(gigabytes * GIB),
        device_total=int(gigabytes * GIB),
        host_free=int(host * GIB),
        cap=None if cap is None else int(cap * GIB),
    )


def plan(gigabytes: float, host: float = 64, cap: float | None = None, work: Work = WORK) -> MemoryPlan:
    return plan_memory(card(gigabytes, host, cap), SIZES, work)


def test_the_estimates_are_those_measured_on_the_published_model() -> None:
    assert WORK.tokens == 13_680 + 3_820 + 729 + 256
    assert 21 < (WORK.decoding(None) + SIZES.vae) / GIB < 23
    assert 4 < (WORK.decoding(256) + SIZES.vae) / GIB < 4.5
    fused = replace(WORK, vae_tensors=VAE_TENSORS_FUSED)
    assert 14.8 < fused.decoding(None) / GIB < 17.5
    assert 2.6 < fused.decoding(256) / GIB < 3
    assert 1.38 < WORK.sampling / 1e9 < 2


def test_on_a_big_card_everything_stays_and_frames_are_decoded_whole() -> None:
    made = plan(139)
    assert (len(made.resident), made.buffers, made.tile, made.vae_stays) == (60, 0, None, True)
    assert made.text_resident == 30
    assert made.host_bytes == made.buffer_bytes == 0
    assert "All 60 blocks of the model stay in memory" in worded(made.message, ENGLISH)


def test_where_too_little_is_free_that_is_said_with_the_text_encoder_elsewhere_too() -> None:
    elsewhere = replace(SIZES, text_layers=(), text_rest=0)
    with pytest.raises(NotEnoughMemory):
        plan_memory(Budget(device_free=GIB // 3, device_total=4 * GIB, host_free=64 * GIB), elsewhere, WORK)


def test_with_the_fused_layers_tiles_are_larger() -> None:
    assert plan(139, cap=5.0).tile == 192
    assert plan(139, cap=5.0, work=replace(WORK, vae_tensors=VAE_TENSORS_FUSED)).tile == 256


def test_a_6_gb_card_streams_every_block_and_stays_within_its_memory() -> None:
    made = plan(139, cap=5.3)
    assert (made.resident, made.buffers, made.vae_stays) == (frozenset(), 3, False)
    assert made.host_copies
    assert made.host_bytes == sum(SIZES.blocks) < 1.2 * (sum(SIZES.blocks) + SIZES.rest)
    for need in (made.sampling_bytes, made.decoding_bytes, made.encoding_bytes):
        assert need <= made.budget.device < 5.3 * GIB
    assert made.tile is not None
    assert made.tile >= 192
    assert made.text_resident < 30
    assert "All 60 blocks of the model are streamed from the computer's memory" in worded(made.message, ENGLISH)


def test_more_memory_never_keeps_fewer_blocks_and_never_breaks_its_bound() -> None:
    made = [plan(gigabytes) for gigabytes in (5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 80)]
    for less, more in pairwise(made):
        assert len(less.resident) <= len(more.resident)
    for one in made:
        assert max(one.sampling_bytes, one.decoding_bytes, one.encoding_bytes) <= one.budget.device
    assert 0 < len(made[5].resident) < 60
    assert len(made[-1].resident) == 60


def test_a_cap_is_like_a_smaller_card() -> None:
    capped = plan(24, cap=12)
    assert capped.resident == plan(12).resident
    assert capped.tile == plan(12).tile
    assert plan(12, cap=24).resident == plan(12).resident


def test_without_room_on_the_host_blocks_come_from_their_files() -> None:
    made = plan(6, host=16)
    assert not made.host_copies
    assert made.host_bytes == 0
    assert "from their files at every step, which is slow" in worded(made.message, ENGLISH)
    assert plan(6, host=25).host_copies


def test_what_cannot_fit_is_refused_with_what_would_help() -> None:
    with pytest.raises(NotEnoughMemory, match=r"608x640 needs about .* GB .* choose a smaller size") as refused:
        plan(2)
    assert refused.value.needed > refused.value.available
    assert plan(refused.value.needed / GIB / 0.98 + 0.26)


def test_a_smaller_picture_fits_where_a_large_one_does_not() -> None:
    with pytest.raises(NotEnoughMemory):
        plan(3.2)
    assert plan(3.2, work=replace(WORK, height=256, width=256)).buffers


def test_blocks_that_stay_are_the_largest_first_and_spread_evenly() -> None:
    order = resident_order((3, 3, 3, 3, 1, 1, 1))
    assert set(order[:4]) == {0, 1, 2, 3}
    assert set(order[:2]) == {0, 2}
    assert sorted(order) == list(range(7))
    assert resident_order(()) == ()
    assert resident_order((5,)) == (0,)


@pytest.mark.parametrize("gigabytes", [6, 12, 24, 139])
def test_every_notch_lower_needs_less_until_there_is_none(gigabytes: float) -> None:
    made = plan(gigabytes)
    while made.buffers != 1:
        lower = made.lowered()
        assert lower.sampling_bytes < made.sampling_bytes
        assert lower.resident < made.resident or not made.resident
        made = lower
    assert made.resident == frozenset()
    with pytest.raises(NotEnoughMemory):
        made.lowered()


def test_a_notch_is_about_a_gigabyte_where_blocks_can_make_way() -> None:
    made = plan(24)
    freed = made.sampling_bytes - made.lowered().sampling_bytes
    assert GIB <= freed < 2 * GIB


def test_tiles_get_smaller_one_by_one() -> None:
    made = plan(139)
    seen = [made.tile]
    while made.tile != 128:
        made = made.with_smaller_tiles()
        seen.append(made.tile)
    assert seen == [None, 512, 384, 320, 256, 192, 128]
    with pytest.raises(NotEnoughMemory):
        made.with_smaller_tiles()


def test_a_computer_whose_memory_is_the_devices_keeps_no_copies() -> None:
    for gigabytes, resident in ((64, 60), (24, None)):
        budget = replace(card(gigabytes, host=gigabytes), unified=True)
        made = plan_memory(budget, SIZES, WORK)
        assert not made.host_copies
        assert resident is None or len(made.resident) == resident
        assert made.sampling_bytes <= budget.device
    assert made.buffers == 1
    assert "their files" in worded(made.message, ENGLISH)


def test_the_draft_lies_whole_in_little_memory() -> None:
    sizes = PartSizes((8_000_000,) * 9, 5_000_000, (500_000,) * 2, 400_000, 400_000, 500_000, 12_000_000)
    work = Work(height=144, width=256, window=9, model_width=256, value_bytes=4, vae_width=16, vae_value_bytes=4)
    made = plan_memory(replace(card(2, host=2), unified=True), sizes, work)
    assert len(made.resident) == 9
    assert made.tile is None


def test_scores_that_attention_keeps_are_a_part_of_the_plan() -> None:
    with_scores = replace(WORK, attention_bytes=256 * MIB)
    assert with_scores.sampling == WORK.sampling + 256 * MIB
