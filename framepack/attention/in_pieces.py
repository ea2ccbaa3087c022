"""Attention by plain products, a few queries at a time, for devices without a kernel that never holds all scores.

The scores of all queries at once are 15 GB for a section of the large model; here they stay within ``SCORES_BYTES``. It
knows no model.
"""

from __future__ import annotations

import torch
from torch import Tensor

SCORES_BYTES = 256 * 2**20
# Of a score: in the format of the values, in fp32 before and after the softmax.
_BYTES_A_SCORE = 12


def attend_in_pieces(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of (1, n, heads, head); softmax is in fp32 whatever the format."""
    _, tokens, heads, head = query.shape
    attended = torch.empty_like(query, memory_format=torch.contiguous_format)
    zero = query.new_zeros(1)
    rows = rows_at_once(key.shape[1])
    for number in range(heads):
        keys, values = key[0, :, number].t(), value[0, :, number]
        for start in range(0, tokens, rows):
            piece = query[0, start : start + rows, number]
            # Scaled in the product, where sums are in fp32: unscaled ones may be more than fp16 holds.
            scores = torch.addmm(zero, piece, keys, beta=0, alpha=head**-0.5)
            weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(value.dtype)
            attended[0, start : start + rows, number] = weights @ values
    return attended


def rows_at_once(keys: int) -> int:
    """How many queries' scores of so many ``keys`` fit into ``SCORES_BYTES``."""
    return max(1, SCORES_BYTES // (_BYTES_A_SCORE * keys))
