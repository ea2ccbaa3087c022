"""A section's key names exactly what it is made from."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.shots.keys import ADDED_LATER, HASHED_ALWAYS, hashed_settings, plan_chain
from framepack.shots.past import Past, end_of_video
from framepack.shots.request import CENTRED, Beat, LoraAt, Settings, ShotRequest, default_settings

SETTINGS = default_settings(checkpoint_named("draft"), height=144, width=256)
FIRST = ShotRequest(settings=SETTINGS, identity="w", prompt="a boat", seed=1, seconds=4.0, image="picture")
NEXT = replace(FIRST, prompt="snow", seed=2, image=None)
VIDEO = "5" * 64
AFTER = replace(FIRST, image=None, past=end_of_video(VIDEO, 149))
ORIGINAL = replace(
    FIRST, settings=default_settings(checkpoint_named("original"), height=640, width=608), identity="original"
)


def test_extending_a_shot_keeps_the_keys_it_had() -> None:
    (short,) = plan_chain([FIRST])
    (long,) = plan_chain([replace(FIRST, seconds=8.0)])
    assert long.sections[: len(short.sections)] == short.sections
    assert len(long.sections) > len(short.sections)
    assert long.start == short.start


def test_shortening_a_shot_asks_for_nothing_new_but_moves_the_shot_that_continues_from_it() -> None:
    long = plan_chain([FIRST, NEXT])
    short = plan_chain([replace(FIRST, seconds=2.0), NEXT])
    assert set(short[0].sections) <= set(long[0].sections)
    assert not set(short[1].sections) & set(long[1].sections)


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "a ship"},
        {"seed": 9},
        {"identity": "other weights"},
        {"image": "other picture"},
        {"settings": replace(SETTINGS, steps=7)},
        {"settings": replace(SETTINGS, guidance=4.0)},
        {"settings": replace(SETTINGS, cfg=1.5)},
        {"settings": replace(SETTINGS, rescale=0.5)},
        {"settings": replace(SETTINGS, negative_prompt="blurred")},
        {"settings": replace(SETTINGS, cache="teacache", threshold=0.15)},
        {"settings": replace(SETTINGS, cache="first_block", threshold=0.15)},
        {"settings": replace(SETTINGS, cache="first_block", threshold=0.2)},
        {"settings": replace(SETTINGS, precision="fast")},
        {"settings": replace(SETTINGS, height=192, width=192)},
        {"settings": replace(SETTINGS, fit="fit")},
        {"placement": (0, 500, 1000)},
        {"placement": (500, 499, 1000)},
        {"placement": (500, 500, 1001)},
    ],
)
def test_every_input_of_a_shot_changes_all_its_keys(change: dict[str, object]) -> None:
    (before,) = plan_chain([FIRST])
    (after,) = plan_chain([replace(FIRST, **change)])  # type: ignore[arg-type]
    assert not set(before.sections) & set(after.sections)


def test_how_the_first_picture_is_fitted_changes_the_start_too() -> None:
    (before,) = plan_chain([FIRST])
    (after,) = plan_chain([replace(FIRST, settings=replace(SETTINGS, fit="fit"))])
    assert before.start != after.start


def test_where_a_picture_is_placed_goes_with_it_down_the_chain() -> None:
    guided = replace(NEXT, image="second")
    before = plan_chain([FIRST, NEXT, guided, NEXT])
    after = plan_chain([FIRST, NEXT, replace(guided, placement=(0, 500, 1000)), NEXT])
    assert after[:2] == before[:2]
    assert not set(before[2].sections) & set(after[2].sections)
    assert [shot.made[0].embedding_placement for shot in after] == [CENTRED, CENTRED, (0, 500, 1000), (0, 500, 1000)]
    opened = plan_chain([replace(FIRST, placement=(0, 500, 1000)), NEXT])
    assert opened[0].start != before[0].start
    assert [shot.made[0].embedding_placement for shot in opened] == [(0, 500, 1000)] * 2


def test_where_no_picture_is_there_is_nothing_to_place() -> None:
    chain = [FIRST, NEXT]
    placed = [FIRST, replace(NEXT, placement=(0, 500, 1000))]
    assert [shot.sections for shot in plan_chain(placed)] == [shot.sections for shot in plan_chain(chain)]


@pytest.mark.parametrize("placement", [(-1, 500, 1000), (500, 1001, 1000), (500, 500, 999), (500, 500, 10_001)])
def test_a_place_that_there_is_not_is_refused(placement: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidRequest, match="is not between"):
        replace(FIRST, placement=placement)


def test_a_picture_that_is_shown_whole_cannot_be_placed() -> None:
    with pytest.raises(InvalidRequest, match="no place of its own"):
        replace(FIRST, settings=replace(SETTINGS, fit="fit"), placement=(0, 500, 1000))


def test_an_edit_upstream_changes_every_key_downstream_and_none_upstream() -> None:
    before = plan_chain([FIRST, NEXT, NEXT])
    after = plan_chain([FIRST, replace(NEXT, prompt="rain"), NEXT])
    assert after[0] == before[0]
    assert not set(before[1].sections) & set(after[1].sections)
    assert not set(before[2].sections) & set(after[2].sections)


def test_a_continuing_shot_inherits_the_embedding_of_the_latest_picture_in_its_chain() -> None:
    chain = plan_chain([FIRST, replace(NEXT, image="second"), NEXT])
    assert [shot.made[0].embedding_image for shot in chain] == ["picture", "second", "second"]
    assert [shot.made[0].anchor_image for shot in chain] == ["picture", "second", None]


def test_only_the_shot_that_opens_a_chain_has_a_start_unit() -> None:
    opening, continuing = plan_chain([FIRST, NEXT])
    assert opening.units[0] == (opening.start, 1)
    assert continuing.start is None
    assert sum(frames for _, frames in opening.units) == opening.span.frames
    assert sum(frames for _, frames in continuing.units) == continuing.span.frames


def test_the_original_model_counts_its_sections_in_each_key() -> None:
    (short,) = plan_chain([ORIGINAL])
    (long,) = plan_chain([replace(ORIGINAL, seconds=8.0)])
    assert not set(short.sections) & set(long.sections)


def test_the_original_model_refuses_to_continue_a_shot() -> None:
    with pytest.raises(InvalidRequest, match="backwards"):
        plan_chain([ORIGINAL, replace(ORIGINAL, image=None)])


def test_a_chain_without_a_picture_to_start_from_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="needs a picture"):
        plan_chain([replace(FIRST, image=None)])


def test_shots_of_different_sizes_cannot_continue_each_other() -> None:
    with pytest.raises(InvalidRequest, match="picture size"):
        plan_chain([FIRST, replace(NEXT, settings=replace(SETTINGS, height=192, width=192))])


# --- keys outlive releases --------------------------------------------------------------------------------------------

CASES = {
    "draft": [FIRST, NEXT],
    "guided": [replace(FIRST, settings=replace(SETTINGS, cfg=1.5, rescale=0.25, negative_prompt="模糊, blurred"))],
    "fast": [replace(FIRST, settings=replace(SETTINGS, cache="first_block", threshold=0.2, precision="fast"))],
    "f1": [
        replace(
            FIRST,
            settings=replace(
                default_settings(checkpoint_named("f1"), height=608, width=640), cache="teacache", threshold=0.15
            ),
            prompt="一艘船 ⛵",
            seed=2**63 - 1,
        ),
        replace(
            NEXT,
            settings=replace(
                default_settings(checkpoint_named("f1"), height=608, width=640), cache="teacache", threshold=0.15
            ),
            image="another picture",
            seconds=0.1,
        ),
    ],
    "original": [ORIGINAL],
    "video": [AFTER, NEXT],
    "ending": [replace(ORIGINAL, end="end picture")],
    "ending placed": [replace(ORIGINAL, end="end picture", end_placement=(0, 500, 1250))],
    "guided to": [replace(FIRST, end="end picture"), replace(NEXT, end="end picture", end_placement=(0, 500, 1250))],
}
FROZEN = Path(__file__).with_name("frozen_keys.json")


@pytest.mark.parametrize("case", CASES)
def test_keys_are_those_of_the_first_release(case: str) -> None:
    planned = plan_chain(CASES[case])
    assert [list(shot.sections) for shot in planned] == json.loads(FROZEN.read_text(encoding="utf-8"))[case]["sections"]
    assert planned[0].start == json.loads(FROZEN.read_text(encoding="utf-8"))[case]["start"]


@pytest.mark.parametrize("case", CASES)
def test_a_chain_that_ends_asks_for_the_same_keys_and_at_most_a_section_more(case: str) -> None:
    for seconds in (0.01, 1.0, 1.3, 2.5, 4.0, 7.3):
        requests = [*CASES[case][:-1], replace(CASES[case][-1], seconds=seconds)]
        joined, ending = plan_chain(requests), plan_chain(requests, ends=True)
        assert ending[:-1] == joined[:-1]
        assert ending[-1].sections[: len(joined[-1].sections)] == joined[-1].sections
        assert len(ending[-1].sections) - len(joined[-1].sections) in (
            (0,) if CASES[case][-1].settings.checkpoint == "original" else (0, 1)
        )
        assert sum(frames for _, frames in ending[-1].units) == ending[-1].span.frames


def test_numbers_are_hashed_as_the_type_of_their_field() -> None:
    as_floats = replace(SETTINGS, guidance=10.0, cfg=1.0, rescale=0.0, threshold=0.0)
    as_integers = replace(SETTINGS, guidance=10, cfg=1, rescale=0, threshold=0)
    assert plan_chain([replace(FIRST, settings=as_integers)])[0].sections == (
        plan_chain([replace(FIRST, settings=as_floats)])[0].sections
    )


def test_every_setting_was_hashed_in_the_first_release_or_says_what_stood_for_it_before() -> None:
    assert {field.name for field in fields(Settings)} == {*HASHED_ALWAYS, *ADDED_LATER}
    assert set(hashed_settings(SETTINGS)) == set(HASHED_ALWAYS)


def test_loras_are_hashed_with_their_strengths_in_their_order_and_not_at_all_where_there_are_none() -> None:
    one, other = ("a" * 64, 0.8), ("b" * 64, 1.0)
    sets = [(), (one,), ((one[0], 0.7),), (one, other), (other, one)]
    keys = {plan_chain([replace(FIRST, settings=replace(SETTINGS, loras=loras))])[0].sections for loras in sets}
    assert len(keys) == len(sets)
    with_loras = replace(SETTINGS, loras=(one, other))
    assert json.loads(json.dumps(hashed_settings(with_loras)))["loras"] == [["a" * 64, 0.8], ["b" * 64, 1.0]]
    stored = Settings(**json.loads(json.dumps(asdict(with_loras))))
    assert stored == with_loras


@pytest.mark.parametrize(
    ("loras", "told"),
    [
        ((("a" * 63, 1.0),), "not a SHA-256"),
        ((("a" * 64, 11.0),), "not between -10 and 10"),
        ((("a" * 64, float("nan")),), "not between -10 and 10"),
        ((("a" * 64, 1.0), ("a" * 64, 0.5)), "is named twice"),
        (tuple((f"{number:064x}", 1.0) for number in range(21)), "at most 20"),
    ],
)
def test_loras_that_cannot_be_used_are_refused(loras: tuple[LoraAt, ...], told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        replace(SETTINGS, loras=loras)


# --- shots that go on from a video ------------------------------------------------------------------------------------


def test_a_shot_that_goes_on_from_a_video_shows_nothing_of_it_and_whole_latents() -> None:
    (shot,) = plan_chain([AFTER])
    assert shot.request.past == Past(VIDEO, 77, 149)
    assert shot.units[0] == (shot.start, 0)
    assert shot.span.first == 19
    assert sum(frames for _, frames in shot.units) == shot.span.frames == 120
    (ending,) = plan_chain([replace(AFTER, seconds=1.9)], ends=True)
    assert ending.span.frames == 57


def test_a_short_video_is_a_shorter_past() -> None:
    assert end_of_video(VIDEO, 4) == Past(VIDEO, 0, 4)
    assert end_of_video(VIDEO, 10) == Past(VIDEO, 2, 10)
    assert plan_chain([replace(AFTER, past=end_of_video(VIDEO, 10))])[0].span.first == 3
    with pytest.raises(InvalidRequest, match="cannot be gone on from"):
        end_of_video(VIDEO, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"past": end_of_video("6" * 64, 149)},
        {"past": end_of_video(VIDEO, 150)},
        {"past": Past(VIDEO, 81, 149)},
        {"placement": (0, 500, 1000)},
        {"identity": "other weights"},
        {"settings": replace(SETTINGS, height=192, width=192)},
        {"settings": replace(SETTINGS, fit="fit")},
    ],
)
def test_all_that_a_video_is_encoded_from_names_its_unit(change: dict[str, object]) -> None:
    (before,) = plan_chain([AFTER])
    (after,) = plan_chain([replace(AFTER, **change)])  # type: ignore[arg-type]
    assert before.start != after.start
    assert not set(before.sections) & set(after.sections)


def test_what_is_said_of_the_shot_leaves_the_unit_of_its_video_as_it_is() -> None:
    (before,) = plan_chain([AFTER])
    for change in ({"prompt": "a ship"}, {"seed": 3}, {"seconds": 9.0}, {"settings": replace(SETTINGS, steps=7)}):
        assert plan_chain([replace(AFTER, **change)])[0].start == before.start  # type: ignore[arg-type]


def test_a_videos_last_picture_is_the_anchor_unless_the_shot_has_one_of_its_own() -> None:
    (shot, following) = plan_chain([AFTER, NEXT])
    assert {section.anchor_image for section in shot.made} == {f"{VIDEO}@149"}
    assert {section.anchor_image for section in following.made} == {None}
    assert {section.embedding_image for section in following.made} == {f"{VIDEO}@149"}
    (own,) = plan_chain([replace(AFTER, image="picture")])
    assert own.start == shot.start
    assert {(one.anchor_image, one.embedding_image) for one in own.made} == {("picture", "picture")}
    assert not set(own.sections) & set(shot.sections)


def test_only_a_shot_that_opens_its_chain_goes_on_from_a_video_and_only_forwards() -> None:
    with pytest.raises(InvalidRequest, match="cannot go on from the shot before it, too"):
        plan_chain([FIRST, AFTER])
    with pytest.raises(InvalidRequest, match="works backwards"):
        plan_chain([replace(ORIGINAL, image=None, past=AFTER.past)])


def test_joins_behind_a_video_stay_within_two_frames_of_what_was_asked() -> None:
    chain = plan_chain([replace(AFTER, seconds=1.3), *[replace(NEXT, seconds=1.3)] * 5])
    shown = 0
    for number, shot in enumerate(chain, start=1):
        shown += shot.span.frames
        assert abs(shown - number * 1.3 * 30) <= 2 + 1e-9


def test_beats_begin_at_their_times_behind_a_video_too() -> None:
    (shot,) = plan_chain([replace(AFTER, beats=(Beat(2.0, "snow"),))])
    frames = [section.frames for section in shot.made if section.prompt != "snow"]
    assert sum(frames) == 60


# --- pictures at the end ----------------------------------------------------------------------------------------------


def test_an_end_picture_renames_all_that_is_made_from_the_end_and_not_the_start() -> None:
    (plain,) = plan_chain([ORIGINAL])
    (ending,) = plan_chain([replace(ORIGINAL, end="end picture")])
    (other,) = plan_chain([replace(ORIGINAL, end="other picture")])
    (placed,) = plan_chain([replace(ORIGINAL, end="end picture", end_placement=(0, 500, 1000))])
    assert plain.start == ending.start == other.start
    assert ending.begins_at_end
    assert not plain.begins_at_end
    assert len({shot.sections for shot in (plain, ending, other, placed)}) == 4
    assert len({shot.sections[-1] for shot in (plain, ending, other, placed)}) == 4
    # The picture is told by the latent beside the last section alone: what holds the shot's identity stays.
    assert {(one.anchor_image, one.embedding_image) for one in ending.made} == {("picture", "picture")}


def test_a_shot_that_is_guided_to_a_picture_is_what_it_was_before_the_guide_begins() -> None:
    (plain,) = plan_chain([FIRST])
    (guided,) = plan_chain([replace(FIRST, end="end picture")])
    assert not guided.begins_at_end
    anchors = [one.anchor_image for one in guided.made]
    first = anchors.index("end picture")
    assert first > 0
    assert set(anchors[first:]) == {"end picture"}
    whole = [one.key for one in guided.made[:first] if one.latents == 9]
    assert tuple(whole) == plain.sections[: len(whole)]
    assert sum(one.latents for one in guided.made) == plain.span.latents


def test_where_there_is_no_end_picture_its_place_is_in_no_key() -> None:
    for shot in (FIRST, ORIGINAL):
        assert plan_chain([replace(shot, end_placement=(0, 500, 1000))])[0].sections == plan_chain([shot])[0].sections


def test_guiding_to_the_picture_that_a_shot_has_already_changes_nothing() -> None:
    assert plan_chain([replace(FIRST, end="picture")])[0].sections == plan_chain([FIRST])[0].sections


def test_a_shot_behind_one_that_was_guided_goes_on_from_its_last_latent_and_has_its_embedding() -> None:
    guided, following = plan_chain([replace(FIRST, end="end picture"), NEXT])
    assert {one.anchor_image for one in following.made} == {None}
    assert {one.embedding_image for one in following.made} == {"end picture"}
    assert following.made[0].number == 1
    assert guided.kept == guided.made[-1].latents
