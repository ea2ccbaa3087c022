"""A transformer of the real class, tiny and random, and something to condition it on."""

from __future__ import annotations

import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel

from framepack.conditioning.values import Conditioning

HEIGHT, WIDTH = 6, 10


def tiny_model() -> HunyuanVideoFramepackTransformer3DModel:
    """The same weights at every call, all drawn at random, in fp32."""
    return random_model(heads=2, rope=(4, 6, 6), seed=7, deviation=0.2)


def random_model(
    *, heads: int, rope: tuple[int, int, int], seed: int, deviation: float
) -> HunyuanVideoFramepackTransformer3DModel:
    """A model of ``heads`` heads, as wide as the axes of ``rope`` together; its weights are drawn from ``seed``."""
    model = HunyuanVideoFramepackTransformer3DModel(
        num_attention_heads=heads,
        attention_head_dim=sum(rope),
        num_layers=1,
        num_single_layers=2,
        num_refiner_layers=1,
        mlp_ratio=2.0,
        text_embed_dim=12,
        pooled_projection_dim=8,
        rope_axes_dim=rope,
        has_image_proj=True,
        image_proj_dim=10,
        has_clean_x_embedder=True,
    )
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=deviation, generator=generator)
    return model.requires_grad_(False).eval()


def latents(count: int, seed: int = 0) -> torch.Tensor:
    """Random latents (1, 16, count, h, w)."""
    return torch.randn((1, 16, count, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(seed))


def tiny_conditioning(seed: int = 1) -> Conditioning:
    """Random embeddings of a prompt of 5 tokens, a negative one of 3 and a picture of 4."""
    generator = torch.Generator().manual_seed(seed)

    def embeds(*shape: int) -> torch.Tensor:
        return torch.randn((1, *shape), generator=generator)

    return Conditioning(
        prompt_embeds=embeds(5, 12),
        pooled=embeds(8),
        image_embeds=embeds(4, 10),
        negative_prompt_embeds=embeds(3, 12),
        negative_pooled=embeds(8),
    )
