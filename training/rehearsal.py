"""Owns sampling for evaluation: a draft in memory, one prompt and one picture in, frames out; measures nothing.

It goes through the engine's own sampler, decoder and conditioning in the engine's number formats, without its requests,
files and keys.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import AutoTokenizer

from framepack.conditioning.encoders import embed_picture, encode_prompt, pool_prompt
from framepack.conditioning.values import Conditioning
from framepack.context.history import History
from framepack.device.devices import formats_for
from framepack.media.pictures import fill_frame
from framepack.sampling.sampler import SamplingSettings, draw_noise, sample_section
from framepack.transformer.transformer import FramepackTransformer
from framepack.vae.decoding import decode_with_detail, encode_picture
from framepack.weights.loading import ImageEncoder, TextEncoder
from training.layout import build_image_processor, load_draft

WINDOW = 9


@dataclass(frozen=True)
class Take:
    """A shot as it was made: all its latents (1, 16, T, h, w), start latent first, and what it was anchored to.

    ``picture`` (H, W, 3) uint8 RGB is its first frame.
    """

    latents: torch.Tensor
    anchor: torch.Tensor
    image_embeds: torch.Tensor
    picture: np.ndarray


class Rehearsal:
    """The five models of a draft folder on ``device``."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        draft = load_draft(folder)
        self.device = device
        for model in (draft.vae, *draft.conditioned_parts().values()):
            model.to(device).eval().requires_grad_(False)
        self.vae = draft.vae
        self.decoder = copy.deepcopy(draft.vae).to(formats_for(device).decoder)
        self.transformer = FramepackTransformer.of_model(draft.transformer)
        self._llama = TextEncoder(draft.text_encoder, AutoTokenizer.from_pretrained(folder / "tokenizer"))
        self._clip = TextEncoder(draft.text_encoder_2, AutoTokenizer.from_pretrained(folder / "tokenizer_2"))
        self._siglip = ImageEncoder(draft.image_encoder, build_image_processor())

    def begin(self, picture: Image.Image, size: tuple[int, int]) -> Take:
        """A take of nothing but its first frame."""
        fitted = fill_frame(picture.convert("RGB"), *size)
        latent = encode_picture(self.vae, fitted)
        return Take(latent, latent, embed_picture(self._siglip, fitted), np.asarray(fitted))

    def conditioning(self, prompt: str, image_embeds: torch.Tensor) -> Conditioning:
        """The prompt, and the empty one for real CFG."""
        said, empty = ((encode_prompt(self._llama, text), pool_prompt(self._clip, text)) for text in (prompt, ""))
        return Conditioning(said[0], said[1], image_embeds, empty[0], empty[1])

    def extend(self, take: Take, prompt: str, sections: int, seed: int, settings: SamplingSettings) -> Take:
        """``take`` with ``sections`` more sections after it."""
        conditioning = self.conditioning(prompt, take.image_embeds)
        generator = torch.Generator().manual_seed(seed)
        latents = take.latents
        for _ in range(sections):
            h, w = latents.shape[-2:]
            *_, last = sample_section(
                self.transformer,
                history=latents,
                anchor=take.anchor,
                conditioning=conditioning,
                noise=draw_noise(generator, window=WINDOW, height=h, width=w),
                settings=settings,
            )
            latents = torch.cat((latents, last.latents.cpu()), 2)
        return replace(take, latents=latents)

    @torch.no_grad()
    def frames(self, latents: torch.Tensor) -> np.ndarray:
        """All frames (F, h, w, 3) uint8 of ``latents`` (1, 16, T, h, w), in the library's time-tiled mode."""
        z = latents / self.decoder.config.scaling_factor
        decoded = self.decoder.decode(z.to(self.device, self.decoder.dtype)).sample[0].permute(1, 2, 3, 0).float()
        return ((decoded.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu().numpy()

    def shown(self, take: Take) -> np.ndarray:
        """All frames (F, h, w, 3) uint8 of ``take`` as the engine shows them: section by section, with detail."""
        history = History(take.latents[:, :, :1], 0, take.picture)
        frames = [take.picture]
        for at in range(1, take.latents.shape[2], WINDOW):
            part = take.latents[:, :, at : at + WINDOW]
            frames += decode_with_detail(self.decoder, history, part)
            history = history.then(part, frames[-1])
        return np.stack(frames)
