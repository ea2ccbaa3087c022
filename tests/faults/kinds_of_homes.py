"""The faults of ``--store``: to workers with homes of their own, to what connects them with the store, and in it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from tests.faults.homes import STORE, Homes, RoundOfHomes
from tests.faults.kinds import DAMAGES, Kind, damage_between
from tests.faults.rounds import Wrong
from tests.support.rendering import until

Strike = Callable[[RoundOfHomes], None]
Do = Callable[[Homes, int], object]
CUT: tuple[Do, Do] = (lambda homes, n: homes.servers[n].close(), lambda homes, n: homes.servers[n].start())
MUTE: tuple[Do, Do] = (
    lambda homes, n: homes.servers[n].answers.clear(),
    lambda homes, n: homes.servers[n].answers.set(),
)
STOP: tuple[Do, Do] = (
    lambda homes, n: homes.working[n].send_signal(signal.SIGSTOP),
    lambda homes, n: homes.working[n].send_signal(signal.SIGCONT),
)
LONGEST = 12.0  # the others adopt what a worker has after half of that


def _kill(round: RoundOfHomes) -> None:
    round.bench.kill(round.begin())


def _kill_all(round: RoundOfHomes) -> None:
    round.begin()
    round.bench.kill()


def _for_a_while(*what: tuple[Do, Do], every: bool = False) -> Strike:
    def strike(round: RoundOfHomes) -> None:
        chosen = round.begin()
        places = range(len(round.bench.homes)) if every else [chosen]
        round.may_make_at_once = int(STOP in what)
        for which in (0, 1):
            for place in places:
                for one in what:
                    one[which](round.bench, place)
            time.sleep(0 if which else round.random.uniform(0.1, LONGEST))

    return strike


def _stop_until_all_is_over(round: RoundOfHomes) -> None:
    """Who comes back then changes nothing of what the others took up and finished."""
    bench, place, round.may_make_at_once = round.bench, round.begin(), 1
    STOP[0](bench, place)
    round.finish_order()
    round.order_film()
    bench.await_over(lambda: bench.film(str(round.film_id)))
    before = _all(round)
    STOP[1](bench, place)
    until(lambda: bench.at().get(bench.working[place].pid, "dead") is None)
    time.sleep(3)
    if _all(round) != before:
        raise Wrong("who came back changed what others had finished")


def _all(round: RoundOfHomes) -> object:
    """What is said of the takes and the film, and what the store has of them."""
    rows = [*round.bench.takes(round.storyboard), round.bench.film(str(round.film_id))]
    files = sorted((round.bench.settings.home / STORE / "names").rglob("*.json"))
    return [row.model_dump() for row in rows], [(file, file.stat().st_mtime_ns) for file in files]


def _damage(folder: str, damage: str) -> Strike:
    """In the store, and then homes are lost, too; or in one home, whose worker fetches the same from the store."""

    def strike(round: RoundOfHomes) -> None:
        damage_between(folder, damage)(round)
        if STORE in folder:
            round.lose_homes(1)
        else:
            round.may_make_again, round.reads_no_sections = False, True

    return strike


def _lose_homes(round: RoundOfHomes) -> None:
    round.order(0)
    round.finish_order()
    round.lose_homes(len(round.bench.homes) - 1)
    round.order()


def kinds_of_homes() -> list[Kind]:
    """All kinds of faults of homes that share a store."""
    inside = (f"{STORE}/{name}" for name in ("contents/sections", "contents/takes", "names/sections", "names/takes"))
    return [
        Kind("kill a worker", _kill, 8),
        Kind("kill all workers", _kill_all, 6),
        Kind("a worker is cut off", _for_a_while(CUT), 8),
        Kind("all workers are cut off", _for_a_while(CUT, every=True), 6),
        Kind("a worker is cut off and stopped", _for_a_while(CUT, STOP), 6),
        Kind("a worker is stopped", _for_a_while(STOP), 6),
        Kind("a worker is stopped until all is over", _stop_until_all_is_over, 6),
        Kind("the store says nothing", _for_a_while(MUTE, every=True), 4),
        Kind("homes are lost", _lose_homes, 6),
        *(
            Kind(f"{folder.removeprefix('../')}: a file {damage}", _damage(folder, damage))
            for folder in (*inside, "sections", "takes", "media")
            for damage in DAMAGES
        ),
    ]
