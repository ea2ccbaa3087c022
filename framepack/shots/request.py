"""What one shot is asked to be, validated once. No torch here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from framepack.checkpoints.table import Checkpoint, checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.past import Past
from framepack.shots.spans import MAX_SECONDS, check_seconds

MAX_PROMPT_CHARACTERS = 4000
MAX_SEED = 2**63 - 1
MAX_BEATS = 200
Precision = Literal["exact", "fast"]
Fit = Literal["fill", "fit"]
# Where a picture that is larger than the frame is cut: x and y in thousandths of the free way, and how much closer than
# need be it is shown, in thousandths.
Placement = tuple[int, int, int]
CENTRED: Placement = (500, 500, 1000)
MAX_ZOOM = 10_000
# A LoRA by its name (``framepack.checkpoints.loras.lora_sha256``), and how strongly it is added.
LoraAt = tuple[str, float]
MAX_LORAS = 20
MAX_LORA_STRENGTH = 10.0
_SHA256 = re.compile(r"[0-9a-f]{64}")
CacheKind = Literal["none", "first_block", "teacache", "magcache", "fixed"]


@dataclass(frozen=True)
class Settings:
    """How a shot is sampled. Sizes in pixels; ``cfg`` is real CFG.

    ``cache`` says which steps run the model's blocks (see ``framepack.transformer.step_cache``): ``first_block``,
    ``teacache`` and ``magcache`` skip a step up to ``threshold`` of change, for ``fixed`` it is the share of the steps
    that run. ``precision`` "fast" allows 8-bit arithmetic where the device has it. ``fit`` says how pictures of another
    shape come into the frame: "fill" cuts them about their centre, "fit" shows them whole between black bars.
    ``loras`` are added to the transformer's weights, in this order.
    """

    checkpoint: str
    height: int
    width: int
    steps: int
    guidance: float
    cfg: float
    rescale: float
    negative_prompt: str = ""
    cache: CacheKind = "none"
    threshold: float = 0.0
    precision: Precision = "exact"
    fit: Fit = "fill"
    loras: tuple[LoraAt, ...] = ()

    def __post_init__(self) -> None:
        # What was stored and read again comes in lists.
        object.__setattr__(self, "loras", tuple((str(name), float(strength)) for name, strength in self.loras))
        _check_loras(self.loras)
        checkpoint = checkpoint_named(self.checkpoint)
        for field, size in (("height", self.height), ("width", self.width)):
            if size % 16 or not 64 <= size <= 2048:
                raise InvalidRequest(field, Message("no-side", {"size": size, "least": 64, "most": 2048}))
        if not 1 <= self.steps <= 100:
            raise InvalidRequest("steps", Message("not-between", {"value": self.steps, "least": 1, "most": 100}))
        for field, value, top in (
            ("guidance", self.guidance, 32),
            ("cfg", self.cfg, 32),
            ("rescale", self.rescale, 1),
            ("threshold", self.threshold, 1),
        ):
            if not 0.0 <= value <= top:
                raise InvalidRequest(field, Message("not-between", {"value": value, "least": 0, "most": top}))
        if (self.cache == "none") != (self.threshold == 0.0):
            raise InvalidRequest(
                "threshold", Message("threshold-mismatch", {"threshold": self.threshold, "cache": self.cache})
            )
        if self.cache == "magcache" and not checkpoint.magnitude_ratios:
            raise InvalidRequest("cache", Message("no-magnitude-ratios", {"checkpoint": checkpoint.name}))
        if len(self.negative_prompt) > MAX_PROMPT_CHARACTERS:
            raise InvalidRequest("negative prompt", Message("too-long", {"most": MAX_PROMPT_CHARACTERS}))

    @property
    def window(self) -> int:
        """Latents made by one section."""
        return checkpoint_named(self.checkpoint).window


def default_settings(checkpoint: Checkpoint, *, height: int, width: int) -> Settings:
    """The settings a checkpoint is used with unless somebody says otherwise."""
    defaults = checkpoint.defaults
    return Settings(
        checkpoint=checkpoint.name,
        height=height,
        width=width,
        steps=defaults.steps,
        guidance=defaults.guidance,
        cfg=defaults.cfg,
        rescale=defaults.rescale,
    )


def check_placement(placement: Placement) -> None:
    """Raise InvalidRequest where a picture cannot be placed so."""
    x, y, zoom = placement
    for value, least, most in ((x, 0, 1000), (y, 0, 1000), (zoom, 1000, MAX_ZOOM)):
        if not least <= value <= most:
            raise InvalidRequest("place", Message("not-between", {"value": value, "least": least, "most": most}))


@dataclass(frozen=True)
class Beat:
    """What takes over ``at`` seconds into a shot. A prompt or seed of None is that of the beat before.

    ``image`` (SHA-256), where there is one, becomes the anchor and the picture embedding from there on; ``placement``
    says where it is cut.
    """

    at: float
    prompt: str | None = None
    seed: int | None = None
    image: str | None = None
    placement: Placement = CENTRED

    def __post_init__(self) -> None:
        if not 0.0 <= self.at <= MAX_SECONDS:
            raise InvalidRequest("beats", Message("not-between", {"value": self.at, "least": 0, "most": MAX_SECONDS}))
        if self.prompt is not None:
            _check_prompt(self.prompt)
        if self.seed is not None:
            _check_seed(self.seed)
        check_placement(self.placement)


@dataclass(frozen=True)
class ShotRequest:
    """One shot of a chain: everything its sections are made from, apart from what came before it.

    ``identity`` names the weights (see ``framepack.checkpoints.identity``); ``image`` is the SHA-256 of the shot's own
    picture file, None for a shot that continues without one. ``seconds`` is how long it is asked to be. ``placement``
    says where its picture is cut, where it fills the frame. ``beats``, in the order of their times, say what takes over
    after the shot's own ``prompt``, ``seed`` and ``image``, which are the beat at 0. ``past`` is the end of a video
    that a shot goes on from which opens its chain; its last picture stands for ``image``, unless there is that too.
    ``end`` is a picture (SHA-256) that the shot goes towards: a model that works backwards begins beside it, the others
    are guided to it (``framepack.shots.beats``). ``end_placement`` says where it is cut.
    """

    settings: Settings
    identity: str
    prompt: str
    seed: int
    seconds: float
    image: str | None
    placement: Placement = CENTRED
    beats: tuple[Beat, ...] = ()
    past: Past | None = None
    end: str | None = None
    end_placement: Placement = CENTRED

    @property
    def picture(self) -> str | None:
        """The name of the picture in slot 0 and behind the embedding: its own, or the last of the video before it."""
        return self.image or (self.past.picture if self.past else None)

    def __post_init__(self) -> None:
        _check_prompt(self.prompt)
        _check_seed(self.seed)
        check_seconds(self.seconds)
        check_placement(self.placement)
        check_placement(self.end_placement)
        placed = (self.placement, self.end_placement, *(beat.placement for beat in self.beats))
        if self.settings.fit != "fill" and any(placement != CENTRED for placement in placed):
            raise InvalidRequest("place", Message("placed-unfilled"))
        if len(self.beats) > MAX_BEATS:
            raise InvalidRequest("beats", Message("beats-many", {"most": MAX_BEATS}))
        for one, other in pairwise(self.beats):
            if other.at < one.at:
                raise InvalidRequest("beats", Message("beats-out-of-order", {"at": other.at, "before": one.at}))


def _check_loras(loras: tuple[LoraAt, ...]) -> None:
    if len(loras) > MAX_LORAS:
        raise InvalidRequest("loras", Message("loras-many", {"most": MAX_LORAS}))
    for name, strength in loras:
        if not _SHA256.fullmatch(name):
            raise InvalidRequest("loras", Message("lora-bad-name", {"text": name[:80]}))
        if [one for one, _ in loras].count(name) > 1:
            raise InvalidRequest("loras", Message("lora-twice", {"name": name[:12]}))
        if not -MAX_LORA_STRENGTH <= strength <= MAX_LORA_STRENGTH:
            bounds = {"strength": strength, "least": -MAX_LORA_STRENGTH, "most": MAX_LORA_STRENGTH}
            raise InvalidRequest("loras", Message("lora-bad-strength", bounds))


def _check_prompt(prompt: str) -> None:
    if not prompt.strip():
        raise InvalidRequest("prompt", Message("prompt-empty"))
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise InvalidRequest("prompt", Message("too-long", {"most": MAX_PROMPT_CHARACTERS}))


def _check_seed(seed: int) -> None:
    if not 0 <= seed <= MAX_SEED:
        raise InvalidRequest("seed", Message("not-between", {"value": seed, "least": 0, "most": MAX_SEED}))
