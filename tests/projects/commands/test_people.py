"""``python -m projects people``: whose projects are, and the secret that the provider gave."""

from __future__ import annotations

import pytest

from projects.__main__ import main
from projects.database.opening import open_database, session_for
from projects.database.tables import Project
from projects.database.viewers import restrict
from projects.settings import StudioSettings
from projects.storyboard.projects import create_project
from projects.storyboard.reading import get_project

ANN = "ann@example.org"


@pytest.fixture
def project(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    with session_for(open_database(studio)) as session:
        made = create_project(session=session, name="Lighthouse")
        session.commit()
        return made


def whose(studio: StudioSettings, project: Project) -> str | None:
    with session_for(open_database(studio)) as session:
        return get_project(session=session, project_id=project.id).owner


def test_a_project_is_given_to_a_person_and_back_to_the_keeper(studio: StudioSettings, project: Project) -> None:
    assert main(["people", "give", "Lighthouse", "Ann@Example.org"]) == 0
    assert whose(studio, project) == ANN
    with session_for(open_database(studio)) as session:
        restrict(session, ANN)
        assert get_project(session=session, project_id=project.id).name == "Lighthouse"
    assert main(["people", "give", project.id]) == 0
    assert whose(studio, project) is None


def test_who_has_no_address_is_given_nothing(
    studio: StudioSettings, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["people", "give", "Lighthouse", "ann"]) != 0
    assert "is no e-mail address" in capsys.readouterr().err
    assert whose(studio, project) is None


@pytest.mark.usefixtures("project")
def test_the_secret_is_typed_and_never_part_of_a_command(
    studio: StudioSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["people", "secret"]) != 0
    assert capsys.readouterr().err
    assert not (studio.door_dir / "client.json").exists()
