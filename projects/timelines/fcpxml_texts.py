"""Times and tags as FCPXML says them."""

from __future__ import annotations

from fractions import Fraction
from xml.etree.ElementTree import Element

from framepack.messages import Message
from projects.errors import TimelineFileProblem
from projects.timelines.pieces import TAG
from projects.timelines.reading import frames_in


def time_of(frames: int | Fraction, rate: Fraction) -> str:
    """A time of so many frames, or samples, at a rate."""
    seconds = frames / rate
    return f"{seconds.numerator}s" if seconds.denominator == 1 else f"{seconds.numerator}/{seconds.denominator}s"


def seconds_in(text: str | None, name: str) -> Fraction:
    """A time in seconds. Raises TimelineFileProblem."""
    try:
        seconds = Fraction((text or "0s").strip().removesuffix("s"))
    except (ValueError, ZeroDivisionError):
        frames_in(text, name)
        raise TimelineFileProblem(name, Message("timeline-number", {"value": str(text)[:60]})) from None
    if abs(seconds) > 10**9:
        raise TimelineFileProblem(name, Message("timeline-number", {"value": str(text)[:60]}))
    return seconds


def tag_in(element: Element) -> dict[str, object]:
    """What our tags say of a clip."""
    tag: dict[str, object] = {}
    for one in element.iterfind("./metadata/md"):
        key, value = one.get("key", ""), one.get("value", "")
        if key.startswith(f"{TAG}."):
            tag[key.removeprefix(f"{TAG}.")] = int(value) if value.isdecimal() and len(value) < 10 else value
    return tag


def source_of(asset: Element) -> str:
    """The address of an asset's file."""
    newer = asset.find("./media-rep")
    return asset.get("src", "") or ("" if newer is None else newer.get("src", "")) or asset.get("name", "")
