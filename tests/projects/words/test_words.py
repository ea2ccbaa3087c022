"""The words of a film: captions in time, their files, and what is drawn over the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from projects.cutting.film_settings import FilmSettings
from projects.films.timeline import CardSource, Clip, Timeline
from projects.words import fonts
from projects.words.captions import cues, srt, vtt
from projects.words.drawing import draw_caption, draw_card
from projects.words.fonts import runs_of
from projects.words.lines import columns, wrapped
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


@pytest.fixture(params=["fonts of this computer", "only those that came with the studio"])
def fonts_there(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Words are set with what is on this computer, or as on one without any font."""
    if request.param != "fonts of this computer":
        monkeypatch.setattr(fonts, "font_folders", lambda: (tmp_path,))
    for known in (fonts._faces, fonts._on_this_computer):
        known.cache_clear()
    yield
    monkeypatch.undo()
    for known in (fonts._faces, fonts._on_this_computer):
        known.cache_clear()


@pytest.mark.usefixtures("fonts_there")
@pytest.mark.parametrize("words", ["燈塔 🌊 Ångström", "灯塔门户", "ひらがな", "한국어", "❤️ — “…”，。"])
def test_no_letter_looks_like_the_box_that_stands_for_a_missing_one(words: str) -> None:
    runs = runs_of(words)
    assert "".join(run for run, _ in runs) == words.replace("\ufe0f", "")
    for run, face in runs:
        font = face.sized(40)
        missing = bytes(font.getmask("\U0010fffe"))
        assert missing, face
        for letter in run:
            drawn = bytes(font.getmask(letter))
            assert letter == " " or (any(drawn) and drawn != missing), (letter, face)


def test_a_space_behind_an_emoji_is_as_wide_as_one_behind_a_letter() -> None:
    assert [run for run, _ in runs_of("🌊 Å")] == ["🌊", " Å"]


def test_what_no_font_has_is_a_question_mark() -> None:
    assert [run for run, _ in runs_of("a\U0010fffeb")] == ["a?b"]


def test_chinese_is_broken_without_spaces_and_no_mark_begins_a_line_or_opens_at_its_end() -> None:
    words = "他說：「今晚的浪很大，誰也不許出海。」老守塔人把燈擦了又擦（整整一夜），直到天亮。"
    for width in range(6, 60):
        lines = wrapped(words, width, columns)
        assert "".join(lines) == words
        assert not [line for line in lines if line[0] in "，。：」）" or line[-1] in "「（"]
        assert max(map(columns, lines)) <= width


def test_words_stay_whole_where_they_fit_and_signs_of_several_parts_always() -> None:
    assert wrapped("The tide comes in slowly", 10, columns) == ["The tide", "comes in", "slowly"]
    assert wrapped("Donaudampfschiff", 6, columns) == ["Donaud", "ampfsc", "hiff"]
    assert wrapped("👩\u200d🚀👩\u200d🚀🇹🇼🇹🇼", 4, columns) == ["👩\u200d🚀", "👩\u200d🚀", "🇹🇼🇹🇼"]


def test_a_caption_is_shown_for_seven_seconds_at_most_and_ends_with_its_shot() -> None:
    slow = Clip("s", "SH1", "", CardSource("x"), 0, 1, 0, 900, dialogue="Wait. " + "燈塔。" * 30)
    timeline = Timeline("Tides", FilmSettings(), Fraction(30), 320, 180, (slow,))
    found = cues(timeline)
    assert len(found) > 1
    assert all(0 < cue.end - cue.start <= 7 for cue in found)
    assert found[-1].end <= timeline.seconds
    (only,) = cues(replace(timeline, clips=(replace(slow, dialogue="Wait."),)))
    assert (only.start, only.end) == (0.0, 7.0)


def test_a_card_has_its_words_in_the_middle_of_black() -> None:
    drawn = draw_card("潮汐\nA film", 320, 180)

    assert drawn[0].max() == drawn[-1].max() == 0
    assert drawn[60:120].max() > 200
