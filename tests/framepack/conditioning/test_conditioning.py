"""Prompts and pictures as embeddings, against the library's own pipeline code, and the cache of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.pipelines.hunyuan_video.pipeline_hunyuan_video_framepack import DEFAULT_PROMPT_TEMPLATE
from PIL import Image
from transformers import LlamaModel

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.table import CHECKPOINTS
from framepack.conditioning.cache import ConditioningCache
from framepack.conditioning.encoders import (
    EncodedPicture,
    EncodedPrompt,
    embed_picture,
    encode_prompt,
    pool_prompt,
)
from framepack.shots.prompts import TEMPLATE, TEMPLATE_TOKENS
from framepack.weights.loading import Place, TextEncoder, load_clip, load_llama, load_siglip
from tests.support.checkpoints import build_models
from tests.support.damage import cut_short, damaged_names, empty, flip_bytes, overwrite_latents

PROMPT = "The camera pans left over a Café at {night}, 3 birds."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(CHECKPOINTS["f1"], build_models(tmp_path_factory.mktemp("models")), torch.device("cpu"))


def test_the_template_is_the_published_one() -> None:
    assert DEFAULT_PROMPT_TEMPLATE == {"template": TEMPLATE, "crop_start": TEMPLATE_TOKENS}


@pytest.mark.parametrize("name", ["f1", "draft"])
def test_the_templates_fixed_tokens_are_cut_off_and_the_prompts_stay(place: Place, name: str) -> None:
    llama = load_llama(place if name == "f1" else Place(CHECKPOINTS[name], None, place.device), torch.float32)
    tokens = llama.tokenizer(TEMPLATE.format("a boat"))["input_ids"]
    alone = llama.tokenizer("a boat", add_special_tokens=False)["input_ids"]
    assert tokens[TEMPLATE_TOKENS:-1] == alone
    assert encode_prompt(llama, "a boat").shape[1] == len(alone) + 1


def test_padding_the_prompt_as_the_reference_does_gives_the_same_embeddings(place: Place) -> None:
    llama = load_llama(place, torch.float32)
    padded = llama.tokenizer(
        TEMPLATE.format(PROMPT), max_length=256 + 95, padding="max_length", truncation=True, return_tensors="pt"
    )
    whole = LlamaModel.from_pretrained(find_part(place.checkpoint, "text_encoder", place.models).path)
    with torch.no_grad():
        states = whole.float()(**padded, output_hidden_states=True).hidden_states[-3]
    length = int(padded.attention_mask[:, 95:].sum())
    embeds = encode_prompt(llama, PROMPT)
    assert embeds.shape[1] == length
    assert torch.allclose(embeds, states[:, 95 : 95 + length], atol=1e-6)


@pytest.mark.parametrize("resident", [0, 1])
def test_layers_that_are_read_while_the_model_runs_give_the_same_bits(place: Place, resident: int) -> None:
    streaming = load_llama(place, torch.float32, resident=resident)
    for prompt in (PROMPT, "a boat", PROMPT):
        assert torch.equal(encode_prompt(streaming, prompt), encode_prompt(load_llama(place, torch.float32), prompt))
    streaming.close()


def test_a_whole_model_in_memory_gives_what_one_without_its_last_layers_gives(place: Place) -> None:
    llama = load_llama(place, torch.float32)
    model = LlamaModel.from_pretrained(find_part(place.checkpoint, "text_encoder", place.models).path).float()
    assert len(model.layers) == len(llama.model.layers) + 2
    assert torch.equal(encode_prompt(TextEncoder(model, llama.tokenizer), PROMPT), encode_prompt(llama, PROMPT))


def test_a_very_long_prompt_keeps_its_first_256_tokens(place: Place) -> None:
    assert encode_prompt(load_llama(place, torch.float32), "a boat " * 500).shape[1] == 256


def test_the_pooled_embedding_is_taken_where_the_prompt_ends(place: Place) -> None:
    clip = load_clip(place, torch.float32)
    tokens = clip.tokenizer("a boat", return_tensors="pt").input_ids
    with torch.no_grad():
        last = clip.model(tokens).last_hidden_state[:, -1]
    assert torch.allclose(pool_prompt(clip, "a boat"), last, atol=1e-5)
    assert torch.isfinite(pool_prompt(clip, "a boat " * 500)).all()


def test_a_picture_is_embedded_from_all_its_patches(place: Place) -> None:
    siglip = load_siglip(place, torch.float32)
    pixels = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    embeds = embed_picture(siglip, Image.fromarray(pixels))
    assert embeds.shape == (1, 4, 28)
    assert not torch.allclose(embeds, embed_picture(siglip, Image.fromarray(255 - pixels)))


@pytest.mark.parametrize("on_disk", [True, False], ids=["on disk", "in memory"])
def test_what_is_cached_is_found_by_its_content(tmp_path: Path, on_disk: bool) -> None:
    cache = ConditioningCache(tmp_path if on_disk else None)
    prompt = EncodedPrompt(torch.randn(1, 5, 24).half(), torch.randn(1, 20))
    picture = EncodedPicture(torch.randn(1, 4, 28), torch.randn(1, 16, 1, 8, 8))
    cache.keep_prompt("weights", "a boat", prompt)
    cache.keep_picture("weights", "ab" * 32, (64, 64), "fill", picture)

    found = cache.prompt("weights", "a boat")
    assert found is not None
    assert torch.equal(found.embeds, prompt.embeds)
    assert torch.equal(found.pooled, prompt.pooled)
    seen = cache.picture("weights", "ab" * 32, (64, 64), "fill")
    assert seen is not None
    assert torch.equal(seen.latent, picture.latent)
    assert cache.prompt("other weights", "a boat") is None
    assert cache.prompt("weights", "a ship") is None
    assert cache.picture("weights", "ab" * 32, (64, 96), "fill") is None
    assert cache.picture("weights", "ab" * 32, (64, 64), "fit") is None
    assert cache.picture("weights", "cd" * 32, (64, 64), "fill") is None


@pytest.mark.parametrize(
    ("damage", "manifest"),
    # Turned bits in numbers cannot be told without a manifest.
    [*((damage, True) for damage in (flip_bytes, overwrite_latents, cut_short, empty)), (cut_short, False)],
)
def test_a_damaged_file_is_put_aside_and_made_again(
    tmp_path: Path, damage: Callable[[Path], None], manifest: bool
) -> None:
    cache = ConditioningCache(tmp_path / "conditioning")
    prompt = EncodedPrompt(torch.randn(1, 5, 24), torch.randn(1, 20))
    cache.keep_prompt("weights", "a boat", prompt)
    (file,) = tmp_path.rglob("*.safetensors")
    if not manifest:
        file.with_name(f"{file.name}.json").unlink()
    damage(file)
    assert cache.prompt("weights", "a boat") is None
    assert damaged_names(tmp_path) == [file.name]
    cache.keep_prompt("weights", "a boat", prompt)
    assert cache.prompt("weights", "a boat") is not None


def test_a_file_without_a_manifest_is_looked_through_and_gets_one(tmp_path: Path) -> None:
    cache = ConditioningCache(tmp_path / "conditioning")
    for prompt, value in (("a boat", 1.0), ("a ship", float("nan"))):
        cache.keep_prompt("weights", prompt, EncodedPrompt(torch.full((1, 5, 24), value), torch.randn(1, 20)))
    manifests = list(tmp_path.rglob("*.json"))
    for manifest in manifests:
        manifest.unlink()
    assert cache.prompt("weights", "a boat") is not None
    assert cache.prompt("weights", "a ship") is None
    assert [manifest.exists() for manifest in manifests].count(True) == 1
