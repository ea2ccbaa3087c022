"""Fetching a checkpoint: what is asked of the hub, and what a failure says. The hub itself is not reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from framepack.checkpoints import download as module
from framepack.checkpoints.download import DownloadFailed, download
from framepack.checkpoints.table import CHECKPOINTS


def test_only_the_parts_that_are_used_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, dict[str, Any]] = {}
    monkeypatch.setattr(module, "snapshot_download", lambda repository, **how: asked.update({repository: how}))
    fetched = list(download(CHECKPOINTS["f1"], tmp_path))
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
    assert asked["lllyasviel/flux_redux_bfl"]["revision"] == "main"


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
    with pytest.raises(DownloadFailed, match=sentence):
        list(download(CHECKPOINTS["f1"], None))
