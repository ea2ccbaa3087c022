"""With a person's eyes: what is somebody else's is not there, whatever is asked for it and however."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from projects.database.opening import open_database, session_for
from projects.database.tables import Edit, Film, Lora, Media, Project, QueueState, Render, Shot, Stored
from projects.database.viewers import OF_PEOPLE, OF_PROJECTS, OF_THE_STUDIO, everybodys, viewing
from projects.errors import NotFound, StudioError
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project, duplicate_project, hand_project
from tests.support.plain_pictures import png

ROOT = Path(__file__).resolve().parents[3]
ANN, BOB = "ann@example.org", "bob@example.org"
# Who asks the connection itself, which keeps nothing from anybody.
ASKS_THE_CONNECTION = {
    *("database/opening.py", "storyboard/journal.py"),  # for rows that the session has read already
    *("database/viewers.py", "archive/opening.py"),  # to count, and for ids that are taken
    "upkeep/removal.py",  # the keeper's
    *("database/leases.py", "delivery/film_making.py", "imaging/making.py", "queue/steering.py"),  # workers'
    *("queue/film_steering.py", "queue/passing_faults.py", "queue/picture_steering.py"),
}


@pytest.fixture
def database(studio: StudioSettings) -> Iterator[sa.Engine]:
    """Ann and Bob have each a project with a shot, an order and an edit."""
    engine = open_database(studio)
    with session_for(engine) as session:
        for who in (ANN, BOB):
            session.add(Project(id=who, name=who, owner=who))
            session.flush()
            rows = Shot(id=who, project_id=who, number=1, position=0), Render(id=who, project_id=who)
            session.add_all([*rows, Edit(project_id=who, number=1, kind="x")])
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def ann(database: sa.Engine) -> Iterator[Session]:
    with viewing(ANN), session_for(database) as session:
        yield session


def test_every_table_is_narrowed_or_says_why_not() -> None:
    tables = {mapper.class_ for mapper in Stored._sa_registry.mappers}
    assert tables == {*OF_PROJECTS, *OF_PEOPLE, *OF_THE_STUDIO}
    for table in tables:
        ways = {"project_id", "shot_id", "render_id"} & set(sa.inspect(table).columns.keys())
        assert OF_PROJECTS.get(table) in ways or not ways or table.__name__ == "Worker", table


def test_no_other_file_asks_the_connection_past_the_session() -> None:
    asking = set()
    for file in (*(ROOT / "projects").rglob("*.py"), *(ROOT / "pages").rglob("*.py")):
        called = (node.func for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))
        if any(ast.unparse(one).endswith("session.connection") for one in called):
            asking.add(file.relative_to(ROOT).as_posix().removeprefix("projects/"))
    assert asking == ASKS_THE_CONNECTION


def test_whatever_is_asked_is_narrowed(ann: Session) -> None:
    for table in (Project, Shot, Render):
        assert [ann.get(table, id) is None for id in (ANN, BOB)] == [False, True]
        assert ann.exec(select(sa.func.count()).select_from(table)).one() == 1
        assert len(ann.exec(select(aliased(table))).all()) == 1
    joined = select(Shot.id, Project.name).join(Project, col(Shot.project_id) == col(Project.id))
    assert ann.exec(joined).all() == [(ANN, ANN)]
    part = sa.select(col(Shot.project_id), sa.func.max(col(Shot.number))).group_by(col(Shot.project_id)).subquery()
    assert ann.execute(sa.select(part)).all() == [(ANN, 1)]
    assert ann.execute(sa.union(sa.select(col(Shot.id)), sa.select(col(Render.id)))).all() == [(ANN,)]
    assert not ann.execute(sa.select(sa.exists().where(col(Shot.project_id) == BOB))).scalar_one()
    used = select(Media.id, Shot.id).join(Shot, col(Shot.media_id) == col(Media.id)).join(Project).join(Lora, sa.true())
    assert ann.exec(used).all() == []


def test_changes_of_many_reach_ones_own_only_and_what_is_everybodys_can_be_counted(ann: Session) -> None:
    assert ann.exec(sa.update(Render).where(col(Render.place) < 1).values(place=9.0)).rowcount == 1
    assert ann.exec(sa.delete(Edit)).rowcount == 1
    with everybodys(ann) as whole:
        assert whole.get_one(Render, BOB).place == 0.0
        assert whole.exec(select(Edit.project_id)).all() == [BOB]
    assert ann.get(Render, BOB) is None


def test_nothing_is_put_into_what_is_somebody_elses_or_the_studios(ann: Session) -> None:
    for row, refused in ((Film(project_id=BOB, name="x"), NotFound), (QueueState(id=1, paused=True), StudioError)):
        ann.add(row)
        with pytest.raises(refused):
            ann.flush()
        ann.rollback()
    for statement in (sa.update(Lora).values(name="y"), sa.delete(QueueState)):
        with pytest.raises(StudioError, match="Only whoever runs"):
            ann.exec(statement)


def test_a_new_project_is_whose_makes_it(ann: Session, database: sa.Engine) -> None:
    assert create_project(session=ann, name="New").owner == ANN
    assert duplicate_project(session=ann, project_id=ANN).owner == ANN
    ann.rollback()
    with viewing(None), session_for(database) as keeper:
        assert duplicate_project(session=keeper, project_id=ANN).owner is None


def test_pictures_are_there_for_who_brought_them_or_has_them_in_a_project(
    database: sa.Engine, studio: StudioSettings
) -> None:
    with session_for(database) as keeper:
        kept = add_picture(session=keeper, settings=studio, data=png(64, 48), name="kept.png").media.id
        keeper.commit()
    with viewing(ANN), session_for(database) as session:
        assert session.get(Media, kept) is None
        # Who knows its number only does not get at it by naming it.
        session.get_one(Shot, ANN).sounds = [{"media_id": kept}]
        with pytest.raises(NotFound):
            session.flush()
        session.rollback()
        # Who has the file itself could have brought it first.
        assert add_picture(session=session, settings=studio, data=png(64, 48), name="mine.png").media.id == kept
        session.get_one(Shot, ANN).video = {"still_id": kept}
        session.commit()
    with session_for(database) as keeper:
        hand_project(session=keeper, project_id=ANN, person="Bob@Example.org ")
        keeper.commit()
    with viewing(BOB), session_for(database) as session:
        assert session.get(Media, kept) is not None
