from __future__ import annotations

import datetime as dt

import pytest

from projects.database.opening import database_time, open_database, session_for
from projects.database.tables import Worker
from projects.queue import orders
from projects.queue.orders import live_workers
from projects.settings import StudioSettings


def test_whether_a_worker_lives_is_told_by_the_databases_clock(
    studio: StudioSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_for(open_database(studio)) as session:
        beat = database_time(session)
        session.add(Worker(executor_id="w", device="cpu", pid=1, host="elsewhere", beat_at=beat))
        session.add(
            Worker(executor_id="v", device="cpu", pid=2, host="elsewhere", beat_at=beat - dt.timedelta(hours=1))
        )
        session.commit()
        # This computer's own clock is wrong by an hour.
        monkeypatch.setattr(orders, "now", lambda: beat + dt.timedelta(hours=1))
        assert [worker.executor_id for worker in live_workers(session=session)] == ["w"]
