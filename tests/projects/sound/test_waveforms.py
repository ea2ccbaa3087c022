"""What a sound looks like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from projects.sound.waveforms import waveform
from tests.support.sounds import silence, tone, write_sound


def test_each_point_has_the_lowest_and_highest_sample_of_its_piece(tmp_path: Path) -> None:
    sound = np.concatenate([tone(1.0, level=0.2), silence(1.0), tone(1.0, level=0.8), silence(1.0)])
    wave = waveform(write_sound(tmp_path / "a.wav", sound), 8)
    assert wave.seconds == 4.0
    highs = [high for _, high in wave.peaks]
    assert highs == pytest.approx([0.2, 0.2, 0.0, 0.0, 0.8, 0.8, 0.0, 0.0], abs=0.002)
    assert [-low for low, _ in wave.peaks] == pytest.approx(highs, abs=0.002)


@pytest.mark.parametrize("seconds", [1 / 48_000, 0.004, 0.02])
def test_a_very_short_sound_is_a_line_too(seconds: float, tmp_path: Path) -> None:
    wave = waveform(write_sound(tmp_path / "a.wav", silence(seconds) + 0.5), 400)
    assert [high for _, high in wave.peaks] == pytest.approx([0.5] * 400, abs=0.001)
