"""Owns what a LoRA file is: its tensors by the layers they change, whichever program wrote it, and its name. No torch.

Three spellings of a layer are known: that of diffusers and PEFT (``transformer.transformer_blocks.0.attn.to_q``), that
of kohya's trainers (``lora_unet_transformer_blocks_0_attn_to_q``), and the original HunyuanVideo's in either form. What
is added to a layer may be a LoRA (up x down), a LoHa (two such products, multiplied), a LoKr (a Kronecker product) or
the whole difference. The arithmetic is in ``framepack.weights.lora``.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from framepack.errors import InvalidRequest, LoraRejected
from framepack.files.manifest import sum_of
from framepack.formats.other_models import model_of
from framepack.formats.safetensors_header import Header, NotReadable, TensorFacts, read_header
from framepack.formats.transformer_names import HALVES_SWAPPED, original_layers, without_prefix
from framepack.messages import Message, Value

# How the end of a tensor's name says what it is for; PEFT may put the name of the adapter in between.
_ROLES = tuple(
    (role, re.compile(rf"\.(?:{ends})$"))
    for role, ends in (
        ("down", r"lora_A(?:\.\w+)?\.weight|lora_down\.weight|lora\.down\.weight"),
        ("up", r"lora_B(?:\.\w+)?\.weight|lora_up\.weight|lora\.up\.weight"),
        ("up_bias", r"lora_B(?:\.\w+)?\.bias|lora_up\.bias|lora\.up\.bias"),
        ("alpha", r"alpha"),
        ("difference", r"diff"),
        ("bias_difference", r"diff_b"),
        *((part, part) for part in ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b")),
        *((part, part) for part in ("lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b")),
    )
)
_DORA = re.compile(r"(?:\.dora_scale|\.lora_magnitude_vector(?:\.\w+)?(?:\.weight)?)$")
_UNDERSCORED = re.compile(r"^(?:lora_unet|lora_transformer|lycoris)_")
PEFT_FILE, PEFT_CONFIG = "adapter_model.safetensors", "adapter_config.json"
_DIFFUSERS_CONFIG = "lora_adapter_metadata"
# So many names are listed; more would be no sentence.
_LISTED = 5


@dataclass(frozen=True)
class PeftScale:
    """What PEFT keeps of a LoRA's scale beside its tensors: ``alpha`` and ``rank``, and both by patterns of names."""

    alpha: float
    rank: int
    square_root: bool
    alphas: Mapping[str, float]
    ranks: Mapping[str, int]

    def of(self, layer: str, rank: int | None) -> float:
        """The factor of ``layer``, whose tensors are of ``rank``, None where they do not tell."""
        rank = rank or int(_by_pattern(self.ranks, layer, self.rank))
        return _by_pattern(self.alphas, layer, self.alpha) / (math.sqrt(rank) if self.square_root else rank)


@dataclass(frozen=True)
class LoraLayer:
    """What is done to one layer, by the name it has in the file; ``keys`` are its tensors by what they are for."""

    name: str
    keys: Mapping[str, str]


@dataclass(frozen=True)
class LoraFile:
    """One LoRA; ``strays`` are the tensors that have no part in any layer, ``scale`` PEFT's where it has one.

    ``metadata`` is what whoever wrote the file added.
    """

    path: Path
    tensors: Mapping[str, TensorFacts]
    layers: tuple[LoraLayer, ...]
    strays: tuple[str, ...]
    scale: PeftScale | None
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class FittedLayer:
    """A LoRA's layer and the published layers whose rows, one after the other, it changes.

    ``swapped`` says that the halves of its rows stand in the other order there.
    """

    layer: LoraLayer
    published: tuple[str, ...]
    swapped: bool

    @property
    def changes_bias(self) -> bool:
        """Whether something is added to their biases too."""
        return not {"up_bias", "bias_difference"}.isdisjoint(self.layer.keys)


def file_and_strength(said: str, folder: Path = Path()) -> tuple[Path, float]:
    """The file, relative to ``folder``, and the strength that ``FILE:0.8`` names; 1 where none is said.

    A colon may be in the name too, as after the drive on Windows. Raises InvalidRequest.
    """
    name, colon, strength = said.rpartition(":")
    if colon and not (folder / said).is_file():
        try:
            return folder / name, float(strength)
        except ValueError:
            if not re.fullmatch(r"[A-Za-z]", name):
                raise InvalidRequest("loras", Message("lora-needs-strength", {"text": said})) from None
    return folder / said, 1.0


def lora_sha256(path: Path) -> str:
    """The name (64 hexadecimal digits) of the LoRA at ``path``: equal names change a model equally. Raises OSError.

    It is the file's SHA-256; where its scale lies beside it, as PEFT has it, that is in the name too.
    """
    name = sum_of(path)
    config = _config_beside(path)
    return name if config is None else hashlib.sha256(f"{name} {sum_of(config)}".encode()).hexdigest()


def read_lora(path: Path) -> LoraFile:
    """The LoRA in the file at ``path``. Raises LoraRejected for what is none, or is known to be another model's."""
    try:
        header = read_header(path)
    except NotReadable as fault:
        raise LoraRejected(path.name, fault.message) from None
    if not header.tensors:
        raise LoraRejected(path.name, Message("lora-empty"))
    if any(_DORA.search(name) for name in header.tensors):
        raise LoraRejected(path.name, Message("lora-is-dora"))
    if model := model_of(header.tensors):
        raise LoraRejected(path.name, Message("lora-of-another-model", {"model": model}))
    layers: dict[str, dict[str, str]] = {}
    strays = []
    for name in header.tensors:
        found = next(((role, match) for role, sign in _ROLES if (match := sign.search(name))), None)
        if found:
            layers.setdefault(name[: found[1].start()], {})[found[0]] = name
        else:
            strays.append(name)
    if not layers:
        raise LoraRejected(path.name, Message("lora-is-none", {"first": next(iter(header.tensors))}))
    kept = tuple(LoraLayer(name, keys) for name, keys in layers.items())
    return LoraFile(path, header.tensors, kept, tuple(strays), _peft_scale(path, header), header.metadata)


def fit_lora(lora: LoraFile, shapes: Mapping[str, tuple[int, ...]], *, partly: bool) -> tuple[FittedLayer, ...]:
    """The layers of ``lora`` in a model whose published layers have weights of these ``shapes``.

    Raises LoraRejected where some of its tensors fit none, listing them, unless it may be used ``partly``; where none
    fits, always.
    """
    known = {name: (name,) for name in shapes} | original_layers(shapes)
    known |= {name.replace(".", "_"): published for name, published in known.items()}
    swapped = HALVES_SWAPPED | {name.replace(".", "_") for name in HALVES_SWAPPED}
    fitted: list[FittedLayer] = []
    left: list[str] = list(lora.strays)
    for layer in lora.layers:
        name = _UNDERSCORED.sub("", without_prefix(layer.name))
        published = known.get(name, ())
        if published and _change_of(layer, lora.tensors) == _wanted(published, shapes):
            fitted.append(FittedLayer(layer, published, name in swapped))
        else:
            left += layer.keys.values()
    if not fitted:
        first = next(iter(lora.tensors))
        raise LoraRejected(lora.path.name, Message("lora-fits-nothing", {"count": len(lora.tensors), "first": first}))
    if left and not partly:
        values: dict[str, Value] = {"count": len(left), "all": len(lora.tensors), "names": _listed(left)}
        raise LoraRejected(lora.path.name, Message("lora-keys-unknown", values))
    return tuple(fitted)


def rank_of(layer: LoraLayer, tensors: Mapping[str, TensorFacts]) -> int | None:
    """The rank of what is done to ``layer``, None where nothing of it is a product."""
    for role in ("down", "hada_w1_b", "lokr_w1_b", "lokr_w2_b"):
        if role in layer.keys:
            return tensors[layer.keys[role]].shape[0]
    return None


def _wanted(published: Collection[str], shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int] | None:
    """The rows and columns of the weights of ``published`` one below the other, None where one is not there."""
    if any(name not in shapes for name in published):
        return None
    found = [shapes[name] for name in published]
    return sum(shape[0] for shape in found), math.prod(found[0][1:])


def _change_of(layer: LoraLayer, tensors: Mapping[str, TensorFacts]) -> tuple[int, int] | None:
    """The rows and columns of what is added to the layer's weight; None where its tensors make no such thing."""
    shape = {role: _as_matrix(tensors[key].shape) for role, key in layer.keys.items()}
    roles = set(shape) - {"alpha", "up_bias", "bias_difference"}

    def product(left: str, right: str) -> tuple[int, int] | None:
        if left not in shape or right not in shape or shape[left][1] != shape[right][0]:
            return None
        return shape[left][0], shape[right][1]

    def factor(name: str) -> tuple[int, int] | None:
        return shape[name] if name in shape else product(f"{name}_a", f"{name}_b")

    if roles == {"down", "up"}:
        return product("up", "down")
    if roles == {"difference"}:
        return shape["difference"]
    if roles == {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"}:
        first, second = product("hada_w1_a", "hada_w1_b"), product("hada_w2_a", "hada_w2_b")
        return first if first == second else None
    if roles and all(role.startswith("lokr_") for role in roles):
        first, second = factor("lokr_w1"), factor("lokr_w2")
        return (first[0] * second[0], first[1] * second[1]) if first and second else None
    return None


def _as_matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """The rows and columns of a tensor; those of a convolution's are all its dimensions but the first in one."""
    return (shape[0] if shape else 1), math.prod(shape[1:])


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown}, …"


def _config_beside(path: Path) -> Path | None:
    config = path.with_name(PEFT_CONFIG)
    return config if path.name == PEFT_FILE and config.is_file() else None


def _peft_scale(path: Path, header: Header) -> PeftScale | None:
    """What PEFT, or diffusers for it, says of the scale of a LoRA. Raises LoraRejected where that cannot be read."""
    config = _config_beside(path)
    try:
        if config is not None:
            facts = json.loads(config.read_text(encoding="utf-8"))
        elif _DIFFUSERS_CONFIG in header.metadata:
            kept = json.loads(header.metadata[_DIFFUSERS_CONFIG])
            facts = {name.removeprefix("transformer."): value for name, value in kept.items()}
        else:
            return None
        return _scale_from(facts)
    except (OSError, ValueError, TypeError, AttributeError, ZeroDivisionError):
        place = PEFT_CONFIG if config else _DIFFUSERS_CONFIG
        raise LoraRejected(path.name, Message("lora-config-unreadable", {"place": place})) from None


def _scale_from(facts: Mapping[str, Any]) -> PeftScale | None:
    alpha = facts.get("lora_alpha", facts.get("alpha"))
    if alpha is None:
        return None
    return PeftScale(
        alpha=float(alpha),
        rank=int(facts.get("r") or 1),
        square_root=bool(facts.get("use_rslora")),
        alphas={str(name): float(value) for name, value in (facts.get("alpha_pattern") or {}).items()},
        ranks={str(name): int(value) for name, value in (facts.get("rank_pattern") or {}).items()},
    )


def _by_pattern(patterns: Mapping[str, float], layer: str, otherwise: float) -> float:
    """The value whose pattern is the end of ``layer``'s name, as PEFT looks it up."""
    within = without_prefix(layer)
    fitting = chain((patterns[name] for name in patterns if re.fullmatch(rf"(?:.*\.)?{name}", within)), (otherwise,))
    return next(fitting)
