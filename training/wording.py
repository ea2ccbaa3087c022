"""Owns how a section is put into words, and which words are never trained on; knows no pixels.

A section of a clip has a camera motion, perhaps a second one, a speed and perhaps an effect. ``sentence`` says it in
one of many ways, in English or Traditional Chinese. Every fifth phrase of each list is held out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from training import wording_chinese, wording_english
from training.motions import CAMERAS, EFFECTS, SPEEDS, SPRITES
from training.sprites import FIGURES

_LANGUAGES = (wording_english, wording_chinese)
_HELD_OUT_EVERY = 5


@dataclass(frozen=True)
class Section:
    """What happens, by name; ``figure`` is a row of ``FIGURES`` or -1."""

    camera: str
    second: str = "still"
    speed: str = "normal"
    effect: str = "none"
    figure: int = -1


def section_of(camera: int, second: int, speed: int, effect: int, figure: int) -> Section:
    """From the numbers of a plan."""
    return Section(CAMERAS[camera], CAMERAS[second], SPEEDS[speed], EFFECTS[effect], figure)


def held_out(phrases: Sequence[str]) -> tuple[str, ...]:
    """Those of ``phrases`` that training never sees."""
    return tuple(phrases[_HELD_OUT_EVERY - 1 :: _HELD_OUT_EVERY])


def trained(phrases: Sequence[str]) -> tuple[str, ...]:
    """The others."""
    return tuple(phrase for number, phrase in enumerate(phrases) if number % _HELD_OUT_EVERY != _HELD_OUT_EVERY - 1)


def _tidy(text: str) -> str:
    text = " ".join(text.split())
    for wrong, right in ((" ,", ","), (" .", "."), ("，，", "，"), (", ,", ",")):
        text = text.replace(wrong, right)
    return text.strip(" ,，")


def _pick(rng: np.random.Generator, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


def sentence(section: Section, rng: np.random.Generator) -> str:
    """One way to ask for ``section``, from the training phrases."""
    chinese = rng.random() < 0.33
    words = _LANGUAGES[chinese]
    if section.camera == "gentle":
        return _meaningless(words, rng)
    said_speed = section.speed if section.speed != "normal" or rng.random() < 0.3 else "normal"
    speed = _pick(rng, trained(words.SPEED[said_speed]))
    parts = []
    moving = section.camera not in ("still", "shake")
    if section.camera != "still" or section.effect == "none" or rng.random() < 0.35:
        parts.append(_pick(rng, trained(words.CAMERA[section.camera])).replace("{s}", speed))
    if section.second != "still":
        parts.append(
            _pick(rng, trained(words.CAMERA[section.second])).replace("{s}", speed if rng.random() < 0.5 else "")
        )
    if section.effect != "none":
        phrase = _pick(rng, trained(words.EFFECT[section.effect]))
        # With a moving camera the speed is the camera's; the effect may say it too, or say nothing.
        keep = speed if not moving or rng.random() < 0.4 else ""
        parts.append(phrase.replace("{s}", keep).replace("{it}", _figure_name(section.figure, chinese, rng)))
    if len(parts) > 1 and rng.random() < 0.4:
        parts.reverse()
    text = parts[0]
    for part in parts[1:]:
        text = _pick(rng, words.JOINS).format(a=text, b=part)
    return _dressed(text, words, chinese, rng)


def _figure_name(figure: int, chinese: bool, rng: np.random.Generator) -> str:
    words = _LANGUAGES[chinese]
    if figure < 0 or rng.random() < 0.35:
        return _pick(rng, words.FIGURE_NAMES)
    name = FIGURES[figure][2 if chinese else 1]
    return name if chinese else f"{_pick(rng, ('the', 'a', 'the little'))} {name}"


def _dressed(text: str, words: ModuleType, chinese: bool, rng: np.random.Generator) -> str:
    """With the odd scene before it, style after it, capital and full stop, as people write."""
    comma = "，" if chinese else ", "
    if rng.random() < 0.22:
        text = f"{_pick(rng, words.SCENES)}{comma}{text}"
    if rng.random() < 0.12:
        text = f"{text}{comma}{_pick(rng, words.STYLES)}"
    text = _tidy(text)
    if not chinese and rng.random() < 0.5:
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.4:
        text += "。" if chinese else "."
    return text


def _meaningless(words: ModuleType, rng: np.random.Generator) -> str:
    chosen = rng.random()
    if chosen < 0.4:
        return _dressed(_pick(rng, words.SCENES), words, words is wording_chinese, rng)
    if chosen < 0.7:
        return _pick(rng, trained(words.NONSENSE))
    letters = "abcdefghijklmnopqrstuvwxyz  "
    length = int(rng.integers(3, 24))
    return "".join(letters[int(i)] for i in rng.integers(0, len(letters), length)).strip() or "hm"


def tokenizer_sentences(seed: int = 0, count: int = 30000) -> Iterator[str]:
    """What the tokenizers are made from: training sentences of every kind."""
    rng = np.random.default_rng(seed)
    sprites = [EFFECTS.index(name) for name in SPRITES]
    for _ in range(count):
        effect = int(rng.integers(len(EFFECTS))) if rng.random() < 0.6 else 0
        figure = int(rng.integers(len(FIGURES))) if effect in sprites else -1
        camera = int(rng.integers(len(CAMERAS)))
        second = int(rng.integers(1, 9)) if rng.random() < 0.1 else 0
        yield sentence(section_of(camera, second, int(rng.integers(3)), effect, figure), rng)


def held_out_prompts(camera: str, speed: str = "normal") -> tuple[list[str], list[str]]:
    """(English, Chinese) prompts for a camera motion whose phrases training never saw."""
    found: list[list[str]] = []
    for words in _LANGUAGES:
        said = words.SPEED[speed][0]
        found.append([_tidy(phrase.replace("{s}", said)) for phrase in held_out(words.CAMERA[camera])])
    return found[0], found[1]
