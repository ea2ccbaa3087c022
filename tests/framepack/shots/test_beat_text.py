"""Beats written into a prompt, as people write them elsewhere."""

from __future__ import annotations

import pytest

from framepack.shots.beat_text import written_beats


@pytest.mark.parametrize(
    ("text", "prompt", "beats"),
    [
        ("[0s: she waits] [3s: she laughs]", "she waits", [(3.0, "she laughs")]),
        ("A girl. [2.5s: she turns round] [4 sec: she runs]", "A girl.", [(2.5, "she turns round"), (4.0, "she runs")]),
        ("[0s: she waits] [3s-5s: she laughs]", "she waits", [(3.0, "she laughs"), (5.0, "she waits")]),
        ("waves [1-2s: a whale] at dusk", "waves at dusk", [(1.0, "a whale"), (2.0, "waves at dusk")]),
        ("[1s-6s: rain] [2s-3s: thunder]", "rain", [(2.0, "thunder"), (3.0, "rain")]),
        ("[0s: 她等著] [3秒～5秒：她笑了]", "她等著", [(3.0, "她笑了"), (5.0, "她等著")]),
        ("[3s: b] [1s: a]", "a", [(3.0, "b")]),
        ("[0s-2s: a] [2s: b]", "a", [(2.0, "b")]),
        ("[1,5s: halb]", "halb", []),
        ("base [2s: a] [2s: b]", "base", [(2.0, "a")]),
    ],
)
def test_times_become_beats(text: str, prompt: str, beats: list[tuple[float, str]]) -> None:
    found = written_beats(text)

    assert found is not None
    assert (found.prompt, [(beat.at, beat.prompt) for beat in found.beats]) == (prompt, beats)


@pytest.mark.parametrize(
    "text",
    ["a boat", "", "[a boat]", "[3s]", "[3s: ]", "[5s-3s: backwards]", "(sea:1.2)", "[12345s: late]", "3s: late"],
)
def test_what_are_no_times_stays_in_the_prompt(text: str) -> None:
    assert written_beats(text) is None


def test_brackets_that_are_no_moment_of_a_shot_stay_among_the_words() -> None:
    found = written_beats("a party [1990s: disco] [2s-900s: it rains]")
    assert found is not None
    assert (found.prompt, [(beat.at, beat.prompt) for beat in found.beats]) == (
        "a party [1990s: disco]",
        [(2.0, "it rains")],
    )
    assert written_beats("a party [1990s: disco]") is None
