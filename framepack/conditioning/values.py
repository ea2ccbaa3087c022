"""What the transformer is told about a shot besides its latents, as values. It does not know how they are encoded."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Conditioning:
    """The encoded prompt and picture of a shot, on any device and in any floating dtype.

    ``prompt_embeds`` is (1, n, d) without padding (see ``crop_to_mask``), ``pooled`` (1, p) and ``image_embeds``
    (1, m, c). The negative twins may have another n; they are needed only where real CFG is used.
    """

    prompt_embeds: Tensor
    pooled: Tensor
    image_embeds: Tensor
    negative_prompt_embeds: Tensor | None = None
    negative_pooled: Tensor | None = None


def crop_to_mask(embeds: Tensor, mask: Tensor) -> Tensor:
    """The real tokens of ``embeds`` (1, padded, d), counted by ``mask`` (1, padded), whose ones come first: (1, n, d).

    With the padding gone and a batch of one, attention needs no mask, which is what lets the fast kernels run.
    """
    return embeds[:, : int(mask.sum())]
