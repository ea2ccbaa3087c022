"""One round: the storyboard is rendered and its film made while one fault is done, and what must hold afterwards."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from framepack.store.section_store import SectionStore
from projects.database.opening import session_for
from projects.database.tables import Film, Render, Take
from projects.films.stitching import check_take
from projects.queue.film_orders import UNFINISHED, order_again
from projects.queue.steering import retry_order
from projects.storage.places import take_path
from projects.storage.shared import bring
from projects.upkeep.needless import things
from tests.faults.bench import MADE, Bench, Digests, NeverEnded, Storyboard, Tensors

MOST_SECONDS_TO_A_MOMENT = 3.0


class Wrong(AssertionError):
    """Something does not hold after a fault."""


class Differs(Wrong):
    """The film's frames are not those of an undisturbed one."""

    def __init__(self, found: Undisturbed, difference: str) -> None:
        super().__init__(f"the film's frames differ: {difference}")
        self.found = found


@dataclass(frozen=True)
class Undisturbed:
    """What the storyboard gives when nothing is done to it: hashes of frames by place of the shot, tensors by key."""

    film: Digests
    takes: dict[int, Digests]
    latents: Tensors
    conditioning: Tensors

    @classmethod
    def of(cls, bench: Bench, film: Film, storyboard: Storyboard) -> Undisturbed:
        """What there is of ``storyboard`` now."""
        return cls(bench.film_frames(film), bench.take_frames(storyboard), bench.latents(), bench.conditioning())

    def difference(self, other: Undisturbed) -> str:
        """What of ``other`` is not as here, in words."""
        shots = [f"shot {place}: {_unlike(frames, other.takes.get(place, ()))}" for place, frames in self.takes.items()]
        return (
            f"film: {_unlike(self.film, other.film)}; {'; '.join(shots)}; latents: "
            f"{_apart(self.latents, other.latents)}; conditioning: {_apart(self.conditioning, other.conditioning)}"
        )


@dataclass
class Round:
    """A round under way: ``random`` decides all that is left to chance, and ``mend`` undoes what the fault did."""

    bench: Bench
    random: random.Random
    storyboard: Storyboard
    render_id: str | None = None
    film_id: str | None = None
    moment: str = ""
    may_fail: bool = False  # the order may fail, with a sentence, and is tried again
    may_make_again: bool = False  # finished sections were taken away
    reads_no_sections: bool = False  # what is damaged of them is found by whoever builds upon them next
    mend: Callable[[], None] = lambda: None
    may_make_at_once: int = 0  # so many workers may end a section that another took up and made meanwhile
    before: int = field(init=False)

    def __post_init__(self) -> None:
        self.before = len(self.bench.made())

    # --- what faults do ---

    def order(self, *places: int) -> None:
        """Order the shots at ``places``, all without."""
        self.render_id = self.bench.order(self.storyboard, *places)

    def finish_order(self) -> None:
        """Wait for what was ordered, and try it again where it may fail."""
        render_id = self.render_id
        assert render_id is not None
        render = self.bench.await_over(lambda: self.bench.render(render_id))
        if render.status != "done":
            self._check_reason(render)
            self.mend()
            with session_for(self.bench.database) as session:
                self.render_id = again = retry_order(session=session, render_id=render_id).id
                session.commit()
            render = self.bench.await_over(lambda: self.bench.render(again))
            if render.status != "done":
                raise Wrong(f"tried again, the order is {render.status}: {render.error}")

    def order_film(self) -> None:
        """Order the film."""
        self.film_id = self.bench.order_film(self.storyboard)

    def await_moment(self, *more: tuple[str, Callable[[], bool]]) -> None:
        """Wait for a moment that chance chooses: at once, after a time, or when something is just being written."""
        homes = self.bench.homes
        moments: list[tuple[str, Callable[[], bool]]] = [
            ("at once", lambda: True),
            ("some time on", self._after(self.random.uniform(0.0, MOST_SECONDS_TO_A_MOMENT))),
            ("a section is written", lambda: any(_entries(home.sections_dir / ".writing") for home in homes)),
            ("a take is written", lambda: any(any(home.takes_dir.glob(".*.part")) for home in homes)),
            ("the database is written", self._database_written()),
            *more,
        ]
        self.moment, has_come = self.random.choice(moments)
        deadline = time.monotonic() + 2 * MOST_SECONDS_TO_A_MOMENT
        while not has_come() and time.monotonic() < deadline:
            time.sleep(0.0005)

    def await_sections(self, count: int) -> None:
        """Wait until so many sections of the storyboard are made."""
        deadline = time.monotonic() + 60
        while len(self.bench.made()) - self.before < count:
            if time.monotonic() > deadline:
                raise NeverEnded(f"{count} sections were not made")
            if not self.bench.has_a_worker() and self.bench.server is None:
                self.bench.start_worker()
            time.sleep(0.02)

    def _after(self, seconds: float) -> Callable[[], bool]:
        until = time.monotonic() + seconds
        return lambda: time.monotonic() >= until

    def _database_written(self) -> Callable[[], bool]:
        log = self.bench.settings.home / "studio.db-wal"

        def changed() -> int:
            return log.stat().st_mtime_ns if log.exists() else 0

        before = changed()
        return lambda: changed() != before

    # --- what must hold ---

    def finish(self, undisturbed: Undisturbed) -> None:
        """End the order and the film, and check everything. Raises Wrong and NeverEnded."""
        if self.render_id is None:
            self.order()
        self.finish_order()
        if self.film_id is None:
            self.order_film()
        self._check_film(undisturbed)
        self._check_sections(undisturbed)
        self._check_takes()
        self._check_leftovers()
        if self.bench.crashes:
            raise Wrong(f"a worker ended of itself by signals {self.bench.crashes}")

    def _check_film(self, undisturbed: Undisturbed) -> None:
        film_id = self.film_id
        assert film_id is not None
        film = self.bench.await_over(lambda: self.bench.film(film_id))
        if film.status != "done":
            self._check_reason(film)
            self.mend()
            again_id = self._film_again(film_id)
            film = self.bench.await_over(lambda: self.bench.film(again_id))
        if film.status != "done":
            raise Wrong(f"the film is {film.status}: {film.error}")
        film = self.bench.film(film.id)
        if self.bench.film_frames(film) != undisturbed.film:
            found = Undisturbed.of(self.bench, film, self.storyboard)
            raise Differs(found, undisturbed.difference(found))

    def _film_again(self, film_id: str) -> str:
        """Order a film that failed again, unless it goes on by itself already; returns the id of what is made."""
        with session_for(self.bench.database) as session:
            if session.get_one(Film, film_id).status in UNFINISHED:
                return film_id
            again = order_again(session=session, settings=self.bench.settings, film_id=film_id)
            self.film_id = again_id = again.id
            session.commit()
            return again_id

    def _check_reason(self, row: Any) -> None:
        what = "order" if isinstance(row, Render) else "film"
        if not self.may_fail:
            raise Wrong(f"the {what} is {row.status}: {row.error}")
        if not row.error or "unforeseen" in row.error:
            raise Wrong(f"the {what} failed without a reason: {row.error}")

    def _check_sections(self, undisturbed: Undisturbed) -> None:
        made = Counter(self.bench.made()[self.before :])
        twice = [key for key, count in made.items() if count > 1]
        if len(twice) == made.total() - len(made) <= self.may_make_at_once:
            self.moment += f", {len(twice)} made twice at once" if twice else ""
        elif not self.may_make_again:
            raise Wrong(f"sections were made twice: {', '.join(twice)}")
        if len(made) > len(undisturbed.latents):
            raise Wrong(f"{len(made)} sections were made instead of {len(undisturbed.latents)}")
        for store in [] if self.reads_no_sections else [SectionStore(home.sections_dir) for home in self.bench.homes]:
            for key in list(store.keys()):
                if store.fault(key) is not None:
                    raise Wrong(f"the section {key[:12]} is damaged: {store.fault(key)}")

    def _check_takes(self) -> None:
        takes = self.bench.takes(self.storyboard)
        done: dict[str, list[Take]] = {shot: [] for shot in self.storyboard.shots}
        for take in takes:
            if take.status == "rendering":
                raise Wrong(f"the take {take.id} is said to be rendered still")
            if take.status == "done":
                done[take.shot_id].append(take)
                bring(self.bench.settings, take_path(self.bench.settings, take.id))
                check_take(settings=self.bench.settings, take=take)
        for shot, finished in done.items():
            if len(finished) != 1:
                raise Wrong(f"the shot {shot} has {len(finished)} finished takes")

    def _check_leftovers(self) -> None:
        """What is half done lies only where the next writer, or the clearing away, finds it."""
        for settings in self.bench.homes:
            known = {thing.path for thing in things(settings)}
            for path in (path for name in (*MADE, "damaged") for path in (settings.home / name).rglob("*")):
                ours = path.is_file() and ".writing" not in path.parts and ".uncompared" not in path.parts
                if ours and not known & {path, *path.parents}:
                    raise Wrong(f"{path.relative_to(settings.home)} would never be cleared away")


def _unlike(frames: Digests, others: Digests) -> str:
    if len(frames) != len(others):
        return f"{len(others)} frames instead of {len(frames)}"
    unlike = [number for number, (one, other) in enumerate(zip(frames, others, strict=True)) if one != other]
    return f"frames {unlike[0]} to {unlike[-1]} ({len(unlike)})" if unlike else "the same"


def _apart(ours: Tensors, theirs: Tensors) -> str:
    """How far those tensors that are in both are from each other, where they are not the same."""
    pairs = [
        (f"{key[:12]} {name}", tensor, theirs[key][name])
        for key in ours.keys() & theirs.keys()
        for name, tensor in ours[key].items()
    ]
    found = [
        f"{name} by {float((one.double() - other.double()).abs().max()):.3g}"
        for name, one, other in pairs
        if not torch.equal(one, other)
    ]
    return ", ".join(sorted(found)) or "the same"


def _entries(folder: Path) -> list[Path]:
    return [*folder.iterdir()] if folder.is_dir() else []
