"""What never stands in a log or report: secrets, what people wrote, and where and under which names they keep files.

Logs say messages through ``in_log``. What libraries and tracebacks say is hidden by what it looks like.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Mapping

import sqlalchemy as sa

from framepack.messages import Message, Value, worded
from projects.english import ENGLISH
from projects.settings import CHECKOUT, StudioSettings

HIDDEN = "…"
# The values of messages that are texts, and never a person's: names of the program's own things.
_PLAIN = frozenset(
    {"backend", "card", "checkpoint", "device", "devices", "model", "package", "precision", "repository"}
)
_SECRET_NAMES = ("PASSWORD", "PASSWD", "TOKEN", "SECRET", "KEY")
_SHORTEST_SECRET = 6

# What a file of the studio's own is called: by ids and hashes, or always the same.
_OWN_NAME = re.compile(
    r"\.?[0-9a-f]{2}|\.?[0-9a-f]{32,64}([.-][\w.-]*)?|latents\.safetensors|frames\.mp4|manifest\.json"
    r"|(studio|worker|films|pictures|pages)[\w.-]*|[\w-]+\.(py|log|lock)"
)
_ENDINGS = (
    r"(?:png|jpe?g|webp|gif|heic|avif|tiff?|bmp|mp4|mov|mkv|webm|avi|wav|mp3|flac|m4a|aac|ogg|opus|safetensors|gguf"
    r"|toml|txt|md|fountain|xlsx|csv|otio|fcpxml|xml|edl|zip|pdf|srt|vtt|cube)"
)
# A name may have blanks in it where it stands in quotes or begins a sentence, as those of files do in messages.
_FILE_NAMES = (
    re.compile(rf"""(?<=["'“‘])[^"'”’\n/\\]*\.{_ENDINGS}(?=["'”’])""", re.I),
    re.compile(rf"""(?m)(?<=: )[^"'”’\n/\\:]*?\.{_ENDINGS}\b""", re.I),
    re.compile(rf"""[^\s"'“”‘’/\\:]*\.{_ENDINGS}\b""", re.I),
)
_HOME_PATHS = (
    re.compile(r"(?<=[\"'“])<home>[\\/]([^\"'”\n]*)(?=[\"'”])"),
    re.compile(r"<home>[\\/]([^\s\"'“”,;:()]*)"),
)
_QUOTED_PATH = re.compile(r"""(?<=["'“])((?:/|[A-Za-z]:[\\/]|~/)[^"'”\n]*)(?=["'”])""")
_PATH = re.compile(r"""(?<![\w>…/.:\\])((?:/|[A-Za-z]:\\|~/)[^\s"'“”,;()]+)""")
_LEFT_PATHS = ("/dev/", "/proc/", "/sys/", "/api/", "/_stcore/")
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # What was said to a database, and what one says of a row.
    (re.compile(r"\[parameters: .*\]"), f"[parameters: {HIDDEN}]"),
    (re.compile(r"(DETAIL:|Failing row contains).*"), rf"\1 {HIDDEN}"),
    (re.compile(r"input_value=.*?(?=, input_type=)"), f"input_value={HIDDEN}"),
    # The name of a computer in a worker's.
    (re.compile(r"(?i)[\w.-]+-([0-9a-f]{8})-(?=cpu|cuda|mps|gpu)"), r"<computer>-\1-"),
    # Who asks, and by which word: in addresses, headers and settings.
    (re.compile(r"(\w[\w+.-]*://)[^\s'\"]*@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic) +[\w.~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)([\w-]*(?:passw(?:or)?d|token|secret|api[_-]?key|authorization|cookie|studio-session)"
            r"[\"']?\s*[=:]\s*[\"']?)(?!(?:bearer|basic) )[^\s\"'&,;)]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b(?:hf_|sk-|gh[pousr]_)[\w-]{8,}"), HIDDEN),
)


def in_log(message: Message) -> str:
    """``message`` in English, for logs: its id, and its words with numbers and names of the program's things only."""
    return f"{message.id}: {worded(_without_texts(message), ENGLISH)}"


def _without_texts(message: Message) -> Message:
    values: dict[str, Value] = {}
    for name, value in message.values.items():
        if isinstance(value, Message):
            values[name] = _without_texts(value)
        else:
            values[name] = value if isinstance(value, int | float) or name in _PLAIN or name == "said" else HIDDEN
    # A library's own words are hidden by what they look like, as in tracebacks.
    return message if message.id == "text" else Message(message.id, values)


class Hiding:
    """Hides what must not stand in a log of the studio of ``settings``, some of which ``environ`` tells."""

    def __init__(self, settings: StudioSettings, environ: Mapping[str, str]) -> None:
        self._secrets = sorted(_secrets(settings, environ), key=len, reverse=True)
        library = sysconfig.get_paths()["stdlib"]
        places = {
            str(settings.home): "<home>",
            str(CHECKOUT): "<studio>",
            sys.prefix: "<python>",
            sys.base_prefix if sys.base_prefix != "/usr" else library: "<python>",
            library: "<python>",
        }
        # The longest first: the home may lie within the program's folder.
        self._places = sorted(places.items(), key=lambda place: -len(place[0]))

    def hidden(self, text: str) -> str:
        """``text`` without what must not be in it."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        for place, name in self._places:
            text = re.sub(rf"{re.escape(place)}(?=[\\/\s\"'”:,;.)]|$)", name, text)
        for paths in _HOME_PATHS:
            text = paths.sub(_within_home, text)
        for paths in (_QUOTED_PATH, _PATH):
            text = paths.sub(lambda found: found[1] if found[1].startswith(_LEFT_PATHS) else _ending_of(found[1]), text)
        for names in _FILE_NAMES:
            text = names.sub(_unless_own, text)
        return text


def _within_home(found: re.Match[str]) -> str:
    first, *rest = re.split(r"[\\/]", found[1])
    if rest and not all(_OWN_NAME.fullmatch(part) for part in rest):
        rest = [_ending_of(rest[-1])]
    return "/".join(("<home>", first, *rest))


def _unless_own(found: re.Match[str]) -> str:
    name = found[0].strip()
    return found[0] if _OWN_NAME.fullmatch(name) or HIDDEN in name else _ending_of(name)


def _ending_of(path: str) -> str:
    """Of a path or name only what kind of file it is."""
    ending = re.search(rf"\.{_ENDINGS}$", path, re.I)
    return HIDDEN + (ending[0].lower() if ending else "")


def _secrets(settings: StudioSettings, environ: Mapping[str, str]) -> set[str]:
    found = {value for name, value in environ.items() if any(part in name.upper() for part in _SECRET_NAMES)}
    found.add(sa.make_url(settings.database_url).password or "")
    return {secret for secret in found if len(secret) >= _SHORTEST_SECRET}
