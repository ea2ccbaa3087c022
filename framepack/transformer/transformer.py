"""The FramePack transformer, stage by stage: embed, run the blocks, project. It samples nothing and loads nothing.

The small parts are the library's own modules. The blocks are ours (``framepack.transformer.blocks``), with their
weights wherever ``framepack.weights.block_store`` keeps them. What a section's steps share is computed once, and the
blocks in the middle can be skipped (``framepack.transformer.step_cache``). Batches are of one, so no mask is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from diffusers import HunyuanVideoFramepackTransformer3DModel
from torch import Tensor

from framepack.attention.backends import Attend, attend_with
from framepack.context.packing import SectionContext
from framepack.device.shares import Shares
from framepack.errors import ValuesLost
from framepack.messages import Message
from framepack.ops.fp8 import WeightFormat
from framepack.parallel.together import attend_together
from framepack.parallel.ulysses import Split, Ulysses
from framepack.transformer.blocks import Arithmetic, BlockWeights, rotary_tables
from framepack.transformer.step_cache import Change, StepCache, relative_change
from framepack.weights.block_layout import BlockShape
from framepack.weights.block_loading import Offloading, blocks_of_model, kinds_of
from framepack.weights.block_store import BlockStore, Views

TIMESTEPS = 1000.0

T = TypeVar("T")
Rotary = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class PreparedSection:
    """What all steps of a section share, on the model's device and in its dtype.

    ``context`` (1, c, D) are the embedded slots and ``image`` (1, m, D) the projected picture; ``rotary`` the cosines
    and sines (c + n, head) of the context and the n new tokens. All but ``image`` are this rank's where ranks share
    the tokens; ``all_context`` and ``all_new`` count those of all ranks.
    """

    context: Tensor
    image: Tensor
    rotary: Rotary
    all_context: int
    all_new: int


@dataclass(frozen=True)
class PreparedPrompt:
    """What one branch of real CFG says, on the model's device and in its dtype.

    ``embeds`` is (1, t, d) without padding, ``pooled`` (1, p).
    """

    embeds: Tensor
    pooled: Tensor


class FramepackTransformer:
    """The transformer taken apart: ``rest`` is all but the blocks, which are ``store``'s and run by ``arithmetic``.

    ``free_memory`` is called when the device's memory runs out while a step is computed: it frees some, after which
    what failed is done again, or raises. Without it the error goes through, as it must where ``ranks`` share the tokens
    of a section: the others would wait for what is begun again. Each of them then is given the same and gives the same.
    """

    def __init__(
        self,
        rest: HunyuanVideoFramepackTransformer3DModel,
        store: BlockStore,
        arithmetic: Arithmetic,
        *,
        free_memory: Callable[[], None] | None = None,
        ranks: Ulysses | None = None,
    ) -> None:
        self.rest = rest
        self.store = store
        self.arithmetic = arithmetic
        self.kinds = kinds_of(rest.config)
        self._free_memory = free_memory
        self._ranks = ranks

    @classmethod
    def of_model(
        cls,
        model: HunyuanVideoFramepackTransformer3DModel,
        *,
        offloading: Offloading = Offloading(),  # noqa: B008 - it is frozen
        format: WeightFormat = "plain",
        attend: Attend | None = None,
        compiled: bool = False,
    ) -> FramepackTransformer:
        """A whole ``model`` in memory, on its device and in its dtype; its blocks are copied, so it may go on alone."""
        arithmetic = Arithmetic(BlockShape.of(model.config), attend or attend_with("sdpa"), format, compiled=compiled)
        return cls(model, blocks_of_model(model, offloading, format), arithmetic)

    @classmethod
    def of_model_on_ranks(
        cls,
        model: HunyuanVideoFramepackTransformer3DModel,
        ranks: Ulysses,
        *,
        format: WeightFormat = "plain",
        attend: Attend | None = None,
        offloading: Offloading = Offloading(),  # noqa: B008 - it is frozen
    ) -> FramepackTransformer:
        """``of_model`` on each of ``ranks``, which all have the whole ``model``."""
        attend = attend or attend_together(ranks.name, "sdpa")
        arithmetic = Arithmetic(BlockShape.of(model.config), attend, format, ranks=ranks.name)
        return cls(model, blocks_of_model(model, offloading, format, ranks.group), arithmetic, ranks=ranks)

    @property
    def change(self) -> Change:
        """How step caches compare what they see from step to step."""
        return relative_change if self._ranks is None else self._ranks.change

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        device: torch.device = self.rest.x_embedder.proj.weight.device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """What the model computes in."""
        dtype: torch.dtype = self.rest.x_embedder.proj.weight.dtype
        return dtype

    def close(self) -> None:
        """Give the blocks' memory back; the transformer is of no use any more."""
        self.store.close()

    def prepare(self, context: SectionContext, image_embeds: Tensor) -> PreparedSection:
        """Embed what does not change from step to step; ``image_embeds`` is (1, m, c)."""
        return self._recovering(lambda: self._prepared(context, image_embeds))

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

        ``guidance`` is the scale distilled into the model. ``cache`` says whether the blocks run. Raises ValuesLost
        where fp16 was too narrow.
        """
        # fp32 whatever the model's dtype: rounded to bf16, a timestep near 1000 is off by up to 2.
        timestep = torch.full((1,), sigma * TIMESTEPS, device=self.device, dtype=torch.float32)
        strength = torch.full((1,), guidance * TIMESTEPS, device=self.device, dtype=torch.float32)

        def embed() -> tuple[Tensor, Tensor, Tensor, Tensor]:
            modulation, _ = self.rest.time_text_embed(timestep, prompt.pooled, strength)
            text = torch.cat([section.image, self.rest.context_embedder(prompt.embeds, timestep, None)], dim=1)
            new = self.rest.x_embedder(self._own(latents))
            if self._ranks is not None:
                split = self._split(section.all_context, section.all_new, text.shape[1])
                self._ranks.rows = split.rows
                # Copies, so that what belongs to the others goes.
                new, text = self._mine(new, split.new).clone(), self._mine(text, split.text).clone()
            return modulation, text, new, torch.cat([section.context, new], dim=1)

        modulation, text, new, tokens = self._recovering(embed)
        blocks = _Blocks(self, tokens, text, modulation, rotary_tables(*section.rotary, text.shape[1]), new.shape[1])
        out = cache.through_blocks(new, blocks)
        patches = self._recovering(lambda: self._patches(out, modulation))
        if self._ranks is not None:
            patches = self._ranks.group.joined_rows(patches.squeeze(0), self._ranks.group.shares(section.all_new))
        velocity = self._unpatched(patches, latents.shape)
        if self.dtype == torch.float16 and not bool(torch.isfinite(velocity).all()):
            raise ValuesLost(Message("predicted-latents"))
        return velocity

    def _prepared(self, context: SectionContext, image_embeds: Tensor) -> PreparedSection:
        model = self.rest
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
        image = model.image_projection(self._own(image_embeds))
        count = tokens.shape[1]
        new = whole_rotary[0].shape[0] - count
        if self._ranks is not None:
            split = self._split(count, new, 0)
            tokens = self._mine(tokens, split.context).clone()
            cosines, sines = (
                torch.cat([self._mine(table[:count], split.context, 0), self._mine(table[count:], split.new, 0)])
                for table in whole_rotary
            )
            whole_rotary = cosines, sines
        return PreparedSection(tokens, image, whole_rotary, count, new)

    def _split(self, context: int, new: int, text: int) -> Split:
        assert self._ranks is not None, "there is something to share out"
        return self._ranks.split(context=context, new=new, text=text)

    def _mine(self, values: Tensor, shares: Shares, dim: int = 1) -> Tensor:
        """This rank's part of the rows of ``values``."""
        assert self._ranks is not None, "there is something to share out"
        rank = self._ranks.group.rank
        return values.narrow(dim, shares.start(rank), shares.counts[rank])

    def _patches(self, tokens: Tensor, modulation: Tensor) -> Tensor:
        """Tokens (1, n, D) to patches (1, n, k), in fp32 whatever the model's dtype, as the reference does."""
        norm, out = self.rest.norm_out, self.rest.proj_out
        scale_shift = _linear_fp32(norm.silu(modulation.float()), norm.linear)
        scale, shift = scale_shift.unsqueeze(1).chunk(2, dim=-1)
        return _linear_fp32(norm.norm(tokens.float()) * (1 + scale) + shift, out)

    def _unpatched(self, patches: Tensor, shape: torch.Size) -> Tensor:
        """The velocity of ``shape`` whose patches (n, k) these are."""
        _, channels, frames, height, width = shape
        deep, wide = self.rest.config.patch_size_t, self.rest.config.patch_size
        patches = patches.reshape(1, frames // deep, height // wide, width // wide, channels, deep, wide, wide)
        return patches.permute(0, 4, 1, 5, 2, 6, 3, 7).reshape(shape)

    def _recovering(self, stage: Callable[[], T]) -> T:
        """What ``stage`` gives, as often begun again as memory runs out and can be had from elsewhere."""
        while True:
            try:
                return stage()
            except torch.OutOfMemoryError:
                if self._free_memory is None:
                    raise
            # Not above: there the error still holds on to all that the stage had made.
            self._free_memory()

    def _first_block(self) -> BlockWeights:
        return self._weights(0, self.store.first_block())

    def _other_blocks(self) -> Generator[BlockWeights]:
        with closing(self.store.blocks_in_order(skip_first=True)) as blocks:
            for number, tensors in enumerate(blocks, start=1):
                yield self._weights(number, tensors)

    def _weights(self, number: int, tensors: Views) -> BlockWeights:
        return BlockWeights(self.kinds[number], tensors)

    def _own(self, values: Tensor) -> Tensor:
        return values.to(self.device, self.dtype)


class _Blocks:
    """One step's blocks as ``step_cache.BlockPass`` has them; the last ``new`` tokens are the section's."""

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
        owner = self._owner
        return owner._recovering(lambda: owner.arithmetic.probe(self._tokens, self._modulation, owner._first_block()))

    def first(self) -> Tensor:
        owner = self._owner
        self._tokens, self._text = owner._recovering(
            lambda: owner.arithmetic.first(
                self._tokens, self._text, self._modulation, self._rotary, owner._first_block()
            )
        )
        return self._tokens[:, -self._new :]

    def rest(self) -> Tensor:
        return self._owner._recovering(self._run_rest)[:, -self._new :]

    def run(self) -> Tensor:
        self.first()
        return self.rest()

    def _run_rest(self) -> Tensor:
        with closing(self._owner._other_blocks()) as blocks:
            return self._owner.arithmetic.rest(self._tokens, self._text, self._modulation, self._rotary, blocks)


def _linear_fp32(values: Tensor, layer: torch.nn.Linear) -> Tensor:
    bias = None if layer.bias is None else layer.bias.float()
    return F.linear(values, layer.weight.float(), bias)
