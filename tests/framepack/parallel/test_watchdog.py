"""The death of a process is noticed also by who waits where no error comes."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess

import pytest

from framepack.parallel.watchdog import Watchdog

PATIENCE = 0.2


@pytest.fixture
def process() -> Iterator[BaseProcess]:
    started = multiprocessing.get_context("forkserver").Process(target=time.sleep, args=(600,))
    started.start()
    yield started
    started.kill()
    started.join()


class Told:
    """What a watchdog called, and when."""

    def __init__(self, process: BaseProcess) -> None:
        self.aborted, self.given_up = threading.Event(), threading.Event()
        self.dog = Watchdog(
            [process], abort=self.aborted.set, give_up=self.given_up.set, patience=PATIENCE, last_patience=PATIENCE
        )


def test_who_waits_for_a_dead_process_is_interrupted_and_at_last_ended(process: BaseProcess) -> None:
    told = Told(process)
    told.dog.needed(True)
    assert told.dog.found_dead is None
    assert not told.aborted.wait(2 * PATIENCE)
    process.kill()
    assert told.aborted.wait(30)
    assert told.given_up.wait(30)
    assert told.dog.found_dead is process


def test_who_notices_by_himself_is_left_alone(process: BaseProcess) -> None:
    told = Told(process)
    told.dog.needed(True)
    process.kill()
    told.dog.close()
    assert not told.aborted.wait(3 * PATIENCE)


def test_a_death_that_nobody_waits_for_ends_nothing(process: BaseProcess) -> None:
    told = Told(process)
    process.kill()
    process.join()
    assert not told.aborted.wait(3 * PATIENCE)
    told.dog.needed(True)
    assert told.aborted.wait(30)


def test_who_waits_is_ended_also_where_the_interruption_itself_does_not_come_back(process: BaseProcess) -> None:
    never, given_up = threading.Event(), threading.Event()
    dog = Watchdog([process], abort=never.wait, give_up=given_up.set, patience=PATIENCE, last_patience=PATIENCE)
    dog.needed(True)
    process.kill()
    assert given_up.wait(30)
    never.set()
