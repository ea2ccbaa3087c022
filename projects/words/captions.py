"""Captions: what is said in each shot, in parts that are read in time, and as files in SRT and WebVTT."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from projects.films.timeline import Timeline
from projects.frames.material import Cue
from projects.words.lines import columns, wrapped

# Latin letters a line, or half as many Chinese characters, and lines a caption.
LINE_COLUMNS = 40
MOST_LINES = 2
MOST_SECONDS = 7
# A word or two are looked at for as long as so many letters.
_LEAST_COLUMNS = 12
_SENTENCE = re.compile(r".+?(?:[.?!…]+[\"”’)]*\s+|[。？！…]+[”’」』）]*|$)")
_TAG = re.compile(r"<(?=[A-Za-z/])|\{(?=\\)")


def cues(timeline: Timeline) -> tuple[Cue, ...]:
    """The captions of a film: each shot's dialogue from its cut to the next, in parts of two lines and at most 7 s."""
    found: list[Cue] = []
    ends = [clip.cut for clip in timeline.clips[1:]] + [timeline.frames]
    for clip, end in zip(timeline.clips, ends, strict=True):
        parts = list(_parts(clip.dialogue))
        weights = [max(_LEAST_COLUMNS, columns(part)) for part in parts]
        most = round(MOST_SECONDS * timeline.rate)
        shares = [Fraction(weight) / Fraction(sum(weights)) * (end - clip.cut) for weight in weights]
        lengths = [min(share, Fraction(most)) for share in shares]
        for number, part in enumerate(parts):
            first, last = (clip.cut + round(sum(lengths[:count], Fraction(0))) for count in (number, number + 1))
            if last > first:
                found.append(Cue(float(first / timeline.rate), float(last / timeline.rate), part))
    return tuple(found)


def srt(captions: Sequence[Cue]) -> str:
    """A SubRip file; what it would take for its own marks is written otherwise, for it has no way to escape them."""
    blocks = []
    for number, cue in enumerate(captions, start=1):
        text = _TAG.sub(lambda found: found[0] + " ", cue.text.replace("-->", "→"))
        blocks.append(f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{text}\n")
    return "\n".join(blocks)


def vtt(captions: Sequence[Cue]) -> str:
    """A WebVTT file."""
    blocks = [
        f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{html.escape(cue.text, quote=False)}\n" for cue in captions
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _parts(words: str) -> Iterator[str]:
    """What is said, in captions of whole sentences where they fit, each with its lines."""
    held: list[str] = []
    for line in filter(None, map(str.strip, words.splitlines())):
        begun = True
        for sentence in _SENTENCE.findall(line):
            if not sentence.strip():
                continue
            joined = _lines(held, sentence, begun)
            if held and len(joined) > MOST_LINES:
                yield "\n".join(held)
                joined = _lines([], sentence, True)
            while len(joined) > MOST_LINES:
                yield "\n".join(joined[:MOST_LINES])
                joined = joined[MOST_LINES:]
            held, begun = joined, False
    if held:
        yield "\n".join(held)


def _lines(held: Sequence[str], sentence: str, begun: bool) -> list[str]:
    """The lines of a caption once a sentence is added to those it has, on a line of its own where one ``begun``."""
    if begun or not held:
        return [*held, *wrapped(sentence.strip(), LINE_COLUMNS, columns)]
    gap = " " if held[-1][-1].isascii() else ""
    return [*held[:-1], *wrapped(held[-1] + gap + sentence.strip(), LINE_COLUMNS, columns)]


def _time(seconds: float, point: str) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"
