"""Fetching a checkpoint: what is asked of the hub, and what a failure says. The hub itself is not reached."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelInfo, constants
from huggingface_hub.errors import LocalEntryNotFoundError

from framepack.checkpoints import download as module
from framepack.checkpoints.download import DownloadFailed, download, update
from framepack.checkpoints.folders import PART_FILES
from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import CHECKPOINTS

F1 = CHECKPOINTS["f1"]


@dataclass(frozen=True)
class Hub:
    """The hub, whose repositories are at ``commit`` now."""

    commit: str

    def model_info(self, repository: str, revision: str) -> ModelInfo:
        assert revision == "main"
        return ModelInfo(id=repository, sha=self.commit)


def test_only_the_parts_that_are_used_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, dict[str, Any]] = {}
    monkeypatch.setattr(module, "snapshot_download", lambda repository, **how: asked.update({repository: how}))
    monkeypatch.setattr(module, "HfApi", lambda: Hub("a" * 40))
    fetched = list(download(F1, tmp_path))
    assert (
        sorted(fetched)
        == sorted(asked)
        == [
            "hunyuanvideo-community/HunyuanVideo",
            "lllyasviel/FramePack_F1_I2V_HY_20250503",
            "lllyasviel/flux_redux_bfl",
        ]
    )
    hunyuan = asked["hunyuanvideo-community/HunyuanVideo"]
    assert hunyuan["local_dir"] == tmp_path / "hunyuanvideo-community" / "HunyuanVideo"
    assert "vae/diffusion_pytorch_model*.safetensors" in hunyuan["allow_patterns"]
    assert "text_encoder/model*.safetensors" in hunyuan["allow_patterns"]
    assert not any(pattern.startswith("transformer") for pattern in hunyuan["allow_patterns"])
    assert not any(
        pattern.endswith((".bin", ".pt", ".pkl", ".py", "*"))
        for how in asked.values()
        for pattern in how["allow_patterns"]
    )
    assert asked["lllyasviel/flux_redux_bfl"]["revision"] == "a" * 40


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (LocalEntryNotFoundError("no connection"), "the hub cannot be reached"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_failure_is_one_sentence(monkeypatch: pytest.MonkeyPatch, failure: Exception, sentence: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(module, "snapshot_download", fail)
    monkeypatch.setattr(module, "HfApi", lambda: Hub("a" * 40))
    with pytest.raises(DownloadFailed, match=sentence):
        list(download(F1, None))


class Cache:
    """A hub's cache on this computer, filled as the hub's own client does, and a hub that moves on."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._patch = monkeypatch
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
        monkeypatch.setattr(module, "snapshot_download", self._snapshot)

    def publish(self, commit: str) -> None:
        self._patch.setattr(module, "HfApi", lambda: Hub(commit))

    def move_main(self, commit: str) -> None:
        """As another program does that fetches the newest."""
        for repository in {source.repository for source in F1.sources.values()}:
            self._snapshot(repository, revision=commit)
            name = self.folder / f"models--{repository.replace('/', '--')}" / "refs" / "main"
            name.parent.mkdir(parents=True, exist_ok=True)
            name.write_text(commit)

    def identity(self) -> str:
        return checkpoint_identity(F1, None)

    def _snapshot(self, repository: str, *, revision: str, **_: object) -> None:
        for part, source in F1.sources.items():
            if source.repository == repository:
                name = f"models--{repository.replace('/', '--')}"
                folder = self.folder / name / "snapshots" / revision / source.subfolder
                folder.mkdir(parents=True, exist_ok=True)
                for file in PART_FILES[part]:
                    if "index" not in file:
                        (folder / file.replace("*", "")).write_text("")


def test_the_commit_that_was_fetched_first_is_used_until_the_person_updates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path, monkeypatch)
    cache.publish("a" * 40)
    list(download(F1, None))
    first = cache.identity()
    cache.publish("b" * 40)
    cache.move_main("b" * 40)
    list(download(F1, None))
    assert cache.identity() == first
    list(update(F1, None))
    assert cache.identity() != first


def test_what_another_program_fetched_is_kept_and_not_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path, monkeypatch)
    cache.move_main("a" * 40)
    found = cache.identity()
    cache.publish("b" * 40)
    list(download(F1, None))
    assert cache.identity() == found


def test_a_folder_of_ones_own_stays_at_its_commit_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(module, "snapshot_download", lambda _, **how: asked.append(how["revision"]))
    for fetch, newest in ((download, "a"), (download, "b"), (update, "b"), (download, "c")):
        monkeypatch.setattr(module, "HfApi", lambda newest=newest: Hub(newest * 40))
        list(fetch(F1, tmp_path))
    assert [commit[0] for commit in asked] == ["a"] * 6 + ["b"] * 6


def test_a_folder_filled_before_commits_were_kept_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(module, "snapshot_download", lambda _, **how: asked.append(how["revision"]))
    monkeypatch.setattr(module, "HfApi", lambda: Hub("b" * 40))
    for repository in {source.repository for source in F1.sources.values()}:
        note = tmp_path / repository / ".cache" / "huggingface" / "download" / "vae" / "config.json.metadata"
        note.parent.mkdir(parents=True)
        note.write_text("a" * 40 + "\netag\n1.0\n")
    list(download(F1, tmp_path))
    assert asked == ["a" * 40] * 3
