"""Owns the steps from a shot to latents and frames on one device; what lies in memory when is ``model_manager``'s.

It knows no store and no files of shots; ``framepack.engine.render`` decides which sections are made and keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.table import Checkpoint, checkpoint_named
from framepack.conditioning.cache import ConditioningCache
from framepack.conditioning.encoders import (
    EncodedPicture,
    EncodedPrompt,
    embed_picture,
    encode_prompt,
    likeness,
    pool_prompt,
)
from framepack.conditioning.names import all_prompts_of, pictures_of, prompts_of
from framepack.conditioning.values import Conditioning
from framepack.context.history import History
from framepack.device.devices import pick_device, release_cached_memory, set_libraries_aside
from framepack.engine.card_speeds import speeds_of
from framepack.engine.crew import Crew
from framepack.engine.model_manager import ModelManager
from framepack.engine.rank_orders import ForwardSection, InvertedSection, Section
from framepack.environment import EngineOptions, cards_named
from framepack.errors import ImageRejected, InvalidRequest, RankLost, ValuesLost, VideoRejected
from framepack.files.manifest import sum_of
from framepack.media.own_video import last_picture, pictures_of_past
from framepack.media.pictures import fill_frame, read_picture, show_whole
from framepack.messages import Message
from framepack.sampling.sampler import SamplingSettings, SamplingStep
from framepack.shots.events import Notice, Step
from framepack.shots.keys import PlannedShot
from framepack.shots.past import Past, video_of
from framepack.shots.request import CENTRED, Fit, Placement, Settings, ShotRequest
from framepack.shots.spans import PIXELS_PER_LATENT
from framepack.vae.decoding import decode_after, decode_start, decode_with_detail, encode_picture, window_of
from framepack.vae.encoding import encode_pictures
from framepack.vae.preview import preview_for
from framepack.weights.loading import ImageEncoder, Place, TextEncoder

Steps = Generator[Step | Notice, None, Tensor]
# How like a frame (H, W, 3) uint8 RGB is to an encoded picture, by its name; None where that is not encoded any more.
Likeness = Callable[[NDArray[np.uint8], str], float | None]
_Wanted = tuple[str, str, tuple[int, int], Fit, Placement]


@dataclass(frozen=True)
class ShotInputs:
    """What sections of one shot are made from: ``anchor`` is (1, 16, 1, h, w) fp32 on the CPU."""

    settings: Settings
    anchor: Tensor
    conditioning: Conditioning


class Engine:
    """One checkpoint on one device, or several that make each section together, as a context manager.

    Leaving it gives all memory back.

    ``conditioning_cache`` is a folder for encoded prompts and pictures, None to keep them in memory; in the folder
    ``measurements`` is kept which backend of attention is the fastest, and how fast cards of several kinds are, once
    it is known. Weights are loaded when they are first needed. ``lora_file`` gives the file of a LoRA by its name, as
    the settings of shots have it. Raises DeviceUnavailable, WeightsMissing and RankLost at once; WeightsDamaged,
    NotEnoughMemory, LoraMissing and LoraRejected when loading.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        options: EngineOptions,
        *,
        conditioning_cache: Path | None = None,
        measurements: Path | None = None,
        lora_file: Callable[[str], Path | None] = lambda _: None,
    ) -> None:
        set_libraries_aside()
        self.checkpoint = checkpoint
        devices = [pick_device(name) for name in cards_named(options.device)]
        self.device = devices[0]
        if len(devices) > 1 and self.device.type == "cuda" and not torch.distributed.is_nccl_available():
            raise InvalidRequest("device", Message("cards-not-here"))
        for part in checkpoint.sources:
            find_part(checkpoint, part, options.models)
        self._notices: list[Notice] = []
        place = Place(checkpoint, options.models, self.device)
        self._crew = Crew(devices, speeds=speeds_of(devices, measurements)) if len(devices) > 1 else None
        if self._crew is not None:
            self._say(Message("cards-joined", {"cards": len(devices)}))
        self._models = ModelManager(
            place,
            options,
            measurements=measurements,
            lora_file=lora_file,
            say=self._notices.append,
            crew=self._crew,
        )
        self._cache = ConditioningCache(conditioning_cache)
        self._preview = preview_for(checkpoint)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._models.close()

    def notices(self) -> Iterator[Notice]:
        """What there is to say and was not said yet."""
        self._models.report()
        while self._notices:
            yield self._notices.pop(0)

    def prepare(
        self,
        shots: Sequence[PlannedShot],
        pictures: Mapping[str, Path],
        beside: Callable[[Likeness], None] = lambda _: None,
    ) -> None:
        """Encode every prompt and picture of ``shots`` that is not cached yet; the encoders are gone again afterwards.

        ``pictures`` maps the SHA-256 of a picture or video to its file. Where the encoder of pictures is loaded
        for that, ``beside`` may use it meanwhile. Raises ImageRejected and VideoRejected.
        """
        if not shots:
            return
        settings = shots[0].request.settings
        prompts = {(shot.request.identity, text) for shot in shots for text in all_prompts_of(shot)}
        self._prepare_prompts(prompts, settings)
        self._prepare_pictures({wanted for shot in shots for wanted in pictures_of(shot)}, pictures, settings, beside)

    def encoded_picture(self, request: ShotRequest, image: str, placement: Placement = CENTRED) -> EncodedPicture:
        """The prepared picture ``image`` (SHA-256) at the request's size, placed there as ``placement`` says."""
        settings = request.settings
        found = self._cache.picture(request.identity, image, _size(settings), settings.fit, placement)
        if found is None:
            raise InvalidRequest("image", Message("picture-not-prepared"))
        return found

    def conditioning(self, request: ShotRequest, prompt: str, image_embeds: Tensor) -> Conditioning:
        """What ``prompt``, one of the request's prepared ones, and ``image_embeds`` (1, m, c) tell the transformer."""
        expected = int(self._models.config.image_proj_dim)
        if image_embeds.shape[-1] != expected:
            values = {"channels": image_embeds.shape[-1], "expected": expected}
            raise InvalidRequest("image embedding", Message("wrong-channels", values))
        positive, *negative = [self._encoded_prompt(request, text) for text in prompts_of(request, prompt)]
        return Conditioning(
            prompt_embeds=positive.embeds,
            pooled=positive.pooled,
            image_embeds=image_embeds,
            negative_prompt_embeds=negative[0].embeds if negative else None,
            negative_pooled=negative[0].pooled if negative else None,
        )

    def sample(self, shot: ShotInputs, number: int, history: History, noise: Tensor) -> Steps:
        """Sample section ``number`` after ``history``; its latents (1, 16, L, h, w) fp32 on the CPU are returned.

        Raises ValuesLost where the model gives values that are no numbers: nobody shall go on from them.
        """
        section = ForwardSection(history.latents, shot.anchor, shot.conditioning, noise, _sampling(shot.settings))
        return self._shown(self._steps(section, shot.settings), number)

    def sample_inverted(self, shot: ShotInputs, number: int, of: int, later: Tensor | None, noise: Tensor) -> Steps:
        """Sample section ``number`` of a shot of ``of`` that is made from its end, before the latents ``later``."""
        section = InvertedSection(number, of, later, shot.anchor, shot.conditioning, noise, _sampling(shot.settings))
        return self._shown(self._steps(section, shot.settings), number)

    def encode_past(self, request: ShotRequest, past: Past, video: Path) -> tuple[Tensor, list[NDArray[np.uint8]]]:
        """The end of a ``video`` that a shot goes on from: its latents and its pictures.

        The latents are (1, 16, T, h, w) fp32 on the CPU, the pictures (H, W, 3) uint8 RGB, placed in the frame as the
        request's own is. Raises VideoRejected.
        """
        settings = request.settings
        read = pictures_of_past(video, video.name, past, self.checkpoint.fps)
        if not _is_still(video, past.video):
            raise VideoRejected(video.name, Message("picture-changed"))
        placed = [np.asarray(_placed(one, settings.fit, _size(settings), request.placement)) for one in read]
        while True:
            try:
                vae, tile = self._models.vae_for_decoding(*_size(settings))
                return encode_pictures(vae, np.stack(placed), tile=tile), placed
            except torch.OutOfMemoryError:
                pass
            self._models.use_smaller_tiles()

    def start_frame(self, request: ShotRequest, latent: Tensor, pictures: Mapping[str, Path]) -> NDArray[np.uint8]:
        """The one frame (H, W, 3) uint8 RGB of a chain that begins with the request's picture.

        It is decoded from its ``latent`` (1, 16, 1, h, w), or the picture itself where its detail is carried along.
        ``pictures`` are those of ``prepare``. Raises ImageRejected and VideoRejected.
        """
        if self.checkpoint.carries_detail:
            settings = request.settings
            assert request.image is not None, "it begins with a picture"
            read = _read(request.image, pictures)
            return np.asarray(_placed(read, settings.fit, _size(settings), request.placement))
        (frame,) = self._decoded(
            lambda decoder, tile: iter([decode_start(decoder, latent, tile=tile, notify=self._say)]),
            latent,
        )
        return frame

    def decode(self, history: History, latents: Tensor) -> Iterator[NDArray[np.uint8]]:
        """The frames (H, W, 3) uint8 RGB of ``latents`` (1, 16, T, h, w) that follow ``history``."""
        decoded = decode_with_detail if self.checkpoint.carries_detail else decode_after

        def decode(decoder: Any, tile: int | None) -> Iterator[NDArray[np.uint8]]:
            group = self._models.share_of_decoding(window_of(history, latents))
            frames = decoded(decoder, history, latents, tile=tile, notify=self._say, group=group)
            return frames if group is None or self._crew is None else self._crew.checked(frames)

        return self._decoded(decode, latents)

    def free_activations(self) -> None:
        """Give back the device's memory that no weight needs."""
        release_cached_memory(self.device)
        if self._crew is not None:
            self._crew.rest()

    def _steps(self, section: Section, settings: Settings) -> Iterator[SamplingStep]:
        """The section's steps, by all ranks where there are several; from the first again where one lacked memory."""
        if self._crew is None:
            yield from section.begin(self._models.transformer(settings))
            return
        while True:
            transformer = self._models.transformer(settings)
            try:
                yield from self._crew.in_step(section, transformer)
                return
            except torch.OutOfMemoryError:
                pass
            except RankLost as error:
                if not error.for_memory:
                    self._models.lose_ranks()
                    raise
            except Exception:
                self._models.lose_ranks()
                raise
            del transformer
            self._models.use_less_memory()

    def _shown(self, steps: Iterator[SamplingStep], number: int) -> Steps:
        latents = None
        yield from self.notices()
        for step in steps:
            latents = step.latents
            yield from self.notices()
            yield Step(number, step.number, step.of, step.sigma, self._preview.picture(latents))
        assert latents is not None, "a section has at least one step"
        sampled = latents.float().cpu()
        if not bool(sampled.isfinite().all()):
            raise ValuesLost(Message("sampled-latents"))
        return sampled

    def _decoded(
        self, decode: Callable[[Any, int | None], Iterator[NDArray[np.uint8]]], latents: Tensor
    ) -> Iterator[NDArray[np.uint8]]:
        """The frames ``decode`` gives with a VAE and tiles of some size, a smaller one after memory ran out."""
        height, width = (PIXELS_PER_LATENT * side for side in latents.shape[-2:])
        given = 0
        while True:
            try:
                for frame in islice(decode(*self._models.vae_for_decoding(height, width)), given, None):
                    yield frame
                    given += 1
                return
            except torch.OutOfMemoryError:
                pass
            except RankLost as error:
                assert self._crew is not None, "there are ranks"
                loss = self._crew.loss(error)
                self._models.lose_ranks()
                if not loss.for_memory:
                    raise loss from error
                self._models.decode_alone()
                continue
            if self._crew is not None:
                # What is left of the section's frames is decoded by this one alone.
                self._models.lose_ranks()
            self._models.use_smaller_tiles()

    def _say(self, message: Message) -> None:
        self._notices.append(Notice(message))

    def _encoded_prompt(self, request: ShotRequest, text: str) -> EncodedPrompt:
        found = self._cache.prompt(request.identity, text)
        if found is None:
            raise InvalidRequest("prompt", Message("prompt-not-prepared"))
        return found

    def _prepare_prompts(self, wanted: set[tuple[str, str]], settings: Settings) -> None:
        missing = sorted(one for one in wanted if self._cache.prompt(*one) is None)
        if not missing:
            return

        def embed(llama: TextEncoder) -> list[Tensor]:
            return [encode_prompt(llama, text) for _, text in missing]

        def pool(clip: TextEncoder) -> list[Tensor]:
            return [pool_prompt(clip, text) for _, text in missing]

        embeds = self._models.with_text_encoder(settings, embed)
        pooled = self._models.with_clip(settings, pool)
        for (identity, text), *encoded in zip(missing, embeds, pooled, strict=True):
            self._cache.keep_prompt(identity, text, EncodedPrompt(*encoded))

    def _prepare_pictures(
        self,
        wanted: set[_Wanted],
        pictures: Mapping[str, Path],
        settings: Settings,
        beside: Callable[[Likeness], None],
    ) -> None:
        missing = sorted(one for one in wanted if self._cache.picture(*one) is None)

        def encode(siglip: ImageEncoder) -> None:
            for identity, image, size, fit, placement in missing:
                picture = _placed(_read(image, pictures), fit, size, placement)
                latent = encode_picture(self._models.vae(), picture)
                encoded = EncodedPicture(embed_picture(siglip, picture), latent)
                self._cache.keep_picture(identity, image, size, fit, encoded, placement)

            def like(frame: NDArray[np.uint8], picture: str) -> float | None:
                found = self._cache.named_picture(picture)
                return likeness(embed_picture(siglip, Image.fromarray(frame)), found.embeds) if found else None

            beside(like)

        if missing:
            self._models.with_image_encoder(settings, encode)


def _size(settings: Settings) -> tuple[int, int]:
    return settings.height, settings.width


def _read(image: str, pictures: Mapping[str, Path]) -> Image.Image:
    """The picture that is named so, or the last one of a video."""
    video = video_of(image)
    file = pictures[video or image]
    read = last_picture(file, file.name) if video else read_picture(file, file.name).image
    if not _is_still(file, video or image):
        changed = Message("picture-changed")
        raise VideoRejected(file.name, changed) if video else ImageRejected(file.name, changed)
    return read


def _is_still(file: Path, name: str) -> bool:
    """Whether a file is the one of that name, its SHA-256.

    Bytes that changed on the disk may be some picture still, and what is made of it would bear the other's name.
    """
    return sum_of(file) == name


def _placed(read: Image.Image, fit: Fit, size: tuple[int, int], placement: Placement) -> Image.Image:
    return show_whole(read, *size) if fit == "fit" else fill_frame(read, *size, placement)


def _sampling(settings: Settings) -> SamplingSettings:
    return SamplingSettings(
        steps=settings.steps,
        guidance=settings.guidance,
        cfg=settings.cfg,
        rescale=settings.rescale,
        cache=settings.cache,
        threshold=settings.threshold,
        magnitude_ratios=checkpoint_named(settings.checkpoint).magnitude_ratios or (),
    )
