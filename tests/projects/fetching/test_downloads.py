"""Downloads as processes of their own, from a miniature hub on the loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from framepack.checkpoints.inventory import checkpoint_states
from framepack.errors import InvalidRequest
from projects.fetching.downloads import Downloads
from projects.fetching.record import Download, Status, is_at_work, keep
from projects.settings import StudioSettings
from tests.support.hub_of_models import F1, TRANSFORMER, published
from tests.support.small_hub import SmallHub, served


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHub]:
    with served(SmallHub(published())) as one:
        monkeypatch.setenv("STUDIO_HUB_ENDPOINT", one.address)
        yield one


@pytest.fixture
def settings(tmp_path: Path) -> StudioSettings:
    return StudioSettings.from_environment(
        {"STUDIO_HOME": str(tmp_path / "home"), "STUDIO_MODELS": str(tmp_path / "models")}
    )


@pytest.fixture
def downloads(settings: StudioSettings) -> Iterator[Downloads]:
    one = Downloads(settings)
    yield one
    one.close()


def until(downloads: Downloads, fits: Callable[[Download], bool]) -> Download:
    last = time.monotonic() + 60
    while time.monotonic() < last:
        found = downloads.state("f1")
        if found is not None and fits(found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"it never came to that: {downloads.state('f1')}")


def has(status: Status) -> Callable[[Download], bool]:
    return lambda download: download.status == status


def await_half(settings: StudioSettings) -> None:
    """Wait until so much of the large file is here as the hub sends before it holds the rest."""
    models = settings.engine.models
    assert models is not None
    last = time.monotonic() + 60
    while time.monotonic() < last:
        if any(part.stat().st_size >= 2**23 for part in models.rglob("*.framepack-part")):
            return
        time.sleep(0.05)
    raise AssertionError("half of the file never came")


def test_a_checkpoint_is_fetched_file_by_file_and_is_there_then(settings: StudioSettings, downloads: Downloads) -> None:
    assert downloads.state("f1") is None
    assert downloads.start("f1").status == "working"
    done = until(downloads, has("done"))
    assert done.current is not None
    assert (
        done.current.all_received
        == done.current.all_size
        == sum(len(content) for files in published().values() for content in files.values())
    )
    assert len(done.finished) == sum(map(len, published().values())) - 1  # the last one is the one it is at
    assert not is_at_work(settings, "f1")
    (state,) = [one for one in checkpoint_states(settings.engine.models) if one.checkpoint is F1]
    assert state.complete


def test_a_second_start_leaves_the_first_at_work(hub: SmallHub, downloads: Downloads, settings: StudioSettings) -> None:
    hub.holds.add(TRANSFORMER)
    downloads.start("f1")
    await_half(settings)
    mine = {child.pid for child in psutil.Process().children()}
    downloads.start("f1")
    Downloads(settings).start("f1")  # another studio that uses the folder
    assert {child.pid for child in psutil.Process().children()} == mine
    hub.release()
    until(downloads, has("done"))


def test_it_is_called_off_and_goes_on_where_it_stopped(
    hub: SmallHub, downloads: Downloads, settings: StudioSettings
) -> None:
    hub.holds.add(TRANSFORMER)
    downloads.start("f1")
    await_half(settings)
    called_off = downloads.cancel("f1")
    assert called_off is not None
    assert called_off.status == "cancelled"
    hub.release()
    hub.asked.clear()
    downloads.start("f1")
    until(downloads, has("done"))
    ranges = [part for name, part in hub.got() if name.endswith(TRANSFORMER) and "/vae/" not in name]
    assert ranges
    assert all(part is not None and part != "bytes=0-" for part in ranges)


def test_any_studio_of_the_folder_can_call_it_off(
    hub: SmallHub, downloads: Downloads, settings: StudioSettings
) -> None:
    hub.holds.add(TRANSFORMER)
    downloads.start("f1")
    await_half(settings)
    Downloads(settings).cancel("f1")
    until(downloads, has("cancelled"))
    hub.release()


def test_what_a_studio_leaves_when_it_ends_is_called_interrupted(
    hub: SmallHub, downloads: Downloads, settings: StudioSettings
) -> None:
    hub.holds.add(TRANSFORMER)
    downloads.start("f1")
    await_half(settings)
    downloads.close()
    hub.release()
    afterwards = Downloads(settings)
    found = afterwards.state("f1")
    assert found is not None
    assert found.status == "interrupted"
    afterwards.start("f1")
    until(afterwards, has("done"))
    afterwards.close()


def test_what_cannot_be_had_is_one_sentence(hub: SmallHub, downloads: Downloads) -> None:
    hub.gated.add(F1.sources["transformer"].repository)
    downloads.start("f1")
    failed = until(downloads, has("failed"))
    assert failed.problem is not None
    assert failed.problem.id == "download-failed"


def test_a_checkpoint_that_comes_with_the_program_is_not_fetched(downloads: Downloads) -> None:
    with pytest.raises(InvalidRequest):
        downloads.start("draft")
    with pytest.raises(InvalidRequest):
        downloads.start("nothing")


def test_a_record_that_cannot_be_read_is_none(settings: StudioSettings, downloads: Downloads) -> None:
    keep(settings, Download("f1", "done"))
    assert downloads.state("f1") == Download("f1", "done")
    (settings.downloads_dir / "f1.json").write_text("{", encoding="utf-8")
    assert downloads.state("f1") is None
