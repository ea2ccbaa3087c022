"""Fetching a checkpoint with the hub's own client from a miniature hub on the loopback."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from framepack.checkpoints.folders import PART_FILES, find_part
from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import CHECKPOINTS
from framepack.commands.parser import main
from framepack.errors import SettingRejected
from framepack.fetching import download as module
from framepack.fetching.download import DownloadFailed, download, update
from framepack.fetching.hub import HubOptions
from framepack.fetching.progress import FileProgress
from tests.support.small_hub import SmallHub, served

F1 = CHECKPOINTS["f1"]
FRAMEPACK, HUNYUAN = "lllyasviel/FramePack_F1_I2V_HY_20250503", "hunyuanvideo-community/HunyuanVideo"
REDUX = "lllyasviel/flux_redux_bfl"
LARGE = "vae/diffusion_pytorch_model.safetensors"
UNUSED = ("transformer/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.bin", "README.md")


def published() -> dict[str, dict[str, bytes]]:
    """Every file that is used, and some that are not."""
    found: dict[str, dict[str, bytes]] = {}
    for part, source in F1.sources.items():
        for pattern in PART_FILES[part][:2]:
            name = "/".join(filter(None, (source.subfolder, pattern.replace("*", ""))))
            found.setdefault(source.repository, {})[name] = f"{part} {name} ".encode() * 4000
    found[HUNYUAN] |= dict.fromkeys(UNUSED, b"not used")
    return found


@pytest.fixture
def hub() -> Iterator[SmallHub]:
    with served(SmallHub(published())) as one:
        yield one


@pytest.fixture(params=["cache", "folder"])
def models(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path | None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "RESERVE_BYTES", 0)
    # The client hands on what arrives in pieces of so many bytes; of one that is not whole nothing is kept.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    return None if request.param == "cache" else tmp_path / "models"


def at(hub: SmallHub) -> HubOptions:
    return HubOptions(endpoint=hub.address)


def content(models: Path | None, name: str = LARGE) -> bytes:
    return (find_part(F1, "vae", models).path / name.rpartition("/")[2]).read_bytes()


def test_only_the_files_that_are_used_are_fetched_and_only_once(hub: SmallHub, models: Path | None) -> None:
    assert sorted(download(F1, models, at(hub))) == sorted([FRAMEPACK, HUNYUAN, REDUX])
    fetched = {name.split("/resolve/")[1].split("/", 1)[1] for name, _ in hub.got()}
    assert fetched == {name for files in hub.repositories.values() for name in files} - set(UNUSED)
    assert content(models) == hub.repositories[HUNYUAN][LARGE]
    assert len(checkpoint_identity(F1, models)) == 64
    hub.asked.clear()
    list(download(F1, models, at(hub)))
    assert hub.got() == []


def test_each_file_is_told_with_its_bytes_speed_and_the_time_that_is_left(hub: SmallHub, models: Path | None) -> None:
    told: list[FileProgress] = []
    list(download(F1, models, at(hub), told.append))
    of_vae = [one for one in told if one.file == LARGE]
    assert [one.received for one in of_vae] == sorted(one.received for one in of_vae)
    last = of_vae[-1]
    assert last.received == last.size == len(hub.repositories[HUNYUAN][LARGE])
    assert last.speed is not None
    assert last.speed > 0
    assert last.left == 0
    assert {one.number for one in told if one.repository == HUNYUAN} == set(range(1, last.of + 1))
    assert [one.all_received for one in told] == sorted(one.all_received for one in told)
    assert (
        told[-1].all_received
        == told[-1].all_size
        == sum(len(content) for files in published().values() for name, content in files.items() if name not in UNUSED)
    )


def test_a_broken_connection_goes_on_where_it_stopped(hub: SmallHub, models: Path | None) -> None:
    hub.breaks[LARGE] = [1000]
    list(download(F1, models, at(hub)))
    assert [part for name, part in hub.got() if name.endswith(LARGE)] == [None, "bytes=1000-"]
    assert content(models) == hub.repositories[HUNYUAN][LARGE]


def test_what_was_interrupted_goes_on_at_the_next_try(hub: SmallHub, models: Path | None) -> None:
    hub.breaks[LARGE], hub.refuses = [70_000], {LARGE}
    with pytest.raises(DownloadFailed, match=r"HunyuanVideo could not be fetched: the hub answered .*503"):
        list(download(F1, models, at(hub)))
    hub.refuses.clear()
    hub.asked.clear()
    list(download(F1, models, at(hub)))
    assert [part for name, part in hub.got() if name.endswith(LARGE)] == ["bytes=70000-"]
    assert content(models) == hub.repositories[HUNYUAN][LARGE]


def test_a_file_with_another_checksum_is_thrown_away_and_fetched_anew(hub: SmallHub, models: Path | None) -> None:
    hub.spoils = {LARGE}
    with pytest.raises(DownloadFailed, match=rf"{LARGE} arrived with another checksum"):
        list(download(F1, models, at(hub)))
    spoilt = bytes(byte ^ 1 for byte in hub.repositories[HUNYUAN][LARGE])
    root = models or Path(constants.HF_HUB_CACHE)
    assert not [path for path in root.rglob("*") if path.is_file() and path.read_bytes() == spoilt]
    hub.spoils.clear()
    list(download(F1, models, at(hub)))
    assert content(models) == hub.repositories[HUNYUAN][LARGE]


def test_a_repository_that_wants_consent_says_where_to_give_it(hub: SmallHub, models: Path | None) -> None:
    hub.gated = {REDUX}
    with pytest.raises(DownloadFailed, match=rf"open https://huggingface.co/{REDUX}, agree there, and set HF_TOKEN"):
        list(download(F1, models, at(hub)))
    del hub.repositories[FRAMEPACK]
    with pytest.raises(DownloadFailed, match="the hub has no such repository for everybody"):
        list(download(F1, models, at(hub)))


def test_too_little_room_is_said_before_anything_is_fetched(
    hub: SmallHub, models: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESERVE_BYTES", 2**62)
    with pytest.raises(DownloadFailed, match=r"it needs \d+\.\d GB in .* GB are free"):
        list(download(F1, models, at(hub)))
    assert hub.got() == []


def test_room_is_looked_for_for_all_repositories_together(
    hub: SmallHub, models: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    largest = max(sum(map(len, files.values())) for files in hub.repositories.values())
    free = module.shutil.disk_usage("/")._replace(free=largest + 10)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: free)
    with pytest.raises(DownloadFailed, match="are free"):
        list(download(F1, models, at(hub)))
    assert hub.got() == []


def test_two_who_fetch_at_once_fetch_each_large_file_once(hub: SmallHub, models: Path | None) -> None:
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(lambda: list(download(F1, models, at(hub)))) for _ in range(2)]:
            assert len(done.result()) == 3
    assert content(models) == hub.repositories[HUNYUAN][LARGE]
    assert len([name for name, _ in hub.got() if name.endswith(LARGE)]) == 1


def test_a_disk_that_fills_up_meanwhile_is_one_sentence(
    hub: SmallHub, models: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    with pytest.raises(DownloadFailed, match="the disk is full; free some space and fetch it again"):
        list(download(F1, models, at(hub)))


def test_a_hub_that_is_not_there_cannot_be_reached(models: Path | None) -> None:
    with pytest.raises(DownloadFailed, match="the hub cannot be reached"):
        list(download(F1, models, HubOptions(endpoint="http://127.0.0.1:9")))


def test_a_proxy_is_asked_in_the_hubs_place(hub: SmallHub, models: Path | None) -> None:
    options = HubOptions(endpoint="http://hub.invalid", proxy=hub.address)
    list(download(F1, models, options))
    assert content(models) == hub.repositories[HUNYUAN][LARGE]
    # Afterwards the client goes its own way again.
    with pytest.raises(DownloadFailed, match="the hub cannot be reached"):
        list(update(F1, models, HubOptions(endpoint="http://127.0.0.1:9")))


def test_offline_nothing_is_asked_for(hub: SmallHub, models: Path | None) -> None:
    offline = HubOptions(endpoint=hub.address, offline=True)
    with pytest.raises(DownloadFailed, match="STUDIO_OFFLINE says that nothing may be fetched"):
        list(download(F1, models, offline))
    assert hub.asked == []
    list(download(F1, models, at(hub)))
    hub.asked.clear()
    assert len(list(download(F1, models, offline))) == 3
    assert hub.asked == []


def test_the_commit_that_was_fetched_first_is_used_until_the_person_updates(hub: SmallHub, models: Path | None) -> None:
    list(download(F1, models, at(hub)))
    first, before = checkpoint_identity(F1, models), content(models)
    hub.publish("b" * 40, {HUNYUAN: {LARGE: before[::-1], "vae/config.json": b"{}"}})
    list(download(F1, models, at(hub)))
    assert checkpoint_identity(F1, models) == first
    assert content(models) == before
    list(update(F1, models, at(hub)))
    assert checkpoint_identity(F1, models) != first
    assert content(models) == before[::-1]


def test_what_another_program_fetched_is_not_fetched_anew(hub: SmallHub, tmp_path: Path) -> None:
    vae = tmp_path / HUNYUAN / LARGE
    vae.parent.mkdir(parents=True)
    vae.write_bytes(hub.repositories[HUNYUAN][LARGE])
    list(download(F1, tmp_path, at(hub)))
    assert not [name for name, _ in hub.got() if name.endswith(LARGE)]
    assert checkpoint_identity(F1, tmp_path)


def test_what_lies_there_as_a_single_file_is_not_fetched(hub: SmallHub, tmp_path: Path) -> None:
    shapes = {"decoder.conv_in.conv": (4, 4, 1, 1, 1), "quant_conv": (4, 4, 1, 1, 1)}
    save_file({f"{name}.weight": torch.ones(shape) for name, shape in shapes.items()}, tmp_path / "some.safetensors")
    list(download(F1, tmp_path, at(hub)))
    assert not [name for name, _ in hub.got() if "/vae/" in name]
    assert find_part(F1, "vae", tmp_path).single == tmp_path / "some.safetensors"


def test_settings_of_the_hub_are_read_from_the_environment() -> None:
    said = {
        "STUDIO_HUB_ENDPOINT": "https://mirror.example/",
        "STUDIO_PROXY": "http://proxy:3128",
        "STUDIO_OFFLINE": "1",
    }
    assert HubOptions.from_environment(said) == HubOptions("https://mirror.example", "http://proxy:3128", offline=True)
    assert HubOptions.from_environment(dict.fromkeys(said, "")) == HubOptions()
    for name in said:
        with pytest.raises(SettingRejected, match=name):
            HubOptions.from_environment({name: "perhaps"})


def test_the_command_says_when_a_repository_is_complete(
    hub: SmallHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"STUDIO_MODELS": str(tmp_path), "STUDIO_HUB_ENDPOINT": hub.address}
    assert main(["download", "f1"], environ) == 0
    assert capsys.readouterr().out.splitlines().count(f"{HUNYUAN} is complete") == 1
    assert hashlib.sha256((tmp_path / HUNYUAN / LARGE).read_bytes()).digest()
    assert main(["download", "f1"], environ | {"STUDIO_OFFLINE": "perhaps"}) == 2
    assert capsys.readouterr().err == "STUDIO_OFFLINE: 'perhaps' is neither yes nor no\n"
