"""Comparing a transformer that was loaded with a whole one in memory, tensor by tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from framepack.ops.fp8 import WeightFormat
from framepack.weights.block_loading import Offloading, blocks_of_model
from framepack.weights.block_store import BlockStore
from framepack.weights.loading import LoadedTransformer


def values_of(store: BlockStore) -> Iterator[tuple[str, torch.Tensor]]:
    for number, views in enumerate(store.blocks_in_order()):
        for name, view in views.items():
            yield f"{number} {name}", view.float().clone()


def same(loaded: LoadedTransformer, whole: Any, format: WeightFormat = "plain", tolerance: float = 1e-5) -> None:
    """Assert that ``loaded`` is what a ``whole`` model in memory would be."""
    expected = blocks_of_model(whole, Offloading(), format)
    wanted = dict(values_of(expected))
    found = dict(values_of(loaded.store))
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        torch.testing.assert_close(found[name], values, rtol=tolerance, atol=tolerance, msg=name)
    state = whole.state_dict()
    for name, tensor in loaded.rest.state_dict().items():
        torch.testing.assert_close(tensor, state[name], rtol=tolerance, atol=tolerance, msg=name)
