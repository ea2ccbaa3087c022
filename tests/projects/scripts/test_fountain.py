"""Shots from screenplays, as the description of Fountain has them and as people write them."""

from __future__ import annotations

import pytest

from projects.errors import StoryboardProblem
from projects.scripts.fountain import LEAST_SECONDS, MOST_SECONDS, seconds_of, shots_from_fountain

SCRIPT = """Title:
    _**The Lamp**_
Author: Nobody

FADE IN:

# Act one

= The keeper waits.

INT. LIGHTHOUSE - NIGHT #1A#

The *lamp* goes on. [[slow zoom]]
Its beam **sweeps** over the sea.

ANNA (V.O.)
(quietly)
There she is.
(two spaces)
Two minutes late.

/* cut this

INT. NOWHERE - DAY

*/

The boat turns.

@守燈人
她又回來了！

CUT TO:

.the beach

BOB ^
Run!

~La la la

> THE END <
""".replace("(two spaces)", "  ")


def test_each_piece_of_action_is_a_shot_of_its_scene() -> None:
    shots = shots_from_fountain(SCRIPT)
    assert [(shot.name, shot.prompt) for shot in shots] == [
        ("INT. LIGHTHOUSE - NIGHT", "The lamp goes on. Its beam sweeps over the sea."),
        ("INT. LIGHTHOUSE - NIGHT", "The boat turns."),
        ("the beach", "the beach"),
        ("the beach", "La la la"),
        ("the beach", "THE END"),
    ]


def test_dialogue_goes_to_the_shot_before_it_with_the_name_of_who_speaks() -> None:
    shots = shots_from_fountain(SCRIPT)
    assert [shot.dialogue for shot in shots[:3]] == [
        "ANNA: There she is.\n\nTwo minutes late.",
        "守燈人：她又回來了！",
        "BOB: Run!",
    ]


def test_notes_ways_of_speaking_and_transitions_are_noted() -> None:
    shots = shots_from_fountain(SCRIPT)
    assert [shot.notes for shot in shots[:3]] == ["FADE IN:\nslow zoom\nANNA (quietly)", "", "CUT TO:"]


def test_what_is_crossed_out_the_outline_and_the_title_page_make_no_shots() -> None:
    said = repr(shots_from_fountain(SCRIPT))
    assert not [word for word in ("NOWHERE", "Act one", "waits", "Nobody", "/*", "#1A#") if word in said]


def test_lengths_follow_from_words_and_chinese_letters() -> None:
    assert seconds_of("one two three four five six seven eight nine ten") == pytest.approx(3.0)
    assert seconds_of("don't stop now, my old friend, the sea is wide") == pytest.approx(3.0)
    assert seconds_of("燈塔在夜裡亮起，海浪拍打礁石，船來了。") == pytest.approx(16 * 0.2)
    assert seconds_of("燈塔在夜裡亮起海浪拍打 the old lamp") == pytest.approx(11 * 0.2 + 3 * 0.3)
    assert seconds_of("") == LEAST_SECONDS
    assert seconds_of("word " * 5000) == MOST_SECONDS


def test_a_shots_length_counts_action_and_dialogue() -> None:
    (shot,) = shots_from_fountain("EXT. SEA - DAY\n\nA boat with two red sails comes in.\n\nANNA\nLook at that boat!\n")
    assert shot.seconds == pytest.approx((8 + 1 + 4) * 0.3)


@pytest.mark.parametrize(
    "heading",
    ["INT. HOUSE", "ext house", "INT./EXT. CAR", "I/E CAR", "EST. CITY", ".ANYWHERE", "內景 燈塔 夜", "第三場 海邊"],
)
def test_headings_of_scenes_are_known(heading: str) -> None:
    (shot,) = shots_from_fountain(f"{heading}\n\nA door opens.\n")
    assert (shot.name, shot.prompt) == (heading.lstrip("."), "A door opens.")


@pytest.mark.parametrize("action", ["!BANG", "INTERVAL begins", "...and then", "He says: \\*stars\\*.", "EXTRA LARGE"])
def test_what_only_looks_like_something_else_is_action(action: str) -> None:
    (shot,) = shots_from_fountain(f"{action}\n")
    assert shot.prompt == action.lstrip("!").replace("\\", "")
    assert shot.name == ""


def test_a_capital_line_is_a_name_only_where_something_is_said() -> None:
    shots = shots_from_fountain("SILENCE\n\nTHE KEEPER\nGo!\n")
    assert [(shot.prompt, shot.dialogue) for shot in shots] == [("SILENCE", "THE KEEPER: Go!")]


def test_windows_lines_and_open_comments_are_read() -> None:
    (shot,) = shots_from_fountain("\ufeffINT. HOUSE\r\n\r\nA door.\r\n\r\n/* never closed\r\n\r\nA window.\r\n")
    assert shot.prompt == "A door."


@pytest.mark.parametrize("text", ["", "\n\n", "Title: only a page\n", "/* all gone */", "# outline\n\n= more\n"])
def test_a_screenplay_without_anything_to_see_is_refused(text: str) -> None:
    with pytest.raises(StoryboardProblem, match="neither a scene nor action"):
        shots_from_fountain(text)


def test_what_is_too_long_is_refused_with_its_line() -> None:
    with pytest.raises(StoryboardProblem, match="line 3"):
        shots_from_fountain("INT. HOUSE\n\n" + "word " * 5000)
    with pytest.raises(StoryboardProblem, match="500 shots"):
        shots_from_fountain("\n\n".join(["A door."] * 501))
    with pytest.raises(StoryboardProblem, match="1,000,000"):
        shots_from_fountain("a" * 1_000_001)
