"""What lies around a studio: clocks that differ, a port that is taken, and who can come in or look into its folder."""

from __future__ import annotations

import datetime as dt
import os
import socket
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from framepack.messages import Message
from projects.commands.doctor_around import check_clock, check_port, check_sharing
from projects.commands.doctor_files import Finding
from projects.database.opening import database_time, open_database, session_for
from projects.database.tables import Worker
from projects.door.password import set_password
from projects.messages import in_english
from projects.serving.record import ProcessMark, Server, keep
from projects.settings import StudioSettings

OTHERS = pytest.mark.skipif(sys.platform == "win32", reason="rights are lists there")


@pytest.fixture
def database(studio: StudioSettings) -> Iterator[sa.Engine]:
    opened = open_database(studio)
    yield opened
    opened.dispose()


def worker(database: sa.Engine, *, began: float, beat: float) -> None:
    """A worker of another computer that began and gave a sign so many seconds from now."""
    with session_for(database) as session:
        now = database_time(session)
        session.add(
            Worker(
                executor_id="attic-cpu",
                device="cpu",
                pid=1,
                host="attic",
                started_at=now + dt.timedelta(seconds=began),
                beat_at=now + dt.timedelta(seconds=beat),
            )
        )
        session.commit()


def ids(findings: Iterator[Finding]) -> list[str]:
    found = list(findings)
    for finding in found:
        assert in_english(finding.message)
        assert (finding.state == "well") == (finding.advice is None)
        if finding.advice is not None:
            assert in_english(finding.advice)
    return [finding.message.id for finding in found]


def test_clocks_that_agree_are_well(studio: StudioSettings, database: sa.Engine) -> None:
    worker(database, began=-60, beat=-1)
    assert ids(check_clock(studio, database)) == ["doctor-clock-well"]


def test_a_worker_whose_clock_is_ahead_is_named_with_its_computer(studio: StudioSettings, database: sa.Engine) -> None:
    worker(database, began=3600, beat=-1)
    (finding,) = check_clock(studio, database)
    assert "attic-cpu was at least 3601 seconds ahead" in in_english(finding.message)
    assert finding.advice == Message("doctor-set-clock-of", {"host": "attic"})


def test_a_sign_of_life_from_the_future_means_that_the_databases_clock_was_set_back(
    studio: StudioSettings, database: sa.Engine
) -> None:
    worker(database, began=3500, beat=3600)
    assert ids(check_clock(studio, database)) == ["doctor-clock-beat"]


def test_a_database_whose_clock_is_another_one_is_found(
    studio: StudioSettings, database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour = dt.timedelta(hours=1)
    monkeypatch.setattr("projects.commands.doctor_around.database_time", lambda opened: database_time(opened) - hour)
    assert ids(check_clock(studio, database)) == ["doctor-clock-off"]


def test_a_clock_that_stands_before_the_newest_file_is_found_without_a_database_too(studio: StudioSettings) -> None:
    studio.make_folders()
    film = studio.films_dir / "film.mp4"
    film.write_bytes(b"a film")
    assert ids(check_clock(studio, None)) == ["doctor-clock-well"]
    later = time.time() + 7200
    os.utime(film, (later, later))
    assert ids(check_clock(studio, None)) == ["doctor-clock-behind"]


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def test_a_port_that_another_program_has_is_found(
    studio: StudioSettings, taken: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.commands.doctor_around.SECONDS_TO_ANSWER", 0.2)
    finding = check_port(studio, taken.getsockname()[1])
    assert (finding.state, finding.message.id) == ("found", "doctor-port-other")


def test_a_port_where_this_studio_runs_is_well(studio: StudioSettings, taken: socket.socket) -> None:
    mark, port = ProcessMark.of(os.getpid()), taken.getsockname()[1]
    keep(studio, Server(port, "", mark, mark))
    assert check_port(studio, port).message.id == "doctor-port-ours"


def test_a_port_where_some_studio_answers_is_noted(studio: StudioSettings) -> None:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/_stcore/health" else 404)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        finding = check_port(studio, server.server_port)
        server.shutdown()
    assert (finding.state, finding.message.id) == ("note", "doctor-port-taken")


def test_a_port_that_is_free_is_well(studio: StudioSettings, taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    taken.close()
    assert check_port(studio, port).message.id == "doctor-port-free"


def test_a_studio_for_this_computer_alone_is_well(studio: StudioSettings) -> None:
    studio.make_folders()
    assert ids(check_sharing(studio, {}))[0] == "doctor-not-shared"


def test_sharing_without_the_decision_or_the_password_is_found(studio: StudioSettings) -> None:
    studio.make_folders()
    everywhere = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}
    shared = StudioSettings.from_environment({"STUDIO_HOME": str(studio.home), "STUDIO_SHARE": "1"})
    assert ids(check_sharing(studio, everywhere))[0] == "share-undecided"
    assert ids(check_sharing(shared, everywhere))[0] == "share-no-password"
    set_password(shared, "a long enough password")
    assert ids(check_sharing(shared, everywhere))[0] == "doctor-shared-plainly"
    encrypted = everywhere | {"STREAMLIT_SERVER_SSL_CERT_FILE": "cert.pem"}
    assert ids(check_sharing(shared, encrypted))[0] == "doctor-shared"
    (shared.door_dir / "password.json").write_text("{", encoding="utf-8")
    assert ids(check_sharing(shared, encrypted))[0] == "password-damaged"


def test_a_server_that_is_shared_though_it_is_not_set_here_is_noted(studio: StudioSettings) -> None:
    studio.make_folders()
    mark = ProcessMark.of(os.getpid())
    keep(studio, Server(8765, "", mark, mark, "192.168.1.5", shared=True))
    assert "doctor-shared-now" in ids(check_sharing(studio, {}))


@OTHERS
def test_a_folder_that_others_can_read_or_change_is_found() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if not all(above.stat().st_mode & stat.S_IXOTH for above in place.parents):
            pytest.skip("the folder for temporary files lets nobody else through")
        studio = StudioSettings.from_environment({"STUDIO_HOME": str(place / "studio")})
        studio.make_folders()
        studio.home.chmod(0o755)
        place.chmod(0o700)
        assert ids(check_sharing(studio, {}))[1:] == ["doctor-folder-closed"]
        place.chmod(0o755)
        assert ids(check_sharing(studio, {}))[1:] == ["doctor-folder-read"]
        studio.home.chmod(0o777)
        assert ids(check_sharing(studio, {}))[1:] == ["doctor-folder-written"]
        studio.home.chmod(0o700)
        assert ids(check_sharing(studio, {}))[1:] == ["doctor-folder-closed"]


@OTHERS
def test_a_password_file_that_others_can_read_is_found(studio: StudioSettings) -> None:
    studio.make_folders()
    set_password(studio, "a long enough password")
    assert "doctor-door-open" not in ids(check_sharing(studio, {}))
    (studio.door_dir / "password.json").chmod(0o644)
    assert "doctor-door-open" in ids(check_sharing(studio, {}))
