"""The backends to compute attention, one operator each. They know no model and no clock.

They are operators to a compiler, so that a block stays one graph whatever the backend; packages are imported only by
the backend that needs them. Attention is never masked: batches are of one, and text is cut to its length.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from framepack.attention.cudnn_fp8 import attend_fp8, core_of_fp8
from framepack.attention.in_pieces import SCORES_BYTES, attend_in_pieces
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.ops.half_format import half_format

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Attention of queries, keys and values (1, n, heads, head); the result is contiguous and of the same shape."""
_CAPABILITY = (8, 0)
# As the published models have them; kernels are chosen by the size of a head.
_TRIAL_HEADS, _TRIAL_TOKENS, _TRIAL_HEAD = 24, 64, 128
# FlashAttention's third edition as its makers build it and as the package fa3-fwd does, then the second.
_FLASH_ATTN_MODULES = ("flash_attn_interface", "fa3_fwd_interface", "flash_attn")


@dataclass(frozen=True)
class Backend:
    """One backend: how it is computed, whether a device has it, and whether it rounds to 8 bits on the way.

    ``foreign``: its kernels come from another package, which is tried in a process of its own before it is used here.
    ``opaque`` says that a compiler must not look into it; others bring operators of their own. ``core``, where it is
    given, makes of queries, keys and values the call that is timed: what is left of the backend in a block, whose other
    passes do the rest.
    """

    compute: Attend
    available: Callable[[torch.device], bool]
    eight_bit: bool = False
    foreign: bool = False
    opaque: bool = True
    core: Callable[[Tensor, Tensor, Tensor], Callable[[], Tensor]] | None = None


def available_backends(device: torch.device) -> tuple[str, ...]:
    """The names of the backends that ``device`` has; the first one works always."""
    return tuple(name for name, backend in BACKENDS.items() if backend.available(device))


def scores_bytes(device: torch.device) -> int:
    """What attention needs on ``device`` beside its operands and its result: 0 where no scores are kept."""
    return 0 if _has_fused(device) else SCORES_BYTES


def backend_named(name: str) -> Backend:
    """The backend of this name. Raises InvalidRequest naming those there are."""
    try:
        return BACKENDS[name]
    except KeyError:
        raise InvalidRequest(
            "attention", Message("no-such-choice", {"name": name, "choices": ", ".join(BACKENDS)})
        ) from None


@functools.cache
def attend_with(backend: str) -> Attend:
    """Attention by the ``backend`` of this name: at every call the same function. Raises InvalidRequest."""
    found = backend_named(backend)
    if not found.opaque:
        return found.compute

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        attended: Tensor = _attend(query, key, value, backend)
        return attended

    return attend


@torch.library.custom_op(
    "framepack::attend", mutates_args=(), schema="(Tensor query, Tensor key, Tensor value, str way) -> Tensor"
)
def _attend(query: Tensor, key: Tensor, value: Tensor, way: str) -> Tensor:
    return BACKENDS[way].compute(query, key, value).contiguous()


@_attend.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, way: str) -> Tensor:  # noqa: ARG001
    return query.new_empty(query.shape)


def _sdpa(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    attended = F.scaled_dot_product_attention(query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2))
    return attended.transpose(1, 2)


def _cudnn(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
        return _sdpa(query, key, value)


def _flash(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        return _sdpa(query, key, value)


def _sage(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """SageAttention (arXiv 2410.02367). Keys are smoothed here because its first release does that in place."""
    from sageattention import sageattn

    smooth = key - key.mean(dim=1, keepdim=True)
    attended: Tensor = sageattn(query, smooth, value, tensor_layout="NHD", is_causal=False, smooth_k=False)
    return attended


def _flash_attn(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """FlashAttention by its newest edition that is installed: the third is arXiv 2407.08608."""
    # Some releases give the sums of exponentials too.
    attended = importlib.import_module(_flash_attn_module()).flash_attn_func(query, key, value)
    first: Tensor = attended[0] if isinstance(attended, tuple) else attended
    return first


def _flash_attn_module() -> str:
    """The module of FlashAttention that is installed; nothing if none is."""
    return next(filter(_installed, _FLASH_ATTN_MODULES), "")


@functools.cache
def _installed(module: str) -> bool:
    found = importlib.util.find_spec(module)
    # A folder without a module of its own is found, too, where only another package put something into it.
    return found is not None and found.origin is not None


@functools.cache
def _has_fused(device: torch.device) -> bool:
    """Whether PyTorch's own attention has a kernel on ``device`` that never holds the scores of all queries."""
    if device.type != "cuda":
        # That for Apple's GPUs keeps all scores; the processor's does not.
        return device.type == "cpu"
    size = (1, _TRIAL_HEADS, _TRIAL_TOKENS, _TRIAL_HEAD)
    query = torch.zeros(size, dtype=half_format(device), device=device)
    asked = torch.backends.cuda.SDPAParams(query, query, query, None, 0.0, False, False)
    return torch.backends.cuda.can_use_flash_attention(asked) or torch.backends.cuda.can_use_efficient_attention(asked)


def _needs_pieces(device: torch.device) -> bool:
    return not _has_fused(device)


def _modern_cuda(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= _CAPABILITY


def _has_cudnn(device: torch.device) -> bool:
    return _modern_cuda(device) and torch.version.hip is None


def _has_flash(device: torch.device) -> bool:
    return _modern_cuda(device) and torch.backends.cuda.is_flash_attention_available()


def _has_sage(device: torch.device) -> bool:
    return _modern_cuda(device) and _installed("triton") and _installed("sageattention")


def _has_cudnn_fp8(device: torch.device) -> bool:
    hopper = _modern_cuda(device) and torch.cuda.get_device_capability(device) >= (9, 0)
    return hopper and torch.version.hip is None and _installed("cudnn")


def _has_flash_attn(device: torch.device) -> bool:
    return _modern_cuda(device) and bool(_flash_attn_module())


BACKENDS: Mapping[str, Backend] = MappingProxyType(
    {
        "sdpa": Backend(_sdpa, _has_fused),
        "pieces": Backend(attend_in_pieces, _needs_pieces),
        "cudnn": Backend(_cudnn, _has_cudnn),
        "flash": Backend(_flash, _has_flash),
        "sage": Backend(_sage, _has_sage, eight_bit=True, foreign=True),
        "flash-attn": Backend(_flash_attn, _has_flash_attn, foreign=True),
        "cudnn-fp8": Backend(attend_fp8, _has_cudnn_fp8, eight_bit=True, foreign=True, opaque=False, core=core_of_fp8),
    }
)
