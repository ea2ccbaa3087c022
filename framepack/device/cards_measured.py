"""What several cards of one computer can do, as it was measured, and what a shot gains by all of them. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from framepack.device.shares import expected_gain, worth_sharing
from framepack.files.atomic import in_place

CARDS_FILE = "cards.json"
# A step of F1 at 608x640: its tokens, the weights that each is multiplied with, blocks and their width.
_TOKENS, _WEIGHTS, _BLOCKS, _WIDTH = 18_289, 6.8e9, 60, 3072
_BYTES_A_VALUE = 2
_STEPS, _SECTION_SECONDS = 25, 1.2
# Operations of decoding a section, which come at about this share of the speed of large products.
_DECODING, _DECODING_SHARE = 9.8e14, 0.8
# Queries, keys and values go to the others, and the result comes back.
_EXCHANGED = 4
# In this share of the blocks, the single ones, rows are exchanged beside so much of their products.
_SINGLE, _BESIDE = 2 / 3, 0.5


@dataclass(frozen=True)
class CardArithmetic:
    """Operations a second of one card in large ``products`` and in ``attention``."""

    products: float
    attention: float

    @property
    def step(self) -> float:
        """About how many seconds a step takes on this card alone."""
        attended = 4.0 * _TOKENS * _TOKENS * _BLOCKS * _WIDTH
        return 2.0 * _TOKENS * _WEIGHTS / self.products + attended / self.attention

    @property
    def seconds_of_film(self) -> float:
        """About how many seconds it computes for a second of film, 25 steps for each section of 36 frames."""
        return (_STEPS * self.step + _DECODING / (_DECODING_SHARE * self.products)) / _SECTION_SECONDS


@dataclass(frozen=True)
class CardMeasured(CardArithmetic):
    """Also the bytes a second that it ``sent`` to others."""

    sent: float


@dataclass(frozen=True)
class CardsMeasured:
    """Cards by the ``names`` that they are sold under; ``peers``: they reach each other without the host's memory."""

    names: tuple[str, ...]
    cards: tuple[CardMeasured, ...]
    peers: bool

    @property
    def speeds(self) -> tuple[float, ...]:
        """How fast each is beside the others; cards of one name are equally fast, whatever was measured."""
        return (1.0,) * len(self.cards) if len(set(self.names)) == 1 else tuple(1 / card.step for card in self.cards)

    @property
    def bandwidth(self) -> float:
        """The bytes a second that the slowest sends to others."""
        return min(card.sent for card in self.cards)

    @property
    def gain(self) -> float:
        """How many times faster all are expected to make a section than the fastest of them alone."""
        count = len(self.cards)
        sent = _EXCHANGED * _TOKENS / count * (count - 1) / count * _WIDTH * _BYTES_A_VALUE * _BLOCKS
        exchange = sent / self.bandwidth
        products = 2.0 * _TOKENS * _WEIGHTS / sum(card.products for card in self.cards)
        hidden = _SINGLE * min(exchange, _BESIDE * products)
        return expected_gain([card.step for card in self.cards], exchange - hidden)

    @property
    def pays(self) -> bool:
        """Whether a shot is worth being made by all of them."""
        return worth_sharing(self.gain)

    def to_json(self) -> dict[str, Any]:
        """As plain values, to be kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> CardsMeasured:
        """What ``to_json`` gave. Raises KeyError, TypeError and ValueError for anything else."""
        cards = tuple(
            CardMeasured(*(_positive(card[name]) for name in ("products", "attention", "sent")))
            for card in kept["cards"]
        )
        names = tuple(str(name) for name in kept["names"])
        if len(names) != len(cards) or len(cards) < 2:
            raise ValueError(names)
        return cls(names, cards, bool(kept["peers"]))


def read_measured(folder: Path) -> dict[str, CardsMeasured]:
    """What is kept in ``folder``; nothing where there is no file or one that cannot be read."""
    try:
        kept = json.loads((folder / CARDS_FILE).read_text(encoding="utf-8"))
        return {str(place): CardsMeasured.from_json(one) for place, one in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep_measured(folder: Path, measured: Mapping[str, CardsMeasured]) -> None:
    """Keep what was measured in ``folder``. Where that cannot be written, the next process measures again."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with in_place(folder / CARDS_FILE) as aside:
            said = {place: one.to_json() for place, one in measured.items()}
            aside.write_text(json.dumps(said, indent=1, sort_keys=True), encoding="utf-8")


def _positive(value: Any) -> float:
    number = float(value)
    if not 0.0 < number < float("inf"):
        raise ValueError(value)
    return number
