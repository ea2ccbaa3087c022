"""Which languages there are, which one is spoken now, and how a text is said in it.

A page speaks its reader's language: the one that its address asks for (``?lang=zh_TW``), else the one chosen in the
masthead, which a cookie of this browser keeps, else the first of the browser's own that the studio speaks, else
English. A request for data is answered in a language in the same way. Nothing is global: a page's language is in the
state of its session, and that of a request in the request's context.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import streamlit as st
from babel.numbers import format_decimal
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.languages.catalogue import catalogue

ASKED = "lang"  # in an address
COOKIE = "studio-language"
_KEY = "language"
_CHOSEN = "language-was-chosen"


@dataclass(frozen=True)
class Language:
    """``code`` names its catalogue, ``name`` is its own word for itself, ``tag`` what browsers call it.

    ``locale`` has its dates and numbers. It is for whoever prefers a tag that is one of ``serves`` or begins with one.
    """

    code: str
    name: str
    tag: str
    locale: str
    serves: tuple[str, ...]


ENGLISH = Language("en", "English", "en", "en_GB", ("en",))
LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        one.code: one
        for one in (
            ENGLISH,
            Language("zh_TW", "繁體中文", "zh-Hant-TW", "zh_Hant_TW", ("zh-tw", "zh-hant", "zh-hk", "zh-mo")),
        )
    }
)
_spoken: contextvars.ContextVar[Language | None] = contextvars.ContextVar("spoken", default=None)


def language() -> Language:
    """The language spoken now: that of a request or a page's reader; English where there is neither."""
    here = _spoken.get()
    if here is not None:
        return here
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    return LANGUAGES[st.session_state.get(_KEY, ENGLISH.code)]


@contextlib.contextmanager
def speaking(one: Language) -> Iterator[None]:
    """Speak ``one``, whatever the reader's language is."""
    before = _spoken.set(one)
    try:
        yield
    finally:
        _spoken.reset(before)


def follow_reader() -> None:
    """Find out which language the reader of this page wants; once a page run, before anything is said."""
    asked = preferred([st.query_params.get(ASKED, "")])
    if asked is not None:
        _choose(asked)
    elif _KEY not in st.session_state:
        kept = preferred([st.context.cookies.get(COOKIE, "")])
        own = [st.context.locale or "", *accepted(st.context.headers.get("Accept-Language", ""))]
        st.session_state[_KEY] = (kept or preferred(own) or ENGLISH).code


def choose(one: Language) -> None:
    """Speak ``one`` to this reader from now on, whatever the address asked for."""
    _choose(one)
    st.query_params.pop(ASKED, None)


def _choose(one: Language) -> None:
    st.session_state[_KEY] = one.code
    st.session_state[_CHOSEN] = True


def was_chosen() -> bool:
    """Whether the reader chose the language, which is kept then, rather than having it of the browser."""
    return bool(st.session_state.get(_CHOSEN))


def preferred(tags: Iterable[str]) -> Language | None:
    """The language for the first of ``tags``, such as ``zh-Hant-TW``, that one of ours serves."""
    for tag in tags:
        plain = tag.strip().lower().replace("_", "-")
        for one in LANGUAGES.values():
            if any(f"{plain}-".startswith(f"{served}-") for served in one.serves):
                return one
    return None


def accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first, without those that are not wanted at all."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, weight = part.partition(";")
        try:
            wanted.append((float(weight.strip().removeprefix("q=") or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(wanted, key=lambda one: -one[0]) if weight > 0 and tag]


# --- texts ------------------------------------------------------------------------------------------------------------


def t(text: str) -> str:
    """``text``, written out in English where it is said, in the language spoken now; its {places} are still to fill."""
    return catalogue(language().code).gettext(text)


def tn(one: str, many: str, n: int) -> str:
    """``one`` or ``many``, or whatever forms the language has, for ``n`` things; the place {n} takes the number."""
    return catalogue(language().code).ngettext(one, many, n).format(n=number_text(n))


def words(name: str, table: Mapping[str, str]) -> dict[str, str]:
    """A table of words, id by id, in the language spoken now; ``pages/languages/tables.py`` knows it as ``name``."""
    known = catalogue(language().code)
    return {id: known.pgettext(f"{name}.{id}", english) for id, english in table.items()}


def number_text(value: float, digits: int = 0, *, least_digits: int = 0) -> str:
    """A number with at most ``digits`` behind the point, at least ``least_digits``, and the language's own signs."""
    pattern = "#,##0" + ("." + "0" * least_digits + "#" * (digits - least_digits) if digits else "")
    return format_decimal(value, pattern, locale=language().locale)
