"""What an order will make and how long it will take, said before it is given.

Plans and the store know what is missing; the speeds of this computer say what that takes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session

from framepack.conditioning.names import conditioning_of
from framepack.shots.keys import PlannedShot
from projects.database.tables import Worker, now
from projects.forecast.speeds import Lasts, Speeds, Timed, decoding, hardware_of, sampling
from projects.settings import StudioSettings
from projects.storage.places import encoded_path
from projects.storage.shared import section_store
from projects.takes.render_plan import RenderPlan


@dataclass(frozen=True)
class Forecast:
    """What an order comes to. ``shots`` are to be made, ``sections`` of them; ``found`` sections are there already.

    ``lasts`` is what workers spend on it, all together, and ``takes`` how long it takes from its beginning to its end.
    ``hardware`` is what it is foretold for, "" where no worker ever was. ``chains`` are the sections to be made of each
    chain, which are independent of each other.
    """

    shots: int
    sections: int
    found: int
    lasts: Lasts
    takes: Lasts
    hardware: str
    chains: tuple[int, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether all of it goes by what was measured here; else it is an estimate."""
        return self.lasts.measured

    def to_json(self) -> dict[str, Any]:
        """As plain values, to be kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Forecast:
        """What ``to_json`` gave."""
        lasts, takes = Lasts(**kept["lasts"]), Lasts(**kept["takes"])
        return cls(**{**kept, "lasts": lasts, "takes": takes, "chains": tuple(kept.get("chains", ()))})

    def done_at(self, ahead: float = 0.0) -> tuple[dt.datetime, dt.datetime]:
        """When it will be done, at the earliest and at the latest, where ``ahead`` seconds of work come before it."""
        begins = now() + dt.timedelta(seconds=ahead)
        return begins + dt.timedelta(seconds=self.takes.low), begins + dt.timedelta(seconds=self.takes.high)


class Foreteller:
    """Foretells orders for the workers that there are, or else for the one that was last at work."""

    def __init__(self, *, session: Session, settings: StudioSettings, workers: Sequence[Worker]) -> None:
        self._settings = settings
        self._store = section_store(settings)
        self._speeds = [Speeds.of(session, worker) for worker in workers]
        if not self._speeds:
            last = hardware_of(session=session)
            self._speeds = [] if last is None else [Speeds(session, *last)]

    def foretell(self, plan: RenderPlan) -> Forecast:
        """What is still to be done of ``plan``, and how long that takes."""
        seen: set[str] = set()
        chains: list[Lasts] = []
        lacking: list[int] = []
        shots = sections = found = 0
        missing_conditioning: dict[str, set[str]] = {}
        for number, chain in enumerate(plan.chains):
            lasts = Lasts()
            lacking.append(0)
            planned = plan.planned(number)
            for place, shot in enumerate(chain):
                new, there = self._sections_of(planned[place], seen)
                if shot.index is None:
                    continue
                shots += 1
                sections += new
                lacking[-1] += new
                found += there
                lasts += self.of_shot(planned[place], new)
                if new:
                    names = missing_conditioning.setdefault(shot.request.settings.checkpoint, set())
                    names |= self._not_encoded(planned[place])
            chains.append(lasts)
        before = self._before(missing_conditioning) if sections else Lasts()
        all_ = sum(chains, before)
        longest = max((chain.likely for chain in chains), default=0.0)
        return Forecast(
            shots=shots,
            sections=sections,
            found=found,
            lasts=all_,
            takes=self._side_by_side(all_, before, longest),
            hardware=self._hardware,
            chains=tuple(count for count in lacking if count),
        )

    def foretell_section(self, plan: RenderPlan) -> Forecast:
        """What is still to be done of ``plan`` where it ends after the section that is being made."""
        for number, chain in enumerate(plan.chains):
            planned = plan.planned(number)
            for place, shot in enumerate(chain):
                new, there = self._sections_of(planned[place], set())
                if shot.index is not None and new:
                    lasts = self.of_shot(planned[place], 1)
                    return Forecast(1, 1, there, lasts, lasts, self._hardware)
        return Forecast(0, 0, 0, Lasts(), Lasts(), self._hardware)

    def of_shot(self, planned: PlannedShot, sections: int) -> Lasts:
        """What a shot takes of which ``sections`` are missing, once all it needs is loaded and encoded."""
        settings = planned.request.settings
        each = self._usual(sampling(settings)) + self._usual(decoding(settings)) if sections else Lasts()
        return self._usual(Timed("rest", settings.checkpoint)) + each.times(sections)

    def loading(self, checkpoint: str) -> Lasts:
        """What it takes to load a checkpoint."""
        return self._usual(Timed("load", checkpoint))

    @property
    def _hardware(self) -> str:
        return self._speeds[0].hardware if self._speeds else ""

    def _sections_of(self, planned: PlannedShot, seen: set[str]) -> tuple[int, int]:
        new = there = 0
        for key in planned.sections:
            if key in seen or self._store.has(key):
                there += 1
            else:
                new += 1
            seen.add(key)
        return new, there

    def _not_encoded(self, planned: PlannedShot) -> set[str]:
        return {name for name in conditioning_of(planned) if not encoded_path(self._settings, name).is_file()}

    def _before(self, missing: dict[str, set[str]]) -> Lasts:
        """What comes before the first section: loading where it is not loaded, and encoding what never was."""
        lasts = Lasts()
        for checkpoint, names in missing.items():
            if not any(speeds.is_loaded(checkpoint) for speeds in self._speeds):
                lasts += self.loading(checkpoint)
            if names:
                lasts += self._usual(Timed("encode", checkpoint, work=float(len(names))))
        return lasts

    def _usual(self, timed: Timed) -> Lasts:
        """How long something lasts on the workers there are, in the mean."""
        if not self._speeds:
            return Lasts(0.5, 1.0, 2.0, measured=False)
        found = [speeds.lasts(timed) for speeds in self._speeds]
        return sum(found, Lasts()).times(1 / len(found))

    def _side_by_side(self, lasts: Lasts, before: Lasts, longest: float) -> Lasts:
        """Chains are shared among the workers, so that it takes as long as the longest or as its share of all."""
        workers = max(1, len(self._speeds))
        shared = before.likely + max(longest, (lasts.likely - before.likely) / workers)
        return lasts.times(shared / lasts.likely) if lasts.likely else lasts
