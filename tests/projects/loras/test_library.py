"""The library of LoRAs: what is kept and what is refused, what is said of them, and that what is used stays."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from sqlmodel import Session

from framepack.checkpoints.loras import lora_sha256
from framepack.errors import InvalidRequest, LoraRejected
from projects.database.tables import LoraUpdate, ProjectUpdate, ShotUpdate
from projects.errors import NotFound, StoryboardProblem
from projects.loras.files import file_state, lora_file
from projects.loras.library import (
    add_lora,
    all_loras,
    choice_of,
    delete_lora,
    edit_lora,
    get_lora,
    give_picture,
    lora_named,
    restore_lora,
    uses_of,
)
from projects.messages import in_english
from projects.settings import StudioSettings
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shots import add_shot, edit_shot
from tests.support.plain_pictures import MakePicture
from tests.support.small_loras import small_lora


def test_a_lora_is_kept_with_all_that_is_told_of_it(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    given = small_lora(tmp_path / "rain.safetensors", words="r41n")
    lora = add_lora(session=session, settings=studio, file=given, name="downloads/雨 rain: v2.safetensors")
    assert lora.id == lora_sha256(given)
    assert (lora.name, lora.file_name) == ("雨 rain: v2", "雨 rain_ v2.safetensors")
    assert (lora.spelling, lora.kind, lora.rank, lora.layers, lora.dtype) == ("kohya", "LoRA", 4, 1, "F32")
    assert (lora.words, lora.strength, lora.size_bytes) == ("r41n", 1.0, given.stat().st_size)
    kept = lora_file(studio, lora.id)
    assert kept is not None
    assert (kept.name, kept.read_bytes()) == (lora.file_name, given.read_bytes())
    assert file_state(studio, lora) == "here"
    assert choice_of(lora).stored() == {
        "sha256": lora.id, "name": "雨 rain: v2", "strength": 1.0, "words": "r41n",
    }  # fmt: skip


def test_the_same_file_again_is_the_same_lora_and_mends_it(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    given = small_lora(tmp_path / "rain.safetensors")
    lora = add_lora(session=session, settings=studio, file=given, name="rain.safetensors")
    edit_lora(session=session, lora_id=lora.id, changes=LoraUpdate(name="Rain", strength=0.6))
    kept = lora_file(studio, lora.id)
    assert kept is not None
    kept.write_bytes(kept.read_bytes()[:-8])
    assert file_state(studio, lora) == "damaged"
    kept.unlink()
    assert file_state(studio, lora) == "missing"
    assert lora_file(studio, lora.id) is None
    again = add_lora(session=session, settings=studio, file=given, name="another name.safetensors")
    assert (again.id, again.name, again.strength) == (lora.id, "Rain", 0.6)
    assert file_state(studio, lora) == "here"


def test_pefts_scale_is_kept_beside_its_file(session: Session, studio: StudioSettings, tmp_path: Path) -> None:
    file = tmp_path / "adapter_model.safetensors"
    ends = {"lora_A": (4, 80), "lora_B": (16, 4)}
    layer = "base_model.model.single_transformer_blocks.0.proj_out"
    save_file({f"{layer}.{end}.weight": torch.ones(shape) for end, shape in ends.items()}, file)
    plain = add_lora(session=session, settings=studio, file=file, name=file.name)
    config = tmp_path / "adapter_config.json"
    config.write_text(json.dumps({"lora_alpha": 8, "r": 4}))
    scaled = add_lora(session=session, settings=studio, file=file, name=file.name, config=config)
    assert scaled.id == lora_sha256(file) != plain.id
    kept = lora_file(studio, scaled.id)
    assert kept is not None
    assert lora_sha256(kept) == scaled.id


def test_what_is_no_lora_of_these_models_is_refused_and_leaves_nothing(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    whole = small_lora(tmp_path / "whole.safetensors").read_bytes()
    wan = tmp_path / "wan.safetensors"
    pair = {"lora_A": (4, 8), "lora_B": (8, 4)}
    save_file({f"blocks.0.self_attn.q.{end}.weight": torch.ones(shape) for end, shape in pair.items()}, wan)
    for name, content, told in (
        ("half.safetensors", whole[:-8], r"half\.safetensors.*cut short"),
        ("page.safetensors", b"<!DOCTYPE html><html>", "page of the web"),
        ("wan.safetensors", wan.read_bytes(), "it was made for Wan, not for FramePack"),
        ("style.pt", whole, "only files that end in .safetensors"),
        ("", whole, "only files that end in .safetensors"),
    ):
        file = tmp_path / "given"
        file.write_bytes(content)
        with pytest.raises(LoraRejected) as refused:
            add_lora(session=session, settings=studio, file=file, name=name)
        assert re.search(told, in_english(refused.value.message))
    assert all_loras(session=session) == []
    assert not studio.loras_dir.exists() or [*studio.loras_dir.iterdir()] == []


def test_a_file_that_is_too_large_is_refused_unread(
    session: Session, studio: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.loras.files.MAX_LORA_BYTES", 10)
    with pytest.raises(LoraRejected) as refused:
        add_lora(session=session, settings=studio, file=small_lora(tmp_path / "a.safetensors"), name="a.safetensors")
    assert "it has more than 0 GiB" in in_english(refused.value.message)


def test_what_is_said_of_a_lora_is_checked(
    session: Session, studio: StudioSettings, tmp_path: Path, picture: MakePicture
) -> None:
    file = small_lora(tmp_path / "a.safetensors")
    lora = add_lora(session=session, settings=studio, file=file, name=file.name)
    edit_lora(session=session, lora_id=lora.id, changes=LoraUpdate(words="  a,\n b ", note="by\nme", name=" A "))
    assert (lora.words, lora.note, lora.name, lora.version) == ("a, b", "by\nme", "A", 2)
    for changes, told in (
        (LoraUpdate(name=" \n"), "a LoRA has a name"),
        (LoraUpdate(strength=11.0), "11 is not between -10 and 10"),
        (LoraUpdate(strength=float("nan")), "not between"),
        (LoraUpdate(words="x" * 1001), "1000"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            edit_lora(session=session, lora_id=lora.id, changes=changes)
        assert told in in_english(refused.value.message)
    assert give_picture(session=session, lora_id=lora.id, media_id=picture().id).media_id == picture().id
    with pytest.raises(NotFound):
        give_picture(session=session, lora_id=lora.id, media_id="0" * 64)
    assert give_picture(session=session, lora_id=lora.id, media_id=None).media_id is None


def test_a_lora_that_is_used_stays_and_it_is_said_where(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    file = small_lora(tmp_path / "rain.safetensors")
    lora = add_lora(session=session, settings=studio, file=file, name=file.name)
    project = create_project(session=session, name="Harbour")
    shots = [add_shot(session=session, project_id=project.id) for _ in range(2)]
    chosen = [choice_of(lora).stored()]
    edit_shot(session=session, shot_id=shots[1].id, changes=ShotUpdate(loras=chosen))
    with pytest.raises(StoryboardProblem, match="rain stays, for it is in use: in “Harbour” by SH0020"):
        delete_lora(session=session, lora_id=lora.id)
    edit_shot(session=session, shot_id=shots[1].id, changes=ShotUpdate(loras=None))
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(loras=chosen))
    with pytest.raises(StoryboardProblem, match="by the project “Harbour”"):
        delete_lora(session=session, lora_id=lora.id)
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(loras=[]))
    assert uses_of(session=session, lora_id=lora.id) == []
    delete_lora(session=session, lora_id=lora.id)
    assert all_loras(session=session) == []
    with pytest.raises(NotFound):
        get_lora(session=session, lora_id=lora.id)
    restore_lora(session=session, lora_id=lora.id)
    assert all_loras(session=session) == [lora]


def test_a_lora_is_named_by_its_name_or_the_beginning_of_its_sum(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    files = [small_lora(tmp_path / f"{seed}.safetensors", seed=seed) for seed in (1, 2)]
    loras = [add_lora(session=session, settings=studio, file=file, name="a.safetensors") for file in files]
    assert lora_named(session=session, wanted=loras[1].id[:8]) == loras[1]
    with pytest.raises(StoryboardProblem, match="Several LoRAs are called “a”"):
        lora_named(session=session, wanted="a")
    with pytest.raises(NotFound):
        lora_named(session=session, wanted="b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_pipes_and_devices_are_refused_before_anything_is_copied(
    session: Session, studio: StudioSettings, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "link.safetensors").symlink_to("/dev/zero")
    for name in ("pipe.safetensors", "link.safetensors"):
        with pytest.raises(LoraRejected) as refused:
            add_lora(session=session, settings=studio, file=tmp_path / name, name=name)
        assert "it is no plain file" in in_english(refused.value.message)
    assert not studio.loras_dir.exists() or not list(studio.loras_dir.iterdir())
