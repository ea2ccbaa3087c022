"""Owns the optimiser: Muon for weights that are matrices, Adam for the rest; knows nothing of the models.

Muon (Jordan et al., 2024) replaces the momentum of a matrix by its nearest orthogonal one, found by a Newton-Schulz
iteration, which takes far fewer steps than Adam on nets as small as these. Matrices of one shape are done together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import torch

# What reads the input or writes the output is no map between like spaces: Adam does better there.
_FIRST_AND_LAST = re.compile(
    r"(^|/)(x_embedder|clean_x_embedder|proj_out|meaning)\.|embed_tokens|embeddings|conv_in|conv_out|quant"
)
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalised(matrices: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """(N, rows, columns): each with its singular values moved close to one."""
    a, b, c = _COEFFICIENTS
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) * 1.01 + 1e-7)
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon:
    """One optimiser for a list of named parameters; the learning rate is given to every step."""

    def __init__(
        self,
        named: Iterable[tuple[str, torch.nn.Parameter]],
        matrix_decay: float = 0.02,
        momentum: float = 0.95,
    ) -> None:
        self._groups: dict[tuple[int, int], list[torch.nn.Parameter]] = {}
        rest: list[torch.nn.Parameter] = []
        for name, parameter in named:
            if not parameter.requires_grad:
                continue
            if parameter.ndim >= 2 and not _FIRST_AND_LAST.search(name):
                shape = (parameter.shape[0], parameter[0].numel())
                self._groups.setdefault(shape, []).append(parameter)
            else:
                rest.append(parameter)
        self._buffers = {
            shape: torch.zeros(len(group), *shape, device=group[0].device) for shape, group in self._groups.items()
        }
        self._momentum = momentum
        self._decay = matrix_decay
        self._adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0.0, fused=rest[0].is_cuda)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One update at ``rate``, in Adam's units: an update of a matrix has an RMS of 0.2 times it."""
        for options in self._adam.param_groups:
            options["lr"] = rate
        self._adam.step()
        for shape, group in self._groups.items():
            grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in group]
            stacked = torch.stack([grad.reshape(shape) for grad in grads]).float()
            buffer = self._buffers[shape]
            buffer.lerp_(stacked, 1 - self._momentum)
            update = orthogonalised(stacked.lerp_(buffer, self._momentum))
            scale = rate * 0.2 * max(shape) ** 0.5
            torch._foreach_mul_(group, 1 - rate * self._decay)
            pieces = [piece.reshape(p.shape) for piece, p in zip(update.unbind(0), group, strict=True)]
            torch._foreach_add_(group, pieces, alpha=-scale)

    def zero_grad(self) -> None:
        """Frees all gradients."""
        self._adam.zero_grad(set_to_none=True)
        for group in self._groups.values():
            for parameter in group:
                parameter.grad = None
