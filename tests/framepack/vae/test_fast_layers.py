"""The VAE's fast layers in the place of the library's, with a tiny random VAE; the kernels have tests on a GPU."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo
from torch import Tensor, nn

from framepack.vae.fast_layers import EnlargedConvolution, NormedConvolution, with_fast_layers


@pytest.fixture(scope="module")
def library() -> Any:
    torch.manual_seed(1)
    return AutoencoderKLHunyuanVideo(block_out_channels=(8, 8, 16, 16), layers_per_block=1, norm_num_groups=4).eval()


@pytest.fixture(scope="module")
def fast(library: Any) -> Any:
    vae = copy.deepcopy(library)
    with_fast_layers(vae)
    return vae


def random(*size: int) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(2))


def count(vae: Any, kind: type[nn.Module]) -> int:
    return sum(isinstance(module, kind) for module in vae.modules())


@torch.no_grad()
@pytest.mark.parametrize("latents", [1, 3])
def test_a_decode_gives_what_the_librarys_gives(library: Any, fast: Any, latents: int) -> None:
    given = random(1, 16, latents, 4, 6)
    assert torch.equal(fast.decode(given).sample, library.decode(given).sample)


@torch.no_grad()
def test_an_encode_gives_what_the_librarys_gives(library: Any, fast: Any) -> None:
    given = random(1, 3, 5, 32, 48)
    assert torch.equal(fast.encode(given).latent_dist.mode(), library.encode(given).latent_dist.mode())


def test_every_norm_before_a_convolution_and_every_enlargement_is_replaced(library: Any, fast: Any) -> None:
    attention_norms = 2
    assert count(fast, NormedConvolution) == count(library, nn.GroupNorm) - attention_norms
    assert count(fast, EnlargedConvolution) == sum(
        len(block.upsamplers) for block in library.decoder.up_blocks if block.upsamplers is not None
    )
    assert count(fast, nn.SiLU) == 0


def test_the_weights_are_the_librarys_own(library: Any) -> None:
    vae = copy.deepcopy(library)
    before = {parameter.data_ptr() for parameter in vae.parameters()}
    with_fast_layers(vae)
    assert {parameter.data_ptr() for parameter in vae.parameters()} == before


def test_layers_that_pad_otherwise_are_left_alone(library: Any) -> None:
    vae = copy.deepcopy(library)
    for module in vae.modules():
        if hasattr(module, "pad_mode"):
            module.pad_mode = "constant"
    with_fast_layers(vae)
    assert count(vae, NormedConvolution) == count(vae, EnlargedConvolution) == 0
