"""Owns how the first text encoder is loaded from its files and run with some or none of its layers on the device.

Of its hidden states the last but two is read, so its last two layers and its last norm are neither loaded nor run.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaModel

from framepack.device.memory_plan import BUFFERS
from framepack.device.pinned_memory import PinnedMemory
from framepack.weights.block_store import BlockStore, Views
from framepack.weights.flat_layout import FlatLayout
from framepack.weights.tensor_files import TensorSource

LAYERS_NOT_RUN = 2
# Some publish the model with this in front of every name, as a part of a larger one.
PREFIX = "model."


class StreamedText:
    """The layers of a ``LlamaModel`` that are brought to it while it runs, as long as this is not closed."""

    def __init__(self, layers: Sequence[torch.nn.Module], store: BlockStore) -> None:
        self._store = store
        self._coming: Generator[Views] | None = None
        for number, layer in enumerate(layers):
            layer.register_forward_pre_hook(self._bringing(number, dict(layer.named_parameters())))

    def close(self) -> None:
        """Give the memory of the layers back."""
        self._begin_again()
        self._store.close()

    def _bringing(self, number: int, parameters: dict[str, torch.nn.Parameter]) -> Callable[..., None]:
        def bring(*_: object) -> None:
            if number == 0 or self._coming is None:
                self._begin_again()
                self._coming = self._store.blocks_in_order()
            views = next(self._coming)
            for name, parameter in parameters.items():
                parameter.data = views[name]

        return bring

    def _begin_again(self) -> None:
        if self._coming is not None:
            self._coming.close()
            self._coming = None


class PublishedLayers:
    """Reads the layers from number ``first`` on from ``files``."""

    def __init__(self, files: TensorSource, layout: FlatLayout, first: int) -> None:
        self._files = files
        self._layout = layout
        self._first = first
        self._checked: set[int] = set()

    def read(self, number: int, flat: Tensor) -> None:
        """See ``framepack.weights.block_store.BlockReader``. Raises WeightsDamaged as ``TensorFiles.check`` does."""
        views = {f"layers.{self._first + number}.{name}": view for name, view in self._layout.views(flat).items()}
        for name, view in views.items():
            view.copy_(self._files.get(name))
        if number not in self._checked:
            self._files.check(views.values(), views)
            self._checked.add(number)

    def close(self) -> None:
        """See ``framepack.weights.block_store.BlockReader``."""
        self._files.close()


def layer_layout(layer: torch.nn.Module, dtype: torch.dtype) -> FlatLayout:
    """How the parameters of ``layer``, which may be on the meta device, lie in ``dtype`` in a flat buffer."""
    parameters = layer.named_parameters()
    return FlatLayout.of_tensors((name, tuple(parameter.shape), dtype) for name, parameter in parameters)


def empty_text_model(config: Any) -> LlamaModel:
    """The model a ``config`` describes as far as it is run, on the meta device but for its table of rotations."""
    shortened = copy.deepcopy(config)
    shortened.num_hidden_layers = max(0, config.num_hidden_layers - LAYERS_NOT_RUN)
    with torch.device("meta"):
        model = LlamaModel(shortened)
    model.norm = torch.nn.Identity()
    model.rotary_emb = type(model.rotary_emb)(config=shortened)
    return model.eval().requires_grad_(False)


def load_text_layers(
    model: LlamaModel, files: TensorSource, dtype: torch.dtype, device: torch.device, resident: int | None
) -> StreamedText | None:
    """Give what ``empty_text_model`` made its values; only the first ``resident`` layers stay on ``device``.

    None stays for all of them, and then nothing is to be closed. Raises KeyError for a tensor that is not there,
    RuntimeError for one of a wrong shape, and WeightsDamaged for values that are no finite numbers.
    """
    layers = list(model.layers)
    stay = len(layers) if resident is None else min(resident, len(layers))
    state = {
        name: files.get(name).to(device, dtype)
        for name in model.state_dict()
        if not name.startswith("layers.") or int(name.split(".")[1]) < stay
    }
    files.check(state.values(), state)
    model.load_state_dict(state, strict=False, assign=True)
    model.rotary_emb.to(device)
    if stay == len(layers):
        files.close()
        return None
    coming = layers[stay:]
    layout = layer_layout(coming[0], dtype)
    for layer in coming:
        _make_hollow(layer, dtype, device)
    store = BlockStore(
        [layout] * len(coming),
        device=device,
        resident={},
        copies={},
        host=PinnedMemory(None),
        reader=PublishedLayers(files, layout, stay),
        buffers=1 if device.type == "cpu" else BUFFERS,
    )
    return StreamedText(coming, store)


def _make_hollow(layer: torch.nn.Module, dtype: torch.dtype, device: torch.device) -> None:
    """Give ``layer`` parameters of the right kind with nothing in them."""
    for module in layer.modules():
        for name, _ in list(module.named_parameters(recurse=False)):
            setattr(module, name, torch.nn.Parameter(torch.empty(0, dtype=dtype, device=device), requires_grad=False))
