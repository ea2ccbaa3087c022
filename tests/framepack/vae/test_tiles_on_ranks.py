"""Tiles of time decoded by several ranks: the frames of one process, to the bit."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo
from torch import Tensor

from framepack.parallel.group import Group
from framepack.vae.tiles import decode_for_the_first, decode_tiles, ignore
from tests.support.ranks import on_ranks

LATENTS = 13


def vae() -> Any:
    torch.manual_seed(1)
    return AutoencoderKLHunyuanVideo(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4, mid_block_add_attention=False
    ).eval()


def latents() -> Tensor:
    return torch.randn(1, 16, LATENTS, 4, 6, generator=torch.Generator().manual_seed(2)) * 0.5


def _decoded(group: Group, tile: int | None) -> Tensor | None:
    if group.rank:
        decode_for_the_first(vae(), latents(), tile=tile, notify=ignore, group=group)
        return None
    return torch.cat(list(decode_tiles(vae(), latents(), tile=tile, notify=ignore, group=group)))


@pytest.mark.parametrize(("size", "tile"), [(2, None), (3, None), (2, 32)])
def test_ranks_decode_to_the_bit_what_one_process_decodes(size: int, tile: int | None) -> None:
    alone = torch.cat(list(decode_tiles(vae(), latents(), tile=tile, notify=ignore)))
    first, *others = on_ranks(size, _decoded, tile)
    assert torch.equal(first, alone)
    assert others == [None] * (size - 1)


def _cut_short(group: Group) -> int:
    """Decode twice; the first time nobody wants more than one piece."""
    given = 0
    for wanted in (1, 99):
        if group.rank:
            decode_for_the_first(vae(), latents(), tile=None, notify=ignore, group=group)
            continue
        with closing(decode_tiles(vae(), latents(), tile=None, notify=ignore, group=group)) as pieces:  # type: ignore[type-var]
            for number, piece in enumerate(pieces, start=1):
                given += piece.shape[0]
                if number == wanted:
                    break
    return given


def test_a_decode_that_is_cut_short_leaves_the_ranks_ready_for_the_next() -> None:
    assert on_ranks(2, _cut_short)[0] == 13 + 1 + 4 * (LATENTS - 1)
