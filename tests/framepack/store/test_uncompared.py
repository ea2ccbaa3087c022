"""Units wait to be compared with their pictures, the newest first, and not for ever."""

from __future__ import annotations

import os
from pathlib import Path

from framepack.store.section_store import SectionStore
from framepack.store.uncompared import MOST_AT_ONCE, MOST_WAITING, await_comparison, compared, uncompared


def noted(store: SectionStore, number: int) -> str:
    """A note, each a second after the one before."""
    key = f"{number:064x}"
    await_comparison(store, key, identity="draft", picture=f"picture {number}")
    os.utime(store.root / ".uncompared" / key, (number, number))
    return key


def test_the_newest_are_compared_first_until_they_are(tmp_path: Path) -> None:
    store = SectionStore(tmp_path)
    assert uncompared(store, "draft") == []
    keys = [noted(store, number) for number in range(MOST_AT_ONCE + 4)]
    found = uncompared(store, "draft")
    assert [one.key for one in found] == keys[:3:-1]
    assert found[0].picture == f"picture {MOST_AT_ONCE + 3}"
    assert uncompared(store, "others") == []
    for one in found:
        compared(store, one.key)
    assert [one.key for one in uncompared(store, "draft")] == keys[3::-1]
    assert list(store.keys()) == []


def test_notes_that_are_damaged_are_passed_over_and_old_ones_forgotten(tmp_path: Path) -> None:
    store = SectionStore(tmp_path)
    keys = [noted(store, number) for number in range(MOST_WAITING + 1)]
    (store.root / ".uncompared" / keys[-1]).write_text("[")
    assert keys[-1] not in {one.key for one in uncompared(store, "draft")}
    assert not (store.root / ".uncompared" / keys[0]).exists()


def test_a_unit_that_is_discarded_waits_no_longer(tmp_path: Path) -> None:
    store = SectionStore(tmp_path)
    key = noted(store, 1)
    store.discard(key)
    assert uncompared(store, "draft") == []
    assert list((store.root / ".uncompared").iterdir()) == []
