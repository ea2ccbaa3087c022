"""What a unit's frames look like lies beside them, and nothing depends on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framepack.errors import SectionMissing
from framepack.store.section_store import QUALITY, SectionStore, check_unit

KEY = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> SectionStore:
    made = SectionStore(tmp_path / "sections")
    frames = [np.full((64, 64, 3), 3 * number, np.uint8) for number in range(36)]
    made.publish(KEY, np.zeros((1, 16, 9, 8, 8), np.float32), frames, 30)
    return made


def file_of(store: SectionStore) -> Path:
    return store.video(KEY).with_name(QUALITY)


def test_a_section_is_measured_as_it_is_published(store: SectionStore) -> None:
    known = store.quality(KEY)
    assert known is not None
    assert [moment.colour[0] for moment in known] == [12.0 * number for number in range(9)]
    assert store.measure(KEY) == known


def test_what_was_measured_is_no_part_of_what_makes_a_section_whole(store: SectionStore) -> None:
    file_of(store).write_text("{}")
    assert store.is_whole(KEY)
    assert store.fault(KEY) is None
    assert QUALITY not in {path.name for path in store.files(KEY)}
    check_unit(file_of(store).parent)


@pytest.mark.parametrize(
    "damage", ["", "[]", "{}", '{"version": 99, "moments": []}', '{"version": 1, "moments": [[1]]}', "\x00"]
)
def test_what_is_damaged_or_of_another_version_is_measured_anew(store: SectionStore, damage: str) -> None:
    file_of(store).write_text(damage)
    assert store.quality(KEY) is None
    measured = store.measure(KEY)
    assert [moment.colour[0] for moment in measured] == pytest.approx([12.0 * number for number in range(9)], abs=2)
    assert store.quality(KEY) == measured


def test_a_section_from_before_anything_was_measured_is_measured_when_it_is_asked_for(store: SectionStore) -> None:
    file_of(store).unlink()
    assert store.quality(KEY) is None
    assert len(store.measure(KEY)) == 9
    with pytest.raises(SectionMissing):
        store.measure("cd" * 32)


def test_how_like_a_section_is_to_its_picture_is_noted_at_its_end_and_stays(store: SectionStore) -> None:
    before = store.quality(KEY)
    store.note_likeness(KEY, 0.75)
    *others, last = store.measure(KEY)
    assert last.likeness == 0.75
    assert (*others, replace(last, likeness=None)) == before
    assert store.fault(KEY) is None


def test_figures_from_before_likeness_are_read_as_they_are(store: SectionStore) -> None:
    file_of(store).write_text('{"version": 1, "moments": [[1, 2, 3, 4, 5, null], [1, 2, 3, 4, 5, 6]]}')
    assert [(moment.motion, moment.likeness) for moment in store.quality(KEY)] == [(None, None), (6.0, None)]
