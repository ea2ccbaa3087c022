"""Whether a backend of attention gives what PyTorch's own gives, on values laid out as a model's blocks have them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from framepack.attention.backends import attend_with, available_backends, backend_named

# What a backend may differ from PyTorch's own by on random values; generous, to leave out only what is broken on a
# card.
_TOLERANCE = 0.02
_TOLERANCE_8_BIT = 0.2


@dataclass(frozen=True)
class Problem:
    """The size of an attention: ``tokens`` with ``heads`` of ``head`` channels, in ``dtype``."""

    tokens: int
    heads: int
    head: int
    dtype: torch.dtype


@dataclass(frozen=True)
class Operands:
    """Queries, keys and values (1, n, heads, head), and what attention makes of them."""

    query: Tensor
    key: Tensor
    value: Tensor
    attended: Tensor


def random_operands(device: torch.device, problem: Problem) -> Operands:
    """Random values, laid out as blocks pass them: values are a part of the product that queries and keys are made of.

    Raises torch.OutOfMemoryError.
    """
    generator = torch.Generator(device).manual_seed(0)
    size = (problem.tokens, 3, problem.heads, problem.head)
    joint = torch.randn(size, device=device, dtype=problem.dtype, generator=generator)
    query, key = (joint[:, part].contiguous().unsqueeze(0) for part in (0, 1))
    value = joint[:, 2].unsqueeze(0)
    exact = attend_with(available_backends(device)[0])
    return Operands(query, key, value, exact(query, key, value))


def is_right(backend: str, operands: Operands) -> bool:
    """Whether ``backend`` works here and gives about what is exact. Raises torch.OutOfMemoryError."""
    try:
        off = attend_with(backend)(operands.query, operands.key, operands.value) - operands.attended
    except torch.OutOfMemoryError:
        raise
    except Exception:  # what a package raises for a card or a size it was not made for is its own affair
        return False
    tolerance = _TOLERANCE_8_BIT if backend_named(backend).eight_bit else _TOLERANCE
    return float(off.norm() / operands.attended.norm()) < tolerance
