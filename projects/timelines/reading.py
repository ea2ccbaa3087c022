"""What all readers of timelines share: bounds, numbers that can be trusted, and how a fault is said."""

from __future__ import annotations

import re
import zlib
from fractions import Fraction
from pathlib import Path, PurePosixPath
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from framepack.messages import Message
from projects.cutting.film_settings import RATES
from projects.database.tables import Transition
from projects.errors import TimelineFileProblem

MAX_BYTES = 64 * 2**20
MAX_ITEMS = 20_000
# A day at 60 frames a second is five million.
MAX_FRAMES = 2**31
MAX_SPEED = 1000.0
MAX_TEXT = 4000
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def bytes_of(path: Path) -> bytes:
    """The bytes of a timeline file. Raises TimelineFileProblem where there is none, or it is too large for one."""
    if not path.is_file():
        raise TimelineFileProblem(path.name, Message("toml-not-a-file" if path.exists() else "toml-missing"))
    if path.stat().st_size > MAX_BYTES:
        raise TimelineFileProblem(path.name, Message("timeline-too-large", {"most": MAX_BYTES // 2**20}))
    return path.read_bytes()


def text_of(path: Path) -> str:
    """The text of a timeline file, in UTF-8 or, as old programs write it, in Latin 1."""
    data = bytes_of(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def xml_of(path: Path) -> Element:
    """The root of an XML file; entities, which can unpack to any size or fetch other files, are refused."""
    try:
        root: Element = ElementTree.fromstring(bytes_of(path))
        return root
    except (ParseError, LookupError, ValueError) as problem:
        if isinstance(problem, DefusedXmlException):
            raise TimelineFileProblem(path.name, Message("timeline-entities")) from None
        raise TimelineFileProblem(path.name, Message("timeline-not-xml", {"said": str(problem)})) from None
    except (RecursionError, MemoryError, zlib.error):
        raise TimelineFileProblem(path.name, Message("toml-nested")) from None


def frames_in(value: object, name: str) -> int:
    """A number of frames, which may be below 0. Raises TimelineFileProblem where it is none."""
    try:
        number = Fraction(str(value).strip())
    except (ValueError, ZeroDivisionError):
        raise TimelineFileProblem(name, Message("timeline-number", {"value": shown(value)})) from None
    if abs(number) > MAX_FRAMES:
        raise TimelineFileProblem(name, Message("timeline-number", {"value": shown(value)}))
    return round(number)


def speed_in(value: float, name: str) -> tuple[float, bool]:
    """A speed of at least 0, and whether it is backwards."""
    if not abs(value) <= MAX_SPEED:
        raise TimelineFileProblem(name, Message("timeline-number", {"value": shown(value)}))
    return round(abs(value), 6), value < 0


def transition_called(*names: str) -> Transition:
    """The transition of ours that is most like one that another program has under one of these ``names``."""
    said = " ".join(names).casefold()
    if "wipe" in said:
        return "wipe"
    if "white" in said:
        return "white"
    if "dip" in said or "black" in said or "fade" in said:
        return "black"
    return "dissolve"


def file_called(url: str) -> str:
    """The name of the file that an address or a path of any system leads to."""
    return PurePosixPath(re.sub(r"[\\]", "/", unquote(url))).name


def shown(value: object) -> str:
    """The beginning of a value, for a sentence."""
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:60]}…"


def check_rate(rate: Fraction, name: str) -> Fraction:
    """``rate``, which can be that of a film. Raises TimelineFileProblem."""
    if not 1 <= rate <= 240:
        known = ", ".join(f"{one:g}" for one in RATES)
        raise TimelineFileProblem(name, Message("timeline-rate", {"rate": f"{float(rate):g}", "known": known}))
    return rate


def check_count(count: int, name: str) -> None:
    """Raise TimelineFileProblem where a timeline has more clips than any film."""
    if count > MAX_ITEMS:
        raise TimelineFileProblem(name, Message("timeline-many", {"most": MAX_ITEMS}))


def legible(text: str) -> str:
    """A text without the letters that XML cannot hold."""
    return _NOT_IN_XML.sub("", text)
