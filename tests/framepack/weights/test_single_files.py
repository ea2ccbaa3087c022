"""Weights as single files, as other programs keep them: found by what is in them, and the same as those published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoFramepackTransformer3DModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, LlamaConfig, LlamaModel, SiglipVisionConfig, SiglipVisionModel

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.identity import checkpoint_identity, known_identity
from framepack.checkpoints.loras import read_lora
from framepack.checkpoints.recognising import recognise
from framepack.checkpoints.table import CHECKPOINTS, Part
from framepack.english import ENGLISH
from framepack.errors import WeightsDamaged, WeightsMissing
from framepack.messages import worded
from framepack.weights.block_loading import Offloading
from framepack.weights.loading import Place, load_clip, load_llama, load_siglip, load_transformer, load_vae
from framepack.weights.lora import Loras
from tests.support.checkpoints import build_models
from tests.support.loaded_weights import same
from tests.support.lora_files import lora_kinds, merged
from tests.support.single_files import as_original, in_8_bits, older_vae, restored, save, save_gguf, with_prefix

F1, ORIGINAL, CPU = CHECKPOINTS["f1"], CHECKPOINTS["original"], torch.device("cpu")
TEXT, POOLED, IMAGE = 24, 20, 28
Forms = dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]]
FORMS: Forms = {
    "bf16": lambda state: {name: tensor.bfloat16() for name, tensor in state.items()},
    "fp16, original": lambda state: as_original({name: tensor.half() for name, tensor in state.items()}),
    "fp32, ComfyUI": lambda state: with_prefix(as_original(state, comfy=True), "model.diffusion_model."),
    "fp32, original with a prefix": lambda state: with_prefix(as_original(state), "model.model."),
    "float8": lambda state: in_8_bits(state, None),
    "float8 with scale_weight": lambda state: in_8_bits(state, "scale_weight"),
    "float8 with weight_scale, original": lambda state: in_8_bits(as_original(state), "weight_scale"),
}


@pytest.fixture(scope="module")
def model() -> Any:
    """A tiny transformer whose parts that no shape tells are in the proportions of the published one."""
    torch.manual_seed(1)
    made = HunyuanVideoFramepackTransformer3DModel(
        num_attention_heads=8,
        attention_head_dim=32,
        rope_axes_dim=(4, 14, 14),
        num_layers=1,
        num_single_layers=2,
        num_refiner_layers=1,
        mlp_ratio=1.0,
        text_embed_dim=TEXT,
        pooled_projection_dim=POOLED,
        image_proj_dim=IMAGE,
        has_image_proj=True,
        has_clean_x_embedder=True,
    )
    return made.requires_grad_(False).eval()


def whole_of(model: Any, state: dict[str, Tensor]) -> Any:
    """A transformer like ``model`` with these tensors, which are published ones."""
    made = HunyuanVideoFramepackTransformer3DModel.from_config(model.config)
    made.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    return made.requires_grad_(False).eval()


@pytest.mark.parametrize("form", FORMS)
def test_a_transformer_is_the_same_in_every_form(form: str, model: Any, tmp_path: Path) -> None:
    kept = FORMS[form](model.state_dict())
    save(kept, tmp_path / "diffusion_models" / "whatever f1.safetensors")
    expected = model.state_dict()
    if form == "bf16":
        expected = {name: tensor.bfloat16() for name, tensor in expected.items()}
    if form.startswith("fp16"):
        expected = {name: tensor.half() for name, tensor in expected.items()}
    if form == "float8 with weight_scale, original":
        # What was rounded is the layers of the original, which are several of those published.
        expected = _published(restored(kept), model)
    elif form.startswith("float8"):
        expected = restored(kept)
    loaded = load_transformer(Place(F1, tmp_path, CPU), torch.float32, "plain", Offloading(frozenset({1}), False))
    same(loaded, whole_of(model, expected))
    config = {name: value for name, value in model.config.items() if not name.startswith("_")}
    assert {name: loaded.rest.config[name] for name in config} == config


def _published(originals: dict[str, Tensor], model: Any) -> dict[str, Tensor]:
    """The published tensors, each cut out of a layer of the original."""
    state = model.state_dict()
    names, found = list(state), {}
    numbers = {name: torch.full_like(state[name], float(number)) for number, name in enumerate(names)}
    for key, value in as_original(numbers).items():
        for number in value.unique().tolist():
            mask = (value == number).flatten(1).all(1) if value.dim() > 1 else value == number
            if mask.any() and names[int(number)] not in found:
                rows = originals[key][mask]
                is_turned = key.startswith("final_layer.adaLN")
                found[names[int(number)]] = torch.cat(tuple(reversed(rows.chunk(2)))) if is_turned else rows
    assert found.keys() == state.keys()
    return found


@pytest.mark.parametrize("kind", ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"])
@pytest.mark.parametrize("original", [False, True])
def test_a_gguf_file_is_read_block_by_block(kind: str, original: bool, model: Any, tmp_path: Path) -> None:
    state = model.state_dict()
    path, inside = save_gguf(as_original(state) if original else state, tmp_path / "unet" / "F1.gguf", kind)
    assert recognise(path).part == "transformer"
    place = Place(F1, tmp_path, CPU)
    loaded = load_transformer(place, torch.float32, "plain", Offloading(frozenset(), host_copies=False))
    expected = _published(inside, model) if original else inside
    same(loaded, whole_of(model, expected))


@pytest.mark.parametrize("offloading", [Offloading(), Offloading(frozenset(), host_copies=False)], ids=["all", "read"])
@pytest.mark.parametrize("kind", ["kohya, original layers", "PEFT", "LyCORIS LoHa, original layers"])
@pytest.mark.parametrize("form", ["float8 with scale_weight", "gguf"])
def test_a_lora_is_added_to_weights_of_few_bits_too(
    form: str, kind: str, offloading: Offloading, model: Any, tmp_path: Path
) -> None:
    if form == "gguf":
        _, inside = save_gguf(model.state_dict(), tmp_path / "f1.gguf", "Q4_0")
    else:
        kept = FORMS[form](model.state_dict())
        save(kept, tmp_path / "f1.safetensors")
        inside = restored(kept)
    made = lora_kinds()[kind](model, tmp_path / "lora")
    loras = Loras(((read_lora(made.path), 0.8),))
    loaded = load_transformer(Place(F1, tmp_path, CPU), torch.float32, offloading=offloading, loras=loras)
    same(loaded, merged(whole_of(model, inside), made.change, 0.8), tolerance=1e-5)
    loaded.store.close()


def encoders() -> dict[Part, Any]:
    torch.manual_seed(2)
    llama = LlamaConfig(
        vocab_size=1536, hidden_size=TEXT, intermediate_size=32, num_hidden_layers=4, num_attention_heads=2,
        num_key_value_heads=1, head_dim=128, max_position_embeddings=8192, rms_norm_eps=1e-5, rope_theta=500000.0,
    )  # fmt: skip
    clip = CLIPTextConfig(
        vocab_size=1536, hidden_size=POOLED, intermediate_size=32, num_hidden_layers=1, num_attention_heads=1,
        projection_dim=POOLED, bos_token_id=0, eos_token_id=2, pad_token_id=1,
    )  # fmt: skip
    siglip = SiglipVisionConfig(
        hidden_size=IMAGE, intermediate_size=32, num_hidden_layers=1, num_attention_heads=1, image_size=32,
        patch_size=16, vision_use_head=False,
    )  # fmt: skip
    vae = AutoencoderKLHunyuanVideo(
        block_out_channels=(32, 32, 64, 64), layers_per_block=1, norm_num_groups=32, mid_block_add_attention=True
    )
    return {
        "text_encoder": LlamaModel(llama).eval(),
        "text_encoder_2": CLIPTextModel(clip).eval(),
        "image_encoder": SiglipVisionModel(siglip).eval(),
        "vae": vae.eval(),
    }


@pytest.fixture(scope="module")
def comfyui(model: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Part, Any]]:
    """A folder of models as ComfyUI has it, and the models that are in it; the tokenizers are the published ones."""
    models, made = tmp_path_factory.mktemp("ComfyUI") / "models", encoders()
    save(FORMS["bf16"](model.state_dict()), models / "diffusion_models" / "FramePackI2V_HY_bf16.safetensors")
    save(FORMS["float8"](model.state_dict()), models / "diffusion_models" / "FramePack_F1_I2V_HY_fp8.safetensors")
    llama = with_prefix(in_8_bits(made["text_encoder"].state_dict(), "scale_weight"), "model.")
    save(llama | {"lm_head.weight": torch.ones(4, 4)}, models / "text_encoders" / "llava_llama3_fp8_scaled.safetensors")
    clip = {name.removeprefix("text_model."): tensor for name, tensor in made["text_encoder_2"].state_dict().items()}
    save(with_prefix(clip, "text_model."), models / "text_encoders" / "clip_l.safetensors")
    siglip = {name.removeprefix("vision_model."): tensor for name, tensor in made["image_encoder"].state_dict().items()}
    save(with_prefix(siglip, "vision_model."), models / "clip_vision" / "sigclip_vision_patch14_384.safetensors")
    save(older_vae(made["vae"].state_dict()), models / "vae" / "hunyuan_video_vae_bf16.safetensors")
    # Others of the same kind, which do not go with the transformer.
    wide = CLIPTextModel(CLIPTextConfig(vocab_size=1536, hidden_size=40, intermediate_size=64, num_attention_heads=1))
    save(wide.state_dict(), models / "text_encoders" / "clip_g.safetensors")
    published = build_models(tmp_path_factory.mktemp("published"))
    for part in ("tokenizer", "tokenizer_2", "feature_extractor"):
        source = F1.sources[part]  # type: ignore[index]
        place = models / source.repository / source.subfolder
        place.parent.mkdir(parents=True, exist_ok=True)
        (published / source.repository / source.subfolder).rename(place)
    return models, made


def test_every_part_is_found_where_comfyui_keeps_it(comfyui: tuple[Path, dict[Part, Any]]) -> None:
    models, _ = comfyui
    found = {part: find_part(F1, part, models).single for part in F1.sources}
    assert {part: path.name for part, path in found.items() if path} == {
        "transformer": "FramePack_F1_I2V_HY_fp8.safetensors",
        "vae": "hunyuan_video_vae_bf16.safetensors",
        "text_encoder": "llava_llama3_fp8_scaled.safetensors",
        "text_encoder_2": "clip_l.safetensors",
        "image_encoder": "sigclip_vision_patch14_384.safetensors",
    }
    original = find_part(ORIGINAL, "transformer", models).single
    assert original is not None
    assert original.name == "FramePackI2V_HY_bf16.safetensors"


def test_the_encoders_and_the_vae_compute_what_those_in_memory_do(comfyui: tuple[Path, dict[Part, Any]]) -> None:
    models, made = comfyui
    place = Place(F1, models, CPU)
    ids = torch.tensor([[0, 5, 9, 1400, 1, 1]])
    llama = load_llama(place, torch.float32)
    state = restored(in_8_bits(made["text_encoder"].state_dict(), "scale_weight"))
    made["text_encoder"].load_state_dict(state)
    wanted = made["text_encoder"](ids, output_hidden_states=True).hidden_states[-3]
    torch.testing.assert_close(
        llama.model(ids, output_hidden_states=True).hidden_states[llama.layers_not_run - 3], wanted
    )
    clip = load_clip(place, torch.float32).model
    torch.testing.assert_close(clip(ids).pooler_output, made["text_encoder_2"](ids).pooler_output)
    pixels = torch.randn((1, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    siglip = load_siglip(place, torch.float32).model
    torch.testing.assert_close(siglip(pixels).last_hidden_state, made["image_encoder"](pixels).last_hidden_state)
    vae = load_vae(place, torch.float32, torch.float32)
    latents = torch.randn((1, 16, 2, 4, 4), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(vae.decode(latents).sample, made["vae"].decode(latents).sample)


def test_the_name_of_the_weights_is_kept_and_follows_the_files(comfyui: tuple[Path, dict[Part, Any]]) -> None:
    models, _ = comfyui
    assert known_identity(F1, models) is None
    name = checkpoint_identity(F1, models)
    assert known_identity(F1, models) == name != checkpoint_identity(ORIGINAL, models)


def test_files_that_are_something_else_are_named_for_it(model: Any, tmp_path: Path) -> None:
    state = model.state_dict()
    plain = {name: tensor for name, tensor in state.items() if "clean_x" not in name and "image_proj" not in name}
    files = {
        "a model of HunyuanVideo": plain,
        "a model of Wan": {"blocks.0.self_attn.q.weight": torch.ones(2, 2)},
        "a model of Flux": {"double_blocks.0.img_attn.qkv.weight": torch.ones(6, 2), "img_in.weight": torch.ones(2, 2)},
        "is a LoRA": {"lora_unet_double_blocks_0_img_mlp_fc1.lora_down.weight": torch.ones(2, 2)},
        "of no model that FramePack uses": {"encoder.block.0.layer.0.SelfAttention.q.weight": torch.ones(2, 2)},
    }
    for number, (sentence, tensors) in enumerate(files.items()):
        what = recognise(save(tensors, tmp_path / f"FramePack_F1 {number}.safetensors"))
        assert what.other is not None, sentence
        assert sentence in worded(what.other, ENGLISH)
    (tmp_path / "FramePack_F1.gguf").write_bytes(b"GGUF\x03\x00\x00\x00\xff\xff\x00\x00")
    what = recognise(tmp_path / "FramePack_F1.gguf")
    assert what.other is not None
    assert "damaged or cut short" in worded(what.other, ENGLISH)
    with pytest.raises(WeightsMissing):
        find_part(F1, "transformer", tmp_path)


def test_a_gguf_file_of_unknown_numbers_is_refused(model: Any, tmp_path: Path) -> None:
    path, _ = save_gguf(model.state_dict(), tmp_path / "f1.gguf", "Q8_0")
    raw = path.read_bytes()
    name = b"transformer_blocks.0.attn.to_q.weight"
    at = raw.index(name) + len(name) + 4 + 2 * 8
    path.write_bytes(raw[:at] + (16).to_bytes(4, "little") + raw[at + 4 :])
    with pytest.raises(WeightsDamaged, match=r"to_q\.weight in the format IQ2_XXS, which cannot be read"):
        load_transformer(Place(F1, tmp_path, CPU), torch.float32)


def test_a_whole_other_model_that_holds_an_encoder_is_not_that_encoder(tmp_path: Path) -> None:
    clip = with_prefix(encoders()["text_encoder_2"].state_dict(), "cond_stage_model.transformer.text_model.")
    unet = {f"model.diffusion_model.input_blocks.{number}.0.weight": torch.ones(2) for number in range(20)}
    what = recognise(save(clip | unet, tmp_path / "clip_l.safetensors"))
    assert what.part is None
    assert what.other is not None
    assert "a model of Stable Diffusion" in worded(what.other, ENGLISH)


def test_a_file_that_is_replaced_by_another_is_looked_at_again(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "f1.safetensors"
    save({"blocks.0.self_attn.q.weight": torch.ones(2, 2)}, path)
    with pytest.raises(WeightsMissing):
        find_part(F1, "transformer", tmp_path)
    save(model.state_dict(), path)
    assert find_part(F1, "transformer", tmp_path).single == path


def test_what_a_node_of_comfyui_fetched_is_found(tmp_path: Path) -> None:
    build_models(tmp_path / "diffusers")
    found = find_part(F1, "transformer", tmp_path)
    assert found.path == tmp_path / "diffusers" / F1.sources["transformer"].repository
    assert found.single is None
