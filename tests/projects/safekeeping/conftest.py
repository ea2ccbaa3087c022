"""A studio with a file of every kind, to be saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from framepack.files.manifest import NAME, describe, write_manifest
from projects.database.opening import open_database, session_for
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from tests.support.plain_pictures import png
from tests.support.saved_homes import FILM, TAKE, SavedHome, write_take


@pytest.fixture
def home(studio: StudioSettings, tmp_path: Path) -> SavedHome:
    engine = open_database(studio)
    with session_for(engine) as session:
        create_project(session=session, name="The lighthouse")
        add_picture(session=session, settings=studio, data=png(64, 64), name="teal.png")
        session.commit()
    engine.dispose()
    write_take(studio.takes_dir / f"{TAKE}.mp4", b"a take" * 50)
    write_take(studio.films_dir / f"{FILM}.mp4", b"a film" * 50)
    (studio.films_dir / f"{FILM}.srt").write_text("captions", encoding="utf-8")
    (studio.enlargers_dir / "twice.pth").write_bytes(b"an enlarger")
    made = SavedHome(
        studio, tmp_path / "backup", StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "elsewhere")})
    )
    made.section.mkdir(parents=True)
    latents, frames = made.section / "latents.safetensors", made.section / "frames.mp4"
    latents.write_bytes(b"latents" * 40)
    frames.write_bytes(b"frames" * 40)
    write_manifest(made.section / NAME, describe([latents, frames], frames=9, shape=(1, 16, 9, 8, 8)))
    (made.section / "quality.json").write_text("[]", encoding="utf-8")
    # What a backup is not to have.
    (studio.home / "door").mkdir()
    (studio.home / "door" / "password.json").write_text("a hash", encoding="utf-8")
    (studio.logs_dir / "worker.log").write_text("a log", encoding="utf-8")
    (studio.takes_dir / ".half.part").write_bytes(b"half")
    return made
