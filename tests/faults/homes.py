"""Owns what ``--store`` does faults to: homes with a worker each that share a database and, by SFTP, a store."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

from sqlmodel import select

from projects.database.opening import session_for
from projects.database.tables import Worker
from projects.films.stitching import conform_take
from projects.settings import StudioSettings
from projects.storage.places import film_path
from projects.storage.shared import bring
from tests.faults.bench import CRASHES, MADE, Bench
from tests.faults.rounds import Round, Undisturbed, Wrong
from tests.support.preloaded import Command
from tests.support.rendering import ROOT
from tests.support.sftp import SmallSftp

STORE = "../store"  # from each home


class Homes(Bench):
    """So many homes in ``folder``. Each reaches the store through a server of its own, so that it is cut off alone."""

    def __init__(self, folder: Path, count: int, database_url: str) -> None:
        super().__init__(folder / "0", database_url)
        self.servers = [SmallSftp(folder) for _ in range(count)]
        os.environ["HOME"] = str(folder)  # of the driver and its workers, who shall know these servers
        for server in self.servers:
            server.make_known(folder)
        homes = enumerate(self.servers)
        self.homes = [replace(self.settings, home=folder / str(n), store=server.address) for n, server in homes]
        self.settings = self.homes[0]
        self.working: dict[int, Command] = {}

    def start_worker(self) -> None:
        """A worker in each home that has none."""
        for place, home in enumerate(self.homes):
            ended = self.working[place].poll() if place in self.working else 0
            if ended is not None:
                self.crashes += [-ended] if -ended in CRASHES else []
                home.make_folders()
                environment = {**os.environ, **home.as_environment()}
                self.working[place] = Command(["worker"], folder=ROOT, environment=environment, log=self.log)

    def has_a_worker(self) -> bool:
        self.start_worker()
        return True

    def kill(self, *places: int) -> None:
        """Kill the workers of these homes, all without."""
        for place in places or [*self.working]:
            self.working[place].send_signal(signal.SIGKILL)
            self.working.pop(place).wait()

    def at(self) -> dict[int, str | None]:
        """The shot that each living worker is at, by its process."""
        with session_for(self.database) as session:
            return {worker.pid: worker.shot_id for worker in session.exec(select(Worker)).all()}

    def end(self) -> None:
        self.kill()
        for server in self.servers:
            server.close()
        super().end()

    def wipe(self) -> None:
        self.kill()
        for home in self.homes:
            shutil.rmtree(home.logs_dir, ignore_errors=True)
            home.make_folders()
            empty(home)
        self.log.touch()
        for path in [self.settings.home / STORE / part / kind for part in ("names", "contents") for kind in MADE]:
            shutil.rmtree(path, ignore_errors=True)


def empty(home: StudioSettings) -> None:
    """Throw away what a home has in front of the store."""
    for folder in home.home.iterdir():
        if folder.is_dir() and folder != home.logs_dir:
            shutil.rmtree(folder)


class RoundOfHomes(Round):
    """A round that ends the same in every home."""

    bench: Homes

    def finish(self, undisturbed: Undisturbed) -> None:
        super().finish(undisturbed)
        takes = [take for take in self.bench.takes(self.storyboard) if take.status == "done"]
        seen = set()
        for home in self.bench.homes:
            film = film_path(home, self.bench.film(str(self.film_id)))
            bring(home, film)
            paths = [film, *(conform_take(settings=home, take=take) for take in takes)]
            seen.add(tuple(path.read_bytes() for path in paths))
        if len(seen) > 1:
            raise Wrong("not every home has the same takes and film")

    def begin(self) -> int:
        """Order, wait for a moment, and choose a home, one at work if there is."""
        self.bench.start_worker()
        self.order()
        self.await_sections(self.random.randrange(3))
        store = self.bench.settings.home / STORE
        self.await_moment(*[("something is put into the store", lambda: any(store.rglob("*.part")))] * 3)
        at, working = self.bench.at(), self.bench.working
        return self.random.choice([place for place in working if at.get(working[place].pid)] or [*working])

    def lose_homes(self, least: int) -> None:
        """Throw away what some homes have, ``least`` at least."""
        self.bench.kill()
        for home in self.random.sample(self.bench.homes, self.random.randint(least, len(self.bench.homes))):
            empty(home)
