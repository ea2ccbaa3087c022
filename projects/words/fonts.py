"""Fonts: which of those on this computer, or of those that came with the studio, has what is to be written.

Only outlines are used, so that a letter is as sharp at any size: fonts that are made of pictures are passed over.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from fontTools.ttLib import TTCollection, TTFont, TTLibError
from PIL import ImageFont

# How Chinese characters are written differs between places, and fonts have them all.
Region = Literal["TC", "SC", "JP", "KR"]
# File names without ending, in lower case, the better ones first.
_LATIN = (
    *("notosans-regular", "notosans[wght]", "notosans-variablefont_wdth,wght", "inter-regular", "segoeui"),
    *("helveticaneue", "helvetica", "arial", "liberationsans-regular", "dejavusans"),
)
_CHINESE = (
    *("notosanscjk-regular", "notosanscjktc-regular", "notosanstc-regular", "sourcehansans-regular"),
    *("sourcehansanstc-regular", "pingfang", "msjh", "hiragino sans gb", "msyh"),
)
_EMOJI = ("notoemoji-regular", "notoemoji[wght]", "notoemoji-variablefont_wght", "seguiemj")
_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
_OUTLINES = ("glyf", "CFF ", "CFF2")
# Of a font that comes in any weight.
WEIGHT = 500
# From here on there are mostly emoji, and this mark behind a sign asks for its picture.
_FIRST_EMOJI, _AS_PICTURE = 0x1F000, "\ufe0f"
# Signs that Latin and Chinese share: they are set as what stands before them.
_SHARED = "“”‘’…—·"
_IN_PLACE_OF_WHAT_NO_FONT_HAS = "?"


@dataclass(frozen=True)
class Face:
    """One font of a file, which may hold several."""

    path: Path
    index: int

    def sized(self, pixels: int) -> ImageFont.FreeTypeFont:
        """The font at a size."""
        return _sized(self, pixels)

    def has(self, letter: str) -> bool:
        """Whether it has a glyph for a letter of its own."""
        return ord(letter) in _covered(self)


def runs_of(text: str) -> list[tuple[str, Face]]:
    """``text``, which has one line, in stretches of one face each. What no font has becomes a question mark."""
    faces = _faces(region_of(text))
    runs: list[tuple[str, Face]] = []
    for letter, following in zip(text, text[1:] + " ", strict=True):
        if letter == _AS_PICTURE:
            continue
        before = runs[-1][1] if runs else None
        face = _face_for(letter, following == _AS_PICTURE, before, faces)
        if face is None:
            letter, face = _IN_PLACE_OF_WHAT_NO_FONT_HAS, faces[0]
        if before == face:
            runs[-1] = (runs[-1][0] + letter, face)
        else:
            runs.append((letter, face))
    return runs


def font_folders() -> tuple[Path, ...]:
    """Where fonts of this computer lie."""
    home = Path.home()
    if sys.platform == "darwin":
        return Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        local = Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local"))
        return windows / "Fonts", local / "Microsoft/Windows/Fonts"
    kept = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share"))
    return Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), kept / "fonts", home / ".fonts"


def font_files() -> tuple[Path, ...]:
    """The font files of this computer, then those that came with the studio."""
    return (*_on_this_computer().values(), *_came_with().values())


def _face_for(letter: str, as_picture: bool, before: Face | None, faces: tuple[Face, ...]) -> Face | None:
    latin, chinese, emoji, *others = faces
    # A space of an emoji font is as wide as an emoji.
    goes_on = letter in _SHARED or (letter.isspace() and before != emoji)
    if before is not None and goes_on and before.has(letter):
        return before
    first = (emoji, latin, chinese) if as_picture or ord(letter) >= _FIRST_EMOJI else (latin, chinese, emoji)
    return next((face for face in (*first, *others) if face.has(letter)), None)


def region_of(text: str) -> Region:
    """Where ``text`` seems to be written: by its kana or hangul, else by which characters it is written with."""
    if any("\u3040" <= letter <= "\u30ff" for letter in text):
        return "JP"
    if any("\uac00" <= letter <= "\ud7a3" for letter in text):
        return "KR"
    characters = "".join(letter for letter in text if "\u4e00" <= letter <= "\u9fff")
    return "SC" if not _written_in(characters, "big5") and _written_in(characters, "gb2312") else "TC"


def _written_in(characters: str, encoding: str) -> bool:
    try:
        characters.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


# --- finding ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _faces(region: Region) -> tuple[Face, ...]:
    """For Latin, for Chinese, for emoji, and all others that came with the studio."""
    ours = _came_with()
    there = _on_this_computer()
    latin = _first_of(_LATIN, there, region) or _opened(ours["notosans[wght]"], region)
    chinese = _first_of(_CHINESE, there, region) or _opened(ours["notosanscjk-vf.otf"], region)
    emoji = _first_of(_EMOJI, there, region) or _opened(ours["notoemoji[wght]"], region)
    faces = [latin, chinese, emoji, *(_opened(ours[name], region) for name in sorted(ours))]
    found = tuple(face for face in faces if face is not None)
    assert len(found) >= len(faces[:3]), "the fonts that come with the studio cannot be read"
    return found


def _first_of(names: tuple[str, ...], there: dict[str, Path], region: Region) -> Face | None:
    return next((face for name in names if name in there and (face := _opened(there[name], region))), None)


@lru_cache(maxsize=1)
def _on_this_computer() -> dict[str, Path]:
    """The font files of this computer by their names without ending."""
    return {path.stem.lower(): path for folder in font_folders() for path in _font_files(folder)}


@lru_cache(maxsize=1)
def _came_with() -> dict[str, Path]:
    """The font files that are installed with the studio."""
    import manimgx_fonts
    import manimgx_fonts_cjk

    folders = [Path(str(package.__file__)).parent for package in (manimgx_fonts, manimgx_fonts_cjk)]
    return {path.stem.lower(): path for folder in folders for path in _font_files(folder)}


def _font_files(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        yield from (Path(where, name) for name in sorted(names) if name.lower().endswith(_ENDINGS))


@lru_cache(maxsize=256)
def _opened(path: Path, region: Region) -> Face | None:
    """The font of a file; of several the one for the region. None where it cannot be read or has no outlines."""
    try:
        if path.suffix.lower() not in (".ttc", ".otc"):
            with TTFont(path, lazy=True) as font:
                return Face(path, 0) if _has_outlines(font) else None
        with TTCollection(path, lazy=True) as collection:
            names = [str(font["name"].getBestFamilyName() or "").split() for font in collection.fonts]
            index = next((number for number, name in enumerate(names) if region in name and "Mono" not in name), 0)
            return Face(path, index) if _has_outlines(collection.fonts[index]) else None
    except (OSError, TTLibError, KeyError, IndexError, ValueError):
        return None


def _has_outlines(font: TTFont) -> bool:
    return any(table in font for table in _OUTLINES)


@lru_cache(maxsize=64)
def _covered(face: Face) -> frozenset[int]:
    """The letters, as numbers, that a face has glyphs for."""
    try:
        with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
            return frozenset(font.getBestCmap() or {})
    except (OSError, TTLibError, KeyError, ValueError):
        return frozenset()


@lru_cache(maxsize=256)
def _sized(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(face.path, pixels, face.index, layout_engine=ImageFont.Layout.BASIC)
    try:
        axes = font.get_variation_axes()
    except OSError:
        return font  # it comes in one weight
    font.set_variation_by_axes([_value(axis) for axis in axes])
    return font


def _value(axis: Mapping[str, Any]) -> float:
    """Where a face that can be drawn in several ways is set on one of its axes."""
    if b"eight" in (axis["name"] or b""):
        return float(min(max(WEIGHT, axis["minimum"]), axis["maximum"]))
    return float(axis["default"])
