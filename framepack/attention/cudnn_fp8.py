"""Attention in fp8 on Hopper and newer, by cuDNN through its ``nvidia-cudnn-frontend`` package. It knows no model.

Queries and keys are taken to be normalised, as they are in a transformer's blocks, so that fp8 holds them as they are;
values get one scale. ``framepack.ops.qk_norm_rope`` makes the former fp8, in the pass that normalises them; values are
made fp8 here, by plain arithmetic for a compiler to fuse. On other devices the same is computed by its formula, slowly.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import torch
from torch import Tensor

from framepack.ops.fp8 import FP8_MAX, SMALLEST_SCALE, rounded_to_fp8

# Attention weights lie between 0 and 1; a power of two, so that scaling them rounds nothing.
_WEIGHTS_SCALE = 256.0


def attend_fp8(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of (1, n, heads, head) with products in fp8; the result is of the same shape and in their format."""
    attended, unit = attend_quantised(_fp8(query), _fp8(key), value, value.abs().amax().float())
    return attended.to(query.dtype) * unit.to(query.dtype)


def attend_quantised(query: Tensor, key: Tensor, value: Tensor, largest: Tensor) -> tuple[Tensor, Tensor]:
    """Attention of queries and keys in fp8 and of values in another format, all (1, n, heads, head).

    ``largest`` (fp32, no dimension) is the largest size of a value. Returns the result in fp8, of the same shape, and
    what it is to be multiplied by (fp32, no dimension).
    """
    value, scale = rounded_value(value, largest)
    return attend_rounded(query, key, value, scale), scale.reciprocal()


def rounded_value(value: Tensor, largest: Tensor) -> tuple[Tensor, Tensor]:
    """``value`` in fp8 and the scale it was multiplied by, which ``largest`` is within (both fp32, no dimension)."""
    # A power of two, so that scaling to and fro rounds nothing in any format.
    scale = torch.exp2(torch.floor(torch.log2(FP8_MAX / largest.clamp(min=SMALLEST_SCALE))))
    return _fp8(value * scale.to(value.dtype)), scale


def attend_rounded(query: Tensor, key: Tensor, value: Tensor, scale: Tensor) -> Tensor:
    """Attention of what is in fp8 already, in fp8 and times ``scale``, the one that ``value`` was multiplied by."""
    # What comes out is an average of values, so their scale holds it too.
    attended: Tensor = _attend_fp8(query, key, value, scale)
    return attended


def core_of_fp8(query: Tensor, key: Tensor, value: Tensor) -> Callable[[], Tensor]:
    """What is left of ``attend_fp8`` where a block rounds queries, keys and values in other passes, for timing it."""
    scale = torch.ones((), device=value.device)
    return functools.partial(_attend_fp8, _fp8(query), _fp8(key), _fp8(value), scale)


def _fp8(values: Tensor) -> Tensor:
    return rounded_to_fp8(values).contiguous()


@torch.library.custom_op(
    "framepack::attend_fp8",
    mutates_args=(),
    schema="(Tensor query, Tensor key, Tensor value, Tensor scale) -> Tensor",
)
def _attend_fp8(query: Tensor, key: Tensor, value: Tensor, scale: Tensor) -> Tensor:
    if not query.is_cuda:
        return attended_by_formula(query, key, value, scale)
    _, tokens, heads, head = query.shape
    with torch.cuda.device(query.device):
        plan = _plan(query.device, tokens, heads, head)
        one, weights_scale, weights_descale, unused = _constants(query.device)
        out = torch.empty_like(query)
        workspace = torch.empty(max(1, plan.workspace), dtype=torch.uint8, device=query.device)
        pack = {
            _Part.QUERY: query,
            _Part.KEY: key,
            _Part.VALUE: value,
            _Part.QUERY_DESCALE: one,
            _Part.KEY_DESCALE: one,
            _Part.VALUE_DESCALE: scale.reciprocal(),
            _Part.WEIGHTS_SCALE: weights_scale,
            _Part.WEIGHTS_DESCALE: weights_descale,
            _Part.OUT_SCALE: scale,
            _Part.OUT: out,
            _Part.WEIGHTS_LARGEST: unused,
            _Part.OUT_LARGEST: unused,
        }
        plan.run(pack, workspace)
    return out


@_attend_fp8.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, scale: Tensor) -> Tensor:  # noqa: ARG001
    return query.new_empty(query.shape)


def attended_by_formula(query: Tensor, key: Tensor, value: Tensor, scale: Tensor) -> Tensor:
    """What the GPU computes, rounded where it rounds: for measuring what that costs, where there is none.

    All of (1, n, heads, head) in fp8; ``scale`` is that of ``value`` and of the result.
    """
    heads_first = (part.float().transpose(1, 2) for part in (query, key, value))
    wide_query, wide_key, wide_value = heads_first
    scores = wide_query @ wide_key.transpose(2, 3) / query.shape[-1] ** 0.5
    weights = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
    rounded = _fp8(weights * _WEIGHTS_SCALE).float() / _WEIGHTS_SCALE
    attended = rounded @ (wide_value / scale) / weights.sum(dim=-1, keepdim=True)
    return _fp8(attended.transpose(1, 2) * scale)


class _Part(IntEnum):
    """The numbers by which cuDNN knows the tensors of a plan."""

    QUERY = 1
    KEY = 2
    VALUE = 3
    QUERY_DESCALE = 4
    KEY_DESCALE = 5
    VALUE_DESCALE = 6
    WEIGHTS_SCALE = 7
    WEIGHTS_DESCALE = 8
    OUT_SCALE = 9
    OUT = 10
    WEIGHTS_LARGEST = 11
    OUT_LARGEST = 12


@dataclass(frozen=True)
class _Plan:
    """A graph built for one device and size, with the bytes of memory it works in."""

    graph: Any
    handle: Any
    workspace: int

    def run(self, pack: dict[_Part, Tensor], workspace: Tensor) -> None:
        """Put the computation on the current stream."""
        import cudnn

        cudnn.set_stream(handle=self.handle, stream=torch.cuda.current_stream().cuda_stream)
        pointers = {int(part): tensor.data_ptr() for part, tensor in pack.items()}
        self.graph.execute(pointers, workspace.data_ptr(), handle=self.handle)


@functools.lru_cache(maxsize=16)
def _plan(device: torch.device, tokens: int, heads: int, head: int) -> _Plan:
    """The plan for (1, tokens, heads, head) on ``device``, which is the current one. Raises what cuDNN raises."""
    import cudnn

    kinds = cudnn.data_type
    handle = _handle(device)
    graph = cudnn.pygraph(
        io_data_type=kinds.FP8_E4M3,
        intermediate_data_type=kinds.FLOAT,
        compute_data_type=kinds.FLOAT,
        handle=handle,
    )
    size, strides = [1, heads, tokens, head], [tokens * heads * head, head, heads * head, 1]

    def operand(part: _Part) -> Any:
        return graph.tensor(name=part.name, dim=size, stride=strides, data_type=kinds.FP8_E4M3, uid=int(part))

    def number(part: _Part) -> Any:
        return graph.tensor(name=part.name, dim=[1, 1, 1, 1], stride=[1, 1, 1, 1], data_type=kinds.FLOAT, uid=int(part))

    out, _, weights_largest, out_largest = graph.sdpa_fp8(
        q=operand(_Part.QUERY),
        k=operand(_Part.KEY),
        v=operand(_Part.VALUE),
        descale_q=number(_Part.QUERY_DESCALE),
        descale_k=number(_Part.KEY_DESCALE),
        descale_v=number(_Part.VALUE_DESCALE),
        descale_s=number(_Part.WEIGHTS_DESCALE),
        scale_s=number(_Part.WEIGHTS_SCALE),
        scale_o=number(_Part.OUT_SCALE),
        generate_stats=False,
        attn_scale=head**-0.5,
    )
    out.set_output(True).set_dim(size).set_stride(strides).set_data_type(kinds.FP8_E4M3).set_uid(int(_Part.OUT))
    for part, tensor in ((_Part.WEIGHTS_LARGEST, weights_largest), (_Part.OUT_LARGEST, out_largest)):
        tensor.set_output(True).set_dim([1, 1, 1, 1]).set_stride([1, 1, 1, 1])
        tensor.set_data_type(kinds.FLOAT).set_uid(int(part))
    graph.build([cudnn.heur_mode.A, cudnn.heur_mode.FALLBACK])
    return _Plan(graph, handle, int(graph.get_workspace_size()))


@functools.cache
def _handle(device: torch.device) -> Any:  # noqa: ARG001
    """cuDNN's handle on ``device``, which is the current one; one for the life of the process."""
    import cudnn

    return cudnn.create_handle()


@functools.cache
def _constants(device: torch.device) -> tuple[Tensor, ...]:
    """1, the scale of attention weights, its inverse, and a place for what nobody asks for; each lies by itself."""
    numbers = (1.0, _WEIGHTS_SCALE, 1.0 / _WEIGHTS_SCALE, 0.0)
    return tuple(torch.full((1,), number, dtype=torch.float32, device=device) for number in numbers)
