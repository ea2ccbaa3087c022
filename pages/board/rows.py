"""The board as plain values, as its component and the JSON interface are given it, with all words said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from framepack.messages import Message
from pages.board.reading import Board, Tone, is_starting, standing
from pages.look.text import said, wait_text
from pages.look.theme import ratio_of
from pages.serving.files import picture_url, preview_url, still_url
from pages.session.database import settings
from projects.database.tables import Pass, Phase, PictureFit, Progress, Render, Shot, Start, Transition
from projects.messages import read
from projects.storage.places import preview_path
from projects.storyboard.beats import ShotBeat
from projects.storyboard.loras import ChosenLora
from projects.storyboard.videos import picture_shown, shot_video
from projects.takes.staleness import ShotPlan

Kind = Literal["done", "stale", "never", "empty", "waiting", "rendering", "failed", "unknown"]
Shows = Literal["take", "picture", "title", "none"]

_PHASES: Mapping[Phase, str] = {
    "loading": "phase-loading",
    "encoding": "phase-encoding",
    "compiling": "phase-compiling",
    "sampling": "phase-sampling",
    "decoding": "phase-decoding",
    "finishing": "phase-finishing",
}


@dataclass(frozen=True)
class BeatRow:
    """What takes over ``at`` seconds into a shot; None: as before. ``place`` is as a row's."""

    at: float
    prompt: str | None
    seed: str | None
    media_id: str | None
    place: tuple[int, int, int]


@dataclass(frozen=True)
class VideoRow:
    """The video that a shot goes on from: its name, how long it lasts, and the address of its last picture."""

    media_id: str
    name: str
    seconds: float
    picture: str


@dataclass(frozen=True)
class LoraRow:
    """A LoRA that a shot chooses itself, by its SHA-256; ``words`` are put into prompts."""

    sha256: str
    name: str
    strength: float
    words: str


@dataclass(frozen=True)
class EndRow:
    """The picture that a shot is made towards: its name, its address, and whether the shot is only ``guided`` to it."""

    media_id: str
    name: str
    picture: str
    guided: bool


@dataclass(frozen=True)
class Row:
    """One shot. ``place`` is x, y and zoom in thousandths; ``take`` the one it shows, ``takes`` how many it has.

    ``transition`` leads into the shot and lasts ``transition_seconds``, unless it is a cut. ``loras`` are its own, None
    where the project's count.
    ``state`` says in words what ``kind`` says to programs, ``why`` what it is out of date for or cannot be rendered.
    ``frame`` is the address of a still of what it ``shows``.
    """

    id: str
    number: str
    name: str
    prompt: str
    seconds: float
    start: Start
    joined: bool
    transition: Transition
    transition_seconds: float
    dialogue: str
    notes: str
    beats: list[BeatRow]
    loras: list[LoraRow] | None
    title: str
    lower_third: str
    media: str | None
    picture_name: str | None
    video: VideoRow | None
    end: EndRow | None
    place: tuple[int, int, int]
    seed: str
    take: str | None
    take_ratio: str
    takes: int
    tone: Tone
    state: str
    kind: Kind
    why: list[str]
    version: int
    shows: Shows
    frame: str | None


@dataclass(frozen=True)
class ProjectRow:
    """What the board says of the project itself."""

    id: str
    name: str
    version: int
    width: int | None
    height: int | None
    ratio: str
    fit: PictureFit
    pass_: Annotated[Pass, Field(serialization_alias="pass")]
    has_real: bool
    seconds: float
    shots: int
    can_undo: bool
    can_redo: bool


@dataclass(frozen=True)
class RenderRow:
    """The work under way: at which shot it is, how much of that is done, how long all of it will still take.

    ``stopping``: it ends with the section that is being made.
    """

    id: str
    shot_id: str | None
    phase: Phase | None
    share: float
    left: str
    words: str
    preview: str | None
    stopping: bool


@dataclass(frozen=True)
class BoardData:
    """The whole board. ``to_render`` is how many shots an order for what changed would be for."""

    project: ProjectRow
    shots: list[Row]
    render: RenderRow | None
    to_render: int
    problem: str | None
    words_version: str


def board_data(board: Board, language: str) -> BoardData:
    """The board of a project, in ``language``."""
    project = board.project
    return BoardData(
        project=ProjectRow(
            id=project.id,
            name=project.name,
            version=project.version,
            width=project.width,
            height=project.height,
            ratio=ratio_of(project.width, project.height),
            fit=project.fit,
            pass_=board.made_for,
            has_real=project.real_checkpoint is not None,
            seconds=board.seconds,
            shots=len(board.plans),
            can_undo=board.can_undo,
            can_redo=board.can_redo,
        ),
        shots=[row(board, plan) for plan in board.plans],
        render=render_row(board, board.renders[0], board.progress) if board.renders else None,
        to_render=len(board.to_render),
        problem=_problem(board),
        words_version=language,
    )


def row(board: Board, plan: ShotPlan) -> Row:
    """One shot of the board."""
    shot = plan.shot
    doing = standing(board, plan)
    ratio = ratio_of(board.project.width, board.project.height)
    shows: Shows = "none"
    frame = None
    if plan.chosen is not None:
        shows, frame, ratio = "take", still_url(plan.chosen.id), ratio_of(plan.chosen.width, plan.chosen.height)
    elif (begins_with := picture_shown(shot)) is not None:
        shows, frame = "picture", picture_url(begins_with)
    elif shot.name.strip() or shot.prompt.strip():
        shows = "title"
    return Row(
        id=shot.id,
        number=shot.label,
        name=shot.name,
        prompt=shot.prompt,
        seconds=shot.seconds,
        start=shot.start,
        joined=shot.start == "continue" and shot.position > 0,
        transition=shot.transition,
        transition_seconds=shot.transition_seconds,
        dialogue=shot.dialogue,
        notes=shot.notes,
        beats=beat_rows(shot.beats),
        loras=None if shot.loras is None else lora_rows(shot.loras),
        title=shot.title,
        lower_third=shot.lower_third,
        media=shot.media_id,
        picture_name=board.pictures.get(shot.media_id) if shot.media_id else None,
        video=video_row(board, shot),
        end=end_row(board, plan),
        place=(shot.place_x, shot.place_y, shot.place_zoom),
        seed=str(shot.seed),
        take=plan.chosen.id if plan.chosen else None,
        take_ratio=ratio,
        takes=len(board.takes.get(shot.id, ())),
        tone=doing.tone,
        state=doing.word,
        kind=kind_of(board, plan),
        why=[said(message) for message in _why(board, plan)],
        version=shot.version,
        shows=shows,
        frame=frame,
    )


def video_row(board: Board, shot: Shot) -> VideoRow | None:
    """The video that a shot goes on from; None where it goes on from none."""
    video = shot_video(shot)
    if video is None:
        return None
    media = board.videos.get(video.media_id)
    name, seconds = (media.name, media.seconds or 0.0) if media else ("", 0.0)
    return VideoRow(video.media_id, name, seconds, picture_url(video.still_id))


def lora_rows(loras: Iterable[Mapping[str, Any]]) -> list[LoraRow]:
    """The LoRAs of a shot, as it keeps them, as the board says them."""
    return [LoraRow(**ChosenLora.model_validate(one).model_dump()) for one in loras]


def end_row(board: Board, plan: ShotPlan) -> EndRow | None:
    """The picture that a shot is made towards; None where there is none."""
    media_id = plan.shot.end_media_id
    if media_id is None:
        return None
    return EndRow(media_id, board.pictures.get(media_id, ""), picture_url(media_id), not board.works_backwards(plan))


def beat_rows(beats: Iterable[Mapping[str, Any]]) -> list[BeatRow]:
    """Beats, as a shot keeps them, as values for programs, which may not count as far as seeds go."""
    return [
        BeatRow(beat.at, beat.prompt, None if beat.seed is None else str(beat.seed), beat.media_id, beat.place)
        for beat in map(ShotBeat.model_validate, beats)
    ]


def kind_of(board: Board, plan: ShotPlan) -> Kind:
    """How a shot is doing, for programs; ``standing`` says it in words."""
    shot = plan.shot
    if board.is_rendering(shot):
        return "rendering"
    if board.is_waiting(shot) and plan.state != "done":
        return "waiting"
    if board.is_naming_weights and plan.chosen is not None:
        return "unknown"
    if plan.problem is not None:
        return "stale" if plan.chosen is not None else "empty"
    if plan.state == "done":
        return "done"
    if shot.id in board.failures:
        return "failed"
    return "stale" if plan.state == "stale" or plan.found is not None else "never"


def render_row(board: Board, render: Render, progress: Progress | None) -> RenderRow:
    """How far a render of the board's project is that is not finished."""
    if progress is None:
        words = Message("render-waits")
        return RenderRow(render.id, None, None, 0.0, "", said(words), None, render.stopping)
    return RenderRow(
        id=render.id,
        shot_id=progress.shot_id,
        phase=progress.phase,
        share=_share(progress),
        left=_left(board, render, progress),
        words=said(_words(board, progress)),
        preview=_preview(render, progress),
        stopping=render.stopping,
    )


def _why(board: Board, plan: ShotPlan) -> Sequence[Message]:
    doing = standing(board, plan)
    reasons = board.reasons.get(plan.shot.id, ())
    if doing.message is None:
        return ()
    # Where there is no more to do than to choose another take, that is said instead.
    if plan.problem is None and plan.found is None and reasons:
        return reasons
    return (doing.message,)


def phase_words(phase: Phase) -> str:
    """What a worker is doing, in words."""
    return said(Message(_PHASES[phase]))


def _words(board: Board, progress: Progress) -> Message:
    label = next((plan.shot.label for plan in board.plans if plan.shot.id == progress.shot_id), None)
    phase = Message(_PHASES[progress.phase])
    if label is None:
        return Message("render-at-work", {"phase": phase})
    if progress.phase == "sampling" and progress.steps:
        return Message("render-step", {"shot": label, "step": progress.step, "steps": progress.steps})
    return Message("render-phase", {"shot": label, "phase": phase})


def _preview(render: Render, progress: Progress) -> str | None:
    """Where the picture is as it grows; none before the first step."""
    if not preview_path(settings(), render.id).exists():
        return None
    return preview_url(render.id, round(progress.updated_at.timestamp() * 1000))


def _share(progress: Progress) -> float:
    """How much of the shot at work is done, 0 to 1."""
    if progress.phase == "finishing":
        return 1.0
    if not progress.sections:
        return 0.0
    step = progress.step / progress.steps if progress.steps else float(progress.phase == "decoding")
    return min(max((progress.section - 1 + step) / progress.sections, 0.0), 1.0)


def _left(board: Board, render: Render, progress: Progress) -> str:
    """How long the order will still take; "" while that is not known.

    It goes by the forecast, less what is done of the section under way, and where nothing was measured yet by the speed
    of the steps so far.
    """
    if board.remaining is not None and board.remaining.measured and board.remaining.sections:
        done = progress.step * (progress.seconds_per_step or 0.0)
        return wait_text(max(0.0, board.remaining.takes.likely - done))
    if progress.seconds_per_step is None or not progress.steps:
        return ""
    steps = progress.steps - progress.step + (progress.sections - progress.section) * progress.steps
    wanted = render.shot_ids
    later = set(wanted[wanted.index(progress.shot_id) + 1 :]) if progress.shot_id in wanted else set()
    sections = sum(len(plan.planned.sections) for plan in board.plans if plan.planned and plan.shot.id in later)
    return wait_text((steps + progress.steps * sections) * progress.seconds_per_step)


def _problem(board: Board) -> str | None:
    """What stands in the way of the whole project, in words."""
    if board.weights_problem is not None:
        return said(board.weights_problem)
    if not board.worker_alive:
        return said(Message("worker-starting") if is_starting() else Message("worker-absent", {"logs": _logs()}))
    if not board.renders and board.last is not None and board.last.status == "failed":
        return said(read(board.last.error) if board.last.error else Message("render-failed"))
    return None


def _logs() -> str:
    return str(settings().logs_dir)
