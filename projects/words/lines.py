"""Breaking text into lines, also where there are no spaces: Chinese marks stand neither first nor last where they may
not. It knows no fonts; whoever asks says what fits into a line."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

Measure = Callable[[str], float]

# What may not begin a line, and what may not end one.
_NOT_FIRST = frozenset(
    "，。、；：？！）」』】》〉〕｝］”’…‥—～·・ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.;:?!)]}%‰℃"
)
_NOT_LAST = frozenset("（「『【《〈〔｛［“‘([{$¥￥£")
_JOINER = "\u200d"
# Marks that only say how the sign before them looks: of emoji their colour of skin, and others.
_STEERING = frozenset([*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0x1F3FB, 0x1F400)), "\u20e3"])
_IGNORED = (*("Cc", "Cf", "Cs", "Cn", "Co"),)


def drawable(text: str) -> str:
    """``text`` as it can be drawn sign by sign: letters with their accents as one, nothing that is not seen."""
    composed = unicodedata.normalize("NFC", text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n"))
    kept = "\ufe0f\n"
    return "".join(
        letter
        for letter in composed
        if letter in kept or (letter not in _STEERING and unicodedata.category(letter) not in _IGNORED)
    )


def wrapped(text: str, width: float, measure: Measure) -> list[str]:
    """The lines of ``text``, each of its own at most ``width`` wide as ``measure`` says, as long as one sign fits."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for unit in _units(paragraph):
            if not line or measure((line + unit).rstrip()) <= width:
                line += unit
            else:
                lines.append(line.rstrip())
                line = unit
            while measure(line.rstrip()) > width and len(signs := list(_signs(line))) > 1:
                # A word that is longer than a line is broken anywhere.
                count = len(signs) - 1
                while count > 1 and measure("".join(signs[:count])) > width:
                    count -= 1
                lines.append("".join(signs[:count]))
                line = "".join(signs[count:])
        if line.strip():
            lines.append(line.rstrip())
    return lines


def balanced(text: str, width: float, measure: Measure) -> list[str]:
    """As ``wrapped`` into as few lines, but of about the same width."""
    lines = wrapped(text, width, measure)
    least, most = width / 2, width
    for _ in range(6):
        between = (least + most) / 2
        tried = wrapped(text, between, measure)
        if len(tried) <= len(lines) and all(measure(line) <= between for line in tried):
            lines, most = tried, between
        else:
            least = between
    return lines


def wide(letter: str) -> bool:
    """Whether a sign takes the place of two Latin letters, as Chinese characters and emoji do."""
    return unicodedata.east_asian_width(letter) in "WF"


def columns(text: str) -> float:
    """How wide ``text`` is in Latin letters, whatever its font."""
    return sum(
        0 if unicodedata.combining(letter) or letter in _STEERING else 1 + wide(letter)
        for letter in text
        if letter != _JOINER
    )


def _units(text: str) -> Iterator[str]:
    """``text`` in parts between which a line may end."""
    unit = ""
    for sign in _signs(text):
        if unit and _may_end(unit[-1] if unit[-1] not in _STEERING else unit[0], sign[0]):
            yield unit
            unit = ""
        unit += sign
    if unit:
        yield unit


def _may_end(before: str, after: str) -> bool:
    if before == " ":
        return after != " "
    if after == " " or after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return wide(before) or wide(after) or (before == "-" and after.isalnum())


def _signs(text: str) -> Iterator[str]:
    """What a reader takes for one sign: a letter with its marks, an emoji of several parts, a flag."""
    sign = ""
    for letter in text:
        joins = unicodedata.combining(letter) or letter in _STEERING or letter == _JOINER
        flag = len(sign) == 1 and _of_flag(sign) and _of_flag(letter)
        if sign and not joins and not flag and not sign.endswith(_JOINER):
            yield sign
            sign = ""
        sign += letter
    if sign:
        yield sign


def _of_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"
