from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from sqlmodel import col, select

from projects.database.opening import MIGRATIONS, make_engine, open_database, session_for
from projects.database.tables import PictureOrder, Project, ProjectUpdate, Render, Shot, Stored, Take
from projects.errors import DatabaseTooNew
from projects.failures import DISK_FULL
from projects.interchange.file_projects import seed_example
from projects.messages import stored
from projects.queue.passing_faults import goes_on_by_itself, pictures_go_on_by_themselves
from projects.queue.picture_steering import finished_pictures, retry_pictures, unfinished_pictures
from projects.settings import CHECKOUT, StudioSettings
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import list_projects
from projects.takes.render_plan import RenderPlan
from projects.takes.takes import finish_take, record_take
from tests.support.rendering import plans_by_rows


def test_migrations_and_models_agree(studio: StudioSettings) -> None:
    with open_database(studio).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Stored.metadata) == []


def test_opening_a_database_again_finds_what_was_committed(studio: StudioSettings) -> None:
    with session_for(open_database(studio)) as session:
        create_project(session=session, name="灯塔")
        session.commit()
    with session_for(open_database(studio)) as session:
        assert [project.name for project in session.exec(select(Project)).all()] == ["灯塔"]


def test_what_nobody_committed_is_not_kept(studio: StudioSettings) -> None:
    engine = open_database(studio)
    with session_for(engine) as session:
        create_project(session=session, name="A draft")
    with session_for(engine) as session:
        assert session.exec(select(Project)).all() == []


def test_sqlite_is_opened_so_that_readers_and_writers_do_not_block_each_other(studio: StudioSettings) -> None:
    with open_database(studio).connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}


def test_an_open_reader_does_not_make_a_writer_wait(studio: StudioSettings) -> None:
    engine = open_database(studio)
    with session_for(engine) as session:
        create_project(session=session, name="One")
        create_project(session=session, name="Two")
        session.commit()
    with engine.connect() as reader, session_for(engine) as writer:
        cursor = reader.exec_driver_sql("SELECT name FROM project")
        assert cursor.fetchone() is not None
        create_project(session=writer, name="Three")
        writer.commit()
        cursor.close()


def test_a_shot_of_no_project_is_refused_by_the_database(studio: StudioSettings) -> None:
    with session_for(open_database(studio)) as session:
        session.add(Shot(project_id="nothing", number=10, position=0))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()


def test_times_come_back_in_utc(studio: StudioSettings) -> None:
    engine = open_database(studio)
    written = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    with session_for(engine) as session:
        session.add(Project(name="A", created_at=written))
        session.commit()
    with session_for(engine) as session:
        read = session.exec(select(Project)).one().created_at
    assert read == written
    assert read.tzinfo is dt.UTC


def test_a_database_of_a_newer_version_is_refused_in_one_sentence(studio: StudioSettings) -> None:
    with open_database(studio).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match="made by a newer version of the studio"):
        open_database(studio)


def test_a_migration_that_is_cut_short_leaves_nothing_behind(
    studio: StudioSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def die(*_: object) -> None:
        raise Killed

    studio.make_folders()
    with monkeypatch.context() as patch:
        patch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", die)
        with pytest.raises(Killed):
            open_database(studio)
    assert sa.inspect(make_engine(studio.database_url)).get_table_names() == []
    open_database(studio)


@pytest.fixture
def of_the_first_version(studio: StudioSettings) -> StudioSettings:
    """A database as the first version made it: a project, and a render of it under way."""
    shot = {"prompt": "a boat", "seed": 1, "seconds": 2.0, "identity": "w", "image": "picture"}
    numbers = {"steps": 8, "guidance": 10.0, "cfg": 1.0, "rescale": 0.0, "teacache": 0.15}
    shot["settings"] = {"checkpoint": "draft", "height": 144, "width": 256, "negative_prompt": "", **numbers}
    plan = {"chains": [[{"shot_id": "s", "index": 1, "request": shot}]], "problems": []}
    studio.make_folders()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with make_engine(studio.database_url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO project (id, name, checkpoint, negative_prompt, teacache, created_at, updated_at) "
            "VALUES ('p', 'Old', 'draft', '', 0.15, '2026-01-01', '2026-01-01')"
        )
        connection.exec_driver_sql(
            "INSERT INTO render (id, project_id, shot_ids, status, plan, created_at) "
            "VALUES ('r', 'p', '[]', 'running', ?, '2026-01-01'), ('n', 'p', '[]', 'queued', NULL, '2026-01-01')",
            (json.dumps(plan),),
        )
    return studio


def test_what_failed_under_an_earlier_version_does_not_begin_again_by_itself(
    of_the_first_version: StudioSettings,
) -> None:
    engine = make_engine(of_the_first_version.database_url)
    with engine.begin() as connection:
        said = {"error": stored(DISK_FULL)}
        connection.execute(sa.text("UPDATE render SET status = 'failed', error = :error WHERE id = 'r'"), said)
    engine.dispose()
    with session_for(open_database(of_the_first_version)) as session:
        assert not goes_on_by_itself(session.get_one(Render, "r"))


def test_a_project_from_before_there_were_presets_is_exact(of_the_first_version: StudioSettings) -> None:
    with session_for(open_database(of_the_first_version)) as session:
        project = session.exec(select(Project)).one()
    assert (project.name, project.preset, project.cache, project.threshold) == ("Old", "exact", "teacache", 0.15)


def test_a_render_planned_by_an_earlier_version_can_go_on(of_the_first_version: StudioSettings) -> None:
    with session_for(open_database(of_the_first_version)) as session:
        under_way, queued = session.get_one(Render, "r"), session.get_one(Render, "n")
    assert under_way.plan is not None
    (planned,) = RenderPlan.from_json(under_way.plan).planned(0)
    assert (planned.request.settings.cache, planned.request.settings.threshold) == ("teacache", 0.15)
    assert queued.plan is None


def test_numbers_that_were_given_twice_are_told_apart(studio: StudioSettings) -> None:
    studio.make_folders()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with make_engine(studio.database_url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql(
            "INSERT INTO project (id, name, checkpoint, negative_prompt, teacache, created_at, updated_at) "
            "VALUES ('p', 'Old', 'draft', '', 0, '2026-01-01', '2026-01-01')"
        )
        for place, (id, number, deleted) in enumerate(
            [("a", 10, None), ("b", 10, None), ("c", 20, None), ("d", 20, "2026-01-02"), ("e", 20, None)]
        ):
            connection.exec_driver_sql(
                "INSERT INTO shot (id, project_id, prompt, seconds, start, seed, number, position, created_at, "
                "updated_at, deleted_at) VALUES (?, 'p', '', 1, 'cut', 0, ?, 0, ?, '2026-01-01', ?)",
                (id, number, f"2026-01-01 00:00:0{place}", deleted),
            )
        for place, number in enumerate((1, 1, 2)):
            connection.exec_driver_sql(
                "INSERT INTO take (id, shot_id, number, status, keys, frames, width, height, fps, request, "
                "seconds_spent, attempts, created_at) VALUES (?, 'a', ?, 'done', '[]', 1, 1, 1, 30, '{}', 0, 0, ?)",
                (f"t{place}", number, f"2026-01-01 00:00:0{place}"),
            )
    with session_for(open_database(studio)) as session:
        shots = session.exec(select(Shot).order_by(col(Shot.id))).all()
        assert [(shot.id, shot.number) for shot in shots] == [("a", 10), ("b", 30), ("c", 20), ("d", 20), ("e", 40)]
        takes = session.exec(select(Take).order_by(col(Take.id))).all()
        assert [take.number for take in takes] == [1, 3, 2]


@pytest.mark.parametrize(
    ("pictures", "size", "on_f1"),
    [
        ([(400, 200)], (256, 144), (864, 448)),
        # The shots were reordered since the size was decided, or their pictures taken away.
        ([(400, 200), (200, 200)], (192, 192), (608, 640)),
        ([], (144, 256), (480, 832)),
        ([(400, 200)], (None, None), (None, None)),
    ],
)
def test_a_project_keeps_the_size_that_was_decided_before_there_were_shapes(
    studio: StudioSettings,
    pictures: list[tuple[int, int]],
    size: tuple[int | None, int | None],
    on_f1: tuple[int | None, int | None],
) -> None:
    studio.make_folders()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with make_engine(studio.database_url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.exec_driver_sql(
            "INSERT INTO project (id, name, checkpoint, negative_prompt, width, height, created_at, updated_at) "
            "VALUES ('p', 'Old', 'draft', '', ?, ?, '2026-01-01', '2026-01-01')",
            size,
        )
        for place, (width, height) in enumerate(pictures):
            connection.exec_driver_sql(
                "INSERT INTO media (id, name, kind, width, height, size_bytes, created_at) "
                "VALUES (?, 'a', 'image/png', ?, ?, 1, '2026-01-01')",
                (f"m{place}", width, height),
            )
            connection.exec_driver_sql(
                "INSERT INTO shot (id, project_id, prompt, seconds, start, seed, number, position, media_id, "
                "created_at, updated_at) VALUES (?, 'p', '', 1, 'cut', 0, ?, ?, ?, '2026-01-01', '2026-01-01')",
                (f"s{place}", place, place, f"m{place}"),
            )
    with session_for(open_database(studio)) as session:
        project = session.exec(select(Project)).one()
        assert (project.shape, project.fit, project.width, project.height) == ("picture", "fill", *size)
        if size == (None, None):
            return
        edit_project(session=session, project_id="p", changes=ProjectUpdate(checkpoint="f1"))
        assert (project.width, project.height) == on_f1
        edit_project(session=session, project_id="p", changes=ProjectUpdate(checkpoint="draft"))
        assert (project.width, project.height) == size


def test_orders_of_other_takes_with_seeds_are_orders_of_variants_by_now(studio: StudioSettings) -> None:
    studio.make_folders()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with make_engine(studio.database_url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        connection.exec_driver_sql(
            "INSERT INTO project (id, name, checkpoint, negative_prompt, created_at, updated_at) "
            "VALUES ('p', 'Old', 'draft', '', '2026-01-01', '2026-01-01')"
        )
        for id, seeds in (("asked", None), ("others", '{"s": [5, 9223372036854775807]}')):
            connection.exec_driver_sql(
                "INSERT INTO render (id, project_id, shot_ids, seeds, status, created_at) "
                "VALUES (?, 'p', '[\"s\"]', ?, 'queued', '2026-01-01')",
                (id, seeds),
            )
    with session_for(open_database(studio)) as session:
        asked, others = session.get_one(Render, "asked"), session.get_one(Render, "others")
        assert (asked.variants, asked.stopping, asked.direction) == (None, False, None)
        assert others.variants == {"s": [{"seed": 5}, {"seed": 2**63 - 1}]}


def test_pictures_that_an_earlier_version_ordered_are_where_it_left_them_and_what_is_over_stays_over(
    studio: StudioSettings,
) -> None:
    studio.make_folders()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with make_engine(studio.database_url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0019")
        connection.exec_driver_sql(
            "INSERT INTO project (id, name, checkpoint, negative_prompt, created_at, updated_at) "
            "VALUES ('p', 'Old', 'draft', '', '2026-01-01', '2026-01-01')"
        )
        connection.exec_driver_sql(
            "INSERT INTO shot (id, project_id, prompt, seconds, start, seed, number, position, created_at, updated_at) "
            "VALUES ('s', 'p', '', 1, 'cut', 0, 10, 0, '2026-01-01', '2026-01-01')"
        )
        for id, status, error, finished in (
            ("waits", "queued", None, None),
            ("failed", "failed", stored(DISK_FULL), "2026-01-02"),
            ("done", "done", None, "2026-01-03"),
        ):
            connection.exec_driver_sql(
                "INSERT INTO pictureorder (id, project_id, shot_id, status, model, prompt, count, seed, height, width, "
                "media_ids, share, begun, error, created_at, finished_at) VALUES (?, 'p', 's', ?, 'm', 'x', 4, 1, 576, "
                "1024, '[]', 0, 0, ?, '2026-01-01', ?)",
                (id, status, error, finished),
            )
    with session_for(open_database(studio)) as session:
        (waits,) = unfinished_pictures(session=session)
        # The queue's database has it under the name that it was ordered by.
        assert (waits.workflow_id, waits.handed_over, waits.paused, waits.cleared_at) == ("waits", True, False, None)
        assert finished_pictures(session=session, most=10) == []
        failed = session.get_one(PictureOrder, "failed")
        assert not pictures_go_on_by_themselves(failed)
        assert failed.cleared_at == dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
        assert retry_pictures(session=session, order_id="failed").workflow_id == "failed-run1"


def test_a_number_cannot_be_given_twice(studio: StudioSettings) -> None:
    with session_for(open_database(studio)) as session:
        project = create_project(session=session, name="p")
        session.add_all([Shot(project_id=project.id, number=10, position=place) for place in (0, 1)])
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()


def test_processes_that_start_together_in_any_folder_open_the_same_new_database(
    studio: StudioSettings, tmp_path: Path
) -> None:
    program = (
        "import os\n"
        "from projects.database.opening import open_database\n"
        "from projects.settings import StudioSettings\n"
        "open_database(StudioSettings.from_environment(os.environ))"
    )
    environment = {**os.environ, "STUDIO_HOME": str(studio.home), "PYTHONPATH": str(CHECKOUT)}
    arguments = [sys.executable, "-c", program]
    started = [subprocess.Popen(arguments, env=environment, cwd=tmp_path) for _ in range(3)]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]


def test_the_tables_can_be_made_on_postgresql() -> None:
    for table in Stored.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=postgresql.dialect()))


@pytest.mark.skipif("STUDIO_TEST_POSTGRESQL" not in os.environ, reason="STUDIO_TEST_POSTGRESQL names no empty database")
def test_a_postgresql_server_serves_as_well_by_its_url_alone(tmp_path: Path) -> None:
    environment = {"STUDIO_HOME": str(tmp_path), "STUDIO_DATABASE_URL": os.environ["STUDIO_TEST_POSTGRESQL"]}
    studio = StudioSettings.from_environment(environment)
    engine = open_database(studio)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Stored.metadata) == []
    with session_for(engine) as session:
        project = seed_example(session=session, settings=studio)
        assert project is not None
        for plan in plans_by_rows(session, project.id, "weights"):
            assert plan.planned is not None
            take = record_take(session=session, shot_id=plan.shot.id, planned=plan.planned)
            finish_take(session=session, take_id=take.id, seconds_spent=1.0)
        session.commit()
    with session_for(open_database(studio)) as session:
        plans = plans_by_rows(session, project.id, "weights")
        assert [plan.state for plan in plans] == ["done", "done", "done"]
        assert [summary.shots for summary in list_projects(session=session)] == [3]
