"""The VAE's fast layers and their kernels on a CUDA device; skipped where there is none."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLHunyuanVideo
from diffusers.models.autoencoders.autoencoder_kl_hunyuan_video import HunyuanVideoUpsampleCausal3D
from torch import Tensor

from framepack.ops.triton_available import kernels_work
from framepack.vae.fast_layers import with_fast_layers

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this computer"),
]

DEVICE = torch.device("cuda:0")


@pytest.fixture(autouse=True)
def kernels() -> None:
    if not kernels_work(DEVICE):
        pytest.skip("Triton's kernels do not work on this computer")


@pytest.fixture
def fp32_convolutions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convolutions in fp32 multiply in fp32: otherwise cuDNN's TF32 is further off than the layers compared here."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def random(*size: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed)).to(DEVICE, dtype)


def error(made: Tensor, wanted: Tensor) -> float:
    return float((made.float() - wanted.float()).norm() / wanted.float().norm())


@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 1e-5), (torch.float16, 1e-3), (torch.bfloat16, 5e-3)])
@pytest.mark.parametrize("size", [(1, 32, 5, 24, 40), (1, 8, 1, 3, 5), (2, 16, 3, 7, 301)])
def test_a_norm_with_its_padding_is_the_librarys(size: tuple[int, ...], dtype: torch.dtype, most: float) -> None:
    from framepack.ops.causal_conv_triton import normed_and_padded

    # Far from zero on average, which is where a variance is easily lost.
    values = (random(*size) * 2 + 20).to(dtype)
    weight, bias = random(size[1], seed=1), random(size[1], seed=2)
    wanted = F.silu(F.group_norm(values.double(), 4, weight.double(), bias.double(), 1e-6))
    made = normed_and_padded(values, 4, weight, bias, 1e-6)
    assert made.dtype == dtype
    assert error(made, F.pad(wanted, (1, 1, 1, 1, 2, 0), mode="replicate")) < most


@torch.no_grad()
@pytest.mark.parametrize("factor", [(1, 2, 2), (2, 1, 1), (2, 2, 2)])
@pytest.mark.parametrize("frames", [1, 4])
def test_an_enlargement_with_its_padding_is_the_librarys(frames: int, factor: tuple[int, int, int]) -> None:
    from framepack.ops.causal_conv_triton import enlarged_and_padded

    library = HunyuanVideoUpsampleCausal3D(8, 8, upsample_factor=factor).to(DEVICE)
    seen: list[Tensor] = []
    library.conv.conv.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    values = random(1, 8, frames, 9, 130)
    library(values)
    assert torch.equal(enlarged_and_padded(values, factor[0], factor[1]), seen[0])


@torch.no_grad()
@pytest.mark.usefixtures("fp32_convolutions")
@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 1e-4), (torch.float16, 0.01)])
def test_a_whole_vae_gives_what_the_librarys_gives_in_fp32(dtype: torch.dtype, most: float) -> None:
    torch.manual_seed(1)
    library: Any = AutoencoderKLHunyuanVideo(block_out_channels=(16, 16, 32, 32), norm_num_groups=4).eval().to(DEVICE)
    fast = copy.deepcopy(library).to(dtype)
    with_fast_layers(fast)
    latents = random(1, 16, 4, 6, 10)
    assert error(fast.decode(latents.to(dtype)).sample, library.decode(latents).sample) < most
    frames = random(1, 3, 9, 48, 80)
    made, wanted = (
        vae.encode(given).latent_dist.mode() for vae, given in ((fast, frames.to(dtype)), (library, frames))
    )
    assert error(made, wanted) < most
