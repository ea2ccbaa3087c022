"""Sections of two computers that share an object store: made once, found by both, healed from each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from framepack.errors import SectionMissing
from framepack.files.manifest import NAME
from framepack.store.addresses import checked_address
from framepack.store.objects import ObjectStore
from framepack.store.section_store import FRAMES, LATENTS
from framepack.store.shared_sections import SharedSectionStore, unit_name
from tests.framepack.store.test_section_store import KEY, frames, latents, leftovers


def computer(tmp_path: Path, name: str) -> SharedSectionStore:
    objects = ObjectStore(checked_address(str(tmp_path / "store")), tmp_path / name, 0.0)
    return SharedSectionStore(tmp_path / name / "sections", objects)


@pytest.fixture
def one(tmp_path: Path) -> SharedSectionStore:
    return computer(tmp_path, "one")


@pytest.fixture
def two(tmp_path: Path) -> SharedSectionStore:
    return computer(tmp_path, "two")


def unit_of(store: SharedSectionStore) -> Path:
    return store.root / KEY[:2] / KEY


def test_a_section_that_one_made_the_other_finds_whole(one: SharedSectionStore, two: SharedSectionStore) -> None:
    assert one.publish(KEY, latents(), frames(), 30)
    assert two.has(KEY)
    assert not unit_of(two).exists()  # counting fetches nothing
    assert two.is_whole(KEY)
    assert np.array_equal(two.latents(KEY), one.latents(KEY))
    assert two.video(KEY).read_bytes() == one.video(KEY).read_bytes()
    assert two.quality(KEY) == one.quality(KEY)
    assert leftovers(two.root) == []


def test_the_second_to_make_a_section_takes_over_the_first(one: SharedSectionStore, two: SharedSectionStore) -> None:
    assert one.publish(KEY, latents(0.5), frames(), 30)
    assert not two.publish(KEY, latents(0.7), frames(), 30)
    assert two.latents(KEY)[0, 0, 0, 0, 0] == np.float32(0.5)


def test_a_section_that_is_damaged_here_is_fetched_anew(one: SharedSectionStore) -> None:
    one.publish(KEY, latents(), frames(), 30)
    (unit_of(one) / FRAMES).write_bytes(b"damaged")
    assert one.is_whole(KEY)
    assert one.video(KEY).stat().st_size > 7
    assert (one.root.parent / "damaged" / KEY / FRAMES).read_bytes() == b"damaged"


def test_a_section_that_is_damaged_in_the_store_is_missing_and_may_be_made_again(
    tmp_path: Path, one: SharedSectionStore, two: SharedSectionStore
) -> None:
    one.publish(KEY, latents(), frames(), 30)
    for path in (tmp_path / "store" / "contents").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[::-1])
    assert not two.is_whole(KEY)
    with pytest.raises(SectionMissing):
        two.latents(KEY)
    assert two.publish(KEY, latents(), frames(), 30)
    assert computer(tmp_path, "three").is_whole(KEY)


def test_what_is_whole_here_and_not_in_the_store_is_put_there(
    tmp_path: Path, one: SharedSectionStore, two: SharedSectionStore
) -> None:
    one.publish(KEY, latents(), frames(), 30)
    assert not two.is_whole("cd" * 32)
    ObjectStore(checked_address(str(tmp_path / "store")), tmp_path / "two", 0.0).delete(unit_name(KEY))
    later = computer(tmp_path, "one")
    later.share(KEY)
    assert two.is_whole(KEY)


def test_latents_without_frames_are_shared_too_and_discarded_for_all(
    one: SharedSectionStore, two: SharedSectionStore
) -> None:
    one.publish_latents(KEY, latents())
    assert two.is_whole(KEY)
    assert sorted(path.name for path in unit_of(two).iterdir()) == sorted([LATENTS, NAME])
    two.discard(KEY)
    assert not two.is_whole(KEY)
