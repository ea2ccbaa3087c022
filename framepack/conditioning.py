"""Owns how prompts and pictures become embeddings and latents, and the cache of them; it knows no shots.

What is cached is named by what it was made from: the checkpoint's identity, the prompt or the picture, and the size.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from framepack.weights import ImageEncoder, TextEncoder

ALGORITHM = 1
PROMPT_TOKENS = 256
CLIP_TOKENS = 77

# HunyuanVideo's template for video prompts; its first 95 tokens are the same for every prompt and are cut off.
TEMPLATE = (
    "<|start_header_id|>system<|end_header_id|>\n\nDescribe the video by detailing the following aspects: "
    "1. The main content and theme of the video."
    "2. The color, shape, size, texture, quantity, text, and spatial relationships of the objects."
    "3. Actions, events, behaviors temporal relationships, physical movement changes of the objects."
    "4. background environment, light, style and atmosphere."
    "5. camera angles, movements, and transitions used in the video:<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\n{}<|eot_id|>"
)
TEMPLATE_TOKENS = 95


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


class ConditioningCache:
    """Encoded prompts and pictures by content: in files below ``root``, or in memory where it is None."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._memory: dict[str, dict[str, Tensor]] = {}

    def prompt(self, identity: str, prompt: str) -> EncodedPrompt | None:
        """The encoded prompt, None where it is not cached."""
        kept = self._load(_name(identity, {"prompt": prompt}))
        return EncodedPrompt(kept["embeds"], kept["pooled"]) if kept else None

    def keep_prompt(self, identity: str, prompt: str, encoded: EncodedPrompt) -> None:
        """Cache an encoded prompt."""
        self._keep(_name(identity, {"prompt": prompt}), {"embeds": encoded.embeds, "pooled": encoded.pooled})

    def picture(self, identity: str, image: str, size: tuple[int, int]) -> EncodedPicture | None:
        """The encoded picture ``image`` (SHA-256) at ``size`` (height, width), None where it is not cached."""
        kept = self._load(_name(identity, {"image": image, "size": size}))
        return EncodedPicture(kept["embeds"], kept["latent"]) if kept else None

    def keep_picture(self, identity: str, image: str, size: tuple[int, int], encoded: EncodedPicture) -> None:
        """Cache an encoded picture."""
        name = _name(identity, {"image": image, "size": size})
        self._keep(name, {"embeds": encoded.embeds, "latent": encoded.latent})

    def _load(self, name: str) -> dict[str, Tensor] | None:
        if self.root is None:
            return self._memory.get(name)
        path = _path(self.root, name)
        try:
            tensors: dict[str, Tensor] = load_file(path)
        except FileNotFoundError:
            return None
        except SafetensorError:
            path.unlink(missing_ok=True)  # cut short by a power failure: it is encoded again
            return None
        return tensors

    def _keep(self, name: str, tensors: dict[str, Tensor]) -> None:
        if self.root is None:
            self._memory[name] = tensors
            return
        path = _path(self.root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            save_file(tensors, aside)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def _name(identity: str, content: dict[str, object]) -> str:
    parts = {"algorithm": ALGORITHM, "identity": identity, **content}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _path(root: Path, name: str) -> Path:
    return root / name[:2] / f"{name}.safetensors"
