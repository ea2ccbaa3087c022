"""A project goes to another computer in one file, and is there what it was."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import Session, select

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from projects.archive.content import content_of, with_sections
from projects.archive.opening import open_archive
from projects.archive.reading import is_archive
from projects.archive.writing import write_archive
from projects.database.tables import Edition, Media, Project, Shot, Take, Wording
from projects.errors import ArchiveProblem
from projects.settings import StudioSettings
from projects.storage.places import picture_path, take_path
from projects.storyboard.projects import archive_project
from projects.storyboard.reading import list_projects, project_with_shots, wordings
from projects.takes.staleness import plan_for
from tests.projects.archive.conftest import Made, files_of
from tests.support.rendering import plans_by_rows

Elsewhere = tuple[Session, StudioSettings]
IDENTITY = checkpoint_identity(checkpoint_named("draft"), None)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "a project.zip"


def write(made: Made, out: Path, *, sections: bool = True) -> None:
    content = content_of(session=made.session, settings=made.studio, project_id=made.project.id)
    write_archive(with_sections(settings=made.studio, content=content) if sections else content, out)


def test_everything_opens_elsewhere_to_the_bit(made: Made, elsewhere: Elsewhere, out: Path) -> None:
    made.session.add(
        Edition(
            project_id=made.project.id,
            name="短",
            film={"title": "海"},
            shots={made.shots[1].id: {"left_out": True}},
            order=[made.shots[2].id, made.shots[0].id],
        )
    )
    made.session.flush()
    write(made, out)
    session, studio = elsewhere
    project = open_archive(session=session, settings=studio, path=out)
    # How sections look is no part of them: it is measured where it is asked for.
    there = {name: data for name, data in files_of(made.studio).items() if not name.endswith("/quality.json")}
    assert files_of(studio) == there
    made.session.expire_all()  # as the database has them
    for table in (Project, Shot, Take, Edition, Wording, Media):
        here, there = (
            sorted((row.model_dump() for row in one.exec(select(table)).all()), key=lambda row: str(row["id"]))
            for one in (made.session, session)
        )
        assert there == here, table
    assert [one.prompt for one in wordings(session=session, shot_id=made.shots[0].id)] == ["shot 0"]
    assert project.id == made.project.id


def test_the_shots_ask_for_the_same_sections_and_are_done(made: Made, elsewhere: Elsewhere, out: Path) -> None:
    write(made, out)
    session, studio = elsewhere
    project = open_archive(session=session, settings=studio, path=out)
    plans = plan_for(session=session, settings=studio, project_id=project.id, identity=IDENTITY)
    here = plans_by_rows(made.session, made.project.id, IDENTITY)
    assert [plan.planned for plan in plans] == [plan.planned for plan in here]
    assert {plan.state for plan in plans} == {"done"}


def test_without_sections_the_takes_are_there_all_the_same(made: Made, elsewhere: Elsewhere, out: Path) -> None:
    write(made, out, sections=False)
    session, studio = elsewhere
    project = open_archive(session=session, settings=studio, path=out)
    plans = plan_for(session=session, settings=studio, project_id=project.id, identity=IDENTITY)
    assert {plan.state for plan in plans} == {"done"}
    assert not list(studio.sections_dir.rglob("*.mp4"))
    for take in made.takes:
        assert take_path(studio, take.id).read_bytes() == take_path(made.studio, take.id).read_bytes()


def test_beside_itself_a_project_gets_ids_of_its_own_and_shares_its_sections(made: Made, out: Path) -> None:
    made.project.source = "board.toml:abc"
    edition = Edition(project_id=made.project.id, name="short", shots={made.shots[0].id: {"speed": 2.0}})
    edition.order = [made.shots[1].id]
    made.session.add(edition)
    made.session.flush()
    write(made, out)
    before = set(files_of(made.studio))
    project = open_archive(session=made.session, settings=made.studio, path=out)
    _, shots = project_with_shots(session=made.session, project_id=project.id)
    ids = {row.id for row in made.session.exec(select(Shot)).all()}
    assert len(ids) == 6
    assert project.source is None
    takes = [made.session.get_one(Take, shot.chosen_draft_id) for shot in shots]
    assert [take.shot_id for take in takes] == [shot.id for shot in shots]
    assert [take.keys for take in takes] == [take.keys for take in made.takes]
    copy = made.session.exec(select(Edition).where(Edition.project_id == project.id)).one()
    assert (copy.shots, copy.order) == ({shots[0].id: {"speed": 2.0}}, [shots[1].id])
    # Only takes have files of their own.
    new = {name.split("/")[0] for name in set(files_of(made.studio)) - before}
    assert new == {"takes"}
    plans = plan_for(session=made.session, settings=made.studio, project_id=project.id, identity=IDENTITY)
    assert {plan.state for plan in plans} == {"done"}


def test_a_project_that_was_put_away_is_seen_where_it_is_opened(made: Made, elsewhere: Elsewhere, out: Path) -> None:
    archive_project(session=made.session, project_id=made.project.id)
    write(made, out)
    session, studio = elsewhere
    open_archive(session=session, settings=studio, path=out)
    assert [summary.project.name for summary in list_projects(session=session)] == ["small"]


def test_the_same_project_makes_the_same_archive(made: Made, out: Path) -> None:
    write(made, out)
    first = out.read_bytes()
    write(made, out)
    assert out.read_bytes() == first


def test_another_program_opens_it_and_finds_what_is_listed(made: Made, out: Path) -> None:
    write(made, out)
    assert is_archive(out)
    with zipfile.ZipFile(out) as bundle:
        assert bundle.testzip() is None
        manifest = json.loads(bundle.read("manifest.json"))
        assert sorted(manifest["files"]) == sorted(set(bundle.namelist()) - {"manifest.json"})
        assert {entry.compress_type for entry in bundle.infolist()} == {zipfile.ZIP_STORED}
        assert "a boat 船 🌊" in bundle.read("storyboard.json").decode()


def test_a_take_whose_files_are_gone_is_left_out_with_a_remark(made: Made, elsewhere: Elsewhere, out: Path) -> None:
    take_path(made.studio, made.takes[2].id).unlink()
    made.takes[2].keys = [["0" * 64, 5]]
    made.session.flush()
    content = content_of(session=made.session, settings=made.studio, project_id=made.project.id)
    assert [remark.id for remark in content.remarks] == ["archive-take-lost"]
    write_archive(content, out)
    session, studio = elsewhere
    project = open_archive(session=session, settings=studio, path=out)
    _, shots = project_with_shots(session=session, project_id=project.id)
    assert shots[2].chosen_draft_id is None


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"another")])
def test_no_archive_is_written_where_a_picture_is_gone_or_damaged(
    made: Made, out: Path, damage: Callable[[Path], object]
) -> None:
    damage(picture_path(made.studio, made.shots[2].media_id))
    with pytest.raises(ArchiveProblem, match=r"紅\.png"):
        write(made, out)
    assert list(out.parent.glob("*.zip*")) == []
    assert list(out.parent.glob(".*")) == []
