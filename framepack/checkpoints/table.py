"""The checkpoints the engine knows, as one typed table: published names and defaults, not how they are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from framepack.errors import InvalidRequest
from framepack.messages import Message

Direction = Literal["forward", "inverted"]
Part = Literal[
    "transformer",
    "vae",
    "text_encoder",
    "tokenizer",
    "text_encoder_2",
    "tokenizer_2",
    "image_encoder",
    "feature_extractor",
]


@dataclass(frozen=True)
class Source:
    """Where one part lies: a hub repository (``owner/name``), the revision asked for, and the folder inside it."""

    repository: str
    subfolder: str = ""
    revision: str = "main"


@dataclass(frozen=True)
class Defaults:
    """What a shot is sampled with unless it says otherwise."""

    steps: int
    guidance: float
    cfg: float
    rescale: float


@dataclass(frozen=True)
class Checkpoint:
    """One set of model weights and the facts that belong to it.

    ``buckets`` are (height, width) in pixels, ``larger`` such as are made only where they are asked for. ``latent_rgb``
    is the 16 x 3 map of scaled latents to RGB (0..1) with its bias, for previews; it is None where the map lies beside
    the weights (``latent_rgb.json``). ``magnitude_ratios`` are MagCache's (``framepack.transformer.step_cache``) for
    the usual number of steps, None where nobody has published any. ``carries_detail``: its VAE keeps so little of a
    picture that frames show the picture's own detail, as far as it can be followed (``framepack.media.detail``).
    """

    name: str
    title: str
    direction: Direction
    embedded: bool
    sources: dict[Part, Source]
    buckets: tuple[tuple[int, int], ...]
    defaults: Defaults
    latent_rgb: tuple[tuple[float, float, float], ...] | None = None
    latent_rgb_bias: tuple[float, float, float] | None = None
    magnitude_ratios: tuple[float, ...] | None = None
    carries_detail: bool = False
    larger: tuple[tuple[int, int], ...] = ()
    fps: int = 30
    window: int = 9


_LANDSCAPE = ((416, 960), (448, 864), (480, 832), (512, 768), (544, 704), (576, 672), (608, 640))
BUCKETS_640 = tuple(sorted({*_LANDSCAPE, *((w, h) for h, w in _LANDSCAPE)}))
BUCKETS_DRAFT = ((144, 256), (192, 192), (256, 144))
LARGER_DRAFT = ((176, 320), (240, 240), (320, 176))

# Published in ComfyUI's latent formats for HunyuanVideo's VAE; channel by channel R G B. It gives -1 to 1 there.
_HUNYUAN_RGB = (
    (-0.0395, -0.0331, 0.0445),
    (0.0696, 0.0795, 0.0518),
    (0.0135, -0.0945, -0.0282),
    (0.0108, -0.0250, -0.0765),
    (-0.0209, 0.0032, 0.0224),
    (-0.0804, -0.0254, -0.0639),
    (-0.0991, 0.0271, -0.0669),
    (-0.0646, -0.0422, -0.0400),
    (-0.0696, -0.0595, -0.0894),
    (-0.0799, -0.0208, -0.0375),
    (0.1166, 0.1627, 0.0962),
    (0.1165, 0.0432, 0.0407),
    (-0.2315, -0.1920, -0.1355),
    (-0.0270, 0.0401, -0.0821),
    (-0.0616, -0.0997, -0.0727),
    (0.0249, -0.0469, -0.1703),
)
_HUNYUAN_RGB_BIAS = (0.0259, -0.0192, -0.0761)
HUNYUAN_LATENT_RGB = tuple((red / 2, green / 2, blue / 2) for red, green, blue in _HUNYUAN_RGB)
HUNYUAN_LATENT_RGB_BIAS = (
    _HUNYUAN_RGB_BIAS[0] / 2 + 0.5,
    _HUNYUAN_RGB_BIAS[1] / 2 + 0.5,
    _HUNYUAN_RGB_BIAS[2] / 2 + 0.5,
)

# Measured and published by FramePack-Studio, at 25 steps and about 640x640.
# fmt: off
F1_MAGNITUDE_RATIOS = (
    1.0, 1.27344, 1.07031, 1.03906, 1.00781, 1.00781, 1.00781, 1.03125, 1.04688,
    1.00781, 1.03125, 0.99219, 1.01562, 1.01562, 1.01562, 1.00781, 0.98438, 1.05469,
    0.98438, 0.96875, 1.03125, 0.97266, 0.92578, 0.95703, 0.77734,
)
ORIGINAL_MAGNITUDE_RATIOS = (
    1.0, 1.30469, 1.22656, 1.05469, 1.02344, 1.03906, 1.02344, 1.03906, 1.05469,
    1.02344, 1.03906, 0.99609, 1.02344, 1.03125, 1.01562, 1.02344, 1.00781, 1.03906,
    0.98828, 1.0, 1.0, 0.98828, 0.94531, 0.93359, 0.78516,
)
# fmt: on

_HUNYUAN = "hunyuanvideo-community/HunyuanVideo"
_REDUX = "lllyasviel/flux_redux_bfl"


def _published(transformer: str) -> dict[Part, Source]:
    return {
        "transformer": Source(transformer),
        "vae": Source(_HUNYUAN, "vae"),
        "text_encoder": Source(_HUNYUAN, "text_encoder"),
        "tokenizer": Source(_HUNYUAN, "tokenizer"),
        "text_encoder_2": Source(_HUNYUAN, "text_encoder_2"),
        "tokenizer_2": Source(_HUNYUAN, "tokenizer_2"),
        "image_encoder": Source(_REDUX, "image_encoder"),
        "feature_extractor": Source(_REDUX, "feature_extractor"),
    }


_PARTS: tuple[Part, ...] = tuple(_published(""))

CHECKPOINTS: dict[str, Checkpoint] = {
    "draft": Checkpoint(
        name="draft",
        title="Draft (rough animatic, any computer)",
        direction="forward",
        embedded=True,
        sources={part: Source("draft", part) for part in _PARTS},
        buckets=BUCKETS_DRAFT,
        defaults=Defaults(steps=8, guidance=10.0, cfg=1.0, rescale=0.0),
        carries_detail=True,
        larger=LARGER_DRAFT,
    ),
    "f1": Checkpoint(
        name="f1",
        title="FramePack F1 (forward only)",
        direction="forward",
        embedded=False,
        sources=_published("lllyasviel/FramePack_F1_I2V_HY_20250503"),
        buckets=BUCKETS_640,
        defaults=Defaults(steps=25, guidance=10.0, cfg=1.0, rescale=0.0),
        latent_rgb=HUNYUAN_LATENT_RGB,
        latent_rgb_bias=HUNYUAN_LATENT_RGB_BIAS,
        magnitude_ratios=F1_MAGNITUDE_RATIOS,
    ),
    "original": Checkpoint(
        name="original",
        title="FramePack (works from the end backwards)",
        direction="inverted",
        embedded=False,
        sources=_published("lllyasviel/FramePackI2V_HY"),
        buckets=BUCKETS_640,
        defaults=Defaults(steps=25, guidance=10.0, cfg=1.0, rescale=0.0),
        latent_rgb=HUNYUAN_LATENT_RGB,
        latent_rgb_bias=HUNYUAN_LATENT_RGB_BIAS,
        magnitude_ratios=ORIGINAL_MAGNITUDE_RATIOS,
    ),
}


def checkpoint_named(name: str) -> Checkpoint:
    """The checkpoint called ``name``. Raises InvalidRequest naming those there are."""
    try:
        return CHECKPOINTS[name]
    except KeyError:
        raise InvalidRequest(
            "model", Message("no-such-choice", {"name": name, "choices": ", ".join(CHECKPOINTS)})
        ) from None


def nearest_bucket(height: int, width: int, buckets: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    """The (height, width) of ``buckets`` whose aspect is nearest to a picture of ``height`` x ``width`` pixels.

    The distance is ``|h * bucket_w - w * bucket_h|``; on a tie the bucket later in ascending height wins, as in the
    published sampler.
    """
    best = buckets[0]
    least = float("inf")
    for bucket_height, bucket_width in buckets:
        distance = abs(height * bucket_width - width * bucket_height)
        if distance <= least:
            best, least = (bucket_height, bucket_width), distance
    return best
