"""The worker process: its life from lock to end, its signs of life, and the jobs of workers that died.

It is built to be killed at any moment: whatever is finished lies in the store and the tables, and the queue hands the
rest to the next worker. So it ends at once when it is told to, in the middle of a step.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

import psutil
import sqlalchemy as sa
from dbos import DBOS, DBOSConfig
from filelock import FileLock, Timeout
from sqlmodel import col, select

from framepack.environment import cards_named, prepare_environment
from framepack.errors import FramepackError
from projects.database.opening import AWAY, database_time, open_database, session_for
from projects.database.patience import SECONDS_BETWEEN_TRIES
from projects.database.tables import Worker
from projects.delivery.film_process import FilmMaker
from projects.errors import StudioError
from projects.failures import message_for
from projects.forecast.crowding import Alone, Crowd
from projects.generator.engine_holder import EngineHolder, FoundDevice, find_device
from projects.generator.handing_over import SECONDS_OF_A_SERVER, keep_handing_over
from projects.generator.keeper import ALREADY_RUNNING, BEGIN_AFRESH, CANNOT_BE
from projects.generator.local_workers import LocalWorkers
from projects.generator.looking_after import keep_looking_after
from projects.generator.processor import are_all_ours, usable_cpus
from projects.generator.shot_rendering import ShotRenderer
from projects.generator.workflows import (
    POLLING_SECONDS,
    register_workflows,
    wait_until_the_queue_can_be_written,
)
from projects.imaging.process import PictureMaker
from projects.messages import in_english
from projects.queue.film_orders import FILM_QUEUE
from projects.queue.orders import APPLICATION, APPLICATION_VERSION, CHAINS, RENDERS, prepare_queue_database
from projects.queue.sweeping import sweep
from projects.settings import StudioSettings
from projects.storage.places import worker_lock_path

BEAT_SECONDS = 2.0
# With a beat before and a look after it, a worker that died is found to be dead within ten seconds.
ADOPT_AFTER_SECONDS = 5.5
MOST_BETWEEN_LOOKS = 2 * BEAT_SECONDS
IDLE_SECONDS = 120.0
SECONDS_BETWEEN_SWEEPS = 10.0

_log = logging.getLogger(__name__)


def run_worker(
    settings: StudioSettings, *, device: str, ends_with_parent: bool, adopt_after: float = ADOPT_AFTER_SECONDS
) -> int:
    """Serve the queue until told to stop; does not return then, but ends the process.

    Several cards that are not told to make each shot together are shared out, to workers of their own. Where another
    worker of this computer serves it with the same device, a worker that ends with its parent waits for that one's end;
    any other returns ALREADY_RUNNING at once. Raises DeviceUnavailable and InvalidRequest.
    """
    settings = settings.patient()
    settings.make_folders()
    stop, leave = threading.Event(), threading.Event()
    _listen_for_the_end(stop, leave, ends_with_parent)
    prepare_environment(os.environ)  # torch is loaded later
    cards = cards_named(device)
    if len(cards) > 1 and settings.cards_per_shot != len(cards):
        with LocalWorkers(settings, cards=cards):
            stop.wait()
        return 0
    found = find_device(device)
    # Each device of several is locked, always in one order, so that none of them serves two workers.
    locks = [FileLock(worker_lock_path(settings, part)) for part in found.parts]
    for lock in locks:
        if _acquired(lock, 0.0):
            continue
        _log.warning("Another worker already runs with the device '%s'.", found.name)
        if not ends_with_parent:
            return ALREADY_RUNNING
        while not (stop.is_set() or leave.is_set() or _acquired(lock, SECONDS_BETWEEN_TRIES)):
            pass
    status = (
        0
        if stop.is_set() or leave.is_set()
        else _live(settings, found, stop, leave, adopt_after, _afresh(device, ends_with_parent, adopt_after))
    )
    logging.shutdown()
    # Nothing is waited for: a step that is under way is begun again by the next worker, where its last section ended.
    os._exit(status)


def _live(
    settings: StudioSettings,
    device: FoundDevice,
    stop: threading.Event,
    leave: threading.Event,
    adopt_after: float,
    begin_afresh: Callable[[], NoReturn],
) -> int:
    """The worker's life, once it has its device for itself; returns the exit status."""
    name = executor_id(settings, device.hardware)
    try:
        database = open_database(settings)
        sign = Worker(
            executor_id=name,
            device=device.name,
            pid=os.getpid(),
            host=platform.node(),
            hardware=device.title,
            memory_bytes=device.memory,
            arithmetic=device.arithmetic,
        )
        crowd = _crowd_of(device)
        room = EngineHolder(settings=settings, device=device.name, threads=usable_cpus())
        shots = ShotRenderer(
            settings=settings,
            database=database,
            room=room,
            executor=name,
            hardware=device.title,
            crowd=crowd,
            begin_afresh=begin_afresh,
            leave=leave,
        )
        threading.Thread(target=_stop_between_sections, args=(shots, leave, stop), name="leaving", daemon=True).start()
        _beat(database, sign, crowd)
        pictures = PictureMaker(
            settings=settings,
            database=database,
            device=device.name,
            hardware=device.title,
            release=lambda: room.release_if_idle(0.0),
        )
        _launch(settings, shots, FilmMaker(settings=settings, database=database), pictures, name)
        for called, keep in (("looking after", keep_looking_after), ("handing over", keep_handing_over)):
            threading.Thread(target=keep, args=(settings, database), name=called, daemon=True).start()
        _log.info("Worker %s is ready (process %d).", name, os.getpid())
        _serve(stop, database, room, shots, sign, crowd, adopt_after)
        _sign_out(database, sign, shots)
    # The last line of the log is what the person is told.
    except (FramepackError, StudioError) as error:
        print(error, file=sys.stderr, flush=True)
        return CANNOT_BE
    except Exception as error:
        _log.exception("The worker cannot go on.")
        print(in_english(message_for(error)), file=sys.stderr, flush=True)
        return 1
    return 0


def _acquired(lock: FileLock, seconds: float) -> bool:
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        return False
    return True


def _afresh(device: str, ends_with_parent: bool, adopt_after: float) -> Callable[[], NoReturn]:
    """What ends this process so that a fresh one takes its place: its keeper starts that, or it becomes it itself."""

    def begin_afresh() -> NoReturn:
        logging.shutdown()
        if ends_with_parent:
            os._exit(BEGIN_AFRESH)
        asked = ["worker", "--device", device, "--adopt-after", str(adopt_after)]
        os.execv(sys.executable, [sys.executable, "-m", "projects", *asked])

    return begin_afresh


def executor_id(settings: StudioSettings, hardware: str) -> str:
    """The worker's name in the queue: the same after a restart, different for every device, folder and computer."""
    folder = hashlib.sha256(str(settings.home).encode()).hexdigest()[:8]
    return f"{platform.node()}-{folder}-{hardware}"


class DeathWatch:
    """Tells which of the other workers are dead: those whose sign of life did not change for ``after`` seconds.

    It goes by its own clock, so the clocks of several computers need not agree. Only while it looks again and again
    does silence count: where it stood still itself, or could not reach the database, nothing is known of the others.
    """

    def __init__(self, after: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._after = after
        self._clock = clock
        self._looked = clock()
        self._seen: dict[str, tuple[dt.datetime, float]] = {}

    def dead(self, workers: Sequence[Worker]) -> set[str]:
        """The names of the dead among ``workers``."""
        now = self._clock()
        passed, self._looked = min(now - self._looked, MOST_BETWEEN_LOOKS), now
        seen = {}
        for worker in workers:
            beat, silent = self._seen.get(worker.executor_id, (None, 0.0))
            seen[worker.executor_id] = (worker.beat_at, silent + passed if beat == worker.beat_at else 0.0)
        self._seen = seen
        return {name for name, (_, silent) in seen.items() if silent > self._after}


def _stop_between_sections(shots: ShotRenderer, leave: threading.Event, stop: threading.Event) -> None:
    leave.wait()
    shots.await_rest()
    stop.set()


def _listen_for_the_end(stop: threading.Event, leave: threading.Event, ends_with_parent: bool) -> None:
    def told(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    def await_the_parents_end() -> None:
        # What is written to the pipe asks to leave; the parent's end, however it comes, closes it.
        # Not through the buffered object: the interpreter could not end while a thread waits in it.
        while os.read(sys.stdin.fileno(), 1):
            leave.set()
        stop.set()
        time.sleep(5)
        os._exit(1)

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    if ends_with_parent:
        threading.Thread(target=await_the_parents_end, name="parent", daemon=True).start()


def _launch(
    settings: StudioSettings, shots: ShotRenderer, films: FilmMaker, pictures: PictureMaker, executor: str
) -> None:
    prepare_queue_database(settings)
    # With a handler of its own DBOS does not write to the console by itself.
    logging.getLogger("dbos").addHandler(logging.NullHandler())
    config = DBOSConfig(
        name=APPLICATION,
        system_database_url=settings.queue_database_url,
        application_version=APPLICATION_VERSION,
        executor_id=executor,
        enable_otlp=False,
        log_level="WARNING",
    )
    wait_until_the_queue_can_be_written()
    DBOS(config=config)
    register_workflows(shots, films, pictures, executor)
    DBOS.launch()
    polling = POLLING_SECONDS if settings.uses_sqlite else SECONDS_OF_A_SERVER
    for queue in (RENDERS, CHAINS, FILM_QUEUE):
        DBOS.register_queue(queue, worker_concurrency=1, polling_interval_sec=polling, on_conflict="always_update")


def _crowd_of(device: FoundDevice) -> Crowd:
    """Who else uses the device, as far as one can count."""
    if device.name != "cpu" or not are_all_ours():
        return Alone()
    return Crowd(processors=psutil.cpu_count() or 1, threads=usable_cpus())


def _serve(
    stop: threading.Event,
    database: sa.Engine,
    room: EngineHolder,
    shots: ShotRenderer,
    sign: Worker,
    crowd: Crowd,
    adopt_after: float,
) -> None:
    watch = DeathWatch(adopt_after)
    swept = float("-inf")
    while True:
        try:
            sign.render_id, sign.shot_id = shots.at or (None, None)
            _beat(database, sign, crowd)
            _adopt(database, sign.executor_id, watch)
            if time.monotonic() - swept > SECONDS_BETWEEN_SWEEPS:
                sweep(database)
                swept = time.monotonic()
        except AWAY as error:
            # A full disk or a server that is away passes; the shot under way should not die of it.
            _log.warning("The database does not answer (%s); trying again.", error)
        room.release_if_idle(IDLE_SECONDS)
        if stop.wait(BEAT_SECONDS):
            return


def _sign_out(database: sa.Engine, sign: Worker, shots: ShotRenderer) -> None:
    try:
        shots.forgive()
        with session_for(database) as session:
            session.exec(sa.delete(Worker).where(col(Worker.executor_id) == sign.executor_id))
            session.commit()
    except AWAY as error:
        _log.warning("The database does not answer (%s); the others will see that this worker is gone.", error)


def _beat(database: sa.Engine, sign: Worker, crowd: Crowd) -> None:
    """Give a sign of life; also anew where another worker took this one for dead (a computer that slept)."""
    sign.crowding = crowd.look()
    with session_for(database) as session:
        sign.beat_at = database_time(session)
        session.merge(sign)
        session.commit()


def _adopt(database: sa.Engine, executor: str, watch: DeathWatch) -> None:
    """Take over what the dead were at. Two workers may do so at once: the queue hands each job to one of them."""
    with session_for(database) as session:
        others = session.exec(select(Worker).where(Worker.executor_id != executor)).all()
        dead = watch.dead(others)
        alive = {other.executor_id for other in others} - dead
        owners = {job.executor_id for job in DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)}
        orphaned = sorted(owner for owner in owners if owner and owner != executor and owner not in alive)
        if orphaned:
            _log.warning("Taking over the jobs of %s.", ", ".join(orphaned))
            DBOS._recover_pending_workflows(orphaned)
        if dead:
            session.exec(sa.delete(Worker).where(col(Worker.executor_id).in_(dead)))
            session.commit()
