"""How messages and figures are said to people: lengths, sizes, times, counts. Pure functions, no Streamlit."""

from __future__ import annotations

import datetime as dt
import re

from framepack.messages import Message, worded
from pages.look.english import ENGLISH


def said(message: Message) -> str:
    """``message`` in words, for the page that shows it."""
    return worded(message, ENGLISH)


def shape_message(height: int, width: int) -> Message:
    """What a size is called: wide, tall, or square where its sides hardly differ."""
    kind = "shape-wide" if width > height else "shape-tall"
    if max(height, width) <= 1.1 * min(height, width):
        kind = "shape-square"
    return Message(kind, {"width": width, "height": height})


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 shot``, ``3 shots``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def seconds_text(seconds: float) -> str:
    """A length of film: ``2.4 s``, ``1 min 05 s``, ``1 h 02 min``."""
    if round(seconds, 1) < 60:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def wait_text(seconds: float) -> str:
    """How long something will still take, said no finer than anyone can know: ``about 20 s``, ``about 4 min``."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds / 5) * 5} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 1800) / 2:g} h"


def size_text(size: int) -> str:
    """The size of a file: ``812 kB``, ``3.4 MB``."""
    value = float(size)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit != "MB" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.2f} GB"


def when_text(moment: dt.datetime, now: dt.datetime) -> str:
    """How long ago: ``just now``, ``5 minutes ago``, ``yesterday``, ``12 March 2026``."""
    ago = (now - moment).total_seconds()
    if ago < 60:
        return "just now"
    if ago < 3600:
        return f"{count(int(ago // 60), 'minute')} ago"
    if ago < 24 * 3600:
        return f"{count(int(ago // 3600), 'hour')} ago"
    if ago < 48 * 3600:
        return "yesterday"
    if ago < 7 * 24 * 3600:
        return f"{int(ago // (24 * 3600))} days ago"
    return f"{moment.day} {moment:%B %Y}"


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people number them: ``shot 2`` before ``shot 10``."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]
