"""The names of weights: known without reading them where they were read before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from framepack.checkpoints.identity import checkpoint_identity, known_identity
from framepack.checkpoints.table import CHECKPOINTS
from framepack.errors import WeightsMissing
from tests.support.pretend_weights import pretend_weights

F1, DRAFT = CHECKPOINTS["f1"], CHECKPOINTS["draft"]


def test_weights_that_were_never_read_are_not_known_and_not_read_for_it(tmp_path: Path) -> None:
    pretend_weights(F1, tmp_path)

    assert known_identity(F1, tmp_path) is None
    assert known_identity(F1, tmp_path) is None


def test_weights_that_were_read_once_are_known_from_then_on(tmp_path: Path) -> None:
    pretend_weights(F1, tmp_path)
    name = checkpoint_identity(F1, tmp_path)

    assert known_identity(F1, tmp_path) == name


def test_weights_that_changed_since_are_not_known(tmp_path: Path) -> None:
    files = pretend_weights(F1, tmp_path)
    checkpoint_identity(F1, tmp_path)
    os.utime(files[0], ns=(1, 1))

    assert known_identity(F1, tmp_path) is None


def test_the_embedded_weights_are_always_known() -> None:
    assert known_identity(DRAFT, None) == checkpoint_identity(DRAFT, None)


def test_weights_that_are_not_there_are_missing_either_way(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        known_identity(F1, tmp_path)
