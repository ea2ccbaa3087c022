"""A language's catalogue, read from its ``.po`` file into memory; what it lacks is said in English."""

from __future__ import annotations

import functools
import gettext
import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent


def catalogue_path(code: str) -> Path:
    """Where the catalogue of the language called ``code`` lies."""
    return FOLDER / code / "LC_MESSAGES" / "studio.po"


@functools.cache
def catalogue(code: str) -> gettext.NullTranslations:
    """What is said in the language called ``code``, read once; English where there is no catalogue of it."""
    path = catalogue_path(code)
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
