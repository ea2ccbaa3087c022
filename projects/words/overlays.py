"""What lies over the pictures of a film and when: titles, lower thirds, and captions where they are burned in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from fractions import Fraction

from projects.films.timeline import Timeline
from projects.frames.material import Overlay, Pixels
from projects.words.captions import cues
from projects.words.drawing import draw_caption, draw_lower_third, draw_title

# Raised where the same words are drawn otherwise, so that kept pieces of films with them are made anew.
LOOK = 1
_TITLE_SECONDS, _THIRD_SECONDS, _THIRD_AFTER, _FADE_SECONDS = Fraction(4), Fraction(5), Fraction(1, 2), Fraction(2, 5)

Draw = Callable[[str, int, int], Pixels]


def overlays(timeline: Timeline) -> tuple[Overlay, ...]:
    """All that lies over a film, in the order in which it is laid over it."""
    return tuple(_all(timeline))


def _all(timeline: Timeline) -> Iterator[Overlay]:
    rate = timeline.rate
    ends = [clip.cut for clip in timeline.clips[1:]] + [timeline.frames]
    for clip, end in zip(timeline.clips, ends, strict=True):
        for words, draw, after, seconds in (
            (clip.lower_third, draw_lower_third, _THIRD_AFTER, _THIRD_SECONDS),
            (clip.title, draw_title, Fraction(0), _TITLE_SECONDS),
        ):
            # In a shot that is too short for waiting it is there at once.
            start = clip.cut + (round(after * rate) if end - clip.cut > round(2 * after * rate) else 0)
            last = min(end, start + round(seconds * rate))
            if words.strip() and last > start:
                yield _overlay(
                    timeline, draw, words, start, last, min(round(_FADE_SECONDS * rate), (last - start) // 3)
                )
    if timeline.settings.captions == "burned":
        for cue in cues(timeline):
            yield _overlay(timeline, draw_caption, cue.text, round(cue.start * rate), round(cue.end * rate), 0)


def _overlay(timeline: Timeline, draw: Draw, words: str, start: int, end: int, fade: int) -> Overlay:
    width, height = timeline.width, timeline.height
    said = f"{LOOK} {draw.__name__} {width}x{height} {words}"
    key = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    return Overlay(key, start, end, lambda: draw(words, width, height), fade)
