"""The arithmetic of the transformer's blocks as functions of tensors, weights included. Batches are of one.

Equal to diffusers' HunyuanVideo blocks (paper: arXiv 2412.03603) but cut for few passes over memory: projections of one
input are one product, the streams of a double block meet in one tensor without being copied together, the single blocks
work on one joined tensor, and the rest is written so that a compiler makes one pass of each norm with its modulation,
of the norm and rotation of queries and of keys, and of each gate with its residual. It does not know where weights lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from framepack.attention import Attend
from framepack.block_weights import BlockKind, BlockShape, WeightFormat
from framepack.compiling import Compiler, with_any_rows
from framepack.linear import Rows, joint_product, product, rows_of, weight_named

Rotary = tuple[Tensor, Tensor]
"""What ``rotary_tables`` gives: cosines and signed sines (n + t, head)."""


@dataclass(frozen=True)
class BlockWeights:
    """One block's tensors by the names of its layout, ready to be computed with."""

    kind: BlockKind
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True)
class Manner:
    """What all blocks of a model have in common: sizes, the way of attention, the format of the weights."""

    shape: BlockShape
    attend: Attend
    format: WeightFormat = "plain"


def rotary_tables(cosines: Tensor, sines: Tensor, text: int) -> Rotary:
    """The rotation of n tokens, given as (n, head) with every angle twice, and of ``text`` tokens left as they are.

    A sine's sign is that of its pair's other half in the rotated value, so that rotating is a sum of two products.
    Prepare them once for a section and a prompt.
    """
    signs = sines.new_ones(sines.shape[1])
    signs[0::2] = -1.0
    return F.pad(cosines, (0, 0, 0, text), value=1.0), F.pad(sines * signs, (0, 0, 0, text))


def double_block(
    tokens: Tensor, text: Tensor, modulation: Tensor, rotary: Rotary, weights: Mapping[str, Tensor], manner: Manner
) -> tuple[Tensor, Tensor]:
    """Tokens (1, n, D) and text (1, t, D) after a block of two streams that attend to each other.

    ``modulation`` (1, D) is the embedded time, guidance and prompt; ``rotary`` holds n + t rows.
    """
    count = tokens.shape[1]
    parts, text_parts = modulation_of(modulation, weights).view(2, 6, -1)
    joint = joint_product(
        _rows_in(tokens[0], parts[0], parts[1], manner),
        weight_named(weights, "tokens.qkv"),
        _rows_in(text[0], text_parts[0], text_parts[1], manner),
        weight_named(weights, "text.qkv"),
    )
    query_norm, key_norm, text_query_norm, text_key_norm = weights["qk_norm"].unbind()
    is_text = (torch.arange(joint.shape[0], device=joint.device) >= count)[:, None, None]
    attended = _attend(
        joint,
        torch.where(is_text, text_query_norm, query_norm),
        torch.where(is_text, text_key_norm, key_norm),
        rotary,
        manner,
    )
    tokens = _after_attention("tokens", tokens[0], attended[:count], parts, weights, manner)
    text = _after_attention("text", text[0], attended[count:], text_parts, weights, manner)
    return tokens.unsqueeze(0), text.unsqueeze(0)


def _after_attention(
    stream: str, values: Tensor, attended: Tensor, parts: Tensor, weights: Mapping[str, Tensor], manner: Manner
) -> Tensor:
    """One stream (n, D) of a double block from its attention on; ``parts`` (6, D) are its shifts, scales and gates."""
    _, _, gate, mlp_shift, mlp_scale, mlp_gate = parts.unbind()
    out = product(rows_of(attended, manner.format), weight_named(weights, f"{stream}.out"))
    values = torch.addcmul(values, gate, out)
    hidden = product(_rows_in(values, mlp_shift, mlp_scale, manner), weight_named(weights, f"{stream}.mlp_in"))
    hidden = F.gelu(hidden, approximate="tanh")
    out = product(rows_of(hidden, manner.format), weight_named(weights, f"{stream}.mlp_out"))
    return torch.addcmul(values, mlp_gate, out)


def single_block(
    joined: Tensor, modulation: Tensor, rotary: Rotary, weights: Mapping[str, Tensor], manner: Manner
) -> Tensor:
    """Tokens and text, joined as (1, n + t, D), after a block of one stream with attention and MLP side by side.

    ``modulation`` and ``rotary`` are those of ``double_block``.
    """
    values, format, qkv = joined[0], manner.format, 3 * manner.shape.width
    shift, scale, gate = modulation_of(modulation, weights).view(3, -1).unbind()
    rows = _rows_in(values, shift, scale, manner)
    inputs = weight_named(weights, "qkv_mlp")
    query_norm, key_norm = weights["qk_norm"].unbind()
    attended = _attend(product(rows, inputs.outputs(0, qkv)), query_norm, key_norm, rotary, manner)
    # A product of its own, after the attention: its outputs are the largest tensor of all and need not wait that long.
    hidden = F.gelu(product(rows, inputs.outputs(qkv, qkv + manner.shape.mlp)), approximate="tanh")
    # Two products and a sum that joins the pass below cost as much memory traffic as joining their inputs would.
    added = product(rows_of(attended, format), weight_named(weights, "out_attention"))
    added = added + product(rows_of(hidden, format), weight_named(weights, "out_mlp"))
    return torch.addcmul(values, gate, added + weights["out.bias"]).unsqueeze(0)


def probe(tokens: Tensor, modulation: Tensor, weights: Mapping[str, Tensor], shape: BlockShape) -> Tensor:
    """What a double block's first projection would see of ``tokens`` (1, n, D): normalised and modulated."""
    rows = slice(0, 2 * shape.width)
    both = F.linear(F.silu(modulation), weights["modulation.weight"][rows], weights["modulation.bias"][rows])
    shift, scale = both[0].chunk(2)
    return modulated(tokens[0], shift, scale, shape).unsqueeze(0)


def modulation_of(modulation: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """All shifts, scales and gates of a block in one row, from the embedding (1, D) that all blocks share."""
    return F.linear(F.silu(modulation), weights["modulation.weight"], weights["modulation.bias"])[0]


def modulated(values: Tensor, shift: Tensor, scale: Tensor, shape: BlockShape) -> Tensor:
    """``values`` (n, D) normalised row by row, then scaled by 1 + ``scale`` and shifted (both (D,))."""
    return torch.addcmul(shift, F.layer_norm(values, (shape.width,), eps=shape.norm_eps), 1 + scale)


def _rows_in(values: Tensor, shift: Tensor, scale: Tensor, manner: Manner) -> Rows:
    return rows_of(modulated(values, shift, scale, manner.shape), manner.format)


def _attend(joint: Tensor, query_norm: Tensor, key_norm: Tensor, rotary: Rotary, manner: Manner) -> Tensor:
    """Attention (N, D) of all rows of ``joint`` (N, 3 D), which holds queries, keys and values side by side."""
    shape = manner.shape
    query, key, value = joint.view(-1, 3, shape.heads, shape.head).unbind(1)
    query = _normed_and_rotated(query, query_norm, rotary, shape.qk_eps)
    key = _normed_and_rotated(key, key_norm, rotary, shape.qk_eps)
    attended = manner.attend(query.unsqueeze(0), key.unsqueeze(0), value.unsqueeze(0))
    return attended.reshape(-1, shape.width)


def _normed_and_rotated(values: Tensor, norm: Tensor, rotary: Rotary, eps: float) -> Tensor:
    """``values`` (N, heads, head) over their root mean square, times ``norm`` ((head,) or (N, 1, head)), rotated.

    Values and weights change places with their pair's other half as they are read, not after the norm: both come
    straight from memory then, and a compiler needs one pass.
    """
    cosines, sines = rotary[0].unsqueeze(1), rotary[1].unsqueeze(1)
    wide = values.float()
    inverse = torch.rsqrt(wide.square().mean(dim=-1, keepdim=True) + eps)
    norm = norm.float()
    rotated = wide * (norm * cosines) + _swapped(wide) * (_swapped(norm) * sines)
    return (rotated * inverse).to(values.dtype)


def _swapped(values: Tensor) -> Tensor:
    """The halves of each pair of neighbours along the last dimension exchanged."""
    return values.view(*values.shape[:-1], -1, 2).flip(-1).flatten(-2)


class Arithmetic:
    """Runs a model's blocks on tokens (1, n, D) and text (1, t, D), compiled where asked for and where that works.

    ``modulation`` (1, D) is the embedded time, guidance and prompt, ``rotary`` what ``rotary_tables`` gives for both.
    A kind of block is compiled once: its weights are arguments, and the numbers of tokens may change from call to call.
    ``on_compile`` is told the kind before that, ``notices`` says if it failed.
    """

    def __init__(
        self,
        shape: BlockShape,
        attend: Attend,
        format: WeightFormat = "plain",
        *,
        compiled: bool = False,
        on_compile: Callable[[str], None] | None = None,
    ) -> None:
        self.manner = Manner(shape, attend, format)
        self._double, self._single = double_block, single_block
        self.notices: list[str] = []
        if compiled:
            compiler = Compiler(on_compile)
            self._double = compiler.compiled("double", double_block)
            self._single = compiler.compiled("single", single_block)
            self.notices = compiler.notices

    def probe(self, tokens: Tensor, modulation: Tensor, weights: BlockWeights) -> Tensor:
        """What block 0, a double one with ``weights``, makes of ``tokens`` before it projects them: (1, n, D)."""
        return probe(tokens, modulation, weights.tensors, self.manner.shape)

    def first(
        self, tokens: Tensor, text: Tensor, modulation: Tensor, rotary: Rotary, weights: BlockWeights
    ) -> tuple[Tensor, Tensor]:
        """Tokens and text after block 0, whose ``weights`` are given."""
        return self._run_double(tokens, text, modulation, rotary, weights)

    def rest(
        self, tokens: Tensor, text: Tensor, modulation: Tensor, rotary: Rotary, blocks: Iterable[BlockWeights]
    ) -> Tensor:
        """Tokens after ``blocks``, the double ones before the single ones; they are asked for one at a time."""
        count = tokens.shape[1]
        joined: Tensor | None = None
        for weights in blocks:
            if weights.kind == "double":
                tokens, text = self._run_double(tokens, text, modulation, rotary, weights)
                continue
            if joined is None:
                joined = torch.cat([tokens, text], dim=1)
            with_any_rows(joined, dim=1)
            with_any_rows(*rotary, dim=0)
            joined = self._single(joined, modulation, rotary, weights.tensors, self.manner)
        return tokens if joined is None else joined[:, :count]

    def _run_double(
        self, tokens: Tensor, text: Tensor, modulation: Tensor, rotary: Rotary, weights: BlockWeights
    ) -> tuple[Tensor, Tensor]:
        with_any_rows(tokens, text, dim=1)
        with_any_rows(*rotary, dim=0)
        return self._double(tokens, text, modulation, rotary, weights.tensors, self.manner)
