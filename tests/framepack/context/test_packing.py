"""Which latent goes into which slot of a section's context, and at which frame index."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from framepack.conditioning.values import crop_to_mask
from framepack.context.packing import inverted_paddings, pack_forward, pack_inverted, pad_history

ANCHOR = torch.full((1, 16, 1, 2, 2), -1.0)


def numbered(count: int) -> Tensor:
    """Latents whose values are their own number, 1 to ``count``."""
    return torch.arange(1.0, count + 1).reshape(1, 1, count, 1, 1).expand(1, 16, count, 2, 2)


def numbers(latents: Tensor) -> list[int]:
    return [int(value) for value in latents[0, 0, :, 0, 0]]


def test_the_newest_latent_stands_beside_the_anchor_and_older_ones_shrink() -> None:
    context = pack_forward(numbered(25), ANCHOR, window=9)
    assert numbers(context.clean.latents) == [-1, 25]
    assert numbers(context.half.latents) == [23, 24]
    assert numbers(context.quarter.latents) == list(range(7, 23))


def test_forward_frame_indices_count_from_the_anchor_through_the_history_to_the_new_latents() -> None:
    context = pack_forward(numbered(25), ANCHOR, window=9)
    assert context.clean.indices == (0, 19)
    assert context.quarter.indices == tuple(range(1, 17))
    assert context.half.indices == (17, 18)
    assert context.new == tuple(range(20, 29))


def test_a_short_history_has_zeros_in_front() -> None:
    context = pack_forward(numbered(2), ANCHOR, window=9)
    assert numbers(context.clean.latents) == [-1, 2]
    assert numbers(context.half.latents) == [0, 1]
    assert numbers(context.quarter.latents) == [0] * 16


def test_padding_leaves_a_long_history_as_it_is() -> None:
    assert torch.equal(pad_history(numbered(30)), numbered(30))


def test_an_inverted_section_looks_at_what_comes_next_first() -> None:
    context = pack_inverted(numbered(25), ANCHOR, window=9, padding=2)
    assert numbers(context.clean.latents) == [-1, 1]
    assert numbers(context.half.latents) == [2, 3]
    assert numbers(context.quarter.latents) == list(range(4, 20))


def test_inverted_frame_indices_leave_room_for_the_sections_not_made_yet() -> None:
    context = pack_inverted(numbered(25), ANCHOR, window=9, padding=2)
    assert context.new == tuple(range(19, 28))
    assert context.clean.indices == (0, 28)
    assert context.half.indices == (29, 30)
    assert context.quarter.indices == tuple(range(31, 47))


def test_the_last_section_of_an_inverted_shot_has_zeros_behind_it() -> None:
    context = pack_inverted(numbered(1)[:, :, :0], ANCHOR, window=9, padding=0)
    assert numbers(context.clean.latents) == [-1, 0]
    assert numbers(context.half.latents) + numbers(context.quarter.latents) == [0] * 18


@pytest.mark.parametrize(
    ("sections", "paddings"),
    [(1, (0,)), (2, (1, 0)), (4, (3, 2, 1, 0)), (5, (3, 2, 2, 1, 0)), (7, (3, 2, 2, 2, 2, 1, 0))],
)
def test_paddings_count_down_and_are_shortened_in_long_shots(sections: int, paddings: tuple[int, ...]) -> None:
    assert inverted_paddings(sections) == paddings


def test_text_is_cropped_to_its_real_tokens() -> None:
    embeds = torch.arange(12.0).reshape(1, 6, 2)
    assert torch.equal(crop_to_mask(embeds, torch.tensor([[1, 1, 1, 0, 0, 0]])), embeds[:, :3])
