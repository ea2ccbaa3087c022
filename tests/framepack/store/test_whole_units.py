"""What is there is whole: a damaged unit is never built upon, is put aside with a sentence, and can be made again."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from framepack.errors import SectionMissing
from framepack.store.section_store import SectionStore
from tests.support.damage import (
    cut_short,
    damaged_names,
    empty,
    flip_bytes,
    flip_near_the_start,
    overwrite_latents,
    remove,
)

KEY = "ab" * 32
FRAMES = "frames.mp4"
LATENTS = "latents.safetensors"
MANIFEST = "manifest.json"
Damage = Callable[[Path], None]

DAMAGE: list[tuple[str, Damage]] = [
    (FRAMES, flip_near_the_start),
    (FRAMES, flip_bytes),
    (FRAMES, cut_short),
    (FRAMES, empty),
    (FRAMES, remove),
    (LATENTS, flip_bytes),
    (LATENTS, overwrite_latents),
    (LATENTS, cut_short),
    (LATENTS, empty),
    (LATENTS, remove),
    (MANIFEST, cut_short),
    (MANIFEST, empty),
]
# Without a manifest there is nothing to tell turned bits in numbers or late in a picture by.
DAMAGE_SEEN_WITHOUT = [(name, damage) for name, damage in DAMAGE[:10] if damage not in (flip_bytes, overwrite_latents)]


def named(value: object) -> str:
    return value if isinstance(value, str) else str(getattr(value, "__name__", value))


def latents(value: float = 0.5) -> NDArray[np.float32]:
    return np.full((1, 16, 9, 4, 6), value, np.float32)


def frames() -> Iterator[NDArray[np.uint8]]:
    down, across = np.mgrid[0:64, 0:96]
    for n in range(36):
        yield np.stack([across * 2 + 3 * n, down * 3, across + down], axis=-1).clip(0, 255).astype(np.uint8)


@pytest.fixture
def store(tmp_path: Path) -> SectionStore:
    """A store with one unit."""
    made = SectionStore(tmp_path / "sections")
    assert made.publish(KEY, latents(), frames(), 30)
    return made


def folder(store: SectionStore) -> Path:
    return store.root / KEY[:2] / KEY


def test_a_finished_unit_has_a_manifest_of_its_files(store: SectionStore) -> None:
    kept = json.loads((folder(store) / MANIFEST).read_text())
    assert (kept["version"], kept["frames"], kept["shape"]) == (1, 36, [1, 16, 9, 4, 6])
    assert sorted(kept["files"]) == [FRAMES, LATENTS]
    assert kept["files"][FRAMES]["size"] == store.video(KEY).stat().st_size
    assert store.has(KEY)
    assert store.is_whole(KEY)


@pytest.mark.parametrize(("name", "damage"), DAMAGE, ids=named)
def test_a_damaged_unit_is_put_aside_said_in_a_sentence_and_made_again(
    store: SectionStore, name: str, damage: Damage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damage(folder(store) / name)
    with caplog.at_level(logging.WARNING):
        assert not store.is_whole(KEY)
    (said,) = [record.getMessage() for record in caplog.records]
    assert KEY in said
    assert "is made again" in said
    assert damaged_names(tmp_path) == [KEY]
    assert not store.has(KEY)
    assert store.publish(KEY, latents(), frames(), 30)
    assert store.is_whole(KEY)


@pytest.mark.parametrize(("name", "damage"), DAMAGE, ids=named)
def test_nothing_is_read_from_a_damaged_unit(store: SectionStore, name: str, damage: Damage) -> None:
    damage(folder(store) / name)
    for read in (lambda: store.latents(KEY), lambda: store.video(KEY), lambda: store.frame(KEY, 36)):
        with pytest.raises(SectionMissing):
            read()


@pytest.mark.parametrize(("name", "damage"), DAMAGE, ids=named)
def test_publishing_over_a_damaged_unit_puts_that_one_aside(
    store: SectionStore, name: str, damage: Damage, tmp_path: Path
) -> None:
    damage(folder(store) / name)
    assert store.publish(KEY, latents(0.25), frames(), 30)
    assert store.latents(KEY)[0, 0, 0, 0, 0] == np.float32(0.25)
    assert damaged_names(tmp_path) == [KEY]


@pytest.mark.parametrize(("name", "damage"), DAMAGE, ids=named)
def test_a_unit_whose_sizes_are_wrong_is_not_counted(store: SectionStore, name: str, damage: Damage) -> None:
    keeps_its_sizes = damage in (flip_bytes, flip_near_the_start, overwrite_latents)
    damage(folder(store) / name)
    assert store.has(KEY) == keeps_its_sizes


@pytest.mark.parametrize("damage", [flip_bytes, cut_short, empty, remove], ids=named)
def test_a_damaged_unit_of_latents_alone_is_made_again_too(tmp_path: Path, damage: Damage) -> None:
    store = SectionStore(tmp_path / "sections")
    store.publish_latents(KEY, latents())
    assert store.is_whole(KEY)
    damage(folder(store) / LATENTS)
    assert store.publish_latents(KEY, latents(0.25))
    assert store.latents(KEY)[0, 0, 0, 0, 0] == np.float32(0.25)
    store.discard(KEY)
    assert list(store.keys()) == []


def test_a_unit_without_a_manifest_is_read_whole_once_and_then_has_one(store: SectionStore) -> None:
    before = json.loads((folder(store) / MANIFEST).read_text())
    remove(folder(store) / MANIFEST)
    assert store.has(KEY)
    assert store.is_whole(KEY)
    assert json.loads((folder(store) / MANIFEST).read_text()) == before


@pytest.mark.parametrize(("name", "damage"), DAMAGE_SEEN_WITHOUT, ids=named)
def test_a_damaged_unit_without_a_manifest_is_told_by_reading_it(
    store: SectionStore, name: str, damage: Damage, tmp_path: Path
) -> None:
    remove(folder(store) / MANIFEST)
    damage(folder(store) / name)
    assert not store.is_whole(KEY)
    assert damaged_names(tmp_path) == [KEY]


def without_a_manifest(
    tmp_path: Path, made: NDArray[np.float32], shown: list[NDArray[np.uint8]], other_end: Path | None = None
) -> SectionStore:
    store = SectionStore(tmp_path / "sections")
    store.publish(KEY, made, shown, 30)
    remove(folder(store) / MANIFEST)
    if other_end:
        (folder(store) / FRAMES).write_bytes(other_end.read_bytes())
    return store


def test_without_a_manifest_latents_must_be_finite_and_frames_as_many_as_they_show(tmp_path: Path) -> None:
    rubbish = latents()
    rubbish[0, 3, 2] = np.nan
    assert not without_a_manifest(tmp_path / "a", rubbish, list(frames())).is_whole(KEY)
    assert not without_a_manifest(tmp_path / "b", latents(), list(frames())[:35]).is_whole(KEY)
    assert without_a_manifest(tmp_path / "c", latents()[:, :, :1], list(frames())[:1]).is_whole(KEY)


def test_without_a_manifest_the_video_must_end_with_the_frame_stored_beside_it(tmp_path: Path) -> None:
    other = SectionStore(tmp_path / "other")
    other.publish(KEY, latents(), [255 - frame for frame in frames()], 30)
    store = without_a_manifest(tmp_path, latents(), list(frames()), other.video(KEY))
    assert not store.is_whole(KEY)


def test_what_is_damaged_again_and_again_is_kept_three_times_at_most(store: SectionStore, tmp_path: Path) -> None:
    for _ in range(5):
        flip_bytes(folder(store) / LATENTS)
        assert store.publish(KEY, latents(), frames(), 30)
    assert damaged_names(tmp_path) == [KEY, f"{KEY}.2", f"{KEY}.3"]


def test_a_fault_can_be_asked_for_and_leaves_the_unit_where_it_is(store: SectionStore, tmp_path: Path) -> None:
    assert store.fault(KEY) is None
    cut_short(folder(store) / FRAMES)
    assert "frames.mp4 has" in str(store.fault(KEY))
    assert damaged_names(tmp_path) == []
