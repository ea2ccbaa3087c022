"""Shots made by two CUDA devices together: what they make, and what becomes of it when one is lost, full or cut short.

Skipped where there are fewer than two.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from framepack.checkpoints.table import CHECKPOINTS
from framepack.engine.crew import Crew
from framepack.engine.engine import Engine
from framepack.engine.rank_orders import Decode, ForwardSection, Order
from framepack.engine.render import render_shot
from framepack.environment import EngineOptions
from framepack.errors import RankLost
from framepack.media.pictures import picture_hash
from framepack.shots.events import Notice, Step
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import Settings, ShotRequest
from framepack.store.section_store import SectionStore
from tests.support.checkpoints import build_models

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(torch.cuda.device_count() < 2, reason="there are not two CUDA devices in this computer"),
]
ROOT = Path(__file__).resolve().parents[3]
PIECE = 2**21  # what the allocator of a process asks a device for at least


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


@pytest.fixture(scope="module")
def together(models: Path) -> Iterator[Engine]:
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cuda:0+1", models=models)) as engine:
        yield engine


def crew_of(engine: Engine) -> Crew:
    assert engine._crew is not None
    return engine._crew


def chain(pictures: dict[str, Path], seconds: float = 2.0, side: int = 64) -> tuple[PlannedShot, ...]:
    settings = Settings("f1", height=side, width=side, steps=3, guidance=10.0, cfg=1.0, rescale=0.0)
    return plan_chain([ShotRequest(settings, "tiny", "a boat", 7, seconds, next(iter(pictures)))])


def all_memory_of(device: torch.device) -> list[Tensor]:
    """All that is free on ``device``, taken."""
    taken = []
    size = torch.cuda.mem_get_info(device)[0]
    while size >= PIECE:
        try:
            taken.append(torch.empty(size, dtype=torch.uint8, device=device))
        except torch.OutOfMemoryError:
            size //= 2
    return taken


# A process of its own: it can be ended where waiting on its device for a dead rank is not interrupted.
KILLED = """
import os, signal, sys
from pathlib import Path
from framepack.checkpoints.table import CHECKPOINTS
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot
from framepack.environment import EngineOptions
from framepack.shots.events import Step
from framepack.store.section_store import SectionStore
from tests.framepack.engine.test_crew_gpu import chain
if __name__ == "__main__":
    models, picture, name, sections = sys.argv[1:]
    pictures = {name: Path(picture)}
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cuda:0+1", models=Path(models))) as engine:
        for event in render_shot(engine, chain(pictures), 0, pictures, SectionStore(Path(sections))):
            if isinstance(event, Step) and (event.section, event.number) == (2, 1):
                os.kill(engine._crew.pids[0], signal.SIGKILL)
"""


def test_a_killed_rank_ends_the_shot_in_a_sentence_and_the_next_try_goes_on_from_its_last_section(
    together: Engine, models: Path, pictures: dict[str, Path], store: SectionStore, tmp_path: Path
) -> None:
    ((name, picture),) = pictures.items()
    program = tmp_path / "killed.py"
    program.write_text(KILLED)
    given = [sys.executable, str(program), str(models), str(picture), name, str(tmp_path / "sections")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    ended = subprocess.run(given, env=environment, capture_output=True, timeout=120)
    assert ended.returncode != 0
    assert "card 2 ended with status -9" in ended.stderr.decode()
    shots = chain(pictures)
    again = list(render_shot(together, shots, 0, pictures, store))
    assert {event.section for event in again if isinstance(event, Step)} == {2}


def test_a_shot_that_is_cut_short_leaves_the_ranks_ready_for_the_next(
    together: Engine, pictures: dict[str, Path], store: SectionStore
) -> None:
    shots = chain(pictures)
    with closing(render_shot(together, shots, 0, pictures, store)) as events:
        for event in events:
            if isinstance(event, Step) and (event.section, event.number) == (2, 2):
                break
    pids = crew_of(together).pids
    assert store.has(shots[0].sections[0])
    again = list(render_shot(together, shots, 0, pictures, store))
    assert {event.section for event in again if isinstance(event, Step)} == {2}
    assert crew_of(together).pids == pids


@pytest.mark.parametrize(
    ("order", "said"),
    [(ForwardSection, "cards-memory-short"), (Decode, "cards-decode-alone")],
)
def test_a_card_without_memory_has_the_section_made_with_less_or_decoded_by_the_first(
    together: Engine,
    pictures: dict[str, Path],
    store: SectionStore,
    monkeypatch: pytest.MonkeyPatch,
    order: type,
    said: str,
) -> None:
    shots = chain(pictures, 1.0, side=512)
    crew, taken = crew_of(together), []
    tell, close = crew.tell, crew.close

    def take_memory_and_tell(told: Order) -> None:
        if isinstance(told, order) and not taken:
            taken.extend(all_memory_of(torch.device("cuda", 1)))
        tell(told)

    def give_back_and_close() -> None:
        monkeypatch.undo()
        taken.clear()
        torch.cuda.empty_cache()
        close()

    monkeypatch.setattr(crew, "tell", take_memory_and_tell)
    monkeypatch.setattr(crew, "close", give_back_and_close)
    events = list(render_shot(together, shots, 0, pictures, store))
    assert said in [event.message.id for event in events if isinstance(event, Notice)]
    assert [event.number for event in events if isinstance(event, Step)][-3:] == [1, 2, 3]
    assert store.has(shots[0].sections[0])


def test_a_card_that_is_full_when_it_is_to_be_used_says_so(
    models: Path, pictures: dict[str, Path], store: SectionStore
) -> None:
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cuda:0+1", models=models)) as engine:
        taken = all_memory_of(torch.device("cuda", 1))
        with pytest.raises(RankLost, match="card 2"):
            list(render_shot(engine, chain(pictures), 0, pictures, store))
        taken.clear()
        torch.cuda.empty_cache()
