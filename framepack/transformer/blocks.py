"""The arithmetic of the transformer's blocks as functions of tensors, weights included. Batches are of one.

Equal to diffusers' HunyuanVideo blocks (paper: arXiv 2412.03603) but cut for few passes over memory: projections of one
input are one product, the streams of a double block meet in one tensor without being copied together, the single blocks
work on one joined tensor, and there is one pass for each norm with its modulation, for the norms and rotations of
queries and keys, and for each gate with its residual. It does not know where weights lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from framepack.attention.backends import Attend
from framepack.messages import Message
from framepack.ops.compiling import Compiler, with_any_rows
from framepack.ops.fp8 import WeightFormat
from framepack.ops.half_format import cut_to_range
from framepack.ops.linear import activated_product, joint_product, product, weight_named
from framepack.ops.modulate import Rows, modulated, modulated_rows
from framepack.ops.qk_norm_rope import Rotary
from framepack.transformer.attending import Manner, attend, begin_attention, end_attention
from framepack.weights.block_layout import BlockKind, BlockShape


@dataclass(frozen=True)
class BlockWeights:
    """One block's tensors by the names of its layout, ready to be computed with."""

    kind: BlockKind
    tensors: Mapping[str, Tensor]


def rotary_tables(cosines: Tensor, sines: Tensor, text: int) -> Rotary:
    """The rotation of n tokens, given as (n, head) as diffusers does, and of ``text`` tokens that are left as they are.

    The channels are in the order of ``halves_apart``, and a sine has the sign of the product it is a factor of.
    Prepare them once for a section and a prompt.
    """
    cosines, sines = (torch.cat([table[:, 0::2], table[:, 1::2]], dim=1) for table in (cosines, sines))
    sines[:, : sines.shape[1] // 2].neg_()
    return F.pad(cosines, (0, 0, 0, text), value=1.0), F.pad(sines, (0, 0, 0, text))


def double_block(
    tokens: Tensor, text: Tensor, modulation: Tensor, rotary: Rotary, weights: Mapping[str, Tensor], manner: Manner
) -> tuple[Tensor, Tensor]:
    """Tokens (1, n, D) and text (1, t, D) after a block of two streams that attend to each other.

    ``modulation`` (1, D) is the embedded time, guidance and prompt; ``rotary`` holds n + t rows.
    """
    values, text_values = tokens.squeeze(0), text.squeeze(0)
    parts = modulation_of(modulation, weights).view(12, -1).unbind()
    joint = joint_product(
        _rows_in(values, parts[0], parts[1], manner),
        weight_named(weights, "tokens.qkv"),
        _rows_in(text_values, parts[6], parts[7], manner),
        weight_named(weights, "text.qkv"),
        rotary[0].shape[0],
    )
    count, text_count = values.shape[0], text_values.shape[0]
    under_way = begin_attention(joint, weights["qk_norm"], count, rotary, manner)
    attended = end_attention(attend(under_way, None, manner), None, manner)
    heard, text_heard = attended.part(0, count), attended.part(count, text_count)
    values = _after_attention("tokens", values, heard, parts[2:6], weights, manner)
    text_values = _after_attention("text", text_values, text_heard, parts[8:], weights, manner)
    return values.unsqueeze(0), text_values.unsqueeze(0)


def _after_attention(
    stream: str,
    values: Tensor,
    attended: Rows,
    parts: tuple[Tensor, ...],
    weights: Mapping[str, Tensor],
    manner: Manner,
) -> Tensor:
    """One stream (n, D) of a double block from its attention on; ``parts`` are gate, then shift, scale, gate (D,)."""
    gate, shift, scale, mlp_gate = parts
    values = cut_to_range(torch.addcmul(values, gate, product(attended, weight_named(weights, f"{stream}.out"))))
    hidden = activated_product(_rows_in(values, shift, scale, manner), weight_named(weights, f"{stream}.mlp_in"))
    out = product(hidden, weight_named(weights, f"{stream}.mlp_out"))
    return cut_to_range(torch.addcmul(values, mlp_gate, out))


def single_block(
    joined: Tensor, modulation: Tensor, rotary: Rotary, weights: Mapping[str, Tensor], manner: Manner
) -> Tensor:
    """Tokens and text, joined as (1, n + t, D), after a block of one stream with attention and MLP side by side.

    ``modulation`` and ``rotary`` are those of ``double_block``.
    """
    values, qkv = joined.squeeze(0), 3 * manner.shape.width
    shift, scale, gate = modulation_of(modulation, weights).view(3, -1).unbind()
    rows = _rows_in(values, shift, scale, manner)
    inputs = weight_named(weights, "qkv_mlp")
    joint = product(rows, inputs.outputs(0, qkv))
    under_way = begin_attention(joint, weights["qk_norm"], values.shape[0], rotary, manner)
    # A product of its own, after the attention: its outputs are the largest tensor of all and need not wait that long.
    # Where ranks attend together it stands beside their exchange of queries, keys and values, and the next beside the
    # exchange of what was attended.
    hidden = activated_product(rows, inputs.outputs(qkv, qkv + manner.shape.mlp))
    under_way = attend(under_way, hidden.values, manner)
    from_mlp = product(hidden, weight_named(weights, "out_mlp"))
    attended = end_attention(under_way, from_mlp, manner)
    # Two products and a sum that joins the pass below cost as much memory traffic as joining their inputs would.
    added = product(attended, weight_named(weights, "out_attention")) + from_mlp
    return cut_to_range(torch.addcmul(values, gate, cut_to_range(added + weights["out.bias"]))).unsqueeze(0)


def probe(tokens: Tensor, modulation: Tensor, weights: Mapping[str, Tensor], shape: BlockShape) -> Tensor:
    """What a double block's first projection would see of ``tokens`` (1, n, D): normalised and modulated."""
    rows = slice(0, 2 * shape.width)
    both = F.linear(F.silu(modulation), weights["modulation.weight"][rows], weights["modulation.bias"][rows])
    shift, scale = both.squeeze(0).chunk(2)
    return modulated(tokens.squeeze(0), shift, scale, shape.norm_eps).unsqueeze(0)


def modulation_of(modulation: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """All shifts, scales and gates of a block in one row, from the embedding (1, D) that all blocks share."""
    return F.linear(F.silu(modulation), weights["modulation.weight"], weights["modulation.bias"]).squeeze(0)


def _rows_in(values: Tensor, shift: Tensor, scale: Tensor, manner: Manner) -> Rows:
    return modulated_rows(values, shift, scale, manner.shape.norm_eps, manner.format)


class Arithmetic:
    """Runs a model's blocks on tokens (1, n, D) and text (1, t, D), compiled where asked for and where that works.

    ``modulation`` (1, D) is the embedded time, guidance and prompt, ``rotary`` what ``rotary_tables`` gives for both.
    A kind of block is compiled once: its weights are arguments, and the numbers of tokens may change from call to call.
    ``on_compile`` is told the kind before that, ``notices`` says if it failed. ``ranks`` is that of ``Manner``.
    """

    def __init__(
        self,
        shape: BlockShape,
        attend: Attend,
        format: WeightFormat = "plain",
        *,
        compiled: bool = False,
        on_compile: Callable[[str], None] | None = None,
        ranks: str | None = None,
    ) -> None:
        self.manner = Manner(shape, attend, format, ranks)
        self._double, self._single = double_block, single_block
        self.notices: list[Message] = []
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
        """Tokens and text after block 0, or any other double block, whose ``weights`` are given."""
        with_any_rows(tokens, text, dim=1)
        with_any_rows(*rotary, dim=0)
        return self._double(tokens, text, modulation, rotary, weights.tensors, self.manner)

    def rest(
        self, tokens: Tensor, text: Tensor, modulation: Tensor, rotary: Rotary, blocks: Iterable[BlockWeights]
    ) -> Tensor:
        """Tokens after ``blocks``, the double ones before the single ones; they are asked for one at a time."""
        joined: Tensor | None = None
        for weights in blocks:
            if weights.kind == "double":
                tokens, text = self.first(tokens, text, modulation, rotary, weights)
            else:
                joined = torch.cat([tokens, text], dim=1) if joined is None else joined
                joined = self.single(joined, modulation, rotary, weights)
        return tokens if joined is None else joined.narrow(1, 0, tokens.shape[1])

    def single(self, joined: Tensor, modulation: Tensor, rotary: Rotary, weights: BlockWeights) -> Tensor:
        """Tokens and text, joined as (1, n + t, D), after the single block whose ``weights`` are given."""
        with_any_rows(joined, dim=1)
        with_any_rows(*rotary, dim=0)
        return self._single(joined, modulation, rotary, weights.tensors, self.manner)
