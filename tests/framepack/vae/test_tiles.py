"""Decoding in tiles against the library's own decode, and a decoder that fp16 is too narrow for."""

from __future__ import annotations

import copy
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from framepack.errors import ValuesLost
from framepack.vae.tiles import decode_tiles, ignore, tile_starts


@pytest.fixture(scope="module")
def vae() -> Any:
    torch.manual_seed(1)
    return AutoencoderKLHunyuanVideo(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4, mid_block_add_attention=False
    ).eval()


def noise(latents: int, height: int = 4, width: int = 6) -> Tensor:
    return torch.randn(1, 16, latents, height, width, generator=torch.Generator().manual_seed(2)) * 0.5


def whole(vae: Any, latents: Tensor) -> Tensor:
    """One call of the library's decode, which tiles time by default: (F, H, W, 3)."""
    with torch.no_grad():
        sample: Tensor = vae.decode(latents / vae.config.scaling_factor).sample
    return sample[0].permute(1, 2, 3, 0)


def tiled(vae: Any, latents: Tensor, tile: int | None = None) -> Tensor:
    return torch.cat(list(decode_tiles(vae, latents, tile=tile, notify=ignore)))


@pytest.mark.parametrize("latents", range(1, 11))
def test_tiles_of_time_give_what_the_library_gives(vae: Any, latents: int) -> None:
    assert torch.equal(tiled(vae, noise(latents)), whole(vae, noise(latents)))


def test_frames_come_piece_by_piece(vae: Any) -> None:
    pieces = decode_tiles(vae, noise(13), tile=None, notify=ignore)
    assert [piece.shape[0] for piece in pieces] == [13, 12, 12, 12]


@pytest.mark.parametrize(("size", "tile"), [(8, 8), (9, 8), (14, 8), (76, 32), (80, 32), (80, 12), (33, 32)])
def test_tiles_of_space_cover_everything_and_each_other_by_a_quarter(size: int, tile: int) -> None:
    starts = tile_starts(size, tile)
    assert starts[0] == 0
    assert starts[-1] + tile == size or (starts == [0] and tile >= size)
    assert all(tile / 4 <= before + tile - after < tile for before, after in pairwise(starts))


def test_a_picture_no_larger_than_a_tile_is_decoded_whole(vae: Any) -> None:
    assert torch.equal(tiled(vae, noise(2, 4, 8), tile=64), whole(vae, noise(2, 4, 8)))


def test_tiles_of_space_blend_as_the_librarys_do(vae: Any) -> None:
    latents = noise(2, 14, 14)
    by_library = copy.deepcopy(vae)
    by_library.enable_tiling(64, 64, None, 48, 48)
    ours, theirs = tiled(vae, latents, tile=64), whole(by_library, latents)
    assert ours.shape == theirs.shape == (5, 112, 112, 3)
    error = (ours - theirs).abs() / theirs.std()
    assert float(error[:, :48, :48].max()) < 1e-5
    # Where two tiles share pixels; where four do, the library blends by another order.
    assert float(error[:, :48, 48:64].mean()) < 0.05
    assert float(error[:, 48:64, :48].mean()) < 0.05


def test_an_even_picture_shows_no_tiles(vae: Any) -> None:
    even = noise(2, 1, 1).expand(1, 16, 2, 20, 14)
    assert float((tiled(vae, even, tile=64) - whole(vae, even)).abs().max()) < 1e-4


def overflowing(vae: Any) -> Any:
    """A decoder whose first convolution gives more than fp16 can hold; group norms after it bring that back."""
    wild = copy.deepcopy(vae).half()
    with torch.no_grad():
        wild.decoder.conv_in.conv.weight.mul_(3e4)
    return wild


def test_what_fp16_cannot_hold_is_decoded_again_in_fp32_and_told(vae: Any) -> None:
    wild, latents, told = overflowing(vae), 30 * noise(7), []
    frames = torch.cat(list(decode_tiles(wild, latents, tile=None, notify=told.append)))
    assert torch.equal(frames, whole(copy.deepcopy(wild).float(), latents))
    assert len(told) == 2
    assert "decoded again in 32" in told[0]
    assert wild.decoder.conv_in.conv.weight.dtype == wild.post_quant_conv.weight.dtype == torch.float16


def test_frames_that_fp16_can_hold_are_decoded_once(vae: Any) -> None:
    told: list[str] = []
    frames = torch.cat(list(decode_tiles(copy.deepcopy(vae).half(), noise(5), tile=None, notify=told.append)))
    assert told == []
    assert float((frames - whole(vae, noise(5))).abs().max()) < 0.05


def always_black(vae: Any) -> Any:
    black = copy.deepcopy(vae).half()
    with torch.no_grad():
        black.decoder.conv_out.conv.weight.zero_()
        black.decoder.conv_out.conv.bias.fill_(-1.0)
    return black


def with_room_for(vae: Any, sides: int) -> Any:
    """``vae``, on a device whose memory runs out when more than ``sides`` squared latents are decoded in fp32."""

    def enter(decoder: torch.nn.Module, given: tuple[torch.Tensor]) -> None:  # noqa: ARG001
        if given[0].dtype == torch.float32 and given[0].shape[-1] * given[0].shape[-2] > sides**2:
            raise torch.OutOfMemoryError("there is no room for 32 bits")

    vae.decoder.register_forward_pre_hook(enter)
    return vae


def with_room_for_fp16_alone(vae: Any) -> Any:
    return with_room_for(vae, 0)


def test_black_frames_are_never_taken_for_good_without_a_second_look(vae: Any) -> None:
    with pytest.raises(torch.OutOfMemoryError):
        list(decode_tiles(with_room_for_fp16_alone(always_black(vae)), noise(2), tile=None, notify=ignore))


def test_lost_frames_are_decoded_again_in_smaller_tiles_where_there_is_no_room_for_whole_ones(vae: Any) -> None:
    wild, latents, told = overflowing(vae), 30 * noise(2, 18, 18), []
    expected = tiled(copy.deepcopy(wild).float(), latents, tile=128)
    frames = torch.cat(list(decode_tiles(with_room_for(wild, 16), latents, tile=None, notify=told.append)))
    assert torch.equal(frames, expected)
    assert len(told) == 1


class RunsOut(TorchDispatchMode):
    """A device whose memory runs out at the ``step``-th change of a format; ``steps`` counts them."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step
        self.steps = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._to_copy.default:
            self.steps += 1
            if self.steps == self.step:
                raise torch.OutOfMemoryError("out of memory")
        return func(*args, **(kwargs or {}))


def test_the_decoder_is_of_one_format_wherever_memory_runs_out_in_its_conversion(vae: Any) -> None:
    wild, latents = overflowing(vae), 30 * noise(1)
    before = copy.deepcopy(wild.state_dict())
    expected = tiled(wild, latents)
    with RunsOut(0) as counted:
        tiled(wild, latents)
    assert counted.steps > len(before) // 2
    for step in range(1, counted.steps + 1):
        with suppress(torch.OutOfMemoryError), RunsOut(step):
            assert torch.equal(tiled(wild, latents), expected)
        after = wild.state_dict()
        assert all(after[name].dtype == kept.dtype and torch.equal(after[name], kept) for name, kept in before.items())
        assert wild.decoder.conv_in.conv.weight.dtype == torch.float16
    assert torch.equal(tiled(wild, latents), expected)


def test_lost_frames_ask_for_smaller_tiles_where_there_is_no_room_for_fp32(vae: Any) -> None:
    with pytest.raises(torch.OutOfMemoryError):
        list(decode_tiles(with_room_for_fp16_alone(overflowing(vae)), 30 * noise(2), tile=None, notify=ignore))


def test_a_picture_that_is_meant_to_be_black_stays_so(vae: Any) -> None:
    black, told = always_black(vae), []
    frames = torch.cat(list(decode_tiles(black, noise(2), tile=None, notify=told.append)))
    assert bool((frames == -1).all())
    assert told == []


def test_frames_that_are_no_numbers_in_fp32_either_are_refused(vae: Any) -> None:
    with pytest.raises(ValuesLost, match="the decoded frames hold values that are no numbers"):
        tiled(copy.deepcopy(vae).half(), noise(2) * float("nan"))
