"""The small parts that all of a Final Cut Pro 7 XML is made of and read by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from projects.timelines.pieces import TAG
from projects.timelines.reading import MAX_TEXT
from projects.timelines.timecode import counted


def add(parent: Element, **texts: object) -> None:
    """Texts of elements within another, by name."""
    for name, text in texts.items():
        SubElement(parent, name).text = str(text)


def add_rate(parent: Element, rate: Fraction) -> None:
    """The rate of frames of an element."""
    made = SubElement(parent, "rate")
    add(made, timebase=counted(rate), ntsc="TRUE" if rate.denominator == 1001 else "FALSE")


def tag_in(element: Element) -> Mapping[str, object]:
    """What our tag says of a clip."""
    for comment in element.iterfind("./comments/*"):
        try:
            said = json.loads(comment.text or "")
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict) and isinstance(said.get(TAG), dict):
            return dict(said[TAG])
    return {}


def text_in(element: Element, path: str) -> str:
    """The text of an element within another; "" where there is none."""
    return (element.findtext(path) or "").strip()[:MAX_TEXT]
