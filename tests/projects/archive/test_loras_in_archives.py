"""LoRAs in archives: named always, with their files where that is asked for, and checked before they are kept."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from sqlmodel import Session

from projects.archive.content import content_of, with_loras
from projects.archive.opening import open_archive
from projects.archive.writing import write_archive
from projects.database.tables import LoraUpdate, ProjectUpdate, ShotUpdate
from projects.errors import ArchiveProblem
from projects.loras.files import file_state, lora_file
from projects.loras.library import add_lora, all_loras, choice_of, edit_lora
from projects.settings import StudioSettings
from projects.storyboard.projects import edit_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import edit_shot
from tests.projects.archive.conftest import Made
from tests.support.small_loras import small_lora

Elsewhere = tuple[Session, StudioSettings]


@pytest.fixture
def chosen(made: Made, tmp_path: Path) -> dict[str, object]:
    file = small_lora(tmp_path / "rain.safetensors")
    lora = add_lora(session=made.session, settings=made.studio, file=file, name=file.name)
    edit_lora(session=made.session, lora_id=lora.id, changes=LoraUpdate(name="雨", words="r41n", strength=0.5))
    one = choice_of(lora).stored()
    edit_project(session=made.session, project_id=made.project.id, changes=ProjectUpdate(loras=[one]))
    edit_shot(session=made.session, shot_id=made.shots[0].id, changes=ShotUpdate(loras=[]))
    return one


def write(made: Made, out: Path, *, files: bool) -> Path:
    content = content_of(session=made.session, settings=made.studio, project_id=made.project.id)
    write_archive(with_loras(settings=made.studio, content=content) if files else content, out)
    return out


def test_an_archive_names_its_loras_and_has_their_files_only_when_asked(
    made: Made, chosen: dict[str, object], elsewhere: Elsewhere, tmp_path: Path
) -> None:
    session, studio = elsewhere
    opened = open_archive(session=session, settings=studio, path=write(made, tmp_path / "a.zip", files=False))
    assert opened.loras == [chosen]
    assert shots_of(session=session, project_id=opened.id)[0].loras == []
    assert all_loras(session=session) == []

    opened = open_archive(session=session, settings=studio, path=write(made, tmp_path / "b.zip", files=True))
    (lora,) = all_loras(session=session)
    assert choice_of(lora).stored() == chosen
    assert (lora.file_name, file_state(studio, lora)) == ("rain.safetensors", "here")


def changed(path: Path, out: Path, name: str, data: bytes) -> Path:
    """A copy of an archive in which the file of the LoRA is another one, and the list agrees with it."""
    import hashlib

    with zipfile.ZipFile(path) as bundle, zipfile.ZipFile(out, "w") as copy:
        listed = json.loads(bundle.read("manifest.json"))
        old = next(one for one in listed["files"] if one.startswith("loras/"))
        del listed["files"][old]
        new = f"{old.rpartition('/')[0]}/{name}"
        listed["files"][new] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for entry in bundle.namelist():
            if entry not in (old, "manifest.json"):
                copy.writestr(entry, bundle.read(entry))
        copy.writestr(new, data)
        copy.writestr("manifest.json", json.dumps(listed))
    return out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("rain.safetensors", "its file is another one than was chosen"),
        ("../../rain.safetensors", "rain.safetensors"),
        (".rain.safetensors", "rain.safetensors"),
        ("rain.pt", "rain.pt"),
    ],
)
def test_a_lora_that_is_another_or_lies_elsewhere_is_refused(
    name: str, told: str, made: Made, chosen: dict[str, object], elsewhere: Elsewhere, tmp_path: Path
) -> None:
    session, studio = elsewhere
    other = small_lora(tmp_path / "other.safetensors", seed=3).read_bytes()
    archive = changed(write(made, tmp_path / "a.zip", files=True), tmp_path / "b.zip", name, other)
    with pytest.raises(ArchiveProblem, match=told):
        open_archive(session=session, settings=studio, path=archive)
    assert lora_file(studio, str(chosen["sha256"])) is None
    assert all_loras(session=session) == []
