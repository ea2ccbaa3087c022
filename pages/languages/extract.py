"""``python -m pages.languages.extract [LANGUAGE ...]``: bring the catalogues up to date with what the studio says.

What is new stands empty. Where the English of an id changed, the earlier translation is kept and marked as fuzzy, which
is not used until somebody has looked at it. What is said no longer is removed. A language that has no catalogue yet
gets one.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from pages.languages.catalogue import FOLDER, catalogue_path
from pages.languages.sources import Text, all_texts

_HEADER = """\
# What the studio says. Kept by python -m pages.languages.extract; docs/glossary.md says which words are used.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(path.parents[1].name for path in FOLDER.glob("*/LC_MESSAGES/studio.po"))


def read_catalogue(code: str) -> Catalog:
    """The catalogue as its file has it; an empty one where there is none."""
    path = catalogue_path(code)
    if not path.is_file():
        return Catalog(locale=code)
    with path.open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def updated(known: Catalog, texts: Sequence[Text]) -> Catalog:
    """A catalogue of exactly ``texts``, with what ``known`` has of them."""
    fresh = Catalog(locale=known.locale)
    by_context = {message.context: message for message in known if message.context is not None}
    for text in texts:
        id = (text.english, text.many) if text.many is not None else text.english
        same = known.get(id, text.context)
        former = same or (by_context.get(text.context) if text.context is not None else None)
        fuzzy = former is not None and is_translated(former) and (former.fuzzy or same is None)
        fresh.add(
            id,
            former.string if former is not None else None,
            flags=["fuzzy"] if fuzzy else [],
            user_comments=former.user_comments if former is not None else [],
            context=text.context,
        )
    for message in fresh:
        # Babel's own marks, which nothing here reads, and which would be 18 kB of the file.
        message.flags -= {"python-format", "python-brace-format"}
    return fresh


def is_translated(message: Message) -> bool:
    """Whether it has a translation, in each of its forms."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(forms)


def written(catalog: Catalog, code: str) -> str:
    """The text of the catalogue's file; the same for the same catalogue, whenever it is written."""
    body = io.BytesIO()
    write_po(body, catalog, width=120, omit_header=True, no_location=True)
    header = _HEADER.format(language=code, plural_forms=catalog.plural_forms)
    return header + body.getvalue().decode()


def main(codes: Sequence[str]) -> None:
    """Update the catalogues of ``codes``, or all there are."""
    texts = all_texts()
    for code in codes or languages():
        fresh = updated(read_catalogue(code), texts)
        path = catalogue_path(code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(fresh, code), encoding="utf-8")
        messages = [message for message in fresh if message.id]
        empty = sum(not is_translated(message) for message in messages)
        fuzzy = sum(message.fuzzy for message in messages)
        print(f"{code}: {len(messages)} texts, {empty} to translate, {fuzzy} to look at again")


if __name__ == "__main__":
    main(sys.argv[1:])
