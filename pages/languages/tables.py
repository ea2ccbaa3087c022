"""Which tables of words there are, as ``module:NAME``, for the catalogues; a new table needs its line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Messages: an id is the context of its words. What a table takes over from one before it counts once.
MESSAGES = ("framepack.english:ENGLISH", "projects.english:ENGLISH", "pages.look.english:ENGLISH")
# Other words, by the name that ``words`` is given with the table: ``name.id`` is the context.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "term": "pages.look.terms:TERMS",
        "board": "pages.board.words:BOARD_WORDS",
        "inspector": "pages.inspector.words:ENGLISH",
        "documents": "projects.documents.words:DOCUMENT_WORDS",
        "player": "pages.player.words:ENGLISH",
        "orders": "pages.orders.words:ENGLISH",
        "cutting": "pages.cutting.words:ENGLISH",
    }
)
