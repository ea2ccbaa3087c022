"""Breaking texts into lines of a width, in any script. How wide a text is, somebody else says."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

Measure = Callable[[str], float]
_JOINER = "\u200d"
_EXTENDERS = ("Mn", "Me", "Mc")
# No line begins with the ones, and none ends with the others.
_CLOSING = set("、。，．：；！？）」』】》〉］｝〕…—～·%％,.!?:;)]}”’ぁぃぅぇぉっゃゅょァィゥェォッャュョー々")
_OPENING = set("（「『【《〈［｛〔([{“‘")


def clusters(text: str) -> Iterator[str]:
    """The letters of ``text`` as they are seen: with their marks, and emoji of several characters whole."""
    cluster = ""
    for letter in text:
        if cluster and _goes_with(cluster, letter):
            cluster += letter
        else:
            if cluster:
                yield cluster
            cluster = letter
    if cluster:
        yield cluster


def lines_of(text: str, width: float, measure: Measure) -> list[str]:
    """``text`` in lines that are at most ``width`` wide, if a letter is not wider.

    It is broken at spaces and between Chinese and Japanese letters, as far as their marks allow, else within words.
    """
    lines = []
    for paragraph in text.splitlines():
        line, used = "", 0.0
        for piece in _pieces(paragraph):
            if line and used + measure(piece.rstrip()) > width:
                lines.append(line.rstrip())
                line, used = "", 0.0
            if measure(piece.rstrip()) > width:
                *full, line = _cut(piece, width, measure)
                lines += full
                used = measure(line)
            else:
                line, used = line + piece, used + measure(piece)
        lines.append(line.rstrip())
    return lines


def shortened(lines: list[str], most: int, width: float, measure: Measure) -> list[str]:
    """The first ``most`` lines; where there are more, the last of them ends in an ellipsis."""
    if len(lines) <= most:
        return lines
    if most < 1:
        return []
    letters = list(clusters(lines[most - 1]))
    while letters and measure("".join(letters) + "…") > width:
        letters.pop()
    return [*lines[: most - 1], "".join(letters).rstrip() + "…"]


def fitted(text: str, width: float, measure: Measure) -> str:
    """``text`` on one line, ended by an ellipsis where it is wider."""
    line = " ".join(text.split())
    return line if measure(line) <= width else shortened([line, ""], 1, width, measure)[0]


def _goes_with(cluster: str, letter: str) -> bool:
    """Whether a character belongs to the letter before it."""
    if cluster.endswith(_JOINER) or letter == _JOINER or "\ufe00" <= letter <= "\ufe0f":
        return True
    # Colours of skin, and the letters that choose a flag of a region.
    chooses = "\U0001f3fb" <= letter <= "\U0001f3ff" or "\U000e0020" <= letter <= "\U000e007f"
    if unicodedata.category(letter) in _EXTENDERS or chooses:
        return True
    # Two of them are a flag.
    return len(cluster) == 1 and _regional(cluster) and _regional(letter)


def _regional(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _wide(cluster: str) -> bool:
    return unicodedata.east_asian_width(cluster[0]) in ("W", "F")


def _pieces(text: str) -> list[str]:
    """What ``text`` may be broken into: words with the spaces behind them, and wide letters each on its own."""
    pieces: list[str] = []
    before = ""
    for cluster in clusters(text):
        if pieces and not _may_break(before, cluster):
            pieces[-1] += cluster
        else:
            pieces.append(cluster)
        before = cluster
    return pieces


def _may_break(before: str, cluster: str) -> bool:
    if cluster.isspace() or cluster[0] in _CLOSING or before[0] in _OPENING:
        return False
    return before.isspace() or _wide(before) or _wide(cluster)


def _cut(word: str, width: float, measure: Measure) -> list[str]:
    """A word that is too wide, in lines; the last one may go on."""
    lines, line, used = [], "", 0.0
    for cluster in clusters(word):
        wide = measure(cluster)
        if line and used + wide > width and not cluster.isspace():
            lines.append(line.rstrip())
            line, used = "", 0.0
        line, used = line + cluster, used + wide
    return [*lines, line]
