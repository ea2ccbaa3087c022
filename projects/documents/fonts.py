"""Fonts that can show a text, letter by letter, for documents that have them within.

It looks for good ones by their names first, and then at all others, until every letter can be shown.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont, TTLibError
from fontTools.varLib import instancer

from projects.words.fonts import WEIGHT, font_files, region_of

# What is looked at first, the best first.
_LATIN = ("NotoSans-Regular", "DejaVuSans", "LiberationSans-Regular", "segoeui", "HelveticaNeue", "Arial", "arial")
# Those that come with the studio, where the computer has none.
_BROUGHT = ("NotoSans[wght]", "NotoSansCJK-VF.otf", "NotoEmoji[wght]")
_WIDE = ("NotoSansCJK-Regular", "NotoSansTC-Regular", "SourceHanSans-Regular", "PingFang", "msjh", "msyh", "wqy-zenhei")
_COLOURED = ("NotoColorEmoji", "Apple Color Emoji", "seguiemj")
PREFERRED = (*_LATIN, *_WIDE, *_COLOURED, *_BROUGHT)
# A face of a collection by how the names of its languages end.
_CHINESE = ("TC", "HK", "SC", "JP", "KR")
# What is lighter than this is hard to read on paper.
_THIN = 350
# So many others are looked at, which takes a few seconds.
MOST_LOOKED_AT = 400


@dataclass(frozen=True)
class Face:
    """A font: the face ``number`` of the file ``path``, and the letters it has."""

    path: Path
    number: int
    letters: frozenset[int]

    @property
    def coloured(self) -> bool:
        """Whether it is one of pictures in colours (emoji)."""
        return self.path.stem in _COLOURED


def faces_for(text: str) -> tuple[Face, ...]:
    """The faces that together show ``text``, as far as there are any, those to be tried first before others.

    The first one is for Latin letters.
    """
    wanted = {ord(letter) for letter in text if not is_unseen(letter)} | set(range(0x20, 0x7F))
    languages = _languages(text)
    found: list[Face] = []
    for path in _in_order(font_files()):
        if not wanted:
            break
        face = _face(path, languages)
        if face is not None and wanted & face.letters:
            found.append(face)
            wanted -= face.letters
    return tuple(found)


def weighted(face: Face, text: str, folder: Path) -> Face:
    """``face`` as heavy as films draw it, with the letters of ``text`` only, in a file of its own in ``folder``.

    Fonts that come in any weight are thin where none is asked for; all others are given back as they are.
    """
    with TTFont(face.path, fontNumber=face.number, lazy=True) as font:
        axes = {axis.axisTag: axis for axis in font["fvar"].axes} if "fvar" in font else {}
        if "wght" not in axes or axes["wght"].defaultValue >= _THIN:
            return face
        options = subset.Options(layout_features=[], notdef_outline=True)
        letters = subset.Subsetter(options)
        letters.populate(text=text)
        letters.subset(font)
        kept = io.BytesIO()
        font.save(kept)
    kept.seek(0)
    wanted = {"wght": min(max(WEIGHT, axes["wght"].minValue), axes["wght"].maxValue)}
    path = folder / f"{len([*folder.iterdir()])}.otf"
    instancer.instantiateVariableFont(TTFont(kept), wanted).save(path)
    return Face(path, 0, face.letters)


def _in_order(files: tuple[Path, ...]) -> Iterator[Path]:
    """Those that are preferred, then the others, without those that are bold or slanted."""
    places = {name: place for place, name in enumerate(PREFERRED)}
    known = sorted((path for path in files if path.stem in places), key=lambda path: places[path.stem])
    yield from known
    plain = [path for path in files if path.stem not in places and not _styled(path.stem)]
    yield from plain[:MOST_LOOKED_AT]


def _styled(stem: str) -> bool:
    return any(style in stem.lower() for style in ("bold", "italic", "oblique", "light", "thin", "black", "mono"))


def _face(path: Path, languages: tuple[str, ...]) -> Face | None:
    try:
        names = _faces_of(path, path.stat().st_mtime_ns)
    except OSError:
        return None
    numbers = [number for end in languages for number, name in enumerate(names) if name.split(" ")[-1] == end]
    number = numbers[0] if numbers else 0
    return Face(path, number, _letters(path, number)) if names else None


@lru_cache(maxsize=1024)
def _faces_of(path: Path, changed: int) -> tuple[str, ...]:  # noqa: ARG001 (it tells versions apart)
    """The families of a file's faces; none where it is no font that can be read."""
    try:
        if path.suffix.lower() in (".ttc", ".otc"):
            with TTCollection(path, lazy=True) as fonts:
                return tuple(str(font["name"].getBestFamilyName()) for font in fonts)
        with TTFont(path, lazy=True) as font:
            return (str(font["name"].getBestFamilyName()),)
    except (TTLibError, KeyError, OSError, ValueError, AssertionError):
        return ()


@lru_cache(maxsize=1024)
def _letters(path: Path, number: int) -> frozenset[int]:
    try:
        with TTFont(path, lazy=True, fontNumber=number) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, KeyError, OSError, ValueError, AssertionError):
        return frozenset()


def _languages(text: str) -> tuple[str, ...]:
    """How the names of the faces end that draw the Chinese letters of ``text`` as is usual there, the first first."""
    return (region_of(text), *_CHINESE)


def is_unseen(letter: str) -> bool:
    """Whether nothing is drawn for a letter: spaces, controls, joiners and what only chooses a variant."""
    return letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf", "Cs") or "\ufe00" <= letter <= "\ufe0f"
