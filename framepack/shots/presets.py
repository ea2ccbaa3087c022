"""Owns the presets: how much of the exact result is given for time, as one typed table. No torch here.

What each costs was measured (``benchmarks/presets.py``, ``benchmarks/log.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.request import CacheKind, Precision, Settings


@dataclass(frozen=True)
class Preset:
    """One way of sampling: ``steps`` is the share of the checkpoint's own, the rest as in ``Settings``.

    ``costs`` says in plain words what is given for what.
    """

    name: str
    title: str
    costs: str
    steps: float
    cache: CacheKind
    threshold: float
    precision: Precision

    def steps_of(self, usual: int) -> int:
        """How many steps it takes where a checkpoint's own are ``usual``."""
        return max(1, round(usual * self.steps))


PRESETS: dict[str, Preset] = {
    "exact": Preset(
        name="exact",
        title="Exact",
        costs="Every step in full: what the model has to give.",
        steps=1.0,
        cache="none",
        threshold=0.0,
        precision="exact",
    ),
    "balanced": Preset(
        name="balanced",
        title="Balanced",
        costs="At 25 steps spares about half of the work, and is hard to tell from exact. At 8 steps it is the same.",
        steps=1.0,
        cache="first_block",
        threshold=0.12,
        precision="exact",
    ),
    "quick": Preset(
        name="quick",
        title="Quick",
        costs="At 25 steps spares two thirds of the work, at 8 one third; small things come out a little different.",
        steps=1.0,
        cache="first_block",
        threshold=0.2,
        precision="fast",
    ),
}


def preset_named(name: str) -> Preset:
    """The preset called ``name``. Raises InvalidRequest naming those there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise InvalidRequest(
            "preset", Message("no-such-choice", {"name": name, "choices": ", ".join(PRESETS)})
        ) from None


def with_preset(settings: Settings, preset: Preset) -> Settings:
    """``settings``, whose steps are the checkpoint's own, as ``preset`` has them."""
    return replace(
        settings,
        steps=preset.steps_of(settings.steps),
        cache=preset.cache,
        threshold=preset.threshold,
        precision=preset.precision,
    )
