"""The words of a film: captions in time, their files, and what is drawn over the pictures."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from projects.cutting.film_settings import FilmSettings
from projects.films.timeline import CardSource, Clip, Timeline
from projects.words.captions import cues, srt, vtt
from projects.words.drawing import draw_caption, draw_card
from projects.words.fonts import runs_of
from projects.words.overlays import overlays


def film(*said: dict[str, str], captions: str = "burned") -> Timeline:
    """A film of shots of four seconds, each with fields of its own."""
    clips = []
    for place, fields in enumerate(said):
        clips.append(Clip(f"s{place}", f"SH{place}", "", CardSource("x"), 0, 1, 120 * place, 120, **fields))
    settings = FilmSettings.model_validate({"captions": captions})
    return Timeline("Tides", settings, Fraction(30), 320, 180, tuple(clips))


def test_what_is_said_in_a_shot_is_shown_from_its_cut_to_the_next() -> None:
    first, second = cues(film({"dialogue": "Who is there?"}, {}, {"dialogue": "海來了。"}))

    assert (first.start, first.end, first.text) == (0.0, 4.0, "Who is there?")
    assert (second.start, second.end, second.text) == (8.0, 12.0, "海來了。")


def test_a_long_speech_is_shown_in_parts_of_two_lines() -> None:
    found = cues(film({"dialogue": "One sentence that is said rather slowly. " * 4}))

    assert len(found) > 1
    assert all(one.end == other.start for one, other in pairwise(found))
    assert max(cue.text.count("\n") for cue in found) <= 1


def test_files_of_captions_hold_whatever_is_said() -> None:
    said = cues(film({"dialogue": "<b> --> & 燈塔 🌊"}))

    assert srt(said) == "1\n00:00:00,000 --> 00:00:04,000\n< b> → & 燈塔 🌊\n"
    assert vtt(said) == "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\n&lt;b&gt; --&gt; &amp; 燈塔 🌊\n"


def test_titles_lower_thirds_and_captions_lie_over_the_film_when_they_should() -> None:
    found = overlays(film({"title": "潮汐", "lower_third": "The keeper"}, {"dialogue": "Hello."}))

    assert [(one.start, one.end) for one in found] == [(15, 120), (0, 120), (120, 240)]
    assert [one.end - one.start for one in overlays(film({"dialogue": "Hello."}, captions="soft"))] == []


@pytest.mark.parametrize("words", ["燈塔", "🌊", "Ångström", "海風 und 燈 🌙"])
def test_words_of_every_script_are_drawn_and_no_letter_is_a_box(words: str) -> None:
    assert "".join(run for run, _ in runs_of(words)) == words
    drawn = draw_caption(words, 320, 180)

    assert drawn.shape == (180, 320, 4)
    assert np.count_nonzero(drawn[..., 3]) > 50
    assert np.count_nonzero(drawn[:90, :, 3]) == 0, "captions stand at the bottom"


def test_a_card_has_its_words_in_the_middle_of_black() -> None:
    drawn = draw_card("潮汐\nA film", 320, 180)

    assert drawn[0].max() == drawn[-1].max() == 0
    assert drawn[60:120].max() > 200
