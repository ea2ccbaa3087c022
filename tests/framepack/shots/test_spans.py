"""How seconds, frames, latents and sections of a chain go together."""

from __future__ import annotations

import random

import pytest

from framepack.errors import InvalidRequest
from framepack.shots.spans import spans


def test_a_two_second_shot_that_starts_with_a_cut_shows_61_frames_from_two_sections() -> None:
    (span,) = spans([2.0], fps=30, window=9)
    assert (span.frames, span.latents, span.sections, span.kept) == (61, 15, 2, 6)
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


def test_the_frames_of_the_sections_add_up_to_the_shot() -> None:
    for span in spans([3.3, 1.0, 7.7], fps=30, window=9):
        of_sections = sum(span.frames_of_section(number) for number in range(1, span.sections + 1))
        assert of_sections + (1 if span.opens else 0) == span.frames


@pytest.mark.parametrize("seconds", [0.0, -1.0, 36000.0, float("nan")])
def test_a_duration_that_no_shot_can_have_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidRequest, match="seconds"):
        spans([seconds], fps=30, window=9)
