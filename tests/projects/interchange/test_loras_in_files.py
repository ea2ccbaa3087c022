"""LoRAs in storyboard files: named beside the file, for all shots or for one, kept in the library, found again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlmodel import Session

from framepack.checkpoints.loras import lora_sha256
from projects.errors import StoryboardFileProblem
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.loras.files import lora_file
from projects.loras.library import all_loras
from projects.messages import in_english
from projects.settings import StudioSettings
from projects.storyboard.reading import shots_of
from tests.projects.interchange.frozen_files import PICTURE
from tests.support.small_loras import small_lora


def write(folder: Path, usual: str, own: str = "") -> Path:
    (folder / "a.ppm").write_bytes(PICTURE)
    shot = '[[shot]]\nimage = "a.ppm"\nprompt = "a boat"\nseconds = 2\nseed = 1\n'
    path = folder / "board.toml"
    path.write_text(f'model = "f1"\n{usual}\n{shot}{shot}{own}\n', encoding="utf-8")
    return path


def test_a_file_names_loras_for_all_shots_and_a_shot_its_own(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    rain = small_lora(tmp_path / "loras" / "rain.safetensors", words="r41n")
    snow = small_lora(tmp_path / "雪.safetensors", seed=2)
    path = write(tmp_path, 'lora = ["loras/rain.safetensors:0.8", "雪.safetensors"]', 'lora = ["雪.safetensors:-0.5"]')
    file = read_storyboard(path)
    project = project_for_file(session=session, settings=studio, file=file)
    assert project.loras == [
        {"sha256": lora_sha256(rain), "name": "rain", "strength": 0.8, "words": "r41n"},
        {"sha256": lora_sha256(snow), "name": "雪", "strength": 1.0},
    ]
    own = [shot.loras for shot in shots_of(session=session, project_id=project.id)]
    assert own == [None, [{"sha256": lora_sha256(snow), "name": "雪", "strength": -0.5}]]
    assert [lora.name for lora in all_loras(session=session)] == ["rain", "雪"]

    # The same file finds its project, and brings back a LoRA whose file was lost.
    kept = lora_file(studio, lora_sha256(snow))
    assert kept is not None
    kept.unlink()
    assert project_for_file(session=session, settings=studio, file=read_storyboard(path)).id == project.id
    assert lora_file(studio, lora_sha256(snow)) is not None
    other = write(tmp_path, 'lora = ["loras/rain.safetensors:0.7"]')
    assert project_for_file(session=session, settings=studio, file=read_storyboard(other)).id != project.id


def test_a_shot_may_have_none_of_its_files_loras(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    small_lora(tmp_path / "rain.safetensors")
    file = read_storyboard(write(tmp_path, 'lora = ["rain.safetensors"]', "lora = []"))
    project = project_for_file(session=session, settings=studio, file=file)
    assert [shot.loras for shot in shots_of(session=session, project_id=project.id)] == [None, []]


@pytest.mark.parametrize(
    ("usual", "own", "told"),
    [
        ('lora = "rain.safetensors"', "", "board.toml: lora is a list of files with their strengths"),
        ("lora = [1]", "", "board.toml: lora is a list of files"),
        ("", "lora = 1", "board.toml, shot 2: lora is a list of files"),
        ('lora = ["gone.safetensors"]', "", "board.toml: The LoRA gone.safetensors cannot be used: there is no such"),
        ("", 'lora = ["a.ppm"]', "board.toml, shot 2: The LoRA a.ppm cannot be used: only files that end in"),
        ('lora = ["rain.safetensors:strong"]', "", "'rain.safetensors:strong' has no strength after its last colon"),
        ('lora = ["rain.safetensors:99"]', "", "strength"),
        ('lora = ["rain.safetensors", "rain.safetensors:0.5"]', "", "rain is named twice"),
        ('lora = ["page.safetensors"]', "", "page of the web"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(usual: str, own: str, told: str, tmp_path: Path) -> None:
    small_lora(tmp_path / "rain.safetensors")
    (tmp_path / "page.safetensors").write_bytes(b"<!DOCTYPE html><html>")
    with pytest.raises(StoryboardFileProblem) as problem:
        read_storyboard(write(tmp_path, usual, own))
    assert told in in_english(problem.value.message)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_pipes_and_devices_are_no_loras(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "link.safetensors").symlink_to("/dev/zero")
    (tmp_path / "folder.safetensors").mkdir()
    for name in ("pipe", "link", "folder"):
        with pytest.raises(StoryboardFileProblem) as problem:
            read_storyboard(write(tmp_path, f'lora = ["{name}.safetensors"]', ""))
        assert "it is no plain file" in in_english(problem.value.message)
