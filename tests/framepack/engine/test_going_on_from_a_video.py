"""Shots that go on from somebody's own video, with tiny random checkpoints through the real loading code and store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from framepack.checkpoints.table import CHECKPOINTS
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot, shown_latents
from framepack.environment import EngineOptions
from framepack.errors import VideoRejected
from framepack.media.own_video import pictures_of_past, read_video, video_hash
from framepack.media.pictures import fill_frame
from framepack.media.video import join, probe, read_frames
from framepack.shots.events import Event, SectionDone, Step
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.past import Past, end_of_video
from framepack.shots.request import Settings, ShotRequest
from framepack.store.join_reading import measured_join
from framepack.store.section_store import SectionStore
from tests.support.checkpoints import build_models
from tests.support.own_videos import moving, write_video

SIDE = 64


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    models = build_models(tmp_path_factory.mktemp("models"))
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu", models=models)) as opened:
        yield opened


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "clip.mp4"
    return write_video(path, [moving(number, 64, 96) for number in range(40)])


@pytest.fixture
def store(tmp_path: Path) -> SectionStore:
    return SectionStore(tmp_path / "sections")


def request(past: Past | None, seconds: float = 1.2, prompt: str = "a boat") -> ShotRequest:
    settings = Settings("f1", height=SIDE, width=SIDE, steps=2, guidance=10.0, cfg=1.0, rescale=0.0)
    return ShotRequest(settings, "tiny", prompt, 7, seconds, None, past=past)


def past_of(video: Path) -> Past:
    return end_of_video(video_hash(video), read_video(video, "clip", 30).last)


def render(engine: Engine, chain: tuple[PlannedShot, ...], index: int, video: Path, store: SectionStore) -> list[Event]:
    return list(render_shot(engine, chain, index, {video_hash(video): video}, store))


def steps(events: list[Event]) -> int:
    return sum(isinstance(event, Step) for event in events)


def test_the_end_of_a_video_becomes_a_unit_of_its_pictures_and_latents(
    engine: Engine, video: Path, store: SectionStore
) -> None:
    past = past_of(video)
    chain = plan_chain([request(past)])
    render(engine, chain, 0, video, store)
    assert (past.first, past.last, past.latents) == (3, 39, 10)
    start = chain[0].start
    assert start is not None
    assert store.is_whole(start)
    assert store.latents(start).shape == (1, 16, 10, SIDE // 8, SIDE // 8)
    assert probe(store.video(start)).frames == 37
    last = fill_frame(list(pictures_of_past(video, "clip", past, 30))[-1], SIDE, SIDE)
    assert np.array_equal(store.frame(start, 37), np.asarray(last))


def test_the_latents_are_those_that_the_library_encodes(engine: Engine, video: Path) -> None:
    past = past_of(video)
    latents, pictures = engine.encode_past(request(past), past, video)
    vae = engine._models.vae()
    pixels = torch.from_numpy(np.stack(pictures)).permute(3, 0, 1, 2)[None].to(vae.dtype).div(127.5).sub(1.0)
    with torch.no_grad():
        expected = vae.encode(pixels).latent_dist.mode().float() * vae.config.scaling_factor
    assert torch.equal(latents, expected)


def test_the_shot_shows_only_what_is_rendered(engine: Engine, video: Path, store: SectionStore, tmp_path: Path) -> None:
    chain = plan_chain([request(past_of(video))])
    events = render(engine, chain, 0, video, store)
    assert [event.number for event in events if isinstance(event, SectionDone)] == [0, 1]
    join([(store.video(key), frames) for key, frames in chain[0].units], tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").frames == chain[0].span.frames == 36
    first = next(read_frames(tmp_path / "out.mp4"))
    assert np.array_equal(first, next(read_frames(store.video(chain[0].sections[0]))))


def test_what_is_there_is_found_and_a_longer_shot_makes_only_what_it_lacks(
    engine: Engine, video: Path, store: SectionStore
) -> None:
    past = past_of(video)
    assert steps(render(engine, plan_chain([request(past)]), 0, video, store)) == 2
    assert steps(render(engine, plan_chain([request(past)]), 0, video, store)) == 0
    assert steps(render(engine, plan_chain([request(past, 2.0)]), 0, video, store)) == 2


def test_another_past_makes_another_shot(engine: Engine, video: Path, store: SectionStore, tmp_path: Path) -> None:
    other = write_video(tmp_path / "other.mp4", [moving(90 - number, 64, 96) for number in range(40)])
    one, two = (plan_chain([request(past_of(path))]) for path in (video, other))
    render(engine, one, 0, video, store)
    assert steps(render(engine, two, 0, other, store)) == 2
    assert not np.array_equal(store.latents(one[0].sections[0]), store.latents(two[0].sections[0]))


def test_a_shot_goes_on_from_one_that_goes_on_from_a_video(engine: Engine, video: Path, store: SectionStore) -> None:
    chain = plan_chain([request(past_of(video)), request(None, prompt="snow")])
    render(engine, chain, 0, video, store)
    assert steps(render(engine, chain, 1, video, store)) == 2
    assert shown_latents(chain[0], store).shape[2] == 10 + chain[0].span.latents


def test_the_join_is_measured(engine: Engine, video: Path, store: SectionStore) -> None:
    chain = plan_chain([request(past_of(video))])
    render(engine, chain, 0, video, store)
    assert chain[0].start
    seen = measured_join(store, chain[0].start, chain[0].sections[0])
    before = list(read_frames(store.video(chain[0].start)))[-1].astype(float)
    after = next(islice(read_frames(store.video(chain[0].sections[0])), 1)).astype(float)
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert seen.movement == pytest.approx(np.abs((before - after) @ weights).mean(), rel=1e-3)
    assert seen.colour.step == pytest.approx(np.abs(before.mean((0, 1)) - after.mean((0, 1))).max(), rel=1e-6)


def test_a_file_that_ends_otherwise_than_it_was_asked_for_is_refused(
    engine: Engine, video: Path, store: SectionStore
) -> None:
    wrong = replace(past_of(video), first=7, last=43)
    with pytest.raises(VideoRejected, match="its last picture is another one"):
        render(engine, plan_chain([request(wrong)]), 0, video, store)


def test_a_video_whose_bytes_changed_is_not_taken_for_the_one_it_was(
    engine: Engine, video: Path, store: SectionStore, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "other.mp4", [moving(number + 5, 64, 96) for number in range(40)])
    # All that was encoded of the right one is still known.
    render(engine, plan_chain([request(past_of(video))]), 0, video, SectionStore(tmp_path / "first"))
    chain = plan_chain([request(past_of(video))])
    with pytest.raises(VideoRejected, match="it is not what it was when it was put in"):
        list(render_shot(engine, chain, 0, {video_hash(video): other}, store))
    assert [*store.keys()] == []
