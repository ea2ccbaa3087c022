"""Calling diffusers' FramePack transformer stage by stage: embed, run the blocks, project. It samples nothing.

diffusers' own ``forward`` is one piece. Cut in three, what a section's steps share is computed once, and the blocks in
the middle can be skipped (``framepack.step_cache``) or run in another way. Batches are of one, so no mask is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers import HunyuanVideoFramepackTransformer3DModel
from torch import Tensor

from framepack.packing import SectionContext
from framepack.step_cache import StepCache

TIMESTEPS = 1000.0

Rotary = tuple[Tensor, Tensor]
Block = Callable[[Tensor, Tensor, Tensor, None, Rotary], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class PreparedSection:
    """What all steps of a section share, on the model's device and in its dtype.

    ``context`` (1, c, D) are the embedded slots and ``image`` (1, m, D) the projected picture; ``rotary`` the cosines
    and sines (c + n, head) of the context and the n new tokens.
    """

    context: Tensor
    image: Tensor
    rotary: Rotary


@dataclass(frozen=True)
class PreparedPrompt:
    """What one branch of real CFG says, on the model's device and in its dtype.

    ``embeds`` is (1, t, d) without padding, ``pooled`` (1, p).
    """

    embeds: Tensor
    pooled: Tensor


class FramepackTransformer:
    """A ``HunyuanVideoFramepackTransformer3DModel`` taken apart. It owns no weights; ``model`` keeps them."""

    def __init__(self, model: HunyuanVideoFramepackTransformer3DModel) -> None:
        self.model = model
        self.blocks: tuple[Block, ...] = (*model.transformer_blocks, *model.single_transformer_blocks)

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        device: torch.device = self.model.x_embedder.proj.weight.device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """What the model computes in."""
        dtype: torch.dtype = self.model.x_embedder.proj.weight.dtype
        return dtype

    def prepare(self, context: SectionContext, image_embeds: Tensor) -> PreparedSection:
        """Embed what does not change from step to step; ``image_embeds`` is (1, m, c)."""
        model = self.model
        height, width = context.clean.latents.shape[-2:]
        slots = (context.clean, context.half, context.quarter)

        def rotary(indices: tuple[int, ...]) -> Rotary:
            frames = torch.tensor(indices, device=self.device)
            cosines, sines = model.rope(frame_indices=frames, height=height, width=width, device=self.device)
            return cosines, sines

        clean, half, quarter = model.clean_x_embedder(*(self._own(slot.latents) for slot in slots))
        patch = model.config.patch_size
        tokens, whole_rotary = model._pack_history_states(
            clean.new_zeros((1, 0, clean.shape[-1])),
            clean,
            half,
            quarter,
            rotary(context.new),
            *(rotary(slot.indices) for slot in slots),
            height // patch,
            width // patch,
        )
        return PreparedSection(tokens, model.image_projection(self._own(image_embeds)), whole_rotary)

    def prepare_prompt(self, embeds: Tensor, pooled: Tensor) -> PreparedPrompt:
        """Bring an encoded prompt, (1, t, d) without padding and (1, p), to the model."""
        return PreparedPrompt(self._own(embeds), self._own(pooled))

    def velocity(
        self,
        latents: Tensor,
        *,
        sigma: float,
        guidance: float,
        section: PreparedSection,
        prompt: PreparedPrompt,
        cache: StepCache,
    ) -> Tensor:
        """The velocity (1, 16, L, h, w) fp32 predicted for ``latents`` of that shape at noise level ``sigma``.

        ``guidance`` is the scale distilled into the model. ``cache`` says whether the blocks run.
        """
        # fp32 whatever the model's dtype: rounded to bf16, a timestep near 1000 is off by up to 2.
        timestep = torch.full((1,), sigma * TIMESTEPS, device=self.device, dtype=torch.float32)
        strength = torch.full((1,), guidance * TIMESTEPS, device=self.device, dtype=torch.float32)
        modulation, _ = self.model.time_text_embed(timestep, prompt.pooled, strength)
        text = torch.cat([section.image, self.model.context_embedder(prompt.embeds, timestep, None)], dim=1)
        new = self.model.x_embedder(self._own(latents))
        tokens = torch.cat([section.context, new], dim=1)

        blocks = _Blocks(self, tokens, text, modulation, section.rotary, new.shape[1])
        return self._project(cache.through_blocks(new, blocks), modulation, latents.shape)

    def _project(self, tokens: Tensor, modulation: Tensor, shape: torch.Size) -> Tensor:
        """Tokens (1, n, D) to a velocity of ``shape``, in fp32 whatever the model's dtype, as the reference does."""
        norm, out = self.model.norm_out, self.model.proj_out
        scale_shift = _linear_fp32(norm.silu(modulation.float()), norm.linear)
        scale, shift = scale_shift.unsqueeze(1).chunk(2, dim=-1)
        patches = _linear_fp32(norm.norm(tokens.float()) * (1 + scale) + shift, out)

        _, channels, frames, height, width = shape
        deep, wide = self.model.config.patch_size_t, self.model.config.patch_size
        patches = patches.reshape(1, frames // deep, height // wide, width // wide, channels, deep, wide, wide)
        return patches.permute(0, 4, 1, 5, 2, 6, 3, 7).reshape(shape)

    def _own(self, values: Tensor) -> Tensor:
        return values.to(self.device, self.dtype)


class _Blocks:
    """One step's blocks as ``framepack.step_cache.BlockPass`` has them; the last ``new`` tokens are the section's."""

    def __init__(
        self, owner: FramepackTransformer, tokens: Tensor, text: Tensor, modulation: Tensor, rotary: Rotary, new: int
    ) -> None:
        self._owner = owner
        self._tokens = tokens
        self._text = text
        self._modulation = modulation
        self._rotary = rotary
        self._new = new

    def probe(self) -> Tensor:
        probed: Tensor = self._owner.model.transformer_blocks[0].norm1(self._tokens, emb=self._modulation)[0]
        return probed

    def first(self) -> Tensor:
        return self._through(self._owner.blocks[:1])

    def rest(self) -> Tensor:
        return self._through(self._owner.blocks[1:])

    def run(self) -> Tensor:
        return self._through(self._owner.blocks)

    def _through(self, blocks: tuple[Block, ...]) -> Tensor:
        for block in blocks:
            self._tokens, self._text = block(self._tokens, self._text, self._modulation, None, self._rotary)
        return self._tokens[:, -self._new :]


def _linear_fp32(values: Tensor, layer: torch.nn.Linear) -> Tensor:
    bias = None if layer.bias is None else layer.bias.float()
    return F.linear(values, layer.weight.float(), bias)
