"""How messages and figures are said to people, in their language: lengths, sizes, times, counts.

They are the same for the same values and language; only the language is the reader's.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from babel.dates import format_date

from framepack.messages import Message, Value, worded
from pages.languages.catalogue import catalogue
from pages.look.english import ENGLISH
from pages.look.language import language, number_text, t, tn
from pages.look.terms import TERMS

# Values of messages that are short names of the engine's and the domain's, by the kind of term that words them.
_NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "not-found": {"kind": "kind"},
        "invalid-request": {"field": "field"},
        "edition-not-of-film": {"field": "field"},
        "differs-film": {"field": "field"},
        "differs-speed": {"field": "field"},
        "differs-words": {"field": "field"},
        "weights-damaged": {"part": "part"},
        "host-memory-short": {"part": "part"},
    }
)


def said(message: Message) -> str:
    """``message`` in words, for the page or the request that shows it."""
    return worded(_with_terms(message), _sentences(language().code))


@functools.cache
def _sentences(code: str) -> Mapping[str, str]:
    known = catalogue(code)
    return {id: known.pgettext(id, english) for id, english in ENGLISH.items()}


def _with_terms(message: Message) -> Message:
    names = _NAMES.get(message.id, {})

    def value_of(place: str, value: Value) -> Value:
        if isinstance(value, Message):
            return _with_terms(value)
        return term(names[place], str(value)) if place in names else value

    return Message(message.id, {place: value_of(place, value) for place, value in message.values.items()})


def term(kind: str, name: str) -> str:
    """What ``name`` is called, such as the preset "quick"; the name itself where nobody gave it words."""
    id = f"{kind}.{name}"
    return catalogue(language().code).pgettext(f"term.{id}", TERMS[id]) if id in TERMS else name


def shape_message(height: int, width: int) -> Message:
    """What a size is called: wide, tall, or square where its sides hardly differ."""
    kind = "shape-wide" if width > height else "shape-tall"
    if max(height, width) <= 1.1 * min(height, width):
        kind = "shape-square"
    return Message(kind, {"width": width, "height": height})


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 shot``, ``3 shots``, in English."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def shots_text(shots: int) -> str:
    """``1 shot``, ``3 shots``."""
    return tn("{n} shot", "{n} shots", shots)


def frames_text(frames: int) -> str:
    """``1 frame``, ``120 frames``."""
    return tn("{n} frame", "{n} frames", frames)


def seconds_text(seconds: float) -> str:
    """A length of film: ``2.4 s``, ``1 min 05 s``, ``1 h 02 min``."""
    if round(seconds, 1) < 60:
        return t("{n} s").format(n=number_text(round(seconds, 1), 1))
    whole = round(seconds)
    if whole < 3600:
        return t("{minutes} min {seconds:02d} s").format(minutes=whole // 60, seconds=whole % 60)
    return t("{hours} h {minutes:02d} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)


def wait_text(seconds: float) -> str:
    """How long something will still take, said no finer than anyone can know: ``about 20 s``, ``about 4 min``."""
    if seconds < 10:
        return t("a few seconds")
    if seconds < 90:
        return t("about {n} s").format(n=round(seconds / 5) * 5)
    if seconds < 90 * 60:
        return t("about {n} min").format(n=round(seconds / 60))
    return t("about {n} h").format(n=number_text(round(seconds / 1800) / 2, 1))


def span_text(low: float, high: float) -> str:
    """How long something will take where one knows the bounds: ``about 20 s``, ``from about 4 min to about 6 min``."""
    least, most = wait_text(low), wait_text(high)
    return most if least == most else t("{least} to {most}").format(least=least, most=most)


def size_text(size: int) -> str:
    """The size of a file: ``812 kB``, ``3.4 MB``."""
    if size < 1000:
        return tn("{n} byte", "{n} bytes", size)
    value = size / 1000
    if value < 1000:
        return f"{number_text(value)} kB"
    value /= 1000
    if value < 1000:
        digits = 0 if value >= 100 else 1
        return f"{number_text(value, digits, least_digits=digits)} MB"
    return f"{number_text(value / 1000, 2, least_digits=2)} GB"


def when_text(moment: dt.datetime, now: dt.datetime) -> str:
    """How long ago: ``just now``, ``5 minutes ago``, ``yesterday``, ``12 March 2026``."""
    ago = (now - moment).total_seconds()
    if ago < 60:
        return t("just now")
    if ago < 3600:
        return tn("{n} minute ago", "{n} minutes ago", int(ago // 60))
    if ago < 24 * 3600:
        return tn("{n} hour ago", "{n} hours ago", int(ago // 3600))
    if ago < 48 * 3600:
        return t("yesterday")
    if ago < 7 * 24 * 3600:
        return tn("{n} day ago", "{n} days ago", int(ago // (24 * 3600)))
    return format_date(moment, format="long", locale=language().locale)


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people number them: ``shot 2`` before ``shot 10``."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]
