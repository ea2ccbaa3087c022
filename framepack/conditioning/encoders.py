"""How prompts and pictures become embeddings, with the published encoders. It keeps nothing and knows no shots."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from framepack.shots.prompts import CLIP_TOKENS, PROMPT_TOKENS, TEMPLATE, TEMPLATE_TOKENS
from framepack.weights.loading import ImageEncoder, TextEncoder


@dataclass(frozen=True)
class EncodedPrompt:
    """``embeds`` (1, n, d) without padding, ``pooled`` (1, p), on the CPU."""

    embeds: Tensor
    pooled: Tensor


@dataclass(frozen=True)
class EncodedPicture:
    """``embeds`` (1, m, c) and the scaled ``latent`` (1, 16, 1, h, w) fp32 of a picture at the video's size."""

    embeds: Tensor
    latent: Tensor


@torch.no_grad()
def encode_prompt(llama: TextEncoder, prompt: str) -> Tensor:
    """The prompt's embeddings (1, n, d), n at most 256: the last hidden state but two, past the template.

    The model is causal, so padding behind the prompt would change nothing and is left away.
    """
    tokens = llama.tokenizer(
        TEMPLATE.format(prompt), max_length=PROMPT_TOKENS + TEMPLATE_TOKENS, truncation=True, return_tensors="pt"
    )
    output = llama.model(input_ids=tokens.input_ids.to(llama.model.device), output_hidden_states=True, use_cache=False)
    embeds: Tensor = output.hidden_states[llama.layers_not_run - 3][:, TEMPLATE_TOKENS:]
    return embeds.cpu().contiguous()


@torch.no_grad()
def pool_prompt(clip: TextEncoder, prompt: str) -> Tensor:
    """The pooled embedding (1, p) of the bare prompt, of which 77 tokens are read."""
    tokens = clip.tokenizer(prompt, max_length=CLIP_TOKENS, padding="max_length", truncation=True, return_tensors="pt")
    pooled: Tensor = clip.model(tokens.input_ids.to(clip.model.device)).pooler_output
    return pooled.cpu().contiguous()


@torch.no_grad()
def embed_picture(siglip: ImageEncoder, picture: Image.Image) -> Tensor:
    """The image embeddings (1, m, c) of a picture that has the video's size already."""
    pixels = siglip.processor(images=picture, return_tensors="pt").pixel_values
    embeds: Tensor = siglip.model(pixels.to(siglip.model.device, siglip.model.dtype)).last_hidden_state
    return embeds.cpu().contiguous()


def likeness(embeds: Tensor, others: Tensor) -> float:
    """How like two pictures are, by their embeddings (1, m, c): the cosine of what those are in the mean, at most 1."""
    mean, other = embeds.float().mean(dim=1), others.float().mean(dim=1)
    return float(torch.cosine_similarity(mean, other, dim=-1))
