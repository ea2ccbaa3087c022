"""What the store that several computers share has, and which of this computer's copies can be let go of.

What is let go of is fetched again when it is wanted; so only what is surely in the store goes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

from framepack.files.manifest import NAME, FileFacts, Manifest, NotWhole, beside, read_manifest, sum_of
from framepack.store.objects import ObjectStore
from framepack.store.section_store import SectionStore
from projects.settings import StudioSettings
from projects.storage.shared import (
    name_in_store,
    objects_of,
    section_store,
    share,
    share_folder,
    share_named_by_content,
)
from projects.upkeep.needed import Kind, Rows, needed_by
from projects.upkeep.needless import Amount, Thing, changed_at, things

# What lies in the store under which of its first words.
_KINDS: dict[str, Kind] = {
    "sections": "sections",
    "takes": "takes",
    "films": "films",
    "media": "pictures",
    "loras": "loras",
}
SHARED = frozenset(_KINDS.values())
# What lies beside a file and goes with it.
_BESIDE = frozenset({".json", ".part"})
_LET_GO: tuple[Kind, ...] = ("sections", "takes", "films", "pictures")
# What was used within the last hours may be in somebody's hands.
SPARED_SECONDS = 6 * 3600.0


def only_in_store(settings: StudioSettings) -> Iterator[Thing]:
    """What is in the shared store and not here, the rest of what was never finished, too. Raises StoreAway."""
    objects = objects_of(settings)
    if objects is None:
        return
    for first, kind in _KINDS.items():
        for kept in objects.everything(first):
            path = settings.home / kept.name
            if not path.exists():
                yield Thing(kind, path.name.partition(".")[0], path, kept.files, kept.size, kept.changed, is_here=False)


def only_here(settings: StudioSettings, rows: Rows) -> list[Thing]:
    """What ``rows`` need that is finished and here, and not in the shared store: from before there was one, say.

    Raises StoreAway.
    """
    objects = objects_of(settings)
    if objects is None:
        return []
    needed = dict(needed_by(rows, settings.engine.models))
    needed["takes"] = frozenset(take.id for take in rows.takes if take.status == "done")
    needed["films"] = frozenset(film.id for film in rows.films if film.status == "done")
    there = frozenset().union(*(objects.names(first) for first in _KINDS))
    lying = (thing for thing in things(settings) if thing.kind in SHARED and thing.path.suffix not in _BESIDE)
    wanted = (thing for thing in lying if thing.id in needed[thing.kind])
    return [thing for thing in wanted if name_in_store(settings, thing.path) not in there]


def put_there(settings: StudioSettings, thing: Thing) -> None:
    """Put into the shared store what is only here; what is damaged, or has gone, is left as it is. Raises StoreAway."""
    with suppress(NotWhole, FileNotFoundError):
        if thing.kind == "sections":
            store = section_store(settings)
            if store.is_whole(thing.id):
                store.share(thing.id)
        elif thing.kind == "loras":
            share_folder(settings, thing.path)
        elif thing.kind != "pictures":
            share(settings, thing.path)
        elif sum_of(thing.path) == thing.id:
            share_named_by_content(settings, thing.path)


def let_go(settings: StudioSettings) -> Amount:
    """Keep this computer's copies within ``cache_bytes``: those that were used longest ago go first.

    Returns what was removed. What is not in the store as it is here stays, and what was used within the last hours.
    Raises StoreAway.
    """
    gone = Amount(0, 0)
    objects, bound = objects_of(settings), settings.cache_bytes
    if objects is None or bound is None:
        return gone
    copies = [thing for thing in things(settings) if thing.kind in _LET_GO and thing.id]
    size = sum(thing.size for thing in copies)
    for thing in sorted(copies, key=_used_at):
        if size - gone.size <= bound or time.time() - _used_at(thing) < SPARED_SECONDS:
            break
        if _is_in_store(settings, objects, thing):
            _remove(settings, thing)
            gone += Amount(thing.files, thing.size)
    return gone


def _used_at(thing: Thing) -> float:
    """When a copy was used last: the latest time of its files, its manifest's among them."""
    return max(thing.changed, changed_at(beside(thing.path)) or 0.0)


def _is_in_store(settings: StudioSettings, objects: ObjectStore, thing: Thing) -> bool:
    if thing.path.suffix == ".json":
        return False  # it goes with its file
    if thing.kind == "pictures":
        manifest = Manifest({thing.path.name: FileFacts(thing.size, thing.path.name)})
        return objects.holds(name_in_store(settings, thing.path), manifest)
    try:
        manifest_here = read_manifest(thing.path / NAME if thing.kind == "sections" else beside(thing.path))
    except NotWhole:
        return False
    kept = objects.manifest(name_in_store(settings, thing.path))
    if kept is None or manifest_here is None:
        return False
    same = all(kept.files.get(name) == facts for name, facts in manifest_here.files.items())
    return same and objects.holds(name_in_store(settings, thing.path), kept)


def _remove(settings: StudioSettings, thing: Thing) -> None:
    """Remove a copy, here only."""
    if thing.kind == "sections":
        SectionStore(settings.sections_dir).discard(thing.id)
        return
    thing.path.unlink(missing_ok=True)
    beside(thing.path).unlink(missing_ok=True)
