"""What a LoRA file is told to be: of another model, damaged, or none at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_hunyuan_video_transformer_to_diffusers
from safetensors.torch import save_file

from framepack.checkpoints.loras import read_lora
from framepack.errors import LoraRejected
from framepack.formats.transformer_names import HALVES_SWAPPED, original_layers
from framepack.weights.block_layout import published_names

WIDTH, MLP = 3072, 12288
PAIR = (".lora_A.weight", ".lora_B.weight")
KOHYA = (".lora_down.weight", ".lora_up.weight")


def layers(*names: str, ends: tuple[str, str] = PAIR, columns: int = 8) -> dict[str, torch.Tensor]:
    return {
        f"{name}{end}": torch.ones(4, columns) if end == ends[0] else torch.ones(8, 4) for name in names for end in ends
    }


FLUX = [f"lora_unet_double_blocks_{number}_img_attn_qkv" for number in range(19)]
FLUX += [f"lora_unet_single_blocks_{number}_linear1" for number in range(38)]
OTHERS = {
    "Wan": layers("diffusion_model.blocks.0.self_attn.q", "diffusion_model.blocks.0.ffn.0"),
    "Wan ": layers("lora_unet_blocks_0_cross_attn_k", ends=KOHYA),
    "Wan  ": layers("transformer.blocks.3.attn2.to_k"),
    "Flux": layers(*FLUX, ends=KOHYA),
    "Flux ": layers(
        *(f"transformer.transformer_blocks.{number}.attn.to_q" for number in range(19)),
        *(f"transformer.single_transformer_blocks.{number}.attn.to_q" for number in range(38)),
    ),
    "Stable Diffusion XL": layers(
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", ends=KOHYA, columns=2048
    ),
    "Stable Diffusion 1": layers(
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", ends=KOHYA, columns=768
    ),
    "LTX-Video": layers("transformer.transformer_blocks.0.attn1.to_q", "transformer.transformer_blocks.0.attn2.to_q"),
    "CogVideoX": layers("transformer.transformer_blocks.0.attn1.to_q"),
    "Qwen-Image": layers("transformer.transformer_blocks.0.img_mlp.net.2"),
    "Stable Diffusion 3": layers("lora_unet_joint_blocks_0_context_block_attn_qkv", ends=KOHYA),
}


@pytest.mark.parametrize("model", OTHERS)
def test_a_lora_of_another_model_is_named_as_such(model: str, tmp_path: Path) -> None:
    save_file(OTHERS[model], tmp_path / "some.safetensors")
    with pytest.raises(LoraRejected, match=rf"some\.safetensors .*it was made for {model.strip()}, not for FramePack"):
        read_lora(tmp_path / "some.safetensors")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid", "pointer of Git LFS"),
        (b"<!DOCTYPE html><html>", "page of the web"),
        (b"PK\x03\x04archive/data.pkl", "is a pickle"),
        (b"GGUF\x03\x00\x00\x00", "is a GGUF file"),
        (b"", "is empty"),
        (b"\xff" * 64, "not a safetensors file"),
    ],
)
def test_a_file_that_is_something_else_is_named(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "style.pt"
    path.write_bytes(content)
    with pytest.raises(LoraRejected, match=sentence):
        read_lora(path)


def test_half_a_download_is_named(tmp_path: Path) -> None:
    save_file(layers("single_blocks.0.linear1"), tmp_path / "whole.safetensors")
    whole = (tmp_path / "whole.safetensors").read_bytes()
    (tmp_path / "half.safetensors").write_bytes(whole[:-20])
    with pytest.raises(LoraRejected, match="cut short"):
        read_lora(tmp_path / "half.safetensors")
    with pytest.raises(LoraRejected, match="there is no such file"):
        read_lora(tmp_path / "gone.safetensors")


def test_weights_that_are_no_lora_and_a_dora_are_refused(tmp_path: Path) -> None:
    save_file({"transformer_blocks.0.attn.to_q.weight": torch.ones(2, 2)}, tmp_path / "model.safetensors")
    with pytest.raises(LoraRejected, match="it holds no LoRA"):
        read_lora(tmp_path / "model.safetensors")
    dora = layers("single_blocks.0.linear1") | {"single_blocks.0.linear1.dora_scale": torch.ones(8, 1)}
    save_file(dora, tmp_path / "dora.safetensors")
    with pytest.raises(LoraRejected, match="it is a DoRA"):
        read_lora(tmp_path / "dora.safetensors")


def test_the_original_names_stand_for_the_same_layers_as_in_diffusers() -> None:
    published = {f"transformer_blocks.0.{name}": () for name in published_names("double")}
    published |= {f"single_transformer_blocks.0.{name}": () for name in published_names("single")}
    refined = "context_embedder.token_refiner.refiner_blocks.0"
    names = {name.removesuffix(".weight") for name in published} | {f"{refined}.attn.to_q"}
    ours = original_layers(names)
    theirs_of = {}
    for original, layers_of in ours.items():
        rows = WIDTH if original not in ("single_blocks.0.linear1",) else 3 * WIDTH + MLP
        rows = 3 * WIDTH if "qkv" in original else 2 * WIDTH if original in HALVES_SWAPPED else rows
        marked = torch.arange(rows).reshape(rows, 1)
        converted = convert_hunyuan_video_transformer_to_diffusers({f"{original}.weight": marked})
        theirs_of[original] = [name.removesuffix(".weight") for name in converted]
        if set(theirs_of[original]) != set(layers_of):
            continue
        for name, values in converted.items():
            ends = values[0].item(), values[-1].item()
            at = layers_of.index(name.removesuffix(".weight"))
            wanted = (WIDTH, WIDTH - 1) if original in HALVES_SWAPPED else (at * WIDTH, min((at + 1) * WIDTH, rows) - 1)
            assert ends == (wanted if name.find("proj_mlp") < 0 else (3 * WIDTH, rows - 1)), name
    # What diffusers does not know, ComfyUI's spellings, it leaves in part as it was.
    unlike = {name for name in ours if set(theirs_of[name]) != set(ours[name])}
    comfy = ("img_attn.", "txt_attn.", "img_mlp.0", "img_mlp.2", "txt_mlp.0", "txt_mlp.2", "mod.lin", "modulation.lin")
    assert {
        name for name in unlike if not any(mark in name for mark in (*comfy, "in_layer", "out_layer", "norm."))
    } <= {
        f"txt_in.individual_token_refiner.blocks.0.{name}"
        for name in ("self_attn.qkv", "self_attn.proj", "mlp.0", "mlp.2")
    }
