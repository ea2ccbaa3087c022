"""How one transformer block's weights lie in one flat buffer, and how published weights are filled in piece by piece.

A block is one copy: a buffer goes to a device in one transfer, and its tensors are views of it. Projections of the same
input lie as one matrix so that they are one product: q, k and v; in single blocks the MLP's input too; in double blocks
the modulation of both streams. The channels of q and k lie in another order than published (``halves_apart``), which
their products with each other do not see. Knows nothing of files, streams or arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from framepack.ops.fp8 import FP8, WeightFormat, quantised
from framepack.weights.flat_layout import FlatLayout

BlockKind = Literal["double", "single"]

_STREAMS = ("tokens", "text")


@dataclass(frozen=True)
class BlockShape:
    """The sizes all blocks of a model share: ``heads`` of ``head`` channels, ``mlp`` hidden channels."""

    heads: int
    head: int
    mlp: int
    qk_eps: float = 1e-6
    norm_eps: float = 1e-6

    @property
    def width(self) -> int:
        """The channels of a token."""
        return self.heads * self.head

    @classmethod
    def of(cls, config: Any) -> BlockShape:
        """The shape that a diffusers transformer's ``config`` describes. Raises ValueError for another q/k norm."""
        if config.qk_norm != "rms_norm":
            raise ValueError(f"the transformer normalises queries and keys by '{config.qk_norm}', not by 'rms_norm'")
        heads, head = int(config.num_attention_heads), int(config.attention_head_dim)
        return cls(heads, head, int(heads * head * config.mlp_ratio))


@dataclass(frozen=True)
class BlockLayout(FlatLayout):
    """Where each tensor of a block of ``kind`` lies in a buffer of ``nbytes``."""

    kind: BlockKind
    format: WeightFormat
    shape: BlockShape


@dataclass(frozen=True)
class _Piece:
    """Where a published tensor, or the part of its columns from ``column`` on, goes: rows of a tensor of the layout.

    ``rotated`` says that its rows are channels that will be rotated.
    """

    target: str
    row: int
    shape: tuple[int, ...]
    column: int = 0
    rotated: bool = False


def layout_of(shape: BlockShape, kind: BlockKind, dtype: torch.dtype, format: WeightFormat = "plain") -> BlockLayout:
    """The layout of a block of ``kind`` whose weights are of ``dtype``; the large products' are fp8 in the fp8 formats.

    Modulation, norms and biases are always of ``dtype``; a large weight in fp8 is followed by ``.scale``, fp32, one per
    output channel. Raises ValueError for "fp8" where its products are not possible.
    """
    if format == "fp8" and (shape.width % 16 or shape.mlp % 16):
        raise ValueError(f"fp8 products need sizes that are multiples of 16, not {shape.width} and {shape.mlp}")
    if format == "fp8" and dtype != torch.bfloat16:
        raise ValueError(f"fp8 products give bf16, not {str(dtype).removeprefix('torch.')}")
    flat = FlatLayout.of_tensors(_laid(shape, kind, dtype, format))
    return BlockLayout(flat.specs, flat.nbytes, kind, format, shape)


def published_names(kind: BlockKind) -> tuple[str, ...]:
    """The names inside one block in the published state dict, without the block's own prefix."""
    return tuple(_pieces(BlockShape(1, 2, 1), kind))


def published_shapes(shape: BlockShape, kind: BlockKind) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors of ``published_names``."""
    return {name: _whole(pieces) for name, pieces in _pieces(shape, kind).items()}


def fill(layout: BlockLayout, views: Mapping[str, Tensor], published: Mapping[str, Tensor]) -> None:
    """Put a block's ``published`` tensors, by their names inside the block, into the ``views`` of ``layout``.

    Raises ValueError where one is missing, unknown or of a wrong shape.
    """
    if missing := [name for name in published_names(layout.kind) if name not in published]:
        raise ValueError(f"{missing[0]} is missing from a {layout.kind} block")
    for name, tensor in published.items():
        fill_one(layout, views, name, tensor)


def fill_one(layout: BlockLayout, views: Mapping[str, Tensor], name: str, tensor: Tensor) -> None:
    """Put one published ``tensor`` where it belongs, cast, and quantised where the layout says fp8.

    Quantising is done where ``tensor`` lies: hand it over on a GPU where there is one. Raises ValueError for an unknown
    name or a wrong shape.
    """
    pieces = _pieces(layout.shape, layout.kind).get(name)
    if pieces is None:
        raise ValueError(f"a {layout.kind} block has no {name}")
    wanted = _whole(pieces)
    if tuple(tensor.shape) != wanted:
        raise ValueError(f"{name} is of the shape {tuple(tensor.shape)} where {wanted} is needed")
    for piece in pieces:
        part = tensor if tensor.dim() == 1 else tensor[:, piece.column : piece.column + piece.shape[1]]
        if piece.rotated:
            part = halves_apart(part, layout.shape.head)
        target = views[piece.target]
        whole_rows = target.dim() == part.dim()
        place = slice(piece.row, piece.row + piece.shape[0]) if whole_rows else piece.row
        if target.dtype == FP8:
            part, scale = quantised(part)
            views[_scale_of(piece.target)][place].copy_(scale)
        # Cast where it lies: a copy to the host that casts goes there in the wider numbers first.
        target[place].copy_(part.to(target.dtype))


def halves_apart(channels: Tensor, head: int) -> Tensor:
    """Rows (m, ...) of heads of ``head`` channels, the first of each pair of channels before all the second ones.

    The published rotation is of neighbours, (0, 1), (2, 3) and so on. With the halves of the pairs apart, rotating
    reads memory in long stretches instead of one channel at a time.
    """
    pairs = channels.reshape(-1, head // 2, 2, *channels.shape[1:])
    return pairs.transpose(1, 2).reshape(channels.shape)


def _laid(
    shape: BlockShape, kind: BlockKind, dtype: torch.dtype, format: WeightFormat
) -> Iterator[tuple[str, tuple[int, ...], torch.dtype]]:
    """The tensors of a block as they lie, with the scales of those in fp8."""
    for name, dims in _tensors(shape, kind):
        eight_bit = format != "plain" and _is_large(name)
        yield name, dims, FP8 if eight_bit else dtype
        if eight_bit:
            yield _scale_of(name), dims[:1], torch.float32


def _tensors(shape: BlockShape, kind: BlockKind) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of a block's tensors in the order they lie in, which is about that of their use."""
    width, mlp = shape.width, shape.mlp

    def linear(name: str, rows: int, columns: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (rows, columns)
        yield f"{name}.bias", (rows,)

    if kind == "single":
        yield from linear("modulation", 3 * width, width)
        yield from linear("qkv_mlp", 3 * width + mlp, width)
        yield "qk_norm", (2, shape.head)
        yield "out_attention.weight", (width, width)
        yield "out_mlp.weight", (width, mlp)
        yield "out.bias", (width,)
        return
    yield from linear("modulation", 12 * width, width)
    yield "qk_norm", (4, shape.head)
    for stream in _STREAMS:
        yield from linear(f"{stream}.qkv", 3 * width, width)
        yield from linear(f"{stream}.out", width, width)
        yield from linear(f"{stream}.mlp_in", mlp, width)
        yield from linear(f"{stream}.mlp_out", width, mlp)


def _pieces(shape: BlockShape, kind: BlockKind) -> dict[str, tuple[_Piece, ...]]:
    """Where each published tensor of a block goes."""
    width, mlp, head = shape.width, shape.mlp, shape.head
    pieces: dict[str, tuple[_Piece, ...]] = {}

    def linear(published: str, target: str, rows: int, columns: int, row: int = 0, rotated: bool = False) -> None:
        pieces[f"{published}.weight"] = (_Piece(f"{target}.weight", row, (rows, columns), rotated=rotated),)
        pieces[f"{published}.bias"] = (_Piece(f"{target}.bias", row, (rows,), rotated=rotated),)

    def projections(target: str, query: str, key: str, value: str) -> None:
        linear(query, target, width, width, rotated=True)
        linear(key, target, width, width, width, rotated=True)
        linear(value, target, width, width, 2 * width)

    def norms(*published: str) -> None:
        for row, name in enumerate(published):
            pieces[f"attn.{name}.weight"] = (_Piece("qk_norm", row, (head,), rotated=True),)

    if kind == "single":
        projections("qkv_mlp", "attn.to_q", "attn.to_k", "attn.to_v")
        linear("proj_mlp", "qkv_mlp", mlp, width, 3 * width)
        norms("norm_q", "norm_k")
        linear("norm.linear", "modulation", 3 * width, width)
        pieces["proj_out.weight"] = (
            _Piece("out_attention.weight", 0, (width, width)),
            _Piece("out_mlp.weight", 0, (width, mlp), width),
        )
        pieces["proj_out.bias"] = (_Piece("out.bias", 0, (width,)),)
        return pieces
    linear("norm1.linear", "modulation", 6 * width, width)
    linear("norm1_context.linear", "modulation", 6 * width, width, 6 * width)
    norms("norm_q", "norm_k", "norm_added_q", "norm_added_k")
    projections("tokens.qkv", "attn.to_q", "attn.to_k", "attn.to_v")
    projections("text.qkv", "attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")
    linear("attn.to_out.0", "tokens.out", width, width)
    linear("attn.to_add_out", "text.out", width, width)
    for stream, published in zip(_STREAMS, ("ff", "ff_context"), strict=True):
        linear(f"{published}.net.0.proj", f"{stream}.mlp_in", mlp, width)
        linear(f"{published}.net.2", f"{stream}.mlp_out", width, mlp)
    return pieces


def _whole(pieces: tuple[_Piece, ...]) -> tuple[int, ...]:
    """The shape of the published tensor of which these are the pieces, side by side."""
    first = pieces[0].shape
    return (*first[:1], *((sum(piece.shape[1] for piece in pieces),) if len(first) == 2 else ()))


def _is_large(name: str) -> bool:
    return name.endswith(".weight") and not name.startswith("modulation")


def _scale_of(name: str) -> str:
    return f"{name.removesuffix('.weight')}.scale"
