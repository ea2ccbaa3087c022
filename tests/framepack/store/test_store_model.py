"""The store of sections against a dictionary: whatever is published, damaged, found and taken away, in any order."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from framepack.errors import SectionMissing
from framepack.files.manifest import NAME
from framepack.store.section_store import LATENTS, SectionStore
from tests.support.damage import cut_short, flip_bytes

KEYS = st.sampled_from(["a" * 64, "b" * 64, f"{'a' * 63}0"])
VALUES = st.integers(min_value=0, max_value=9)
FRAMES = [np.full((16, 16, 3), 90, np.uint8)]


def latents_of(value: int) -> np.ndarray:
    return np.full((1, 16, 1, 2, 2), value, np.float32)


class StoreAgainstDictionary(RuleBasedStateMachine):
    """``whole`` has what should be found by key, ``spoilt`` what lies there and is damaged: in its bytes, or cut."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="store-")
        self.root = Path(self.folder.name) / "sections"
        self.store = SectionStore(self.root)
        self.whole: dict[str, int] = {}
        self.spoilt: dict[str, str] = {}
        self.put_aside = 0

    def teardown(self) -> None:
        self.folder.cleanup()

    def found_out(self, key: str) -> None:
        """Whoever reads what is damaged puts it aside."""
        self.put_aside += self.spoilt.pop(key, None) is not None

    @rule(key=KEYS, value=VALUES, with_frames=st.booleans())
    def publish(self, key: str, value: int, with_frames: bool) -> None:
        if with_frames:
            was_first = self.store.publish(key, latents_of(value), FRAMES, 30)
        else:
            was_first = self.store.publish_latents(key, latents_of(value))
        assert was_first == (key not in self.whole)
        self.whole.setdefault(key, value)
        self.found_out(key)

    @rule(key=KEYS)
    def read(self, key: str) -> None:
        if key in self.whole:
            assert (self.store.latents(key) == latents_of(self.whole[key])).all()
        else:
            with pytest.raises(SectionMissing):
                self.store.latents(key)
            self.found_out(key)

    @rule(key=KEYS)
    def ask(self, key: str) -> None:
        assert self.store.is_whole(key) == (key in self.whole)
        self.found_out(key)

    @rule(key=KEYS)
    def discard(self, key: str) -> None:
        self.store.discard(key)
        self.whole.pop(key, None)
        self.spoilt.pop(key, None)

    @precondition(lambda self: self.whole)
    @rule(data=st.data(), how=st.sampled_from(["flipped", "cut"]))
    def damage(self, data: st.DataObject, how: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.whole)))
        file = self.root / key[:2] / key / LATENTS
        (flip_bytes if how == "flipped" else cut_short)(file)
        del self.whole[key]
        self.spoilt[key] = how

    @precondition(lambda self: self.whole)
    @rule(data=st.data())
    def lose_a_manifest(self, data: st.DataObject) -> None:
        """As of units that were made before there were manifests: they get one at their first use."""
        key = data.draw(st.sampled_from(sorted(self.whole)))
        manifest = self.root / key[:2] / key / NAME
        manifest.unlink()
        assert self.store.is_whole(key)
        assert manifest.is_file()

    @rule()
    def another_process(self) -> None:
        """What one that was killed has left is swept at the first writing of the next."""
        left = self.root / ".writing" / "elsewhere-1-0-0"
        left.mkdir(parents=True, exist_ok=True)
        self.store = SectionStore(self.root)

    @invariant()
    def what_is_there_is_listed_and_counted(self) -> None:
        there = {*self.whole, *self.spoilt}
        assert list(self.store.keys()) == sorted(there)
        # Mere counting goes by sizes.
        assert {key for key in there if self.store.has(key)} == {
            *self.whole,
            *(key for key, how in self.spoilt.items() if how == "flipped"),
        }
        assert len(list((self.root.parent / "damaged").glob("*"))) == self.put_aside
        writing = self.root / ".writing"
        assert all(path.name == "elsewhere-1-0-0" for path in (writing.iterdir() if writing.is_dir() else ()))


TestStoreAgainstDictionary = StoreAgainstDictionary.TestCase
TestStoreAgainstDictionary.settings = settings(max_examples=12, stateful_step_count=20)
