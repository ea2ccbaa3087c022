"""The finished sections that several computers share: this one's folder in front, an object store behind it.

Everything that is published goes into the store, too; what is missing or damaged here is fetched from there.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from framepack.files.manifest import NAME, Manifest, NotWhole, describe
from framepack.store.objects import ObjectStore
from framepack.store.section_store import SectionStore, check_unit

KIND = "sections"
# When a unit was used last is noted no more often.
SECONDS_BETWEEN_NOTES = 600.0


class SharedSectionStore(SectionStore):
    """The sections below ``root`` and in ``objects``. Its verbs raise StoreAway, too."""

    def __init__(self, root: Path, objects: ObjectStore) -> None:
        super().__init__(root)
        self._objects = objects

    def has(self, key: str) -> bool:
        """As ``SectionStore.has``; of what is in the store only, as far as was seen some seconds ago."""
        return super().has(key) or unit_name(key) in self._objects.listed(KIND)

    def share(self, key: str) -> None:
        """Put the unit, which is here, into the store if it is not there."""
        name, folder = unit_name(key), self._folder(key)
        if self._objects.has(name):
            return
        unit, put = unit_in(folder), None
        while unit != put:  # what its frames look like may be noted meanwhile
            self._objects.put_contents(name, folder, unit)
            put, unit = unit, unit_in(folder)
        self._objects.publish(name, unit)

    def discard(self, key: str) -> None:
        """Take the unit away, here and from the store."""
        self._objects.delete(unit_name(key))
        super().discard(key)

    def _checked(self, key: str) -> Manifest | None:
        manifest = super()._checked(key)
        if manifest is None and self._fetched(key):
            manifest = super()._checked(key)
        if manifest is not None:
            note_use(self._folder(key) / NAME)
        return manifest

    def _put_in_place(self, aside: Path, key: str) -> bool:
        # What another was first to put into the store counts: two cards need not agree to the bit.
        if self._fetched(key):
            return False
        placed = super()._put_in_place(aside, key)
        self.share(key)
        return placed

    def _fetched(self, key: str) -> bool:
        """Whether the unit was in the store, whole, and is here now."""
        name = unit_name(key)
        aside = self._begin(key)
        try:
            if self._objects.fetch(name, aside) is None:
                return False
            try:
                check_unit(aside)
            except NotWhole:
                self._objects.delete(name)
                return False
            super()._put_in_place(aside, key)
            return True
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def unit_name(key: str) -> str:
    """The name of a unit in the store."""
    return f"{KIND}/{key[:2]}/{key}"


def unit_in(folder: Path) -> Manifest:
    """What the store is told of the unit in ``folder``: all its files, those that its manifest leaves out, too."""
    return describe([path for path in sorted(folder.iterdir()) if not path.name.startswith(".")])


def note_use(path: Path) -> None:
    """Note by the time of the file ``path``, whose content nobody reads for that, that what it belongs to is used."""
    try:
        if time.time() - path.stat().st_mtime > SECONDS_BETWEEN_NOTES:
            os.utime(path)
    except FileNotFoundError:
        return  # it has just been taken away
