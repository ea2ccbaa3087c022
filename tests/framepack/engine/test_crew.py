"""Shots made by two processes together, as by two cards: what they make, and what becomes of it when one is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from framepack.checkpoints.table import CHECKPOINTS
from framepack.commands.parser import main
from framepack.device.cards_measured import CARDS_FILE, read_measured
from framepack.engine import crew as crew_module
from framepack.engine.card_speeds import measured_cards
from framepack.engine.crew import Crew
from framepack.engine.engine import Engine
from framepack.engine.rank_orders import Decode, Load, Order
from framepack.engine.render import render_shot
from framepack.environment import EngineOptions
from framepack.errors import InvalidRequest, RankLost
from framepack.media.pictures import picture_hash
from framepack.media.video import read_frames
from framepack.parallel.group import Group, abort_group
from framepack.parallel.watchdog import Watchdog
from framepack.sampling import sampler
from framepack.shots.events import Event, Notice, SectionDone, Step
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import CacheKind, Settings, ShotRequest
from framepack.store.section_store import SectionStore
from tests.support.checkpoints import build_models
from tests.support.preloaded import preloaded_context

SIDE = 64


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    path = tmp_path_factory.mktemp("pictures") / "picture.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 96, 3), dtype=np.uint8)).save(path)
    return {picture_hash(path): path}


class Preloaded:
    """Stands where the crew's ``multiprocessing`` does."""

    def get_context(self, method: str) -> ForkServerContext:
        assert method == "spawn"
        return preloaded_context()


@pytest.fixture(scope="module", autouse=True)
def _ranks_begin_with_the_libraries_loaded() -> Iterator[None]:
    """They are processes of their own all the same; only loading the same libraries dozens of times is spared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew_module, "multiprocessing", Preloaded())
        yield


@pytest.fixture
def store(tmp_path: Path) -> SectionStore:
    return SectionStore(tmp_path / "sections")


@pytest.fixture(scope="module")
def alone(models: Path) -> Iterator[Engine]:
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu", models=models)) as engine:
        yield engine


@pytest.fixture(scope="module")
def together(models: Path) -> Iterator[Engine]:
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu:2", models=models)) as engine:
        yield engine


@pytest.fixture
def no_others(together: Engine) -> None:
    """A process is a rank of one group at a time."""
    together._models.lose_ranks()


@pytest.fixture
def short(no_others: None, models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:  # noqa: ARG001
    """Two ranks of which the other one asks the system anew for every tensor of a size."""
    # Read where a process begins: it begins by itself.
    monkeypatch.setattr(crew_module, "multiprocessing", multiprocessing)
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "16384")
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu:2", models=models)) as engine:
        yield engine


def crew_of(engine: Engine) -> Crew:
    assert engine._crew is not None
    return engine._crew


def chain(
    pictures: dict[str, Path],
    seconds: float = 2.0,
    *,
    cache: CacheKind = "none",
    threshold: float = 0.0,
    cfg: float = 1.0,
) -> tuple[PlannedShot, ...]:
    settings = Settings(
        "f1", height=SIDE, width=SIDE, steps=3, guidance=10.0, cfg=cfg, rescale=0.0, cache=cache, threshold=threshold
    )
    return plan_chain([ShotRequest(settings, "tiny", "a boat", 7, seconds, next(iter(pictures)))])


def render(
    engine: Engine, shots: tuple[PlannedShot, ...], pictures: dict[str, Path], store: SectionStore
) -> list[Event]:
    return list(render_shot(engine, shots, 0, pictures, store))


def until(happens: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def frames(store: SectionStore, key: str) -> np.ndarray:
    return np.stack(list(read_frames(store.video(key)))).astype(float)


@pytest.mark.parametrize(
    ("cache", "threshold", "cfg"), [("none", 0.0, 1.0), ("none", 0.0, 2.0), ("first_block", 0.3, 1.0)]
)
def test_two_ranks_make_the_sections_of_one_under_the_same_keys(
    alone: Engine,
    together: Engine,
    pictures: dict[str, Path],
    tmp_path: Path,
    cache: CacheKind,
    threshold: float,
    cfg: float,
) -> None:
    shots = chain(pictures, cache=cache, threshold=threshold, cfg=cfg)
    one, two = SectionStore(tmp_path / "one"), SectionStore(tmp_path / "two")
    render(alone, shots, pictures, one)
    events = render(together, shots, pictures, two)
    assert [event.number for event in events if isinstance(event, Step)] == [1, 2, 3, 1, 2, 3]
    for key in shots[0].sections:
        want, got = one.latents(key), two.latents(key)
        assert np.linalg.norm(got - want) / np.linalg.norm(want) < 1e-5
        # What is compressed differs by a little more than what is decoded (`test_tiles_on_ranks`).
        assert np.abs(frames(two, key) - frames(one, key)).mean() < 5


@pytest.mark.usefixtures("no_others")
def test_the_original_model_is_made_by_two_ranks_too(models: Path, pictures: dict[str, Path], tmp_path: Path) -> None:
    settings = Settings("original", height=SIDE, width=SIDE, steps=2, guidance=10.0, cfg=1.0, rescale=0.0)
    shots = plan_chain([ShotRequest(settings, "tiny", "a boat", 7, 2.0, next(iter(pictures)))])
    made = []
    for device in ("cpu", "cpu+cpu"):
        store = SectionStore(tmp_path / device)
        with Engine(CHECKPOINTS["original"], EngineOptions(device=device, models=models)) as engine:
            render(engine, shots, pictures, store)
        made.append(np.concatenate([store.latents(key) for key in shots[0].sections], axis=2))
    assert np.linalg.norm(made[1] - made[0]) / np.linalg.norm(made[0]) < 1e-4


def test_a_killed_rank_ends_the_shot_in_a_sentence_and_the_next_try_goes_on_from_its_last_section(
    together: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    shots = chain(pictures)
    seen: list[Event] = []

    def until_it_is_lost() -> None:
        with closing(render_shot(together, shots, 0, pictures, store)) as events:
            for event in events:
                seen.append(event)
                if isinstance(event, Step) and (event.section, event.number) == (2, 1):
                    os.kill(crew_of(together).pids[0], signal.SIGKILL)

    begun = time.monotonic()
    with pytest.raises(RankLost, match="card 2 ended with status -9"):
        until_it_is_lost()
    assert time.monotonic() - begun < 60
    assert [event.number for event in seen if isinstance(event, SectionDone)] == [0, 1]
    again = render(together, shots, pictures, store)
    assert {event.section for event in again if isinstance(event, Step)} == {2}


@pytest.mark.usefixtures("no_others")
def test_a_rank_that_dies_before_it_is_there_is_not_waited_for() -> None:
    crew = Crew([torch.device("cpu")] * 2)
    killer = threading.Thread(target=lambda: (until(lambda: bool(crew.pids)), os.kill(crew.pids[0], signal.SIGKILL)))
    killer.start()
    begun = time.monotonic()
    with pytest.raises(RankLost, match="card 2 ended with status -9"):
        crew.start()
    killer.join()
    assert time.monotonic() - begun < 30
    assert not crew.runs


@pytest.mark.usefixtures("no_others")
def test_a_rank_that_dies_on_its_way_to_the_meeting_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    crew = Crew([torch.device("cpu")] * 2)
    meets = crew_module.start_group

    def meets_without_the_other(**given: Any) -> Group:
        os.kill(crew.pids[0], signal.SIGKILL)
        return meets(**given)

    monkeypatch.setattr(crew_module, "start_group", meets_without_the_other)
    monkeypatch.setattr("framepack.parallel.group.SECONDS_TO_CONNECT", 2.0)
    begun = time.monotonic()
    with pytest.raises(RankLost, match="card 2 ended with status -9"):
        crew.start()
    assert time.monotonic() - begun < 60
    monkeypatch.setattr(crew_module, "start_group", meets)
    crew.start()
    assert crew.runs
    crew.close()


@pytest.mark.usefixtures("no_others")
def test_a_rank_that_cannot_use_its_card_says_why_at_once() -> None:
    crew = Crew([torch.device("cpu"), torch.device("cuda:99")])
    with pytest.raises(RankLost, match="card 2: "):
        crew.start()


@pytest.mark.usefixtures("no_others")
def test_ranks_that_are_not_needed_any_more_end() -> None:
    crew = Crew([torch.device("cpu")] * 3)
    crew.start()
    processes = [*crew._processes]
    crew.close()
    assert not any(process.is_alive() for process in processes)
    assert not torch.distributed.is_initialized()


@pytest.mark.usefixtures("no_others")
def test_who_cannot_even_let_go_of_a_lost_rank_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def stuck(group: Group) -> None:
        assert ended.wait(60)
        abort_group(group)

    monkeypatch.setattr(crew_module, "Watchdog", partial(Watchdog, patience=0.2, last_patience=0.2))
    monkeypatch.setattr(crew_module, "_end_this_process", ended.set)
    monkeypatch.setattr(crew_module, "abort_group", stuck)
    crew = Crew([torch.device("cpu")] * 2)
    crew.start()
    os.kill(crew.pids[0], signal.SIGKILL)
    crew.close()
    assert ended.is_set()


@pytest.mark.usefixtures("no_others")
def test_a_rank_that_hangs_on_its_way_is_waited_for_only_so_long() -> None:
    crew = Crew([torch.device("cpu")] * 2, timeout=2.0)
    stopper = threading.Thread(target=lambda: (until(lambda: bool(crew.pids)), os.kill(crew.pids[0], signal.SIGSTOP)))
    stopper.start()
    with pytest.raises(RankLost, match="said nothing for 2 s"):
        crew.start()
    stopper.join()


def killed_at(crew: Crew, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other rank is killed as soon as it is told an order of that ``kind``, once."""
    tell = crew.tell

    def tell_and_kill(order: Order) -> None:
        tell(order)
        if isinstance(order, kind):
            monkeypatch.undo()
            os.kill(crew.pids[0], signal.SIGKILL)

    monkeypatch.setattr(crew, "tell", tell_and_kill)


@pytest.mark.parametrize(("order", "sections"), [(Load, {1}), (Decode, {1})])
def test_a_rank_killed_while_it_loads_or_decodes_ends_the_shot_in_a_sentence(
    together: Engine,
    pictures: dict[str, Path],
    store: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
    order: type,
    sections: set[int],
) -> None:
    together._models.lose_ranks()
    killed_at(crew_of(together), order, monkeypatch)
    begun = time.monotonic()
    with pytest.raises(RankLost, match="card 2 ended with status -9"):
        render(together, chain(pictures, 1.0), pictures, store)
    assert time.monotonic() - begun < 60
    again = render(together, chain(pictures, 1.0), pictures, store)
    assert {event.section for event in again if isinstance(event, Step)} == sections


def test_a_rank_without_memory_to_decode_leaves_that_to_the_first(
    short: Engine, alone: Engine, pictures: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew, shots, store = crew_of(short), chain(pictures, 1.0), SectionStore(tmp_path / "two")
    tell = crew.tell

    def tell_and_take_memory(order: Order) -> None:
        if isinstance(order, Decode):
            monkeypatch.undo()
            resource.prlimit(crew.pids[0], resource.RLIMIT_AS, (1, 1))
        tell(order)

    monkeypatch.setattr(crew, "tell", tell_and_take_memory)
    events = render(short, shots, pictures, store)
    assert "cards-decode-alone" in [event.message.id for event in events if isinstance(event, Notice)]
    assert [event.number for event in events if isinstance(event, Step)] == [1, 2, 3]
    one = SectionStore(tmp_path / "one")
    render(alone, shots, pictures, one)
    key = shots[0].sections[0]
    assert np.abs(frames(store, key) - frames(one, key)).mean() < 5


def test_a_rank_that_died_between_two_shots_is_replaced_without_a_word(
    together: Engine, pictures: dict[str, Path], tmp_path: Path
) -> None:
    render(together, chain(pictures, 1.0), pictures, SectionStore(tmp_path / "first"))
    (before,) = crew_of(together).pids
    os.kill(before, signal.SIGKILL)
    until(lambda: not crew_of(together).runs)
    events = render(together, chain(pictures, 1.0), pictures, SectionStore(tmp_path / "second"))
    assert crew_of(together).pids != [before]
    assert [event.number for event in events if isinstance(event, Step)] == [1, 2, 3]


@pytest.mark.usefixtures("no_others")
def test_a_rank_that_hangs_is_waited_for_only_so_long(
    models: Path, pictures: dict[str, Path], store: SectionStore
) -> None:
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu:2", models=models)) as engine:
        crew_of(engine)._timeout = 5.0

        def until_it_hangs() -> None:
            with closing(render_shot(engine, chain(pictures), 0, pictures, store)) as events:
                for event in events:
                    if isinstance(event, Step):
                        os.kill(crew_of(engine).pids[0], signal.SIGSTOP)

        with pytest.raises(RankLost):
            until_it_hangs()


def test_a_rank_without_memory_has_the_section_begun_again_with_less(
    short: Engine, alone: Engine, pictures: dict[str, Path], tmp_path: Path
) -> None:
    shots, store = chain(pictures, 1.0), SectionStore(tmp_path / "two")
    events: list[Event] = []
    with closing(render_shot(short, shots, 0, pictures, store)) as rendering:
        for event in rendering:
            events.append(event)
            if isinstance(event, Step) and len([one for one in events if isinstance(one, Step)]) == 1:
                # Whatever it asks the system for from now on is refused.
                resource.prlimit(crew_of(short).pids[0], resource.RLIMIT_AS, (1, 1))
    said = [event.message.id for event in events if isinstance(event, Notice)]
    assert "cards-memory-short" in said
    assert [event.number for event in events if isinstance(event, Step)] == [1, 1, 2, 3]
    render(alone, shots, pictures, SectionStore(tmp_path / "one"))
    want = SectionStore(tmp_path / "one").latents(shots[0].sections[0])
    assert np.linalg.norm(store.latents(shots[0].sections[0]) - want) / np.linalg.norm(want) < 1e-4


def test_the_first_rank_without_memory_has_the_section_begun_again_with_less(
    short: Engine, pictures: dict[str, Path], store: SectionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    solved, failures = sampler.unipc, [torch.OutOfMemoryError("no room")]

    def short_of_memory(*given: object) -> object:
        for number, value in enumerate(solved(*given)):  # type: ignore[arg-type]
            if number == 1 and failures:
                raise failures.pop()
            yield value

    monkeypatch.setattr(sampler, "unipc", short_of_memory)
    events = render(short, chain(pictures, 1.0), pictures, store)
    assert "cards-memory-short" in [event.message.id for event in events if isinstance(event, Notice)]
    assert [event.number for event in events if isinstance(event, Step)] == [1, 1, 2, 3]


def test_a_shot_that_is_cut_short_leaves_the_ranks_ready_for_the_next(
    together: Engine, pictures: dict[str, Path], store: SectionStore, tmp_path: Path
) -> None:
    shots = chain(pictures)
    render(together, chain(pictures, 1.0), pictures, SectionStore(tmp_path / "before"))
    pids = crew_of(together).pids
    with closing(render_shot(together, shots, 0, pictures, store)) as events:
        for event in events:
            if isinstance(event, Step) and (event.section, event.number) == (2, 2):
                break
    assert store.has(shots[0].sections[0])
    again = render(together, shots, pictures, store)
    assert {event.section for event in again if isinstance(event, Step)} == {2}
    assert crew_of(together).pids == pids


PROGRAM = """
import sys
from pathlib import Path
from framepack.checkpoints.table import CHECKPOINTS
from framepack.engine.engine import Engine
from framepack.environment import EngineOptions
if __name__ == "__main__":
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu:2", models=Path(sys.argv[1]))) as engine:
        engine._crew.start()
        print(*engine._crew.pids, flush=True)
        sys.stdin.read()
"""


def test_ranks_end_with_the_process_they_belong_to_however_it_ends(models: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    first = subprocess.Popen(
        [sys.executable, program, models], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert first.stdout is not None
        pids = [int(word) for word in first.stdout.readline().split()]
        assert len(pids) == 1
    finally:
        first.kill()
        first.communicate()
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids))


@pytest.mark.usefixtures("no_others")
def test_cards_that_cannot_share_the_models_heads_are_refused(
    models: Path, pictures: dict[str, Path], store: SectionStore
) -> None:
    with (
        Engine(CHECKPOINTS["f1"], EngineOptions(device="cpu:3", models=models)) as engine,
        pytest.raises(InvalidRequest, match="numbers that can: 2"),
    ):
        render(engine, chain(pictures), pictures, store)


@pytest.mark.usefixtures("no_others")
def test_what_ranks_can_do_is_measured_once_and_said_by_the_doctor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: Path
) -> None:
    asked = ["doctor", "--json", "--device", "cpu:2", "--measurements", str(tmp_path)]
    main(asked, {"STUDIO_MODELS": str(models)})
    (check,) = [one for one in json.loads(capsys.readouterr().out)["checks"] if one["check"] == "cards"]
    assert "cpu + cpu send each other" in check["message"]
    assert "times as fast as the fastest alone" in check["message"]
    before = (tmp_path / CARDS_FILE).read_text()
    (kept,) = read_measured(tmp_path).values()
    assert measured_cards([torch.device("cpu")] * 2, tmp_path) == kept
    assert (tmp_path / CARDS_FILE).read_text() == before
