"""What the engine and the domain call things by a short name, as people read it: models, presets, fields, parts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from framepack.checkpoints.table import CHECKPOINTS
from framepack.shots.presets import PRESETS

TERMS: Mapping[str, str] = MappingProxyType(
    {
        **{f"checkpoint.{checkpoint.name}": checkpoint.title for checkpoint in CHECKPOINTS.values()},
        **{f"preset.{preset.name}": preset.title for preset in PRESETS.values()},
        **{f"preset-costs.{preset.name}": preset.costs for preset in PRESETS.values()},
        # What an error that says "there is no ..." is about.
        "kind.project": "project",
        "kind.shot": "shot",
        "kind.take": "take",
        "kind.film": "film",
        "kind.picture": "picture",
        "kind.render": "render",
        # The field of a request that an error is about.
        "field.argument": "argument",
        "field.attention": "attention",
        "field.cache": "cache",
        "field.cfg": "cfg",
        "field.count": "count",
        "field.guidance": "guidance",
        "field.height": "height",
        "field.image": "image",
        "field.image embedding": "image embedding",
        "field.model": "model",
        "field.n": "frame",
        "field.negative prompt": "negative prompt",
        "field.note": "note",
        "field.output": "output",
        "field.place": "place",
        "field.preset": "preset",
        "field.prompt": "prompt",
        "field.random weights": "random weights",
        "field.rescale": "rescale",
        "field.seconds": "seconds",
        "field.sections": "sections",
        "field.seed": "seed",
        "field.shape": "shape",
        "field.size": "size",
        "field.start": "start",
        "field.steps": "steps",
        "field.threshold": "threshold",
        "field.width": "width",
        # The part of a model that an error is about.
        "part.transformer": "transformer",
        "part.vae": "VAE",
        "part.text_encoder": "text encoder",
        "part.text_encoder_2": "second text encoder",
        "part.tokenizer": "tokenizer",
        "part.tokenizer_2": "second tokenizer",
        "part.image_encoder": "image encoder",
        "part.feature_extractor": "image preparation",
        "part.preview map": "preview map",
    }
)
