"""Beats: where each begins, what of a shot it changes and what not, and what the sections are made from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.shots.beats import GUIDED_SECONDS, first_latent, guided_from, moment_of
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import CENTRED, MAX_BEATS, Beat, ShotRequest, default_settings
from framepack.shots.spans import spans

SETTINGS = default_settings(checkpoint_named("draft"), height=144, width=256)
SHOT = ShotRequest(settings=SETTINGS, identity="w", prompt="a boat", seed=1, seconds=6.0, image="picture")
NEXT = replace(SHOT, prompt="snow", seed=2, image=None)
ORIGINAL = replace(
    SHOT, settings=default_settings(checkpoint_named("original"), height=640, width=608), identity="original"
)


def planned(*beats: Beat, shot: ShotRequest = SHOT) -> PlannedShot:
    return plan_chain([replace(shot, beats=beats)])[0]


def said(shot: PlannedShot) -> list[tuple[int, str, int, int]]:
    return [(section.number, section.prompt, section.seed, section.latents) for section in shot.made]


def test_a_beat_cuts_the_section_before_it_and_begins_its_own_there() -> None:
    # 2.5 s are 75 frames: the picture and 18.5 latents, which is rounded as joins are.
    assert said(planned(Beat(2.5, "it turns", 9))) == [
        *((1, "a boat", 1, 9), (2, "a boat", 1, 9)),
        *((3, "it turns", 9, 9), (4, "it turns", 9, 9), (5, "it turns", 9, 9)),
    ]
    assert said(planned(Beat(1.6, "it turns"))) == [
        *((1, "a boat", 1, 9), (2, "a boat", 1, 3)),
        *((3, "it turns", 1, 9), (4, "it turns", 1, 9), (5, "it turns", 1, 9), (6, "it turns", 1, 6)),
    ]


def test_everything_before_a_beat_stays_and_everything_after_it_is_another() -> None:
    plain, turned = planned(), planned(Beat(1.6, "it turns"))

    assert turned.sections[:2] == plain.sections[:2]
    assert not set(turned.sections[2:]) & set(plain.sections)
    assert turned.span == plain.span
    assert sum(frames for _, frames in turned.units) == sum(frames for _, frames in plain.units)
    assert turned.units[:3] == ((plain.start, 1), (plain.sections[0], 36), (plain.sections[1], 12))


@pytest.mark.parametrize(
    "beat",
    [
        Beat(2.0),
        Beat(2.0, "a boat"),
        Beat(2.0, "a boat", 1),
        Beat(2.0, image="picture"),
        Beat(6.0, "at the end"),
        Beat(5.99, "nearer to the end than to the last latent"),
        Beat(9.0, "after the end"),
    ],
)
def test_a_beat_that_changes_nothing_changes_no_key(beat: Beat) -> None:
    assert planned(beat).made == planned().made


def test_a_beat_at_the_beginning_takes_the_place_of_what_the_shot_says() -> None:
    assert planned(Beat(0.0, "snow", 5)).made == planned(shot=replace(SHOT, prompt="snow", seed=5)).made
    assert planned(Beat(0.05, "snow")).made == planned(shot=replace(SHOT, prompt="snow")).made


def test_of_two_beats_on_one_latent_the_later_counts_and_has_from_the_earlier_what_it_does_not_say() -> None:
    both = planned(Beat(1.6, "it turns", 7), Beat(1.62, "it sinks"))

    assert both.made == planned(Beat(1.6, "it sinks", 7)).made


def test_what_a_beat_does_not_say_is_that_of_the_beat_before() -> None:
    told = said(planned(Beat(1.6, "it turns", 7), Beat(3.0, "it sinks"), Beat(4.0, seed=8)))

    assert [(prompt, seed) for _, prompt, seed, _ in told][2:] == [
        *(("it turns", 7), ("it turns", 7)),
        *(("it sinks", 7),),
        *(("it sinks", 8), ("it sinks", 8)),
    ]


def test_the_anchor_stays_the_shots_own_until_a_beat_brings_a_picture() -> None:
    shot, after = plan_chain([replace(SHOT, beats=(Beat(2.0, "it turns"), Beat(4.0, image="second"))), NEXT])

    assert [section.anchor_image for section in shot.made] == ["picture"] * 4 + ["second"] * 2
    assert [section.embedding_image for section in shot.made] == ["picture"] * 4 + ["second"] * 2
    # Which is then the latest picture of the chain.
    assert {section.embedding_image for section in after.made} == {"second"}
    assert {section.anchor_image for section in after.made} == {None}


def test_where_a_beats_picture_is_placed_is_part_of_its_sections_names() -> None:
    centred, placed = planned(Beat(2.0, image="b")), planned(Beat(2.0, image="b", placement=(0, 500, 1000)))

    assert centred.sections[:2] == placed.sections[:2]
    assert not set(centred.sections[2:]) & set(placed.sections)


def test_a_continuing_shots_beats_lie_on_the_latents_of_its_chain_and_the_next_shot_starts_after_the_last() -> None:
    first, second, third = plan_chain([SHOT, replace(NEXT, beats=(Beat(1.0, "rain"),)), NEXT])
    plain = plan_chain([SHOT, NEXT, NEXT])

    assert first == plain[0]
    assert second.sections[0] == plain[1].sections[0]
    assert second.made[0].latents == 7
    assert (second.made[0].prompt, second.made[1].prompt) == ("snow", "rain")
    assert not set(third.sections) & set(plain[2].sections)
    assert third.span == plain[2].span


def test_the_original_model_takes_beats_where_sections_begin_and_names_all_of_a_shot_anew() -> None:
    plain, turned = planned(shot=ORIGINAL), planned(Beat(1.0, "it turns"), shot=ORIGINAL)

    assert [section.prompt for section in turned.made] == ["a boat"] + ["it turns"] * 4
    assert [section.latents for section in turned.made] == [section.latents for section in plain.made]
    assert not set(turned.sections) & set(plain.sections)
    assert planned(Beat(0.2, "a boat"), shot=ORIGINAL).made == plain.made


@pytest.mark.parametrize(
    ("beats", "reason"),
    [
        ((Beat(2.0, "b"), Beat(1.0, "a")), "order them"),
        (tuple(Beat(0.01 * n, f"{n}") for n in range(MAX_BEATS + 1)), "at most"),
    ],
)
def test_beats_out_of_order_or_without_end_are_refused(beats: tuple[Beat, ...], reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        replace(SHOT, beats=beats)


@pytest.mark.parametrize("values", [{"at": -1.0}, {"at": 1.0, "prompt": " "}, {"at": 1.0, "seed": -1}])
def test_a_beat_that_cannot_be_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        Beat(**values)  # type: ignore[arg-type]


# --- whatever is asked for --------------------------------------------------------------------------------------------

PROMPTS = st.sampled_from([None, "a boat", "it turns", "it sinks"])
BEATS = st.builds(
    Beat,
    at=st.floats(0.0, 8.0).map(lambda at: round(at, 2)),
    prompt=PROMPTS,
    seed=st.sampled_from([None, 1, 2]),
    image=st.sampled_from([None, "picture", "second"]),
    placement=st.just(CENTRED),
)
MANY = st.lists(BEATS, max_size=6).map(lambda beats: tuple(sorted(beats, key=lambda beat: beat.at)))
LENGTHS = st.floats(0.1, 8.0).map(lambda seconds: round(seconds, 2))


@given(beats=MANY, seconds=LENGTHS, before=LENGTHS)
def test_whatever_the_beats_the_shot_shows_the_same_frames_and_its_sections_add_up(
    beats: tuple[Beat, ...], seconds: float, before: float
) -> None:
    shots = [replace(SHOT, seconds=before), replace(NEXT, seconds=seconds, beats=beats)]
    for ends in (False, True):
        shot, plain = plan_chain(shots, ends=ends)[1], plan_chain([shots[0], replace(shots[1], beats=())], ends=ends)[1]
        assert shot.span == plain.span
        assert sum(section.latents for section in shot.made) == shot.span.latents
        assert sum(section.frames for section in shot.made) == shot.span.frames
        assert [section.number for section in shot.made] == list(range(1, len(shot.made) + 1))
        assert all(1 <= section.latents <= 9 and section.frames >= 1 for section in shot.made)


@given(beats=MANY, changed=MANY, moment=LENGTHS)
def test_what_changes_after_a_moment_changes_nothing_before_it(
    beats: tuple[Beat, ...], changed: tuple[Beat, ...], moment: float
) -> None:
    early = tuple(beat for beat in beats if beat.at < moment)
    late = tuple(replace(beat, at=beat.at + moment) for beat in changed)
    one = planned(*early, *(beat for beat in beats if beat.at >= moment), shot=replace(SHOT, seconds=8.0))
    other = planned(*early, *late, shot=replace(SHOT, seconds=8.0))

    # Sections that end before the moment's latent are the same.
    until, same = round((moment * 30 - 1) / 4), []
    for shot in (one, other):
        end, keys = 0, []
        for section in shot.made:
            end += section.latents
            if end <= until:
                keys.append((section.key, section.latents))
        same.append(keys)
    shared = min(len(keys) for keys in same)
    assert same[0][:shared] == same[1][:shared]
    assert sum(latents for _, latents in same[0][:shared]) > until - 9


@given(beats=MANY, repeated=st.integers(0, 5), seconds=LENGTHS)
def test_saying_again_what_is_said_already_changes_no_key(
    beats: tuple[Beat, ...], repeated: int, seconds: float
) -> None:
    shot = replace(SHOT, seconds=seconds)
    silent = [Beat(beats[repeated % len(beats)].at)] if beats else [Beat(0.5)]
    again = tuple(sorted([*beats, *silent], key=lambda beat: beat.at))

    assert planned(*again, shot=shot).made == planned(*beats, shot=shot).made


@given(
    st.lists(st.floats(0.04, 9.0).map(lambda seconds: round(seconds, 2)), min_size=1, max_size=4),
    st.integers(0, 60),
)
def test_a_beat_at_the_moment_of_a_latent_begins_on_it(seconds: list[float], latent: int) -> None:
    *before, _ = seconds
    span = spans(seconds, fps=30, window=9)[-1]
    moment = moment_of(latent, span, before=sum(before), fps=30)
    assert first_latent(moment, span, before=sum(before), fps=30, whole_sections=False) == latent
    shown = (4 * latent + (1 if span.opens else 0)) / 30
    assert abs(moment - shown) <= max(0.1, 4 * len(seconds) / 30)


# --- guided to a picture ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.1, 0.3, 1.2, 2.0, 4.0, 20.0])
def test_a_guide_begins_in_the_second_half_of_a_shot_and_at_most_so_long_before_its_end(seconds: float) -> None:
    assert guided_from(seconds) == max(seconds / 2, seconds - GUIDED_SECONDS)
    as_beat = planned(Beat(guided_from(seconds), image="end"), shot=replace(SHOT, seconds=seconds))
    assert planned(shot=replace(SHOT, seconds=seconds, end="end")).made == as_beat.made


def test_what_beats_say_stays_said_while_a_shot_is_guided() -> None:
    shot = replace(SHOT, end="end")
    made = planned(Beat(1.2, "it turns", 9), Beat(5.0, "it sinks"), shot=shot).made
    assert next(one.prompt for one in made if one.anchor_image == "end") == "it turns"
    assert (made[-1].prompt, made[-1].seed, made[-1].anchor_image) == ("it sinks", 9, "end")


def test_a_beats_own_picture_counts_from_its_time_on_also_where_the_shot_is_guided() -> None:
    made = planned(Beat(5.0, image="second"), shot=replace(SHOT, end="end")).made
    assert {one.anchor_image for one in made} == {"picture", "end", "second"}
    assert made[-1].anchor_image == "second"


def test_a_model_that_works_backwards_is_not_guided() -> None:
    assert {one.anchor_image for one in planned(shot=replace(ORIGINAL, end="end")).made} == {"picture"}
