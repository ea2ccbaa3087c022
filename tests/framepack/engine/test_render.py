"""Rendering shots with tiny random checkpoints in the published layout, through the real loading code and store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from framepack.checkpoints.table import CHECKPOINTS
from framepack.conditioning.names import conditioning_of
from framepack.engine.engine import Engine, ShotInputs, Steps
from framepack.engine.render import render_shot, shown_latents
from framepack.environment import EngineOptions
from framepack.errors import InvalidRequest, SectionMissing, WeightsDamaged
from framepack.media.pictures import picture_hash
from framepack.media.video import join, probe, read_frames
from framepack.sampling.sampler import SamplingSettings, SectionNoise, draw_noise, sample_section
from framepack.shots.events import Conditioned, Event, Finished, Notice, SectionDone, Step
from framepack.shots.keys import PlannedShot, latents_key, plan_chain
from framepack.shots.request import Beat, Settings, ShotRequest
from framepack.store.section_store import SectionStore
from framepack.store.uncompared import await_comparison, uncompared
from framepack.transformer.step_cache import StepCache
from framepack.transformer.transformer import FramepackTransformer
from tests.support.checkpoints import build_models

SIDE = 64


def on_cpu(models: Path) -> EngineOptions:
    return EngineOptions(device="cpu", models=models)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def engine(models: Path) -> Iterator[Engine]:
    with Engine(CHECKPOINTS["f1"], on_cpu(models)) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> SectionStore:
    return SectionStore(tmp_path / "sections")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two pictures by their hash."""
    folder = tmp_path_factory.mktemp("pictures")
    found = {}
    for name, seed in (("first", 1), ("second", 2)):
        pixels = np.random.default_rng(seed).integers(0, 255, (8, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((96, 64)).save(folder / f"{name}.png")
        found[picture_hash(folder / f"{name}.png")] = folder / f"{name}.png"
    return found


def request(
    seconds: float, image: str | None, *, checkpoint: str = "f1", prompt: str = "a boat", seed: int = 7
) -> ShotRequest:
    settings = Settings(checkpoint, height=SIDE, width=SIDE, steps=2, guidance=10.0, cfg=1.0, rescale=0.0)
    return ShotRequest(settings, "tiny", prompt, seed, seconds, image)


def render(
    engine: Engine, chain: tuple[PlannedShot, ...], index: int, pictures: dict[str, Path], store: SectionStore
) -> list[Event]:
    return list(render_shot(engine, chain, index, pictures, store))


def sampled_sections(events: list[Event]) -> list[int]:
    return sorted({event.section for event in events if isinstance(event, Step)})


def test_a_shot_gives_its_events_in_order(engine: Engine, pictures: dict[str, Path], store: SectionStore) -> None:
    chain = plan_chain([request(2.0, next(iter(pictures)))])
    said = render(engine, chain, 0, pictures, store)
    events = [event for event in said if not isinstance(event, Notice)]
    kinds = [type(event) for event in events]
    assert kinds == [Conditioned, SectionDone, *[Step, Step, SectionDone] * 2, Finished]
    assert events[0] == Conditioned(sections=2, sections_done=0)
    assert [event.number for event in events if isinstance(event, SectionDone)] == [0, 1, 2]
    step = events[2]
    assert isinstance(step, Step)
    assert (step.section, step.number, step.of, step.sigma) == (1, 1, 2, 1.0)
    assert step.preview.shape == (SIDE // 8, SIDE // 8, 3)
    assert step.preview.dtype == np.uint8
    assert isinstance(events[-1], Finished)
    assert events[-1].frames == chain[0].span.frames == 61


def test_a_rendered_shot_joins_to_exactly_its_frames(
    engine: Engine, pictures: dict[str, Path], store: SectionStore, tmp_path: Path
) -> None:
    chain = plan_chain([request(2.0, next(iter(pictures)))])
    render(engine, chain, 0, pictures, store)
    assert [probe(store.video(key)).frames for key, _ in chain[0].units] == [1, 36, 36]
    join([(store.video(key), count) for key, count in chain[0].units], tmp_path / "shot.mp4")
    facts = probe(tmp_path / "shot.mp4")
    assert (facts.frames, facts.fps, facts.height, facts.width) == (61, 30.0, SIDE, SIDE)


def test_extending_a_shot_renders_only_the_new_sections(
    engine: Engine, pictures: dict[str, Path], store: SectionStore, tmp_path: Path
) -> None:
    image = next(iter(pictures))
    short, long = plan_chain([request(2.0, image)]), plan_chain([request(3.5, image)])
    render(engine, short, 0, pictures, store)
    before = {key: store.video(key).stat().st_mtime_ns for key, _ in short[0].units}
    events = render(engine, long, 0, pictures, store)

    assert sampled_sections(events) == [3]
    assert [event.seconds for event in events if isinstance(event, SectionDone)][:3] == [0.0, 0.0, 0.0]
    assert before == {key: store.video(key).stat().st_mtime_ns for key in before}
    assert long[0].sections[:2] == short[0].sections

    at_once = SectionStore(tmp_path / "at once")
    render(engine, long, 0, pictures, at_once)
    for key, _ in long[0].units:
        assert np.array_equal(at_once.latents(key), store.latents(key))
        assert at_once.video(key).read_bytes() == store.video(key).read_bytes()


def test_a_finished_shot_is_found_without_any_weights(
    engine: Engine, models: Path, pictures: dict[str, Path], store: SectionStore
) -> None:
    chain = plan_chain([request(1.0, next(iter(pictures)))])
    render(engine, chain, 0, pictures, store)
    with Engine(CHECKPOINTS["f1"], on_cpu(models)) as other:
        events = render(other, chain, 0, {}, store)
    assert events[0] == Conditioned(1, 1)
    assert events[-1] == Finished(29, 0.0)


ROOT = Path(__file__).resolve().parents[3]
RENDER_AND_DIE = """
import os, signal, sys
from pathlib import Path
from framepack.checkpoints.table import CHECKPOINTS
from framepack.engine.engine import Engine
from framepack.environment import EngineOptions
from framepack.engine.render import render_shot
from framepack.shots.keys import plan_chain
from framepack.store.section_store import SectionStore
from tests.framepack.engine.test_render import on_cpu, request
models, root, picture, image, checkpoint, after = sys.argv[1:]
chain = plan_chain([request(3.5, image, checkpoint=checkpoint)])
with Engine(CHECKPOINTS[checkpoint], on_cpu(Path(models))) as engine:
    for event in render_shot(engine, chain, 0, {image: Path(picture)}, SectionStore(Path(root))):
        if f"{type(event).__name__} {getattr(event, 'section', '')}{getattr(event, 'number', '')}" == after:
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(
    ("checkpoint", "after", "left"),
    [("f1", "SectionDone 1", [2, 3]), ("original", "Step 11", [1])],
    ids=["forwards", "backwards"],
)
def test_killing_the_process_between_sections_loses_no_finished_section(
    models: Path, pictures: dict[str, Path], tmp_path: Path, checkpoint: str, after: str, left: list[int]
) -> None:
    image, picture = next(iter(pictures.items()))
    killed = subprocess.run(
        [
            *(sys.executable, "-c", RENDER_AND_DIE),
            *(str(models), str(tmp_path / "killed"), str(picture), image, checkpoint, after),
        ],
        cwd=ROOT,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL

    chain = plan_chain([request(3.5, image, checkpoint=checkpoint)])
    with Engine(CHECKPOINTS[checkpoint], on_cpu(models)) as engine:
        events = render(engine, chain, 0, pictures, SectionStore(tmp_path / "killed"))
        render(engine, chain, 0, pictures, SectionStore(tmp_path / "whole"))
    assert sampled_sections(events) == left
    for key, _ in chain[0].units:
        killed_latents = SectionStore(tmp_path / "killed").latents(key)
        assert np.array_equal(killed_latents, SectionStore(tmp_path / "whole").latents(key))


def test_closing_the_iterator_stops_within_a_step_and_keeps_what_is_finished(
    engine: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    chain = plan_chain([request(3.5, next(iter(pictures)))])
    events = render_shot(engine, chain, 0, pictures, store)
    for event in events:
        if isinstance(event, Step) and event.section == 2:
            break
    events.close()
    assert [store.has(key) for key in chain[0].sections] == [True, False, False]
    assert list((store.root / ".writing").iterdir()) == []
    assert sampled_sections(render(engine, chain, 0, pictures, store)) == [2, 3]


def test_a_section_is_what_the_sampler_makes_of_the_same_history_and_noise(
    engine: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    chain = plan_chain([request(2.0, next(iter(pictures)))])
    render(engine, chain, 0, pictures, store)
    shot = chain[0]
    assert shot.start is not None
    start = torch.from_numpy(store.latents(shot.start))
    first = torch.from_numpy(store.latents(shot.sections[0]))
    conditioning = engine.conditioning(
        shot.request, shot.request.prompt, engine.encoded_picture(shot.request, shot.request.image).embeds
    )
    generator = torch.Generator().manual_seed(shot.request.seed)
    noises = [draw_noise(generator, window=9, height=8, width=8) for _ in range(2)]
    for history, noise, key in (
        (start, noises[0], shot.sections[0]),
        (torch.cat([start, first], 2), noises[1], shot.sections[1]),
    ):
        *_, last = sample_section(
            engine._models.transformer(chain[0].request.settings),
            history=history,
            anchor=start,
            conditioning=conditioning,
            noise=noise,
            settings=SamplingSettings(steps=2),
        )
        assert np.array_equal(last.latents.numpy(), store.latents(key))


def test_a_continuing_shot_starts_where_the_one_before_is_cut(
    engine: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    first, second = pictures
    requests = [request(1.0, first), request(1.2, None, prompt="it sails on"), request(1.2, second)]
    chain = plan_chain(requests)
    assert chain[0].kept == 7
    for index in range(3):
        render(engine, chain, index, pictures, store)
    shown = torch.cat([shown_latents(shot, store) for shot in chain], dim=2)
    assert shown.shape[2] == 1 + sum(shot.span.latents for shot in chain)
    assert shown.shape[2] == round((3.4 * 30 - 1) / 4) + 1

    opening = shown_latents(chain[0], store)
    conditioning = engine.conditioning(
        chain[1].request, chain[1].request.prompt, engine.encoded_picture(chain[1].request, first).embeds
    )
    *_, last = sample_section(
        engine._models.transformer(chain[0].request.settings),
        history=opening,
        anchor=opening[:, :, -1:],
        conditioning=conditioning,
        noise=draw_noise(torch.Generator().manual_seed(7), window=9, height=8, width=8),
        settings=SamplingSettings(steps=2),
    )
    assert np.array_equal(last.latents.numpy(), store.latents(chain[1].sections[0]))


def test_a_beat_goes_on_from_its_moment_and_shares_all_before_it(
    engine: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    first, second = pictures
    plain = request(3.0, first)
    beats = (Beat(1.6, "it turns", seed=5), Beat(2.4, image=second))
    (before,), (shot,) = plan_chain([plain]), plan_chain([replace(plain, beats=beats)])
    render(engine, [before], 0, pictures, store)
    made = [event.section for event in render(engine, [shot], 0, pictures, store) if isinstance(event, Step)]

    assert set(made) == {3, 4}
    assert shot.sections[:2] == before.sections[:2]
    assert shown_latents(shot, store).shape == shown_latents(before, store).shape
    whole = shown_latents(before, store)
    past = whole[:, :, :13]
    turned = engine.encoded_picture(shot.request, first)
    noise = SectionNoise(5, window=9, height=8, width=8)
    for place, (picture, anchor) in enumerate(((turned, whole[:, :, :1]), (None, None))):
        if picture is None:
            picture = engine.encoded_picture(shot.request, second)
            anchor = picture.latent
            past = torch.cat([past, torch.from_numpy(store.latents(shot.sections[2]))[:, :, :6]], dim=2)
        *_, last = sample_section(
            engine._models.transformer(shot.request.settings),
            history=past,
            anchor=anchor,
            conditioning=engine.conditioning(shot.request, "it turns", picture.embeds),
            noise=noise.of(3 + place),
            settings=SamplingSettings(steps=2),
        )
        assert np.array_equal(last.latents.numpy(), store.latents(shot.sections[2 + place]))


def test_a_continuing_shot_begins_without_a_jump(
    engine: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    chain = plan_chain([request(1.0, next(iter(pictures))), request(1.2, None)])
    for index in range(2):
        render(engine, chain, index, pictures, store)
    key, count = chain[0].units[-1]
    shown = store.frame(key, count).astype(float)
    following = next(iter(read_frames(store.video(chain[1].sections[0])))).astype(float)
    within = list(read_frames(store.video(key)))
    usual = max(np.abs(a.astype(float) - b).mean() for a, b in pairwise(within))
    assert np.abs(following - shown).mean() <= 1.5 * usual


def test_a_continuing_shot_needs_the_one_before(engine: Engine, pictures: dict[str, Path], store: SectionStore) -> None:
    chain = plan_chain([request(1.0, next(iter(pictures))), request(1.2, None)])
    with pytest.raises(SectionMissing):
        render(engine, chain, 1, pictures, store)


def test_the_original_model_keeps_no_undecoded_latents_once_it_is_done(
    models: Path, pictures: dict[str, Path], store: SectionStore
) -> None:
    chain = plan_chain([request(2.0, next(iter(pictures)), checkpoint="original")])
    with Engine(CHECKPOINTS["original"], on_cpu(models)) as engine:
        events = render(engine, chain, 0, pictures, store)
    assert [event.section for event in events if isinstance(event, Step)] == [2, 2, 1, 1]
    assert [event.number for event in events if isinstance(event, SectionDone)] == [0, 1, 2]
    assert not any(store.has(latents_key(key)) for key in chain[0].sections)
    assert [probe(store.video(key)).frames for key, _ in chain[0].units] == [1, 36, 36]


def test_an_end_picture_is_the_latent_beside_the_last_section_of_the_original_model(
    models: Path, pictures: dict[str, Path], store: SectionStore
) -> None:
    first, second = pictures
    plain = request(2.0, first, checkpoint="original")
    chains = [plan_chain([plain]), plan_chain([replace(plain, end=second)])]
    with Engine(CHECKPOINTS["original"], on_cpu(models)) as engine:
        for chain in chains:
            render(engine, chain, 0, pictures, store)
        asked = chains[1][0].request
        encoded = engine.encoded_picture(asked, first)
        end = engine.encoded_picture(asked, second).latent
        inputs = ShotInputs(asked.settings, encoded.latent, engine.conditioning(asked, asked.prompt, encoded.embeds))
        noise = SectionNoise(7, window=9, height=SIDE // 8, width=SIDE // 8)
        expected = _returned(engine.sample_inverted(inputs, 2, 2, end, noise.of(1)))
        before = _returned(engine.sample_inverted(inputs, 1, 2, torch.cat([expected, end], dim=2), noise.of(2)))
    made = [torch.from_numpy(store.latents(key)) for key in chains[1][0].sections]
    assert torch.equal(made[1], expected)
    assert torch.equal(made[0], before)
    assert not torch.equal(made[1], torch.from_numpy(store.latents(chains[0][0].sections[1])))
    assert chains[0][0].start == chains[1][0].start


def test_a_shot_that_is_guided_to_a_picture_has_it_for_its_anchor_towards_its_end(
    engine: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    first, second = pictures
    chains = [plan_chain([request(2.0, first)]), plan_chain([replace(request(2.0, first), end=second)])]
    for chain in chains:
        render(engine, chain, 0, pictures, store)
    plain, guided = (shown_latents(chain[0], store) for chain in chains)
    assert plain.shape == guided.shape
    before = 1 + sum(one.latents for one in chains[1][0].made if one.anchor_image == first)
    assert torch.equal(plain[:, :, :before], guided[:, :, :before])
    assert not torch.allclose(plain[:, :, before:], guided[:, :, before:])


def _returned(steps: Steps) -> torch.Tensor:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def test_a_second_take_loads_no_encoder(tmp_path: Path, pictures: dict[str, Path], store: SectionStore) -> None:
    models = build_models(tmp_path / "models")
    image = next(iter(pictures))
    chain = plan_chain([request(1.0, image)])
    with Engine(CHECKPOINTS["f1"], on_cpu(models), conditioning_cache=tmp_path / "cache") as engine:
        engine.prepare(chain, pictures)
    assert {file.stem for file in (tmp_path / "cache").rglob("*.safetensors")} == set(conditioning_of(chain[0]))
    for folder in ("hunyuanvideo-community/HunyuanVideo/text_encoder", "lllyasviel/flux_redux_bfl/image_encoder"):
        for weights in (models / folder).glob("*.safetensors"):
            os.truncate(weights, 100)
    with Engine(CHECKPOINTS["f1"], on_cpu(models), conditioning_cache=tmp_path / "cache") as engine:
        events = render(engine, plan_chain([request(1.0, image, seed=8)]), 0, pictures, store)
        assert isinstance(events[-1], Finished)
        with pytest.raises(WeightsDamaged, match="text_encoder of 'f1' cannot be read"):
            render(engine, plan_chain([request(1.0, image, prompt="another")]), 0, pictures, store)


def test_real_cfg_and_the_step_cache_reach_the_sampler(
    engine: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    image = next(iter(pictures))
    plain = request(1.0, image).settings
    made = []
    for changes in ({}, {"cfg": 3.0}, {"cfg": 3.0, "negative_prompt": "blurry"}):
        settings = Settings(**{**plain.__dict__, **changes})
        chain = plan_chain([ShotRequest(settings, "tiny", "a boat", 7, 1.0, image)])
        render(engine, chain, 0, pictures, store)
        made.append(store.latents(chain[0].sections[0]))
    assert not np.array_equal(made[0], made[1])
    assert not np.array_equal(made[1], made[2])


def test_magcache_skips_steps_of_a_published_model(
    engine: Engine, pictures: dict[str, Path], store: SectionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[None] = []
    run = FramepackTransformer.velocity

    def counted(self: FramepackTransformer, *given: Any, cache: StepCache, **named: Any) -> Any:
        velocity = run(self, *given, cache=cache, **named)
        runs.extend([None] * (cache.ran - len(runs)))
        return velocity

    monkeypatch.setattr(FramepackTransformer, "velocity", counted)
    image = next(iter(pictures))
    settings = replace(request(1.0, image).settings, steps=25, cache="magcache", threshold=0.1)
    render(engine, plan_chain([ShotRequest(settings, "tiny", "a boat", 7, 1.0, image)]), 0, pictures, store)
    assert len(runs) == 13


def test_an_image_embedding_of_another_model_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidRequest, match="it has 99 channels where this model takes 28"):
        engine.conditioning(request(1.0, None), "a boat", torch.zeros(1, 4, 99))


def test_sections_are_compared_with_their_pictures_when_the_encoder_is_loaded_for_another(
    tmp_path: Path, models: Path, pictures: dict[str, Path], store: SectionStore
) -> None:
    first, second = pictures
    made = plan_chain([request(2.0, first)])
    with Engine(CHECKPOINTS["f1"], on_cpu(models), conditioning_cache=tmp_path / "cache") as engine:
        render(engine, made, 0, pictures, store)
        assert [store.quality(key)[-1].likeness for key in made[0].sections] == [None, None]
        render(engine, plan_chain([request(1.0, first, seed=8)]), 0, pictures, store)
        assert store.quality(made[0].sections[0])[-1].likeness is None
    # Another process, another day.
    with Engine(CHECKPOINTS["f1"], on_cpu(models), conditioning_cache=tmp_path / "cache") as engine:
        render(engine, plan_chain([request(1.0, second)]), 0, pictures, store)
    for key in made[0].sections:
        *others, last = store.quality(key)
        assert last.likeness is not None
        assert -1.0 <= last.likeness <= 1.0
        assert all(one.likeness is None for one in others)
        assert store.fault(key) is None


def test_what_was_cleared_away_meanwhile_or_is_another_checkpoint_s_is_not_compared(
    tmp_path: Path, models: Path, pictures: dict[str, Path], store: SectionStore
) -> None:
    first, second = pictures
    gone = plan_chain([request(1.0, first)])[0].sections[0]
    with Engine(CHECKPOINTS["f1"], on_cpu(models), conditioning_cache=tmp_path / "cache") as engine:
        render(engine, plan_chain([request(1.0, first)]), 0, pictures, store)
        await_comparison(store, "cd" * 32, identity="others", picture="ef" * 32)
        store.discard(gone)
        render(engine, plan_chain([request(1.0, second)]), 0, pictures, store)
    assert gone not in {one.key for one in uncompared(store, "tiny")}
    assert [one.key for one in uncompared(store, "others")] == ["cd" * 32]
