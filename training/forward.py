"""Owns one pass of the transformer as training runs it; knows no data.

The same as the model's own ``forward`` for prompts of one length, without the mask that makes it wait for the host at
every step.
"""

from __future__ import annotations

import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel

from framepack.context.packing import SectionContext, Slot
from framepack.shots.prompts import TEMPLATE_TOKENS
from training.layout import Draft


def predict_velocity(
    model: HunyuanVideoFramepackTransformer3DModel,
    noisy: torch.Tensor,
    sigma: torch.Tensor,
    context: SectionContext,
    text: torch.Tensor,
    pooled: torch.Tensor,
    image: torch.Tensor,
    guidance: torch.Tensor,
) -> torch.Tensor:
    """Velocity like ``noisy`` (B, 16, L, h, w) at ``sigma`` (B,).

    ``text`` is (B, n, 128), ``pooled`` (B, 64), ``image`` (B, 16, 96), ``guidance`` (B,).
    """
    _, _, frames, height, width = noisy.shape
    p = model.config.patch_size
    tokens = frames * (height // p) * (width // p)
    timestep = sigma * 1000
    hidden = model.x_embedder(noisy)
    clean, half, quarter = model.clean_x_embedder(context.clean.latents, context.half.latents, context.quarter.latents)
    hidden, rope = model._pack_history_states(
        hidden,
        clean,
        half,
        quarter,
        _rope(model, context.new, height, width, noisy.device),
        _slot_rope(model, context.clean, height, width),
        _slot_rope(model, context.half, height, width),
        _slot_rope(model, context.quarter, height, width),
        height // p,
        width // p,
    )
    temb, _ = model.time_text_embed(timestep, pooled, guidance * 1000)
    words = model.context_embedder(text, timestep, None)
    encoder = torch.cat((model.image_projection(image), words), 1)
    for block in (*model.transformer_blocks, *model.single_transformer_blocks):
        hidden, encoder = block(hidden, encoder, temb, None, tuple(rope))
    out = model.proj_out(model.norm_out(hidden[:, -tokens:], temb))
    out = out.reshape(len(noisy), frames, height // p, width // p, -1, p, p)
    return out.permute(0, 4, 1, 2, 5, 3, 6).flatten(5, 6).flatten(3, 4)


def _rope(
    model: HunyuanVideoFramepackTransformer3DModel,
    indices: tuple[int, ...],
    height: int,
    width: int,
    device: torch.device,
) -> tuple[torch.Tensor, torch.Tensor]:
    return model.rope(torch.tensor(indices), height, width, device)


def _slot_rope(
    model: HunyuanVideoFramepackTransformer3DModel, slot: Slot, height: int, width: int
) -> tuple[torch.Tensor, torch.Tensor]:
    return _rope(model, slot.indices, height, width, slot.latents.device)


class Conditioned(torch.nn.Module):
    """The transformer and the encoders as one module, so that they are trained and averaged together."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.transformer = draft.transformer
        self.text_encoder = draft.text_encoder
        self.text_encoder_2 = draft.text_encoder_2
        self.image_encoder = draft.image_encoder

    def velocity(
        self, noisy: torch.Tensor, sigma: torch.Tensor, context: SectionContext, conditions: tuple[torch.Tensor, ...]
    ) -> torch.Tensor:
        """As ``predict_velocity``; conditions are those of ``encode`` and the guidance."""
        text, pooled, image, guidance = conditions
        return predict_velocity(self.transformer, noisy, sigma, context, text, pooled, image, guidance)

    def encode(
        self, llama: torch.Tensor, clip: torch.Tensor, image: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(text (B, n, 128), pooled (B, 64), image (B, 16, 96)) as the engine gets them."""
        hidden = self.text_encoder(input_ids=llama, output_hidden_states=True, use_cache=False).hidden_states[-3]
        pooled = self.text_encoder_2(clip).pooler_output
        return hidden[:, TEMPLATE_TOKENS:], pooled, self.image_encoder(image).last_hidden_state
