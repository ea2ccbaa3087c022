"""``python -m tests.faults --minutes N --seed S``: faults by chance, one a round, until the time is up.

The last line is what came of it as JSON. It ends with status 1 where something did not hold; the round's number, with
the same seed, makes the same fault again (``--only`` the kind).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.bench import Bench
from tests.faults.kinds import Kind, kinds
from tests.faults.rounds import Differs, Round, Undisturbed

DISK = "256m"
LINES = 60  # of the workers' log, where something did not hold


def main(arguments: list[str]) -> int:
    """Do faults; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only kinds whose name holds these words")
    parser.add_argument("--most", type=int, default=10**6, help="so many faults at most")
    parser.add_argument("--store", action="store_true", help="homes that share a store by SFTP, and PostgreSQL")
    parser.add_argument("--workers", type=int, default=3, help="with --store: so many homes, with a worker each")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # its processes and its disk end with it
    with tempfile.TemporaryDirectory(prefix="studio-faults-") as folder:
        home = Path(folder) / "studio"
        home.mkdir()
        how = {"minutes": options.minutes, "seed": options.seed, "most": options.most}
        if options.store:
            from tests.faults.homes import Homes, RoundOfHomes
            from tests.faults.kinds_of_homes import kinds_of_homes
            from tests.support.postgresql import running_postgresql

            chosen = [kind for kind in kinds_of_homes() if options.only in kind.name]
            with running_postgresql() as server:
                return drive(lambda: Homes(home, options.workers, server.url), RoundOfHomes, chosen, **how)
        with small_disk(home) as is_mounted:
            chosen = [kind for kind in kinds() if options.only in kind.name and (is_mounted or not kind.needs_mount)]
            if not is_mounted:
                print("No disk of its own can be mounted here: full and read-only disks are left out.")
            return drive(lambda: Bench(home), Round, chosen, **how)


@contextlib.contextmanager
def small_disk(home: Path) -> Iterator[bool]:
    """A small disk in memory on ``home``, where this computer lets one be mounted; yields whether it is there."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(home)]
    is_mounted = sys.platform == "linux" and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(home)], check=False)


def drive(
    make: Callable[[], Bench], begin: type[Round], chosen: list[Kind], *, minutes: float, seed: int, most: int
) -> int:
    """Faults of the ``chosen`` kinds on what ``make`` gives; returns the exit status."""
    bench = make()
    done: Counter[str] = Counter()
    wrong: list[dict[str, object]] = []
    try:
        undisturbed = render_undisturbed(bench)
        until = time.monotonic() + 60 * minutes
        number = 0
        while time.monotonic() < until and number < most:
            number += 1
            chance = random.Random(f"{seed}/{number}")
            (kind,) = chance.choices(chosen, [kind.weight for kind in chosen])
            bench.wipe()
            round = begin(bench, chance, bench.new_storyboard())
            began = time.monotonic()
            said = ""
            try:
                kind.strike(round)
                round.finish(undisturbed)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                if isinstance(error, Differs):
                    said += f". An undisturbed one, made anew: {error.found.difference(render_undisturbed(bench))}"
                wrong.append({"round": number, "kind": kind.name, "moment": round.moment, "said": said})
                traceback.print_exc()
                print("\n".join(bench.log.read_text(errors="replace").splitlines()[-LINES:]))
                bench.drop(round.storyboard)
                bench.end()
                bench = make()
            done[kind.name] += 1
            seconds = time.monotonic() - began
            print(f"{number:4} {seconds:5.1f} s  {kind.name} ({round.moment}) {said or 'held'}", flush=True)
    finally:
        bench.end()
    for name, count in sorted(done.items()):
        print(f"{count:5}  {name}")
    print(
        json.dumps({"seed": seed, "faults": sum(done.values()), "by_kind": dict(sorted(done.items())), "wrong": wrong})
    )
    return 1 if wrong else 0


def render_undisturbed(bench: Bench) -> Undisturbed:
    """What the storyboard gives when nothing is done to it."""
    bench.wipe()
    storyboard = bench.new_storyboard()
    render_id = bench.order(storyboard)
    render = bench.await_over(lambda: bench.render(render_id))
    film_id = bench.order_film(storyboard)
    film = bench.await_over(lambda: bench.film(film_id))
    if (render.status, film.status) != ("done", "done"):
        raise AssertionError(f"nothing was done to it, and yet: {render.error} {film.error}")
    return Undisturbed.of(bench, bench.film(film_id), storyboard)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
