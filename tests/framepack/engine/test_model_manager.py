"""Models in their turn, as the plan says, and what happens when memory runs short; on the processor.

A tiny model fits anywhere, so some plans are made by hand, and the lack of memory is made up; all else is real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from framepack.attention.backends import attend_with
from framepack.checkpoints.table import CHECKPOINTS
from framepack.device.memory_plan import Budget, MemoryPlan, PartSizes, Work, plan_memory
from framepack.device.pinned_memory import PinnedMemory
from framepack.engine import model_manager
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot
from framepack.english import ENGLISH
from framepack.environment import EngineOptions
from framepack.errors import NotEnoughMemory
from framepack.media.pictures import picture_hash
from framepack.media.video import probe
from framepack.messages import worded
from framepack.shots.events import Event, Notice
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import Settings, ShotRequest
from framepack.store.section_store import SectionStore
from framepack.weights.loading import Place, TextEncoder
from tests.support.checkpoints import build_models


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    path = tmp_path_factory.mktemp("pictures") / "picture.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 96, 3), dtype=np.uint8)).save(path)
    return {picture_hash(path): path}


@pytest.fixture
def store(tmp_path: Path) -> SectionStore:
    return SectionStore(tmp_path / "sections")


@pytest.fixture
def open_engine(models: Path) -> Iterator[Callable[[], Engine]]:
    opened: list[Engine] = []

    def engine() -> Engine:
        opened.append(Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu", models=models)))
        return opened[-1]

    yield engine
    for one in opened:
        one.__exit__(None, None, None)


def shot(pictures: dict[str, Path], side: int = 64, prompt: str = "a boat") -> tuple[PlannedShot, ...]:
    settings = Settings("f1", height=side, width=side, steps=2, guidance=10.0, cfg=1.0, rescale=0.0)
    return plan_chain([ShotRequest(settings, "tiny", prompt, 7, 1.0, next(iter(pictures)))])


def render(engine: Engine, chain: tuple[PlannedShot, ...], pictures: dict[str, Path], store: SectionStore) -> list[str]:
    events: list[Event] = list(render_shot(engine, chain, 0, pictures, store))
    return [worded(event.message, ENGLISH) for event in events if isinstance(event, Notice)]


@pytest.fixture
def expected(open_engine: Callable[[], Engine], pictures: dict[str, Path], tmp_path: Path) -> SectionStore:
    """What comes out where nothing is short."""
    plain = SectionStore(tmp_path / "expected")
    render(open_engine(), shot(pictures), pictures, plain)
    return plain


def same(one: SectionStore, other: SectionStore, chain: tuple[PlannedShot, ...]) -> bool:
    return all(np.array_equal(one.latents(key), other.latents(key)) for key, _ in chain[0].units)


def test_the_plan_is_said_once_and_encoders_are_not_asked_for_again(
    open_engine: Callable[[], Engine], pictures: dict[str, Path], store: SectionStore
) -> None:
    engine = open_engine()
    (said,) = render(engine, shot(pictures), pictures, store)
    assert said.startswith("All 2 blocks of the model stay in memory; frames are decoded whole; about ")
    assert render(engine, shot(pictures, prompt="another"), pictures, store) == []


@pytest.mark.parametrize("host_copies", [True, False])
@pytest.mark.parametrize("text_resident", [0, 1, 2])
def test_whatever_is_streamed_the_result_is_the_same(
    open_engine: Callable[[], Engine],
    pictures: dict[str, Path],
    store: SectionStore,
    expected: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
    host_copies: bool,
    text_resident: int,
) -> None:
    def planned(budget: Budget, sizes: PartSizes, work: Work) -> MemoryPlan:
        everything = plan_memory(budget, sizes, work)
        return replace(
            everything,
            resident=frozenset(),
            buffers=2,
            host_copies=host_copies,
            text_resident=text_resident,
            vae_stays=False,
        )

    monkeypatch.setattr(model_manager, "plan_memory", planned)
    (said,) = render(open_engine(), shot(pictures), pictures, store)
    assert "All 2 blocks of the model are streamed from" in said
    assert same(store, expected, shot(pictures))


def test_without_memory_for_copies_on_the_host_blocks_come_from_their_files(
    open_engine: Callable[[], Engine],
    pictures: dict[str, Path],
    store: SectionStore,
    expected: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def planned(budget: Budget, sizes: PartSizes, work: Work) -> MemoryPlan:
        plan = plan_memory(budget, sizes, work)
        return replace(plan, resident=frozenset(), buffers=2, host_copies=True)

    def take(memory: PinnedMemory, nbytes: int) -> Tensor:
        raise MemoryError(f"{nbytes} bytes of {memory}")

    monkeypatch.setattr(model_manager, "plan_memory", planned)
    monkeypatch.setattr(PinnedMemory, "take", take)
    (said,) = render(open_engine(), shot(pictures), pictures, store)
    assert "from their files at every step, which is slow" in said
    assert same(store, expected, shot(pictures))


def test_a_text_encoder_kept_on_the_processor_takes_nothing_of_the_device_and_says_the_same(
    models: Path,
    pictures: dict[str, Path],
    store: SectionStore,
    expected: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, int | None]] = []
    load = model_manager.load_llama

    def recorded(place: Place, dtype: torch.dtype, resident: int | None) -> TextEncoder:
        asked.append((place.device.type, resident))
        return load(place, dtype, resident)

    monkeypatch.setattr(model_manager, "load_llama", recorded)
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu", models=models, text_on_cpu=True)) as engine:
        plan = engine._models.plan_for(64, 64)
        assert (plan.sizes.text_layers, plan.sizes.text_rest) == ((), 0)
        render(engine, shot(pictures), pictures, store)
    assert asked == [("cpu", 0)]
    assert same(store, expected, shot(pictures))


@pytest.mark.parametrize("fails_at", [1, 3, 4])
def test_running_out_of_memory_in_a_step_lowers_the_plan_and_goes_on(
    open_engine: Callable[[], Engine],
    pictures: dict[str, Path],
    store: SectionStore,
    expected: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
    fails_at: int,
) -> None:
    calls = 0

    def failing(way: str) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            nonlocal calls
            calls += 1
            if calls == fails_at:
                raise torch.OutOfMemoryError("not enough")
            return attend_with(way)(query, key, value)

        return attend

    monkeypatch.setattr(model_manager, "attend_with", failing)
    plan, short = render(open_engine(), shot(pictures), pictures, store)
    assert "stay in memory" in plan
    assert short.startswith("Memory ran short. All 2 blocks of the model are streamed from")
    assert calls in (5, 6)
    assert same(store, expected, shot(pictures))


def test_a_step_that_never_fits_ends_with_what_would_help(
    open_engine: Callable[[], Engine],
    pictures: dict[str, Path],
    store: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def attend(*_: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("not enough")

    monkeypatch.setattr(model_manager, "attend_with", lambda _: attend)
    with pytest.raises(NotEnoughMemory, match="choose a smaller size"):
        render(open_engine(), shot(pictures), pictures, store)


@pytest.mark.parametrize("fails_at", [1, 3])
def test_running_out_of_memory_while_decoding_makes_the_tiles_smaller_and_loses_no_frame(
    open_engine: Callable[[], Engine],
    pictures: dict[str, Path],
    store: SectionStore,
    fails_at: int,
) -> None:
    engine = open_engine()
    decoder = engine._models.vae().decoder
    calls = 0

    def fail(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise torch.OutOfMemoryError("not enough")

    decoder.register_forward_pre_hook(fail)
    chain = shot(pictures, side=192)
    said = render(engine, chain, pictures, store)
    assert "Memory ran short while decoding; frames are decoded in 128 px tiles." in said
    assert [probe(store.video(key)).frames for key, _ in chain[0].units] == [1, 36]


def test_a_larger_picture_with_the_same_engine_is_planned_anew(
    open_engine: Callable[[], Engine],
    pictures: dict[str, Path],
    store: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def planned(budget: Budget, sizes: PartSizes, work: Work) -> MemoryPlan:
        plan = plan_memory(budget, sizes, work)
        return plan if work.height == 64 else replace(plan, resident=frozenset({1}), buffers=1, host_copies=True)

    monkeypatch.setattr(model_manager, "plan_memory", planned)
    engine = open_engine()
    stays = []
    for side in (64, 96, 64):
        render(engine, shot(pictures, side), pictures, store)
        transformer = engine._models._transformer
        assert transformer is not None
        stays.append(transformer.store.resident)
    assert stays == [{0, 1}, {1}, {1}]


def test_the_transformer_makes_way_for_encoders_only_where_it_must(
    open_engine: Callable[[], Engine],
    pictures: dict[str, Path],
    store: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    render(engine, shot(pictures), pictures, store)
    first = engine._models._transformer
    engine.prepare(shot(pictures, prompt="another"), pictures)
    assert engine._models._transformer is first
    monkeypatch.setattr(engine._models, "_room", lambda: 0)
    engine.prepare(shot(pictures, prompt="a third"), pictures)
    assert engine._models._transformer is None
    monkeypatch.undo()
    render(engine, shot(pictures, prompt="a third"), pictures, store)


def test_fast_arithmetic_is_left_to_devices_that_gain_by_it(
    open_engine: Callable[[], Engine], pictures: dict[str, Path]
) -> None:
    settings = replace(shot(pictures)[0].request.settings, precision="fast")
    assert open_engine()._models.transformer(settings).arithmetic.manner.format == "plain"
