"""Windowed decoding against one decode of everything, with a tiny random VAE in fp32."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo
from PIL import Image
from torch import Tensor

from framepack.context.history import History
from framepack.vae.decoding import (
    FADE_FRAMES,
    LEFT_CONTEXT,
    decode_after,
    decode_start,
    decode_with_detail,
    encode_picture,
    window_start,
)


@pytest.fixture(scope="module")
def vae() -> Any:
    torch.manual_seed(1)
    return AutoencoderKLHunyuanVideo(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4, mid_block_add_attention=False
    ).eval()


def noise(latents: int) -> Tensor:
    return torch.randn(1, 16, latents, 4, 6, generator=torch.Generator().manual_seed(2)) * 0.5


def whole(vae: Any, latents: Tensor) -> np.ndarray:
    """One decode of everything, as the library does it by default: (F, H, W, 3) uint8."""
    with torch.no_grad():
        sample = vae.decode(latents / vae.config.scaling_factor).sample[0].permute(1, 2, 3, 0)
    return sample.clamp(-1, 1).add(1).mul(127.5).round().byte().numpy()


def test_a_window_starts_on_the_grid_of_tiles_with_enough_before_it() -> None:
    assert [window_start(first) for first in (1, 2, 5, 10, 19)] == [0, 0, 0, 6, 15]
    for first in range(1, 60):
        start = window_start(first)
        assert start % 3 == 0
        assert start == 0 or LEFT_CONTEXT <= first - 1 - start < LEFT_CONTEXT + 3


@pytest.mark.parametrize("shown", [10, 11, 12, 19])
def test_a_window_shows_exactly_what_one_decode_up_to_its_end_shows(vae: Any, shown: int) -> None:
    latents = noise(shown + 9)
    history = History(latents[:, :, :shown], 0, None)
    frames = np.stack(list(decode_after(vae, history, latents[:, :, shown:])))
    expected = whole(vae, latents)[-36:]
    assert frames.shape == (36, 32, 48, 3)
    assert np.abs(frames.astype(int) - expected).max() <= 1


def test_what_is_older_than_the_window_does_not_matter(vae: Any) -> None:
    latents = noise(28)
    long = decode_after(vae, History(latents[:, :, :19], 0, None), latents[:, :, 19:])
    short = decode_after(vae, History(latents[:, :, 10:19], 10, None), latents[:, :, 19:])
    assert all(np.array_equal(a, b) for a, b in zip(long, short, strict=True))


def test_the_step_at_the_join_is_faded_out_within_the_new_frames(vae: Any) -> None:
    latents = noise(19)
    before = whole(vae, latents)[36]
    brighter = (before.clip(60, 190) + 20).astype(np.uint8)
    plain = np.stack(list(decode_after(vae, History(latents[:, :, :10], 0, before), latents[:, :, 10:])))
    faded = np.stack(list(decode_after(vae, History(latents[:, :, :10], 0, brighter), latents[:, :, 10:])))
    middle = (plain > 60) & (plain < 190)
    change = [np.mean((b.astype(float) - a)[where]) for a, b, where in zip(plain, faded, middle, strict=True)]
    assert change[0] == pytest.approx(20 * FADE_FRAMES / (FADE_FRAMES + 1), abs=6)
    assert all(later <= earlier + 0.5 for earlier, later in pairwise(change[:FADE_FRAMES]))
    assert change[FADE_FRAMES:] == [0.0] * (36 - FADE_FRAMES)


def test_detail_of_the_last_frame_is_carried_into_the_new_ones_and_none_where_it_is_not_known(vae: Any) -> None:
    latents = noise(1).repeat(1, 1, 19, 1, 1)
    before = whole(vae, latents)[36]
    finer = before.astype(int)
    finer[::2, ::2] += 30
    finer = finer.clip(0, 255).astype(np.uint8)
    plain = np.stack(list(decode_after(vae, History(latents[:, :, :10], 0, None), latents[:, :, 10:])))
    unknown = np.stack(list(decode_with_detail(vae, History(latents[:, :, :10], 0, None), latents[:, :, 10:])))
    carried = np.stack(list(decode_with_detail(vae, History(latents[:, :, :10], 0, finer), latents[:, :, 10:])))
    assert np.array_equal(unknown, plain)
    rest = carried.astype(float) - plain
    assert rest[-1, ::2, ::2].mean() > 10 * abs(rest[-1, 1::2, 1::2].mean())
    assert rest[-1, ::2, ::2].mean() > 10


def test_the_start_frame_is_the_decode_of_its_latent_alone(vae: Any) -> None:
    latent = noise(1)
    assert np.abs(decode_start(vae, latent).astype(int) - whole(vae, latent)[0]).max() <= 1


def test_a_picture_becomes_the_mode_of_its_distribution_scaled(vae: Any) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (32, 48, 3), dtype=np.uint8)
    latent = encode_picture(vae, Image.fromarray(pixels))
    video = torch.from_numpy(pixels).float().div(127.5).sub(1).permute(2, 0, 1)[None, :, None]
    with torch.no_grad():
        expected = vae.encode(video).latent_dist.mode() * 0.476986
    assert latent.shape == (1, 16, 1, 4, 6)
    assert latent.dtype == torch.float32
    assert torch.allclose(latent, expected)


def test_frames_without_detail_stay_as_they_are_decoded_from_section_to_section(vae: Any) -> None:
    """What new latents change in the frame before them is no detail of it."""
    latents = noise(46) * 0.3 + noise(1).repeat(1, 1, 46, 1, 1) * 1.5
    shown = whole(vae, latents[:, :, :10])[36]
    for end in (10, 19, 28, 37):
        history = History(latents[:, :, :end], 0, shown)
        *_, shown = decode_with_detail(vae, history, latents[:, :, end : end + 9])
        assert np.abs(shown.astype(int) - whole(vae, latents[:, :, : end + 9])[-1]).max() <= 1
