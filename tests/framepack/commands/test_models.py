"""The commands that say what there is: of checkpoints, and of what this computer can do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from framepack.commands.parser import main
from tests.support.checkpoints import build_models


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def models(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "models"))


def said(capsys: pytest.CaptureFixture[str], models: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    assert main([*arguments, "--json"], {"STUDIO_MODELS": str(models)}) == code
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def test_what_is_there_and_what_is_missing_is_said(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = said(capsys, models, "models")
    assert [(one["name"], one["complete"]) for one in whole["checkpoints"]] == [
        ("draft", True),
        ("f1", True),
        ("original", True),
    ]
    vae = models / "hunyuanvideo-community" / "HunyuanVideo" / "vae"
    (part,) = [part for part in whole["checkpoints"][1]["parts"] if part["part"] == "vae"]
    assert part["place"] == str(vae)
    assert part["bytes"] == sum(path.stat().st_size for path in vae.iterdir())
    assert part["licence"] == "Tencent Hunyuan Community"

    shutil.rmtree(vae)
    f1 = said(capsys, models, "models")["checkpoints"][1]
    assert not f1["complete"]
    assert f1["fetch"] == "python -m framepack download f1"
    assert [part["part"] for part in f1["parts"] if part["problem"]] == ["vae"]
    assert f1["missing_bytes"] == 493_000_000


def test_the_folders_that_are_looked_in_are_named(
    models: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    (tmp_path / "ComfyUI" / "models").mkdir(parents=True)
    told = said(capsys, models, "models")
    assert told["looked_in"] == str(models)
    assert [(one["path"], one["kind"]) for one in told["used_folders"]] == [(str(models), "plain")]
    assert str(tmp_path / "ComfyUI" / "models") in [one["path"] for one in told["unused_folders"]]

    assert main(["models"], {"STUDIO_MODELS": str(models)}) == 0
    words = capsys.readouterr().out
    assert words.startswith(f"looked in {models}\nused: {models}; ")
    assert f"to use it set STUDIO_MODELS={tmp_path / 'ComfyUI' / 'models'}\n" in words


def test_in_words_what_is_found_and_not_used_is_named(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_file({"blocks.0.self_attn.q.weight": torch.ones(2, 2)}, models / "FramePack_F1.safetensors")
    (models / "vae.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert main(["models"], {"STUDIO_MODELS": str(models)}) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("f1: FramePack F1 (forward only); complete") for line in lines)
    assert any(line.endswith("FramePack_F1.safetensors is a model of Wan, not one of FramePack") for line in lines)
    assert any("vae.safetensors is a pointer of Git LFS" in line for line in lines)


def test_a_computer_that_is_well_is_called_well(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks = said(capsys, models, "doctor", "--device", "cpu")
    assert checks["well"]
    names = ["device", "attention", "compiler", "memory", "disk", "ffmpeg"]
    names += ["weights of draft", "weights of f1", "weights of original", "speed"]
    assert [check["check"] for check in checks["checks"]] == names
    assert {check["state"] for check in checks["checks"]} <= {"well", "note"}


def test_each_problem_has_one_thing_to_do(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(models / "lllyasviel" / "FramePack_F1_I2V_HY_20250503")
    (models / "lllyasviel" / "FramePackI2V_HY" / "diffusion_pytorch_model.safetensors.index.json").write_text("{}")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "no ffmpeg"))
    monkeypatch.setattr("framepack.commands.doctor.LOW_DISK", 2**62)
    checks = {check["check"]: check for check in said(capsys, models, "doctor", code=1)["checks"]}
    found = {name for name, check in checks.items() if check["state"] == "found"}
    assert found == {"disk", "ffmpeg", "weights of original"}
    assert checks["weights of f1"]["advice"] == "Fetch them with: python -m framepack download f1"
    assert "is not an index of weights" in checks["weights of original"]["message"]


def test_a_device_that_is_not_there_is_found(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (check,) = said(capsys, models, "doctor", "--device", "cuda:77", code=1)["checks"]
    assert "There is no device 'cuda:77'" in check["message"]


def test_in_words_each_check_is_one_line_and_ends_with_the_advice(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framepack.commands.doctor.LOW_DISK", 2**62)
    assert main(["doctor", "--device", "cpu"], {"STUDIO_MODELS": str(models)}) == 1
    lines = capsys.readouterr().out.splitlines()
    (found,) = [line for line in lines if line.startswith("FOUND")]
    assert found.endswith("Free some space: videos and weights need it.")
    assert all(line.startswith(("ok ", "note ", "FOUND ")) for line in lines)
