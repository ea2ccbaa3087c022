"""A section's key names exactly what it is made from."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.shots.keys import ADDED_LATER, HASHED_ALWAYS, hashed_settings, plan_chain
from framepack.shots.request import CENTRED, LoraAt, Settings, ShotRequest, default_settings

SETTINGS = default_settings(checkpoint_named("draft"), height=144, width=256)
FIRST = ShotRequest(settings=SETTINGS, identity="w", prompt="a boat", seed=1, seconds=4.0, image="picture")
NEXT = replace(FIRST, prompt="snow", seed=2, image=None)
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
        assert len(ending[-1].sections) - len(joined[-1].sections) in ((0,) if case == "original" else (0, 1))
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
