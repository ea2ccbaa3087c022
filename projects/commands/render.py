"""``python -m projects render``: a storyboard file to a film without the browser, through the same queue and worker."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa
from sqlmodel import Session
from tqdm import tqdm

from framepack.media.video import VIDEO_ENDINGS
from framepack.messages import Message, as_message, joined, worded
from framepack.store.join_reading import join_message
from projects.commands.film_bar import film_bar
from projects.commands.foretelling import in_time, time_of_day
from projects.commands.outputs import check_output, inputs_of
from projects.composing.making import write_film
from projects.composing.orders import FilmOrder
from projects.database.opening import open_database, session_for
from projects.database.tables import Pass, Progress, Render
from projects.english import ENGLISH
from projects.errors import StoryboardProblem, StudioError
from projects.failures import CALLED_OFF
from projects.films.material import film_of
from projects.films.stitching import take_is_whole
from projects.films.timeline import Timeline
from projects.generator.engine_holder import find_device
from projects.generator.local_workers import LocalWorkers
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.messages import read
from projects.queue.orders import UNFINISHED, active_renders, cancel_render, enqueue_render, get_render, progress_of
from projects.queue.steering import is_paused
from projects.settings import StudioSettings
from projects.storage.shared import section_store
from projects.storyboard.reading import project_with_shots
from projects.takes.remarks import remarks_on
from projects.takes.staleness import ShotPlan, plan_for, said_of
from projects.takes.video_joins import video_join_of
from projects.takes.weights import other_identities, pass_identity

SECONDS_BETWEEN_LOOKS = 0.2


class RenderFailed(StudioError):
    """The storyboard was fine, but it could not be rendered."""


@dataclass(frozen=True)
class RenderOptions:
    """What the command was asked for; ``by``: the best preset is taken that is done at that time of day."""

    storyboard: Path
    output: Path
    device: str | None
    made_for: Pass = "draft"
    by: str | None = None


def render_film(settings: StudioSettings, options: RenderOptions) -> None:
    """Render what is not there yet, write the film, and print one line of JSON about it.

    Raises the errors of the domain and the engine where the storyboard is at fault, RenderFailed where it is not.
    """
    began = time.monotonic()
    own = [("replaces-storyboard", options.storyboard)]
    by = None if options.by is None else time_of_day(options.by)
    # Once before the storyboard is read, which takes a while where it has many pictures, and once with those.
    check_output(settings, options.output, inputs=own, endings=(), refused="film-not-writable")
    if options.device is not None:
        find_device(options.device)
    file = read_storyboard(options.storyboard)
    inputs = inputs_of(file, options.storyboard)
    check_output(settings, options.output, inputs=inputs, endings=VIDEO_ENDINGS, refused="film-not-writable")
    for remark in file.remarks:
        print(worded(remark, ENGLISH), file=sys.stderr, flush=True)
    database = open_database(settings)
    try:
        if by is not None:
            file = in_time(settings, database, file, options.made_for, options.device, by)
        with session_for(database) as session:
            project_id = project_for_file(session=session, settings=settings, file=file).id
            session.commit()
        store = section_store(settings)
        plans = _plans(settings, database, project_id, options.made_for)
        for number, plan in enumerate(plans, start=1):
            for remark in remarks_on(plan, file.settings["checkpoint"], settings.engine.models):
                if remark.id == "prompt-times" and file.shots[number - 1].literal:
                    continue
                said = Message("remark-on-shot", {"shot": f"{file.name}, shot {number}", "remark": remark})
                print(worded(said, ENGLISH), file=sys.stderr, flush=True)
        sections = {key for plan in plans if plan.planned for key in plan.planned.sections}
        wanted = [plan.shot.id for plan in plans if not _is_made(settings, plan)]
        # What is not whole is put aside here already, so that it counts as missing.
        missing = {key for key in sections if not store.is_whole(key)} if wanted else set()
        if wanted:
            _render(settings, database, project_id, wanted, sorted(missing), options)
            made = [plan for plan in _plans(settings, database, project_id, options.made_for) if plan.shot.id in wanted]
            _say_joins(made)
        with session_for(database) as session:
            film = film_of(session=session, project_id=project_id, made_for=options.made_for)
            frames = _write(session, settings, film, options.output)
        rendered = sum(store.has(key) for key in missing)
    finally:
        database.dispose()
    summary = {
        "output": str(options.output),
        "frames": frames,
        "fps": film.rate.numerator if film.rate.denominator == 1 else round(float(film.rate), 3),
        "seconds": round(time.monotonic() - began, 2),
        "shots": len(plans),
        "rendered_sections": rendered,
        "reused_sections": len(sections) - rendered,
    }
    print(json.dumps(summary))


def _plans(settings: StudioSettings, database: sa.Engine, project_id: str, made_for: Pass) -> list[ShotPlan]:
    with session_for(database) as session:
        project, shots = project_with_shots(session=session, project_id=project_id)
        plans = plan_for(
            session=session,
            settings=settings,
            project_id=project_id,
            identity=pass_identity(project, made_for, settings.engine.models),
            made_for=made_for,
            others=other_identities(shots, settings.engine.models),
        )
    for plan in plans:
        if plan.problem:
            raise StoryboardProblem(said_of(plan.shot, plan.problem))
    return plans


def _say_joins(plans: Sequence[ShotPlan]) -> None:
    """Say on standard error what there is to see where shots go on from a video."""
    for plan in plans:
        join = video_join_of(plan.chosen) if plan.chosen is not None else None
        if join is not None:
            print(worded(said_of(plan.shot, join_message(join)), ENGLISH), file=sys.stderr, flush=True)


def _is_made(settings: StudioSettings, plan: ShotPlan) -> bool:
    return plan.state == "done" and plan.chosen is not None and take_is_whole(settings=settings, take=plan.chosen)


def _render(
    settings: StudioSettings,
    database: sa.Engine,
    project_id: str,
    wanted: Sequence[str],
    missing: Sequence[str],
    options: RenderOptions,
) -> None:
    """Have the wanted shots made by a worker, and wait for it."""
    order_id = None
    try:
        with session_for(database) as session:
            # One that was killed is still ordered and goes on by itself.
            ordered = active_renders(session=session, project_id=project_id)
            same = [render for render in ordered if render.made_for == options.made_for and not render.variants]
            render = next((render for render in same if set(wanted) <= set(render.shot_ids)), None)
            if render is None:
                render = enqueue_render(
                    session=session,
                    project_id=project_id,
                    shot_ids=wanted,
                    made_for=options.made_for,
                )
            order_id = render.id
            paused = is_paused(session=session)
            session.commit()
        if paused:
            print("The queue is paused; “python -m projects queue resume” has it go on.", file=sys.stderr, flush=True)
        render = _await(settings, database, render, missing, options.device)
    except (KeyboardInterrupt, RenderFailed):
        with session_for(database) as session:
            if order_id is not None and session.get(Render, order_id) is not None:
                cancel_render(session=session, settings=settings, render_id=order_id)
                session.commit()
        raise
    if render.status != "done":
        raise RenderFailed(read(render.error) if render.error else CALLED_OFF)


def _await(
    settings: StudioSettings, database: sa.Engine, render: Render, missing: Sequence[str], device: str | None
) -> Render:
    """Keep workers alive until a render is over, and show meanwhile how far it is."""
    devices = None if device is None else (device,)
    with LocalWorkers(settings, devices) as workers, _Display(settings, missing) as display:
        while render.status in UNFINISHED:
            if workers.failing is not None:
                raise RenderFailed(_does_not_start(workers.failing))
            time.sleep(SECONDS_BETWEEN_LOOKS)
            with session_for(database) as session:
                render = get_render(session=session, render_id=render.id)
                display.show(render, progress_of(session=session, render_id=render.id))
    return render


def _does_not_start(log: Path) -> Message:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.is_file() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), None)
    said = Message("without-a-word") if last is None else as_message(last)
    return Message("worker-does-not-start", {"said": said, "log": str(log)})


def _write(session: Session, settings: StudioSettings, film: Timeline, output: Path) -> int:
    """Write the film; returns its number of frames."""
    if not film.ready:
        raise RenderFailed(joined(film.problems, "sentences"))
    for warning in film.warnings:
        print(worded(warning, ENGLISH), file=sys.stderr, flush=True)
    with film_bar() as progress:
        made = write_film(
            session=session, settings=settings, timeline=film, order=FilmOrder(), out=output, progress=progress
        )
    return made.frames


class _Display:
    """Shows on standard error how far it is: a bar on a terminal, a line for every shot elsewhere."""

    def __init__(self, settings: StudioSettings, missing: Sequence[str]) -> None:
        self._store = section_store(settings)
        self._missing = list(missing)
        self._shot = 0
        self._bar = tqdm(total=len(missing), unit="section", disable=not sys.stderr.isatty(), leave=False)

    def __enter__(self) -> _Display:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.close()

    def show(self, render: Render, progress: Progress | None) -> None:
        if progress is None or render.status != "running":
            return
        if progress.shot_index != self._shot:
            self._shot = progress.shot_index
            if self._bar.disable:
                print(f"Shot {progress.shot_index} of {progress.shot_count}", file=sys.stderr, flush=True)
        still_missing = [key for key in self._missing if not self._store.has(key)]
        self._bar.update(len(self._missing) - len(still_missing))
        self._missing = still_missing
        step = f", step {progress.step}/{progress.steps}" if progress.steps else ""
        self._bar.set_postfix_str(f"shot {progress.shot_index}/{progress.shot_count}, {progress.phase}{step}")
