from __future__ import annotations

from fractions import Fraction

import opentimelineio as otio
import pytest

from projects.timelines.timecode import drops, frame_of, known_rate, reel_names, timecode_of

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("frame", "timecode"),
    [
        (0, "00:00:00;00"),
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17981, "00:09:59;29"),
        (17982, "00:10:00;00"),
        (107892, "01:00:00;00"),
    ],
)
def test_drop_frame_timecode_leaves_out_two_numbers_of_a_minute_but_none_of_each_tenth(
    frame: int, timecode: str
) -> None:
    assert timecode_of(frame, NTSC, drop=True) == timecode
    assert frame_of(timecode, NTSC) == frame


def test_an_hour_of_drop_frame_timecode_lasts_an_hour_and_one_without_is_too_long() -> None:
    assert float(frame_of("01:00:00;00", NTSC) / NTSC) == pytest.approx(3600, abs=0.01)
    assert float(frame_of("01:00:00:00", NTSC) / NTSC) == pytest.approx(3603.6, abs=0.01)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), NTSC, Fraction(30), Fraction(50), Fraction(60)])
def test_timecode_is_as_the_library_has_it_and_names_the_same_frame_again(rate: Fraction) -> None:
    for frame in [*range(0, 4000, 7), *range(17_970, 18_000), 107_891, 107_892, 1_000_000]:
        for drop in {False, drops(rate)}:
            timecode = timecode_of(frame, rate, drop=drop)
            assert timecode == otio.opentime.RationalTime(frame, float(rate)).to_timecode(float(rate), drop)
            assert frame_of(timecode, rate) == frame


@pytest.mark.parametrize("wrong", ["", "1", "00:00:00", "00:60:00:00", "00:00:00:30", "aa:00:00:00", "00:00:60:00"])
def test_what_is_no_timecode_names_no_frame(wrong: str) -> None:
    with pytest.raises(ValueError):
        frame_of(wrong, Fraction(30))


def test_rates_of_television_are_known_from_their_decimals() -> None:
    assert [known_rate(rate) for rate in (23.976, 29.97, 59.94, 29.97002997, 24.0, 25, 30)] == [
        *(Fraction(24000, 1001), NTSC, Fraction(60000, 1001), NTSC, Fraction(24), Fraction(25), Fraction(30)),
    ]


def test_reel_names_are_eight_ascii_letters_and_all_different() -> None:
    names = ["SH0010_take1_a.mp4", "SH0010_take12.mp4", "海.png", "海 2.png", "Été.mov", "bl", "🌊"]
    reels = reel_names([*names, "海.png"])
    assert reels == {
        **{"SH0010_take1_a.mp4": "SH0010T1", "SH0010_take12.mp4": "SH0010T2", "海.png": "PNG", "海 2.png": "2PNG"},
        **{"Été.mov": "ETEMOV", "bl": "BL2", "🌊": "REEL"},
    }
