"""Shots from pasted text: lines, and tables of every kind that spreadsheets give."""

from __future__ import annotations

import pytest

from framepack.messages import Message
from projects.errors import StoryboardProblem
from projects.interchange.shot_lines import MOST_CHARACTERS, MOST_SHOTS, shots_from_text, text_of_file
from projects.storyboard.shots import NewShot


def refusal(text: str) -> Message:
    with pytest.raises(StoryboardProblem) as refused:
        shots_from_text(text)
    return refused.value.message


def prompts(text: str) -> list[str]:
    return [shot.prompt for shot in shots_from_text(text)]


# --- lines ------------------------------------------------------------------------------------------------------------


def test_each_line_is_a_shot_and_empty_ones_are_none() -> None:
    assert prompts("Waves roll in.\n\n  A boat comes home.  \r\n\r\nNight falls.") == [
        "Waves roll in.",
        "A boat comes home.",
        "Night falls.",
    ]
    assert shots_from_text(" \n\n") == ()


def test_a_length_may_stand_at_the_end_of_a_line() -> None:
    assert shots_from_text("Waves. (4 s)\nA boat. [2.5 sec]\nNight（3秒）\nFog (1,5s)") == (
        NewShot("Waves.", 4.0),
        NewShot("A boat.", 2.5),
        NewShot("Night", 3.0),
        NewShot("Fog", 1.5),
    )
    assert shots_from_text("She waits (4 people pass).") == (NewShot("She waits (4 people pass)."),)


def test_bullets_and_numbers_of_shots_are_not_part_of_the_sentence() -> None:
    assert prompts("- Waves\n* A boat\n• 夜晚") == ["Waves", "A boat", "夜晚"]
    assert prompts("1. Waves\n2) A boat\n3：夜晚\nSH0040: Fog") == ["Waves", "A boat", "夜晚", "Fog"]


@pytest.mark.parametrize("line", ["12. July, at the sea.", "3:00 in the morning.", "1.5 m high waves.", "-5 degrees."])
def test_a_number_that_belongs_to_a_sentence_stays(line: str) -> None:
    assert prompts(f"A boat.\n{line}") == ["A boat.", line]


def test_every_script_stays_as_it_is() -> None:
    lines = ["海浪打上岸。", "שלום", "مرحبا", "👩‍🚀 floats"]
    assert prompts("\n".join(lines)) == lines


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_names_its_columns_in_any_order_and_case(separator: str) -> None:
    rows = [["Seconds", "Scene", "PROMPT", "Start", "Dialogue"], ["2,5", "1", "Waves", "Continue", "Oh!"]]
    text = "\ufeff" + "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)

    assert shots_from_text(text) == (NewShot("Waves", 2.5, "continue", dialogue="Oh!"),)


def test_a_cell_in_quotes_may_hold_line_breaks_quotes_and_the_separator() -> None:
    text = 'prompt,notes,length\n"Waves roll in,\nslowly.","She says ""no"".",4\nNight,,'

    assert shots_from_text(text) == (
        NewShot("Waves roll in,\nslowly.", 4.0, notes='She says "no".'),
        NewShot("Night"),
    )


def test_quotes_that_do_not_pair_are_letters() -> None:
    assert shots_from_text('prompt\tdialogue\nWaves\t"Come back!" she says\n5" waves\t"') == (
        NewShot("Waves", dialogue='"Come back!" she says'),
        NewShot('5" waves', dialogue='"'),
    )


def test_a_table_may_be_in_chinese() -> None:
    assert shots_from_text("名稱\t畫面\t秒數\t開始\t台詞\t備註\n開場\t海浪\t4秒\t接續\t你好\t慢") == (
        NewShot("海浪", 4.0, "continue", name="開場", dialogue="你好", notes="慢"),
    )


def test_a_table_may_have_the_prompt_alone_and_columns_nobody_knows() -> None:
    assert prompts("Prompt\nWaves, slowly\nNight") == ["Waves, slowly", "Night"]
    assert prompts("Nr\tPrompt\tCamera\n1\tWaves\twide") == ["Waves"]


def test_rows_may_be_empty_or_short() -> None:
    assert shots_from_text("\nprompt;seconds\n;\nWaves\n\n;3") == (NewShot("Waves"), NewShot("", 3.0))


def test_a_length_may_be_in_minutes_and_seconds() -> None:
    assert [shot.seconds for shot in shots_from_text("prompt,length\na,0:04\nb,1:05.5\nc,7 sec")] == [4.0, 65.5, 7.0]


def test_a_sentence_that_begins_with_the_name_of_a_column_is_no_table() -> None:
    assert prompts("Action, the camera rolls.\nCut, everybody leaves.") == [
        "Action, the camera rolls.",
        "Cut, everybody leaves.",
    ]


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", ["soon", "0", "-3", "601", "nan", "1e3", "9" * 5000])
def test_a_length_that_is_none_is_refused_by_its_line(length: str) -> None:
    said = refusal(f"prompt,seconds\nWaves,4\nNight,{length}")

    assert said.id == "line-length"
    assert said.values["line"] == 3
    assert said.values["text"] == length[:40]


def test_a_length_that_is_none_is_refused_in_lines_too() -> None:
    assert refusal("Waves\n\nNight (700 s)").values["line"] == 3


def test_too_much_is_refused_before_anything_is_made() -> None:
    assert refusal("x" * (MOST_CHARACTERS + 1)).id == "lines-too-long"
    assert refusal("Waves\n" * (MOST_SHOTS + 1)).values == {"count": MOST_SHOTS + 1, "most": MOST_SHOTS}
    assert refusal("Waves\n" + "x" * 4001).values == {"line": 2, "most": 4000}
    assert refusal("name,prompt\n" + "x" * 201 + ",Waves").values == {"line": 2, "most": 200}


def test_a_huge_cell_is_refused_in_words() -> None:
    assert refusal('prompt,notes\n"' + "x" * 200_000 + '",').id == "line-too-long"


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    assert text_of_file("海\tsea".encode(encoding), "a.csv") == "海\tsea"


def test_a_file_that_is_no_text_is_refused_by_its_name() -> None:
    with pytest.raises(StoryboardProblem) as refused:
        text_of_file(b"\x89PNG\r\n\x1a\n\xff\xfe", "sea.csv")

    assert refused.value.message == Message("lines-not-text", {"name": "sea.csv"})
