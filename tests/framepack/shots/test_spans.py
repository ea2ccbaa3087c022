"""How seconds, frames, latents and sections of a chain go together."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from framepack.errors import InvalidRequest
from framepack.shots.spans import shortest_seconds, shown_frames, spans


def test_a_two_second_shot_that_starts_with_a_cut_shows_61_frames_from_two_sections() -> None:
    (span,) = spans([2.0], fps=30, window=9)
    assert (span.frames, span.latents, span.sections) == (61, 15, 2)
    assert span.opens


def test_a_cut_shows_one_frame_and_four_for_every_latent_and_a_continuing_shot_four_for_every_latent() -> None:
    opening, continuing = spans([1.2, 1.2], fps=30, window=9)
    assert opening.frames == 1 + 4 * opening.latents
    assert continuing.frames == 4 * continuing.latents
    assert not continuing.opens


def test_every_join_of_a_long_chain_is_within_two_frames_of_what_was_asked() -> None:
    seconds = [random.Random(11).uniform(0.2, 9.0) for _ in range(200)]
    shown, asked = 0, 0.0
    for span, length in zip(spans(seconds, fps=30, window=9), seconds, strict=True):
        shown += span.frames
        asked += length * 30
        assert abs(shown - asked) <= 2


def test_the_shortest_shots_show_at_least_one_latent() -> None:
    assert [span.latents for span in spans([0.01, 0.01, 0.01], fps=30, window=9)] == [1, 1, 1]


@pytest.mark.parametrize("seconds", [0.0, -1.0, 36000.0, float("nan")])
def test_a_duration_that_no_shot_can_have_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidRequest, match="seconds"):
        spans([seconds], fps=30, window=9)


# --- where a chain ends -----------------------------------------------------------------------------------------------


def film(seconds: list[list[float]], **how: bool) -> list[int]:
    return [count for chain in shown_frames(seconds, fps=30, window=9, **how) for count in chain]


def storyboards(shortest: float) -> Iterator[list[list[float]]]:
    """Many storyboards of a few chains, of lengths that people type and of any others."""
    chance = random.Random(5)
    for _ in range(300):
        step = chance.choice([1.0, 0.5, 0.1, 0.01, 1e-6])
        yield [
            [max(shortest, round(chance.uniform(shortest, 9.0) / step) * step) for _ in range(chance.randint(1, 4))]
            for _ in range(chance.randint(1, 20))
        ]


def test_fifty_cuts_of_a_second_make_fifty_seconds_and_thirty_of_a_tenth_make_three() -> None:
    assert sum(film([[1.0]] * 50)) == 1500
    assert sum(film([[0.1]] * 30)) == 90
    assert set(film([[0.1]] * 30)) == {3}
    assert sum(film([[0.05]] * 30)) == 45


def test_a_film_is_within_a_frame_of_what_was_asked_wherever_its_chains_end() -> None:
    for chains in storyboards(0.4):
        asked, shown = 0.0, 0
        for seconds, counts in zip(chains, shown_frames(chains, fps=30, window=9), strict=True):
            asked += sum(seconds) * 30
            shown += sum(counts)
            assert abs(shown - asked) <= 1


def test_joins_stay_where_they_are_whatever_stands_elsewhere_in_the_film() -> None:
    for chains in storyboards(0.01):
        for seconds, counts in zip(chains, shown_frames(chains, fps=30, window=9), strict=True):
            joined = spans(seconds, fps=30, window=9)
            ending = spans(seconds, fps=30, window=9, ends=True)
            assert ending[:-1] == joined[:-1]
            assert counts[:-1] == [span.frames for span in joined[:-1]]
            assert ending[-1].first == joined[-1].first


def test_the_sections_made_for_the_end_of_a_chain_have_every_frame_a_film_may_show_of_it() -> None:
    for chains in storyboards(0.01):
        for seconds, counts in zip(chains, shown_frames(chains, fps=30, window=9), strict=True):
            last = spans(seconds, fps=30, window=9, ends=True)[-1]
            assert 1 <= counts[-1] <= last.frames <= last.frames_held
            assert 0 <= last.left_off < 4


def test_one_frame_more_than_a_section_has_is_a_section_more() -> None:
    (joined,) = spans([38 / 30], fps=30, window=9)
    (ending,) = spans([38 / 30], fps=30, window=9, ends=True)
    assert (joined.frames, joined.sections) == (37, 1)
    assert (ending.frames, ending.sections) == (38, 2)
    assert film([[1.3]]) == [39]


def test_where_the_number_of_sections_names_them_the_end_makes_do_with_what_they_have() -> None:
    for chains in storyboards(0.01):
        for seconds, counts in zip(chains, shown_frames(chains, fps=30, window=9, more_sections=False), strict=True):
            joined = spans(seconds, fps=30, window=9)[-1]
            ending = spans(seconds, fps=30, window=9, ends=True, more_sections=False)[-1]
            assert ending.sections == joined.sections
            assert counts[-1] <= ending.frames_held
    assert film([[2.5]] * 3, more_sections=False) == [73, 73, 73]


def test_what_too_short_shots_show_beyond_their_time_is_made_up_for_a_latent_at_a_time() -> None:
    hurried = [0.01] * 10
    frames = shown_frames([hurried, [1.0], [1.0], *[[1.0]] * 10], fps=30, window=9)
    assert frames[0] == [5, *[4] * 8, 1]
    assert frames[1] == frames[2] == [26]
    assert frames[-1] == [30]
    assert sum(map(sum, frames)) == 3 + 12 * 30


def test_the_shortest_shot_shows_a_frame_and_one_that_is_continued_a_latent() -> None:
    assert [shortest_seconds(fps=30, opens=True, ends=ends) for ends in (True, False)] == [1 / 30, 5 / 30]
    assert [shortest_seconds(fps=30, opens=False, ends=ends) for ends in (True, False)] == [1 / 30, 4 / 30]
    assert film([[0.01]]) == [1]
    assert film([[0.01, 0.01]]) == [5, 1]
