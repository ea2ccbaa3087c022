"""Where a take looks as if something had gone wrong, in made-up takes that do and in one that does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from framepack.media.quality import Moment, measure
from framepack.store.section_store import QUALITY, SectionStore
from projects.database.tables import Take
from projects.settings import StudioSettings
from projects.takes.quality import Kind, marks_of, measure_take, placed, quality_of

SECTIONS, FRAMES, FPS = 6, 36, 30
# What becomes of a frame: the picture and how far the take is, 0 to 1.
Change = Callable[[Image.Image, float], Image.Image]


def scenery() -> Image.Image:
    """A wide picture with large shapes and some detail."""
    rng = np.random.default_rng(4)
    coarse = Image.fromarray(rng.integers(40, 216, (9, 32, 3), dtype=np.uint8))
    large = coarse.resize((512, 144), Image.Resampling.BICUBIC)
    fine = Image.fromarray(rng.integers(0, 256, (72, 256, 3), dtype=np.uint8)).resize((512, 144))
    return Image.blend(large, fine, 0.3)


SCENERY = scenery()


def frames_of(change: Change, *, speed: float = 0.6, until: float = 1.0) -> Iterator[np.ndarray]:
    """A slow pan over it, whose frames are changed; it stands still from ``until`` of its length on."""
    rng = np.random.default_rng(5)
    total = SECTIONS * FRAMES
    for number in range(total):
        x = speed * min(number, until * total)
        shown = SCENERY.transform((256, 144), Image.Transform.AFFINE, (1, 0, x, 0, 1, 0), Image.Resampling.BILINEAR)
        pixels = np.asarray(change(shown, number / total), np.int16)
        # What a decoder never lacks, unless a frame is shown twice.
        noise = rng.integers(-1, 2, pixels.shape) if pixels.any() else 0
        yield np.clip(pixels + noise, 0, 255).astype(np.uint8)


def moments(frames: Iterator[np.ndarray]) -> list[Moment]:
    """Measured section by section, as the store does."""
    taken = list(frames)
    return [one for begin in range(0, len(taken), FRAMES) for one in measure(taken[begin : begin + FRAMES])]


def seen(frames: Iterator[np.ndarray]) -> dict[Kind, float]:
    """The marks, each with how far into the take it is, 0 to 1."""
    found = moments(frames)
    marks = marks_of(found, [4 * place for place in range(len(found))], FPS)
    return {mark.kind: mark.frame / (SECTIONS * FRAMES) for mark in marks}


def as_it_is(picture: Image.Image, at: float) -> Image.Image:  # noqa: ARG001
    return picture


def blended(picture: Image.Image, at: float, *, colour: str, begin: float, most: float) -> Image.Image:
    """Ever more of one colour from ``begin`` on."""
    share = most * min(1.0, max(0.0, (at - begin) / (1.0 - begin)))
    return Image.blend(picture, Image.new("RGB", picture.size, colour), share)


def blurred(picture: Image.Image, at: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(6 * at))


def burnt(picture: Image.Image, at: float) -> Image.Image:
    """Ever more contrast, as where guidance is too strong over many sections."""
    return picture.point(lambda value: max(0, min(255, 128 + (value - 128) * (1 + 3 * at))))


def black_at_half(picture: Image.Image, at: float) -> Image.Image:
    return Image.new("RGB", picture.size) if at >= 0.5 else picture


WELL: Mapping[str, Iterator[np.ndarray]] = {
    "a slow pan": frames_of(as_it_is),
    "a pan that slows down": frames_of(as_it_is, until=0.95),
    "a still shot": frames_of(as_it_is, speed=0.0),
    "a slow change of light": frames_of(partial(blended, colour="orange", begin=0.0, most=0.15)),
}
ILL: Mapping[str, tuple[Iterator[np.ndarray], Kind, tuple[float, float]]] = {
    "black": (frames_of(black_at_half), "black", (0.5, 0.5)),
    "reddish": (frames_of(partial(blended, colour="red", begin=0.3, most=0.9)), "drift", (0.35, 0.75)),
    "pale": (frames_of(partial(blended, colour="grey", begin=0.3, most=0.95)), "drift", (0.4, 0.85)),
    "blurred": (frames_of(blurred), "drift", (0.15, 0.75)),
    "burnt": (frames_of(burnt), "drift", (0.2, 0.75)),
    "stopped": (frames_of(as_it_is, speed=2.0, until=0.5), "still", (0.45, 0.55)),
}


@pytest.mark.parametrize("what", WELL)
def test_nothing_is_said_of_a_take_that_goes_on_as_it_began(what: str) -> None:
    assert seen(WELL[what]) == {}


@pytest.mark.parametrize("what", ILL)
def test_a_take_that_goes_wrong_is_marked_where_it_does(what: str) -> None:
    frames, kind, (first, last) = ILL[what]
    found = seen(frames)
    assert found.keys() == {kind}
    assert first <= found[kind] <= last


def test_frames_that_are_shown_again_are_frozen() -> None:
    taken = list(frames_of(as_it_is))
    half = len(taken) // 2
    assert seen(iter([*taken[:half], *[taken[half]] * half])) == {"frozen": 0.5}


def test_a_take_of_one_or_two_sections_has_too_little_to_drift_from() -> None:
    found = moments(frames_of(partial(blended, colour="red", begin=0.0, most=1.0)))[:9]
    assert marks_of(found, range(0, 36, 4), FPS) == ()
    assert marks_of([], [], FPS) == ()


def test_moments_lie_where_the_take_shows_them_and_what_it_cuts_off_is_not_among_them() -> None:
    one = measure([np.zeros((64, 64, 3), np.uint8)])
    section = measure([np.zeros((64, 64, 3), np.uint8)] * 36)
    found = placed([(one, 1), (section, 20), (section, 36)])
    assert [at for at, _ in found] == [0, *range(1, 21, 4), *range(21, 57, 4)]


def test_a_take_from_before_anything_was_measured_is_measured_when_asked(studio: StudioSettings) -> None:
    studio.make_folders()
    store = SectionStore(studio.sections_dir)
    keys = ("ab" * 32, "cd" * 32)
    for key in keys:
        store.publish(key, np.zeros((1, 16, 9, 8, 8), np.float32), [np.full((64, 64, 3), 90, np.uint8)] * 36, 30)
    take = Take(shot_id="", number=1, keys=[[key, 36] for key in keys], frames=72, width=64, height=64, fps=30)
    store.video(keys[1]).with_name(QUALITY).unlink()
    assert quality_of(store=store, take=take) is None
    measure_take(store=store, take=take)
    known = quality_of(store=store, take=take)
    assert known is not None
    assert (len(known.moments), [mark.kind for mark in known.marks]) == (18, ["frozen"])
    assert {str(mark.message.id) for mark in known.marks} == {"quality-frozen"}


RECORDED: dict[str, list[list[float | None]]] = json.loads(
    (Path(__file__).resolve().parents[2] / "golden" / "quality.json").read_text(encoding="utf-8")
)
# What is marked in takes of the draft (benchmarks/quality_cases.py), and from when on, in seconds.
MARKED: Mapping[str, dict[Kind, float]] = {
    "a pan": {},
    "a long pan": {},
    "a zoom": {},
    "a still shot": {},
    "a tilt at evening": {},
    "one step a section": {"drift": 8.97},
    "too much guidance": {},
    "fades to black": {"black": 1.5},
    "a black picture": {"black": 0.0},
    "stops": {"still": 3.9},
}


def recorded(name: str) -> tuple[list[Moment], list[int]]:
    rows = RECORDED[name]
    moments = [
        Moment(tuple(row[1:4]), row[4], row[5], row[6], row[7] if len(row) > 7 else None)  # type: ignore[arg-type]
        for row in rows
    ]
    return moments, [int(row[0] or 0) for row in rows]


@pytest.mark.parametrize("name", MARKED)
def test_takes_of_the_draft_are_marked_where_they_go_wrong_and_nowhere_else(name: str) -> None:
    moments, frames = recorded(name)
    found = {mark.kind: mark.seconds for mark in marks_of(moments, frames, FPS)}
    assert found == pytest.approx(MARKED[name], abs=0.5)
    assert MARKED.keys() == RECORDED.keys()


def test_a_section_that_is_little_like_its_picture_is_marked_once_and_not_beside_what_says_more() -> None:
    moments, frames = recorded("a pan")
    ends = [place for place, one in enumerate(moments) if one.likeness is not None]
    assert len(ends) == 4
    for place in ends[2:]:
        moments[place] = replace(moments[place], likeness=0.5)
    (mark,) = marks_of(moments, frames, FPS)
    assert (mark.kind, mark.frame) == ("unlike", frames[ends[2]])
    assert {str(mark.message.id), str(mark.help.id)} == {"quality-unlike", "quality-unlike-help"}
    drifted, frames = recorded("one step a section")
    drifted = [one if one.likeness is None else replace(one, likeness=0.1) for one in drifted]
    assert [mark.kind for mark in marks_of(drifted, frames, FPS)] == ["drift"]


def test_a_take_is_seen_anew_once_its_sections_were_compared(studio: StudioSettings) -> None:
    studio.make_folders()
    store = SectionStore(studio.sections_dir)
    key = "ab" * 32
    store.publish(key, np.zeros((1, 16, 9, 8, 8), np.float32), [np.full((64, 64, 3), 90, np.uint8)] * 36, 30)
    take = Take(shot_id="", number=1, keys=[[key, 36]], frames=36, width=64, height=64, fps=30)
    before = quality_of(store=store, take=take)
    store.note_likeness(key, 0.9)
    after = quality_of(store=store, take=take)
    assert before is not None
    assert after is not None
    assert [one.likeness for _, one in before.moments] == [None] * 9
    assert [one.likeness for _, one in after.moments] == [None] * 8 + [0.9]
    # Of a section that is cut its end is not shown.
    take.keys = [[key, 20]]
    cut = quality_of(store=store, take=take)
    assert cut is not None
    assert all(one.likeness is None for _, one in cut.moments)
