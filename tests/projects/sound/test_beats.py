"""Beats that are found in music, and cuts that would fall on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from projects.sound.beats import Snap, beats_of, snap
from tests.support.sounds import RATE, Sound, noise, silence, write_sound


def drummed(seconds: float, beats_a_minute: float) -> Sound:
    """A drum on each beat, the first after a quarter of a second, over a little noise."""
    sound = silence(seconds) + noise(seconds, 0.001)
    drum = noise(0.05, 0.4, seed=1) * np.exp(-np.arange(round(0.05 * RATE)) / 400)[:, None].astype(np.float32)
    for at in np.arange(0.25, seconds - 0.1, 60 / beats_a_minute):
        first = round(at * RATE)
        sound[first : first + len(drum)] += drum
    return sound


def test_the_beats_of_music_are_found_where_they_fall_also_across_the_pieces_it_is_read_in(tmp_path: Path) -> None:
    file = write_sound(tmp_path / "a.flac", drummed(60.0, 120), "flac")

    beats = np.array(beats_of(file))

    assert 100 < len(beats) <= 120
    off = (beats - 0.25 + 0.25) % 0.5 - 0.25
    assert np.abs(off).max() < 0.07
    assert np.diff(beats) == pytest.approx(np.full(len(beats) - 1, 0.5), abs=0.06)


def test_cuts_move_to_the_nearest_beat_that_is_near_enough() -> None:
    assert snap([0.9, 2.4, 4.5], [1.0, 2.0, 3.0, 4.0, 5.0]) == (Snap(0, 0.9, 1.0),)
    assert snap([0.9, 2.4], [1.0, 2.0, 3.0], within=0.45) == (Snap(0, 0.9, 1.0), Snap(1, 2.4, 2.0))


def test_of_two_cuts_only_the_nearer_one_moves_to_a_beat_and_none_past_another() -> None:
    assert snap([0.8, 1.1], [1.0]) == (Snap(1, 1.1, 1.0),)
    assert snap([0.95, 1.0], [1.0]) == ()
    assert snap([0.9, 0.95], [1.1]) == (Snap(1, 0.95, 1.1),)


def test_without_beats_or_cuts_there_is_nothing_to_suggest() -> None:
    assert snap([1.0], []) == snap([], [1.0]) == snap([1.0], [1.0]) == ()
