"""The examples: read, planned to the last section, and laid out as the film they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from projects.films.material import film_of
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.settings import StudioSettings
from projects.sound.layers import layers_of
from projects.storage.places import picture_path
from projects.words.captions import cues
from tests.support.finished_takes import render_all
from tests.support.rendering import plans_by_rows

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.mark.parametrize(("name", "sections"), [("lighthouse", [2, 2, 2]), ("kite", [2, 2, 2])])
def test_every_shot_of_an_example_is_planned(
    session: Session, studio: StudioSettings, name: str, sections: list[int]
) -> None:
    file = read_storyboard(EXAMPLES / name / "storyboard.toml")
    project = project_for_file(session=session, settings=studio, file=file)
    plans = plans_by_rows(session, project.id, checkpoint_identity(checkpoint_named("draft"), None))

    assert file.remarks == ()
    assert [len(plan.planned.sections) for plan in plans if plan.planned] == sections


def test_the_kite_has_a_title_captions_a_dissolve_and_music(session: Session, studio: StudioSettings) -> None:
    file = read_storyboard(EXAMPLES / "kite" / "storyboard.toml")
    project = project_for_file(session=session, settings=studio, file=file)
    render_all(session, studio, project.id)
    film = film_of(session=session, project_id=project.id)

    assert film.ready
    assert film.warnings == ()
    assert [clip.label for clip in film.clips] == ["", "SH0010", "SH0020", "SH0030", ""]
    assert [clip.lead.kind for clip in film.clips][3] == "dissolve"
    assert abs(film.seconds - (2.0 + 2.0 + 1.6 + 2.4 - 0.8 + 1.5)) < 0.1
    assert len(cues(film)) == 2
    music = film.settings.music or ""
    (layer,) = layers_of(film, {music: picture_path(studio, music)})
    assert layer.ducked
