"""Owns what lies in an object store that several computers share; knows nothing of sections, takes or pictures.

    <address>/names/<name>.json                 which files a name has, with their sizes and sums
    <address>/contents/<name>/<SHA-256>         one of these files, by what is in it

What belongs to a name is put there first and the name last: so it is whole or not there, and two who put the same name
leave one of both. What is fetched is checked against its sums; where it is not what it was, its name is taken away.
"""

from __future__ import annotations

import logging
import re
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from framepack.files.manifest import Manifest, NotWhole, check_sums, read_manifest, write_manifest
from framepack.messages import Message
from framepack.store.addresses import scheme_of, shown_address
from framepack.store.connection import Connection, StoreAway, put_whole, size_at

SHORTEST_WAIT, LONGEST_WAIT = 0.25, 10.0
# So long nobody asks again a store that has just not answered.
SECONDS_OF_REST = 5.0
# So long what was seen in the store counts as being there.
SECONDS_KNOWN = 60.0
SECONDS_BETWEEN_LISTINGS = 10.0
# A listing that took long is made anew only after so many times as long.
REST_AFTER_LISTING = 10.0
_NAME = re.compile(r"[a-z]+(/[\w-][\w.-]*)+")
_TYPE = TypeVar("_TYPE")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """What is in the store under a name: since when (seconds since 1970), how many files, and their bytes."""

    name: str
    changed: float
    files: int
    size: int


class ObjectStore:
    """The store at ``address``, a checked one. One that does not answer is asked again for ``patience`` seconds.

    ``home`` is this computer's folder: there it is noted which store it is, so that an empty folder where a disk should
    be mounted is not taken for it. Every verb may raise StoreAway. Several threads may ask at once.
    """

    def __init__(self, address: str, home: Path, patience: float) -> None:
        self.address = address
        self._patience = patience
        self._connection = Connection(address, home)
        self._guard = threading.Lock()
        self._away: StoreAway | None = None
        self._rests_until = 0.0
        self._seen: dict[str, float] = {}
        self._missed: dict[str, float] = {}
        self._listed: dict[str, tuple[float, frozenset[str]]] = {}

    def put(self, name: str, folder: Path, manifest: Manifest) -> None:
        """Put the files of ``manifest``, which lie in ``folder``, into the store as ``name``; the latest counts."""
        self.put_contents(name, folder, manifest)
        self.publish(name, manifest)

    def put_contents(self, name: str, folder: Path, manifest: Manifest) -> None:
        """The longer part of ``put``: nobody sees it before ``publish``."""
        _checked(name)
        for file, facts in manifest.files.items():

            def put(fs: Any, root: str, file: str = file, size: int = facts.size, sha256: str = facts.sha256) -> None:
                place = f"{_contents(root, name)}/{sha256}"
                if size_at(fs, place) != size:
                    put_whole(fs, folder / file, place)

            self._ask(put)

    def publish(self, name: str, manifest: Manifest) -> None:
        """Have ``name`` be the files of ``manifest``, whose contents were put there."""
        self._ask(lambda fs, root: _publish(fs, root, name, manifest))
        self._note(name)

    def publish_at_once(self, name: str, manifest: Manifest) -> None:
        """As ``publish``, tried once: for whoever holds up others meanwhile."""
        self._connection.use(lambda fs, root: _publish(fs, root, name, manifest))
        self._note(name)

    def fetch(self, name: str, into: Path) -> Manifest | None:
        """Write the files of ``name`` into the folder ``into``, checked; None where it is not in the store.

        One that is not what it was is taken out of the store, with a sentence in the log, and is not there.
        """
        manifest = self.manifest(name)
        if manifest is None:
            return None

        def fetch(fs: Any, root: str) -> None:
            for file, facts in manifest.files.items():
                (into / file).unlink(missing_ok=True)
                fs.get_file(f"{_contents(root, name)}/{facts.sha256}", str(into / file))

        try:
            self._ask(fetch)
            check_sums(into, manifest)
        except (FileNotFoundError, NotWhole) as fault:
            reason = fault.message if isinstance(fault, NotWhole) else Message("file-gone", {"name": "?"})
            _log.warning("What the store has as %s is not whole (%s); it is taken out and made again.", name, reason.id)
            for file in manifest.files:
                (into / file).unlink(missing_ok=True)
            self.delete(name)
            return None
        self._note(name)
        return manifest

    def manifest(self, name: str) -> Manifest | None:
        """What the files of ``name`` are like, asked of the store; None where it is not there."""
        _checked(name)

        def read(fs: Any, root: str) -> bytes:
            data: bytes = fs.cat_file(_record(root, name))
            return data

        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "name.json"
            try:
                written.write_bytes(self._ask(read))
                return _plain(read_manifest(written))
            except FileNotFoundError:
                self._forget(name)
                return None
            except NotWhole:
                _log.warning("What the store says of %s cannot be read; it is taken out and made again.", name)
                self.delete(name)
                return None

    def has(self, name: str) -> bool:
        """Whether ``name`` is in the store; what was put or seen there within the last minute counts as being there."""
        if time.monotonic() - self._seen.get(name, float("-inf")) < SECONDS_KNOWN:
            return True

        def ask(fs: Any, root: str) -> bool:
            return size_at(fs, _record(root, name)) is not None

        there = self._ask(ask)
        if there:
            self._note(name)
        return there

    def seems_to_have(self, name: str) -> bool:
        """As ``has``, but not asked more often than a few times a minute, whether or not it is there."""
        if name in self.listed(name.partition("/")[0]):
            return True
        if time.monotonic() - self._missed.get(name, float("-inf")) < SECONDS_BETWEEN_LISTINGS:
            return False
        there = self.has(name)
        if not there:
            self._missed[name] = time.monotonic()
        return there

    def holds(self, name: str, manifest: Manifest) -> bool:
        """Whether ``name`` is in the store now with just the files of ``manifest``, as far as their sizes show."""
        kept = self.manifest(name)
        if kept is None or dict(kept.files) != dict(manifest.files):
            return False

        def ask(fs: Any, root: str) -> bool:
            sizes = ((size_at(fs, f"{_contents(root, name)}/{one.sha256}"), one.size) for one in kept.files.values())
            return all(found == size for found, size in sizes)

        return self._ask(ask)

    def listed(self, kind: str) -> frozenset[str]:
        """The names that begin with ``kind``, as they were some seconds ago: for counting and for pages.

        Where the store does not answer it is what was known of it last.
        """
        with self._guard:
            until, names = self._listed.get(kind, (0.0, frozenset()))
        if time.monotonic() < until:
            return names
        begun = time.monotonic()
        try:
            names = self.names(kind)
        except StoreAway as away:
            _log.warning("%s", away)
        rest = max(SECONDS_BETWEEN_LISTINGS, REST_AFTER_LISTING * (time.monotonic() - begun))
        with self._guard:
            self._listed[kind] = (time.monotonic() + rest, names)
        return names

    def names(self, kind: str) -> frozenset[str]:
        """All names that begin with ``kind``, as they are now."""
        return frozenset(name for name, _ in self._records(kind))

    def everything(self, kind: str) -> list[Kept]:
        """What there is of ``kind``, with what was put there for names that are not published, or not any more."""
        found: dict[str, Kept] = {}
        for path, facts in self._found("contents", kind).items():
            name = path.rpartition("/")[0]
            before = found.get(name, Kept(name, 0.0, 0, 0))
            changed = max(before.changed, _changed(facts))
            found[name] = Kept(name, changed, before.files + 1, before.size + int(facts["size"] or 0))
        for name, facts in self._records(kind):
            before = found.get(name, Kept(name, 0.0, 0, 0))
            found[name] = replace(before, changed=max(before.changed, _changed(facts)))
        return [found[name] for name in sorted(found)]

    def _records(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        found = self._found("names", kind).items()
        return [(path.removesuffix(".json"), facts) for path, facts in found if path.endswith(".json")]

    def _found(self, part: str, kind: str) -> dict[str, dict[str, Any]]:
        """Everything of a kind in one part of the store, by its place within that."""

        def find(fs: Any, root: str) -> dict[str, dict[str, Any]]:
            fs.invalidate_cache()
            found: dict[str, dict[str, Any]] = fs.find(f"{root}/{part}/{kind}", detail=True)
            return found

        found = self._ask(find).items()
        return {f"{kind}/{path.rpartition(f'/{part}/{kind}/')[2]}": facts for path, facts in found}

    def delete(self, name: str) -> None:
        """Take ``name`` out of the store if it is there: the name first, then what belongs to it."""

        def delete(fs: Any, root: str) -> None:
            fs.invalidate_cache()
            contents = _contents(root, name)
            # Another may take it out in the same moment, or put it there anew.
            for place in (_record(root, name), *fs.find(contents)):
                with suppress(FileNotFoundError):
                    fs.rm_file(place)
            if not scheme_of(self.address).is_object_store:
                with suppress(OSError):
                    fs.rmdir(contents)

        self._forget(_checked(name))
        self._ask(delete)

    def check(self) -> None:
        """Write something into the store, read it and take it away again. Raises StoreAway, at once."""
        name = f"trying/{uuid.uuid4().hex}"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "trial"
            file.write_text(name, encoding="utf-8")
            self._connection.use(lambda fs, root: put_whole(fs, file, _record(root, name)))
            if self._connection.use(lambda fs, root: fs.cat_file(_record(root, name))) != file.read_bytes():
                raise StoreAway(self.address, Message("store-reads-otherwise"))
            self._connection.use(lambda fs, root: fs.rm_file(_record(root, name)))

    def _ask(self, work: Callable[[Any, str], _TYPE]) -> _TYPE:
        """What ``work`` gives with the opened store and its root; it may be called several times.

        FileNotFoundError is an answer. Raises StoreAway after ``patience``, and what the disk here says that is full.
        """
        begun, wait, is_away = time.monotonic(), SHORTEST_WAIT, False
        if self._away is not None and begun < self._rests_until:
            raise self._away
        while True:
            try:
                given = self._connection.use(work)
            except StoreAway as away:
                if time.monotonic() - begun + wait > self._patience:
                    self._away, self._rests_until = away, time.monotonic() + SECONDS_OF_REST
                    raise
                if not is_away:
                    _log.warning("%s", away)
                is_away = True
                time.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                self._away = None
                if is_away:
                    _log.warning("The store %s answers again.", shown_address(self.address))
                return given

    def _note(self, name: str) -> None:
        self._seen[name] = time.monotonic()
        self._missed.pop(name, None)

    def _forget(self, name: str) -> None:
        self._seen.pop(name, None)
        with self._guard:
            kind = name.partition("/")[0]
            if kind in self._listed:
                until, names = self._listed[kind]
                self._listed[kind] = (until, names - {name})


def _publish(fs: Any, root: str, name: str, manifest: Manifest) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "name.json"
        write_manifest(written, manifest)
        put_whole(fs, written, _record(root, name))


def _record(root: str, name: str) -> str:
    return f"{root}/names/{_checked(name)}.json"


def _contents(root: str, name: str) -> str:
    return f"{root}/contents/{_checked(name)}"


def _checked(name: str) -> str:
    # Names come from ids of the studio; nothing else may become part of a place in the store.
    if not _NAME.fullmatch(name) or ".." in name:
        raise ValueError(f"{name!r} is no name in a store")
    return name


def _plain(manifest: Manifest | None) -> Manifest | None:
    """A manifest from the store, whose names must lead to nowhere else. Raises NotWhole."""
    for name in manifest.files if manifest else ():
        if Path(name).name != name or "\\" in name:
            raise NotWhole(Message("manifest-damaged", {"name": name}))
    return manifest


def _changed(facts: dict[str, Any]) -> float:
    """When something was put into the store, as the library says it; 0 where it does not."""
    said = facts.get("mtime") or facts.get("LastModified") or facts.get("last_modified") or 0.0
    return float(said.timestamp()) if hasattr(said, "timestamp") else float(said)
