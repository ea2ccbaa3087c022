"""Owns how a section is put into words, and which words are never trained on; knows no pixels.

A section of a clip has a camera motion, perhaps a second one, a speed and perhaps an effect. ``sentence`` says it in
one of many ways, in English or Traditional Chinese: phrases that were written by hand, or put together by a grammar.
The prompts of ``heldout/prompts.json`` (cameras) and ``heldout/subjects.json`` (``{it}`` is any figure) are never
trained on, whatever word for the speed is in them.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from training import (
    grammar_chinese,
    grammar_english,
    subjects_chinese,
    subjects_english,
    wording_chinese,
    wording_english,
)
from training.chance import expand, pick
from training.cutouts import ROOTED
from training.motions import CAMERAS, EFFECTS, SPEEDS, SPRITES, SUBJECTS
from training.scenes import scene
from training.store import FIGURE_NAMES

_LANGUAGES = (wording_english, wording_chinese)
_GRAMMARS = (grammar_english, grammar_chinese)
_SUBJECTS = (subjects_english, subjects_chinese)
_HELD_OUT = Path(__file__).parent / "heldout"
_GRAMMAR_SHARE = 0.65
_SCENE_SHARE = 0.4
_FRAMED_SHARE = 0.3


@dataclass(frozen=True)
class Section:
    """What happens, by name; ``figure`` is a row of ``FIGURE_NAMES`` or -1."""

    camera: str
    second: str = "still"
    speed: str = "normal"
    effect: str = "none"
    figure: int = -1


def section_of(camera: int, second: int, speed: int, effect: int, figure: int) -> Section:
    """From the numbers of a plan."""
    return Section(CAMERAS[camera], CAMERAS[second], SPEEDS[speed], EFFECTS[effect], figure)


def plain(text: str) -> str:
    """``text`` without capitals, punctuation and words for the speed: two prompts alike in this are the same prompt."""
    text = re.sub(r"[^\w\s]", " ", text.lower())
    english, chinese = _speed_words()
    return " ".join(chinese.sub("", english.sub(" ", text)).split())


@functools.cache
def _speed_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Of both languages, the longest first."""
    english = {word for words in wording_english.SPEED.values() for word in words if word}
    english |= {word for words in grammar_english.ADJECTIVES.values() for word in words if word}
    chinese = {word for words in wording_chinese.SPEED.values() for word in words if word}
    either = ["|".join(sorted(words, key=len, reverse=True)) for words in (english, chinese)]
    return re.compile(rf"\b(?:{either[0]})\b"), re.compile(either[1])


@functools.cache
def _held_out() -> dict[str, dict[str, list[str]]]:
    """For each camera motion and each subject, the prompts in ``english`` and ``chinese``."""
    found: dict[str, dict[str, list[str]]] = {}
    for name in ("prompts", "subjects"):
        found |= json.loads((_HELD_OUT / f"{name}.json").read_text(encoding="utf-8"))
    return found


@functools.cache
def _never_trained() -> frozenset[str]:
    return frozenset(
        plain(prompt) for asked in _held_out().values() for prompts in asked.values() for prompt in prompts
    )


def _tidy(text: str) -> str:
    text = " ".join(text.split())
    for wrong, right in ((" ,", ","), (" .", "."), ("，，", "，"), (", ,", ",")):
        text = text.replace(wrong, right)
    return text.strip(" ,，")


def sentence(section: Section, rng: np.random.Generator) -> str:
    """One way to ask for ``section``, from the training phrases."""
    chinese = rng.random() < 0.33
    words = _LANGUAGES[chinese]
    if section.camera == "gentle":
        return _meaningless(words, rng)
    said_speed = section.speed if section.speed != "normal" or rng.random() < 0.3 else "normal"
    speed = pick(rng, words.SPEED[said_speed])
    parts = []
    moving = section.camera not in ("still", "shake")
    # "The picture stays still" would be a riddle where something in it moves.
    said_still = 0.15 if section.effect in SUBJECTS else 0.35
    if section.camera != "still" or section.effect == "none" or rng.random() < said_still:
        parts.append(_camera_phrase(section.camera, section.speed, speed, chinese, rng))
    if section.second != "still":
        again = speed if rng.random() < 0.5 else ""
        parts.append(_camera_phrase(section.second, section.speed, again, chinese, rng))
    if section.effect != "none":
        # With a moving camera the speed is the camera's; the effect may say it too, or say nothing.
        keep = speed if not moving or rng.random() < 0.4 else ""
        if section.effect in SUBJECTS:
            alone = not parts and section.camera == section.second == "still"
            parts.append(_subject_phrase(section, alone, keep, chinese, rng))
        else:
            parts.append(pick(rng, words.EFFECT[section.effect]).replace("{s}", keep))
    if len(parts) > 1 and rng.random() < 0.4:
        parts.reverse()
    text = parts[0]
    for part in parts[1:]:
        text = pick(rng, words.JOINS).format(a=text, b=part)
    return _dressed(text, words, chinese, rng)


def _camera_phrase(camera: str, speed: str, adverb: str, chinese: bool, rng: np.random.Generator) -> str:
    """One way to ask for ``camera`` that is not held out."""
    while True:
        if rng.random() < _GRAMMAR_SHARE:
            phrase = _GRAMMARS[chinese].phrase(camera, speed, adverb, rng)
        else:
            phrase = pick(rng, _LANGUAGES[chinese].CAMERA[camera]).replace("{s}", adverb)
        if plain(phrase) not in _never_trained():
            return phrase


def _subject_phrase(section: Section, alone: bool, adverb: str, chinese: bool, rng: np.random.Generator) -> str:
    """One way to ask for the subject of ``section`` that is not held out, whatever the figure is called.

    ``alone``: nothing else is said, and nothing else moves.
    """
    words, subject, figure = _SUBJECTS[chinese], section.effect, section.figure
    known = FIGURE_NAMES[figure][0] if figure >= 0 else ""
    if subject == "sway" and known not in ROOTED:
        patterns, known = words.OF_THE_PICTURE, ""
    else:
        patterns = words.PATTERNS[subject]
    verb = pick(rng, words.VERBS.get(known, words.OTHER_VERBS))
    go, goes, going = (verb,) * 3 if chinese else verb.split()
    while True:
        phrase = expand(pick(rng, patterns), rng).replace("{many}", pick(rng, words.MANY))
        phrase = phrase.replace("{goes}", goes).replace("{going}", going).replace("{go}", go)
        framed = phrase
        if rng.random() < _FRAMED_SHARE:
            frames = words.STILL_FRAMES if alone and rng.random() < 0.7 else words.FRAMES
            framed = expand(pick(rng, frames), rng).replace("{a}", phrase)
        if not {plain(one.replace("{s}", "")) for one in (phrase, framed)} & _never_trained():
            return framed.replace("{s}", adverb).replace("{it}", _figure_name(figure, chinese, rng))


def _figure_name(figure: int, chinese: bool, rng: np.random.Generator) -> str:
    words = _LANGUAGES[chinese]
    if figure < 0 or rng.random() < 0.25:
        return pick(rng, words.FIGURE_NAMES)
    name = FIGURE_NAMES[figure][chinese]
    return name if chinese else f"{pick(rng, ('the', 'the', 'a', 'the little'))} {name}"


def _dressed(text: str, words: ModuleType, chinese: bool, rng: np.random.Generator) -> str:
    """With the odd scene before it, style after it, capital and full stop, as people write."""
    comma = "，" if chinese else ", "
    if rng.random() < _SCENE_SHARE:
        shown = _scene(words, chinese, rng)
        stop = pick(rng, ("。", comma) if chinese else (". ", comma))
        text = f"{shown}{stop}{text}" if rng.random() < 0.7 else f"{text}{comma}{shown}"
    if rng.random() < 0.12:
        text = f"{text}{comma}{pick(rng, words.STYLES)}"
    text = _tidy(text)
    if not chinese and rng.random() < 0.5:
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.4:
        text += "。" if chinese else "."
    return text


def _scene(words: ModuleType, chinese: bool, rng: np.random.Generator) -> str:
    return pick(rng, words.SCENES) if rng.random() < 0.3 else scene(chinese, rng)


def _meaningless(words: ModuleType, rng: np.random.Generator) -> str:
    chosen = rng.random()
    if chosen < 0.4:
        chinese = words is wording_chinese
        return _dressed(_scene(words, chinese, rng), words, chinese, rng)
    if chosen < 0.7:
        return pick(rng, words.NONSENSE)
    letters = "abcdefghijklmnopqrstuvwxyz  "
    length = int(rng.integers(3, 24))
    return "".join(letters[int(i)] for i in rng.integers(0, len(letters), length)).strip() or "hm"


def tokenizer_sentences(seed: int = 0, count: int = 30000) -> Iterator[str]:
    """What the tokenizers are made from: training sentences of every kind."""
    rng = np.random.default_rng(seed)
    figures = [EFFECTS.index(name) for name in (*SPRITES, "sway")]
    for _ in range(count):
        effect = int(rng.integers(len(EFFECTS))) if rng.random() < 0.6 else 0
        figure = int(rng.integers(len(FIGURE_NAMES))) if effect in figures else -1
        camera = int(rng.integers(len(CAMERAS)))
        second = int(rng.integers(1, 9)) if rng.random() < 0.1 else 0
        yield sentence(section_of(camera, second, int(rng.integers(3)), effect, figure), rng)


def held_out_prompts(asked: str) -> tuple[list[str], list[str]]:
    """(English, Chinese) prompts for a camera motion or a subject that training never saw; ``{it}`` is a figure."""
    prompts = _held_out()[asked]
    return prompts["english"], prompts["chinese"]
