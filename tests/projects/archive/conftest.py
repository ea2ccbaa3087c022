"""What tests of archives share: a project with takes and sections, and an empty studio on another computer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from safetensors.numpy import save_file
from sqlmodel import Session

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.files.atomic import in_place
from framepack.files.manifest import beside, describe, write_manifest
from framepack.store.section_store import SectionStore
from projects.database.opening import migrate
from projects.database.tables import Project, Shot, ShotUpdate, Take
from projects.films.stitching import conform_take
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import encoded_path
from projects.storyboard.shots import edit_shot
from projects.takes.takes import finish_take, record_take
from projects.upkeep.needed import all_rows, needed_by
from tests.support.plain_pictures import png
from tests.support.rendering import SIDE, PaintingRoom, plans_by_rows, small_project


@dataclass
class Made:
    """A project in a studio."""

    session: Session
    studio: StudioSettings
    project: Project
    shots: list[Shot]
    takes: list[Take]


@pytest.fixture
def made(session: Session, studio: StudioSettings) -> Made:
    """Two joined shots, the first with a beat, and one that starts anew, all with takes; and an earlier wording."""
    studio.make_folders()
    project, shots = small_project(session, studio, ("cut", 1.5), ("continue", 1.0), ("cut", 0.5))
    turned = add_picture(session=session, settings=studio, data=png(SIDE, SIDE, "blue"), name="藍.png").media
    beats = [{"at": 1.0, "prompt": "it turns", "media_id": turned.id}]
    edit_shot(session=session, shot_id=shots[0].id, changes=ShotUpdate(prompt="a boat 船 🌊", beats=beats))
    other = add_picture(session=session, settings=studio, data=png(SIDE, SIDE, "red"), name="紅.png").media
    shots[2].media_id = other.id
    session.flush()
    return Made(session, studio, project, shots, render(session, studio, project.id))


def render(session: Session, studio: StudioSettings, project_id: str) -> list[Take]:
    """A finished take of every shot, as a worker would leave it."""
    identity = checkpoint_identity(checkpoint_named("draft"), None)
    store, room, takes = SectionStore(studio.sections_dir), PaintingRoom(), []
    for plan in plans_by_rows(session, project_id, identity):
        assert plan.planned is not None
        room.prepare = lambda *_: None  # type: ignore[method-assign]
        list(room.render(plan.chain, len(plan.chain) - 1, {}, store))
        take = record_take(session=session, shot_id=plan.shot.id, planned=plan.planned)
        conform_take(settings=studio, take=take)
        takes.append(finish_take(session=session, take_id=take.id, seconds_spent=1.5))
    for name in needed_by(all_rows(session), None)["conditioning"]:
        path = encoded_path(studio, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with in_place(path) as aside:
            save_file({"embeds": np.full(3, len(name), np.float32)}, aside)
        write_manifest(beside(path), describe([path]))
    return takes


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Session, StudioSettings]]:
    """Another computer's studio, empty."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    with Session(engine, expire_on_commit=False) as opened:
        yield opened, StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "elsewhere")})
    engine.dispose()


def files_of(studio: StudioSettings) -> dict[str, bytes]:
    """Every file of a studio, without those that are copies."""
    return {
        path.relative_to(studio.home).as_posix(): path.read_bytes()
        for path in sorted(studio.home.rglob("*"))
        if path.is_file() and "thumbnails" not in path.parts
    }
