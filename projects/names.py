"""Names that people give, made fit to be shown and stored: in any language, but without what only steers text."""

from __future__ import annotations

import re

# Joiners belong to the spelling of some languages and to many emoji, although nothing is printed for them.
_JOINERS = "\u200c\u200d"
# Letters that look like nothing: the braille blank and the Hangul fillers.
_BLANKS = "\u2800\u3164\u115f\u1160\uffa0"


def storable(given: str) -> str:
    """``given`` without what a database cannot keep: NUL characters and halves of letters."""
    return given.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shown_name(given: str) -> str:
    """``given`` on one line, without controls and marks of direction; "" where nothing of it could be seen."""
    letters = [letter for letter in " ".join(storable(given).split()) if letter.isprintable() or letter in _JOINERS]
    seen = [letter for letter in letters if not letter.isspace() and letter not in _BLANKS + _JOINERS]
    return "".join(letters).strip() if seen else ""


def shown_file_name(given: str, *, most: int, otherwise: str) -> str:
    """A file's own name, without folders and what cannot be shown, its last ``most`` letters; or ``otherwise``."""
    return shown_name(re.split(r"[/\\]", given)[-1])[-most:].strip() or otherwise
