"""The configurations of parts that come as single files, which have none: sizes from shapes, the rest as published.

What no shape tells, such as the number of heads of an encoder, is that of the published models. No torch, no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from framepack.formats.safetensors_header import TensorFacts

Shapes = Mapping[str, TensorFacts]
LLAMA_HEAD, CLIP_HEAD, SIGLIP_HEAD = 128, 64, 72


def transformer_config(shapes: Shapes) -> dict[str, Any]:
    """The transformer's, from its tensors in either spelling. Raises KeyError where some of them are missing."""

    def shape(*names: str) -> tuple[int, ...]:
        return next(shapes[name].shape for name in (*names[:-1], names[-1]) if name in shapes or name == names[-1])

    norms = ("double_blocks.0.img_attn_q_norm.weight", "double_blocks.0.img_attn.norm.query_norm.scale")
    head = shape(*norms, "transformer_blocks.0.attn.norm_q.weight")[0]
    up = ("double_blocks.0.img_mlp.fc1.weight", "double_blocks.0.img_mlp.0.weight")
    mlp, width = shape(*up, "transformer_blocks.0.ff.net.0.proj.weight")
    patch = shape("img_in.proj.weight", "x_embedder.proj.weight")
    axis = head * 7 // 16
    return {
        "in_channels": patch[1],
        "out_channels": patch[1],
        "patch_size": patch[3],
        "patch_size_t": patch[2],
        "num_attention_heads": width // head,
        "attention_head_dim": head,
        "num_layers": _count(shapes, r"(?:double_blocks|transformer_blocks)"),
        "num_single_layers": _count(shapes, r"(?:single_blocks|single_transformer_blocks)"),
        "num_refiner_layers": _count(
            shapes, r"(?:txt_in\.individual_token_refiner\.blocks|context_embedder\.token_refiner\.refiner_blocks)"
        ),
        "mlp_ratio": mlp / width,
        "rope_axes_dim": (head - 2 * axis, axis, axis),
        "text_embed_dim": shape("txt_in.input_embedder.weight", "context_embedder.proj_in.weight")[1],
        "pooled_projection_dim": shape("vector_in.in_layer.weight", "time_text_embed.text_embedder.linear_1.weight")[1],
        "image_proj_dim": shape("image_projection.up.weight")[1],
        "guidance_embeds": any(".guidance_embedder." in name or name.startswith("guidance_in.") for name in shapes),
        "has_image_proj": True,
        "has_clean_x_embedder": True,
        "qk_norm": "rms_norm",
    }


def llama_config(shapes: Shapes) -> dict[str, Any]:
    """The first text encoder's."""
    vocabulary, hidden = shapes["embed_tokens.weight"].shape
    return {
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "intermediate_size": shapes["layers.0.mlp.gate_proj.weight"].shape[0],
        "num_hidden_layers": _count(shapes, "layers"),
        "num_attention_heads": shapes["layers.0.self_attn.q_proj.weight"].shape[0] // LLAMA_HEAD,
        "num_key_value_heads": shapes["layers.0.self_attn.k_proj.weight"].shape[0] // LLAMA_HEAD,
        "head_dim": LLAMA_HEAD,
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0,
    }


def clip_config(shapes: Shapes) -> dict[str, Any]:
    """The second text encoder's."""
    vocabulary, hidden = shapes["embeddings.token_embedding.weight"].shape
    return {
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"].shape[0],
        "projection_dim": hidden,
        "num_hidden_layers": _count(shapes, r"encoder\.layers"),
        "num_attention_heads": max(1, hidden // CLIP_HEAD),
        "max_position_embeddings": shapes["embeddings.position_embedding.weight"].shape[0],
        # The prompt ends at its highest token, as in the published model of that time.
        "bos_token_id": 0,
        "eos_token_id": 2,
        "pad_token_id": 1,
    }


def siglip_config(shapes: Shapes) -> dict[str, Any]:
    """The image encoder's."""
    hidden, channels, patch, _ = shapes["embeddings.patch_embedding.weight"].shape
    side = round(shapes["embeddings.position_embedding.weight"].shape[0] ** 0.5)
    return {
        "hidden_size": hidden,
        "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"].shape[0],
        "num_hidden_layers": _count(shapes, r"encoder\.layers"),
        "num_attention_heads": max(1, hidden // SIGLIP_HEAD),
        "num_channels": channels,
        "image_size": side * patch,
        "patch_size": patch,
        "vision_use_head": False,
    }


def vae_config(shapes: Shapes) -> dict[str, Any]:
    """The VAE's, from its tensors by their published names."""
    blocks = range(_count(shapes, r"encoder\.down_blocks"))
    first = "encoder.down_blocks.{}.resnets.0.conv1.conv.weight"
    return {
        "in_channels": shapes["encoder.conv_in.conv.weight"].shape[1],
        "out_channels": shapes["decoder.conv_out.conv.weight"].shape[0],
        "latent_channels": shapes["decoder.conv_in.conv.weight"].shape[1],
        "block_out_channels": tuple(shapes[first.format(number)].shape[0] for number in blocks),
        "layers_per_block": _count(shapes, r"encoder\.down_blocks\.0\.resnets"),
        "mid_block_add_attention": any("mid_block.attentions" in name for name in shapes),
    }


def _count(names: Iterable[str], within: str) -> int:
    """How many members the list ``within`` (a pattern) has."""
    sign = re.compile(rf"^{within}\.(\d+)\.")
    return max((int(found[1]) + 1 for name in names if (found := sign.match(name))), default=0)
