"""The draft's frames show their picture's own detail, from section to section and from shot to shot; real weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import CHECKPOINTS
from framepack.context.history import History
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot, shown_latents
from framepack.environment import EngineOptions
from framepack.media.pictures import fill_frame, picture_hash, read_picture
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import Settings, ShotRequest
from framepack.store.section_store import SectionStore
from framepack.vae.decoding import decode_after

PICTURE = Path(__file__).parents[3] / "examples" / "lighthouse" / "morning.png"
HEIGHT, WIDTH = 144, 256


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CHECKPOINTS["draft"], EngineOptions(device="cpu")) as opened:
        yield opened


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SectionStore:
    return SectionStore(tmp_path_factory.mktemp("sections"))


@pytest.fixture(scope="module")
def chain(engine: Engine, store: SectionStore) -> tuple[PlannedShot, ...]:
    """A still shot and one that goes on from it, both rendered."""
    name = picture_hash(PICTURE)
    settings = Settings("draft", height=HEIGHT, width=WIDTH, steps=4, guidance=10.0, cfg=1.0, rescale=0.0)
    identity = checkpoint_identity(CHECKPOINTS["draft"], None)
    requests = [ShotRequest(settings, identity, "the camera holds still", 3, 1.2, image) for image in (name, None)]
    planned = plan_chain(requests)
    for index in range(2):
        list(render_shot(engine, planned, index, {name: PICTURE}, store))
    return planned


def given() -> NDArray[np.uint8]:
    return np.asarray(fill_frame(read_picture(PICTURE, "morning").image, HEIGHT, WIDTH))


def sharpness(frame: NDArray[np.uint8]) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def test_the_first_frame_is_the_picture_itself(chain: tuple[PlannedShot, ...], store: SectionStore) -> None:
    assert chain[0].start is not None
    assert np.array_equal(store.frame(chain[0].start, 1), given())


def test_frames_are_far_sharper_than_what_their_latents_decode_to(
    engine: Engine, chain: tuple[PlannedShot, ...], store: SectionStore
) -> None:
    latents = shown_latents(chain[0], store)
    vae, _ = engine._models.vae_for_decoding(HEIGHT, WIDTH)
    *_, decoded = decode_after(vae, History(latents[:, :, :1], 0, None), latents[:, :, 1:])
    shown = store.frame(chain[0].made[-1].key, chain[0].made[-1].frames)
    assert sharpness(shown) > 2 * sharpness(decoded)
    assert np.abs(shown.astype(float) - given()).mean() < 0.6 * np.abs(decoded.astype(float) - given()).mean()


def test_a_shot_that_goes_on_has_the_detail_of_the_last_frame_before_it(
    chain: tuple[PlannedShot, ...], store: SectionStore
) -> None:
    last = store.frame(chain[0].made[-1].key, chain[0].made[-1].frames)
    first = store.frame(chain[1].made[0].key, 1)
    assert sharpness(first) > 0.8 * sharpness(last)
    assert np.abs(first.astype(float) - last).mean() < 3
