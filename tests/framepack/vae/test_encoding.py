"""Pictures that follow each other become latents, whole or in tiles, with a tiny random VAE in fp32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo
from PIL import Image

from framepack.errors import ValuesLost
from framepack.vae.decoding import encode_picture
from framepack.vae.encoding import encode_pictures


@pytest.fixture(scope="module")
def vae() -> Any:
    torch.manual_seed(1)
    return AutoencoderKLHunyuanVideo(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4, mid_block_add_attention=False
    ).eval()


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (count, 64, 64, 3), dtype=np.uint8)


def test_one_picture_is_encoded_as_a_picture_is(vae: Any) -> None:
    (picture,) = shown = pictures(1)
    assert torch.allclose(
        encode_pictures(vae, shown, tile=None), encode_picture(vae, Image.fromarray(picture)), atol=1e-5
    )


@pytest.mark.parametrize("count", [5, 17, 37, 73])
def test_four_pictures_are_a_latent(vae: Any, count: int) -> None:
    assert encode_pictures(vae, pictures(count), tile=None).shape == (1, 16, 1 + (count - 1) // 4, 8, 8)


def test_tiles_give_a_latent_of_the_same_size_and_leave_the_vae_as_it_was(vae: Any) -> None:
    before = (vae.use_tiling, vae.tile_sample_min_height, vae.tile_sample_stride_width)
    whole, tiled = (encode_pictures(vae, pictures(21), tile=tile) for tile in (None, 32))
    assert whole.shape == tiled.shape
    assert not torch.equal(whole, tiled)
    assert (vae.use_tiling, vae.tile_sample_min_height, vae.tile_sample_stride_width) == before


def test_values_that_are_no_numbers_are_told(vae: Any) -> None:
    weight = vae.quant_conv.weight.data.clone()
    vae.quant_conv.weight.data.fill_(float("nan"))
    try:
        with pytest.raises(ValuesLost, match="the latents of the video that is gone on from"):
            encode_pictures(vae, pictures(5), tile=None)
    finally:
        vae.quant_conv.weight.data.copy_(weight)
