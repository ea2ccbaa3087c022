"""What the interface answers, by operation. What is said in words is in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from framepack.shots.request import CacheKind
from pages.board.rows import RenderRow, Row
from projects.cutting.film_settings import FilmSettings
from projects.database.tables import FilmStatus, Pass, PictureFit, RenderStatus, SeedPolicy, Start, TakeStatus
from projects.loras.files import FileState
from projects.queue.deliveries import Delivered
from projects.storyboard.loras import ChosenLora


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


Seed = Annotated[str, Field(description="As a text: it may be larger than the numbers that a browser can count to.")]


class Problem(Answer):
    """Why something was not done: an id, one sentence, and the field that is wrong where there is one."""

    error: str
    message: str
    field: str | None


class ChangedMeanwhile(Problem):
    """What somebody else changed meanwhile: the fields as they are now, and the version they belong to."""

    theirs: dict[str, str | int | float | bool | list[Any] | None]
    version: int


# --- projects ---------------------------------------------------------------------------------------------------------


class ProjectAnswer(Answer):
    """A project with all its settings."""

    id: str
    version: int
    name: str
    checkpoint: str
    preset: str
    steps: int | None
    guidance: float | None
    cfg: float | None
    negative_prompt: str
    cache: CacheKind | None
    threshold: float | None
    shape: str
    fit: PictureFit
    width: int | None
    height: int | None
    default_seconds: float
    default_start: Start
    words_before: str
    words_after: str
    seed_policy: SeedPolicy
    seed: Seed
    real_checkpoint: str | None
    real_preset: str | None
    real_steps: int | None
    film: FilmSettings
    loras: list[ChosenLora]
    archived: bool
    created_at: dt.datetime
    edited_at: dt.datetime


class EditAnswer(Answer):
    """One edit of a project, as its journal has it."""

    number: int
    kind: str
    shot_ids: list[str]
    undone: bool
    made_at: dt.datetime


class Reversed(Answer):
    """The edit that was undone, or done again, and the project's version now."""

    kind: str
    shot_ids: list[str]
    version: int


# --- shots ------------------------------------------------------------------------------------------------------------


class ShotAnswer(Answer):
    """A shot as the board shows it, and its version."""

    shot: Row
    version: int


class ShotsAnswer(Answer):
    """Shots as the board shows them, and their project's version."""

    shots: list[Row]
    version: int


class ShotIds(Answer):
    """The shots that something was done with, in order, and their project's version now."""

    ids: list[str]
    version: int


class ReadShot(Answer):
    """A shot that a text describes; what is null is as the project has it."""

    prompt: str
    seconds: float | None
    start: Start | None
    name: str
    dialogue: str
    notes: str


class ReadLines(Answer):
    """A text as it was read, and the shots that it describes."""

    text: str
    shots: list[ReadShot]


class DeletedShot(Answer):
    """A shot that was deleted and can be restored."""

    id: str
    number: str
    name: str
    prompt: str
    deleted_at: dt.datetime


# --- takes, renders, films, pictures ----------------------------------------------------------------------------------


class VideoJoin(Answer):
    """What was measured where a take goes on from a video, in levels of 255.

    ``colour`` is the step of the mean colour there and ``usual_colour`` the largest beside it; ``movement`` is the mean
    difference of brightness there and ``usual_movement`` the largest before it. ``is_seen``: somebody would see it.
    """

    colour: float
    usual_colour: float
    movement: float
    usual_movement: float
    is_seen: bool


class TakeAnswer(Answer):
    """A take, and what it was made from. ``chosen_for`` are the passes that show it; ``bytes`` is its file's size.

    ``weights`` names those of the model; ``preset`` is null where the settings are those of none, and ``video_join``
    where it goes on from no video.
    """

    id: str
    shot_id: str
    number: int
    status: TakeStatus
    problem: str | None
    made_for: Pass
    chosen_for: list[Pass]
    star: bool
    note: str
    prompt: str
    seed: Seed
    checkpoint: str
    weights: str
    preset: str | None
    steps: int | None
    guidance: float | None
    start: str
    width: int
    height: int
    frames: int
    fps: int
    seconds: float
    seconds_spent: float
    bytes: int
    deleted: bool
    made_at: dt.datetime
    video_join: VideoJoin | None
    video: str | None
    still: str | None
    download: str | None
    story: str | None


class RenderAnswer(Answer):
    """An order to the generator. ``progress`` is how far it is, while a worker is at it."""

    id: str
    project_id: str
    status: RenderStatus
    pass_: Pass = Field(serialization_alias="pass")
    shot_ids: list[str]
    problem: str | None
    progress: RenderRow | None
    ordered_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None


class BranchAnswer(Answer):
    """What was ordered: takes that are as another one up to ``frame`` (0 is the first), ``at`` seconds into the shot.

    ``new_sections`` of all their ``sections`` have to be rendered; what they have in common counts once.
    """

    render: RenderAnswer
    at: float
    frame: int
    new_sections: int
    sections: int


class DirectedAnswer(Answer):
    """How far a shot is that is directed: ``take`` is what there is so far, of the ``seconds`` it is to last.

    ``waits``: it is to be said how it goes on. ``is_directed`` is false before it is begun and after it was stopped.
    """

    is_directed: bool
    waits: bool
    take: TakeAnswer | None
    seconds: float
    problem: str | None


class LengthAnswer(Answer):
    """The take, where nothing had to be rendered for it, or what was ordered."""

    take: TakeAnswer | None
    ordered: BranchAnswer | None


class PresetAnswer(Answer):
    """What an order comes to with a preset; ``in_time`` is null where no time was given."""

    preset: str
    title: str
    lasts: str
    seconds_likely: float
    done_to: dt.datetime
    in_time: bool | None


class ForecastAnswer(Answer):
    """What an order would come to. ``measured``: it goes by what was measured on this computer; else an estimate.

    ``seconds_ahead`` is the work that comes before it, and ``best`` the best preset that is done in time.
    """

    shots: int
    sections: int
    found_sections: int
    seconds_low: float
    seconds_likely: float
    seconds_high: float
    seconds_ahead: float
    done_from: dt.datetime
    done_to: dt.datetime
    measured: bool
    hardware: str
    words: str
    presets: list[PresetAnswer]
    best: str | None


class AfterwardsAnswer(Answer):
    """What was foretold of an order, in seconds of work, beside what it took."""

    foretold: float
    foretold_low: float
    foretold_high: float
    took: float


class OrderAnswer(Answer):
    """An order in the queue. ``waits``: it can be moved. ``words`` say what it is doing, ``lasts`` what is still to do.

    ``urgent`` ones come before the others, also between the sections of what is under way.
    """

    id: str
    project_id: str
    project: str
    pass_: Pass = Field(serialization_alias="pass")
    status: RenderStatus
    paused: bool
    urgent: bool
    waits: bool
    shots: int
    sections: int | None
    words: str
    lasts: str
    measured: bool
    done_from: dt.datetime | None
    done_to: dt.datetime | None
    afterwards: AfterwardsAnswer | None
    problem: str | None
    ordered_at: dt.datetime
    finished_at: dt.datetime | None


class QueuedFilm(Answer):
    """A film, or what else is made of one, that is being made or waits for it; ``share`` is what is done, 0 to 1.

    ``waits``: it may be moved. ``lasts`` says in words how long the rest takes, as an estimate where it is not
    ``measured``.
    """

    id: str
    project_id: str
    project: str
    name: str
    status: FilmStatus
    share: float
    paused: bool
    waits: bool
    lasts: str
    measured: bool
    done_from: dt.datetime | None
    done_to: dt.datetime | None


class QueuedPictures(Answer):
    """Pictures from words that are being made for a shot, wait for it or are over; ``share`` is what is done, 0 to 1.

    ``made`` of ``count`` are there. ``waits``: it can be moved. ``lasts`` says in words how long the rest takes once a
    worker is at it, "" while nobody can say; it is ``measured``, or else an estimate. ``goes_on``: it failed for what
    passes, and begins again by itself then.
    """

    id: str
    project_id: str
    project: str
    shot_id: str
    shot: str
    status: FilmStatus
    share: float
    made: int
    count: int
    paused: bool
    waits: bool
    lasts: str
    measured: bool
    problem: str | None
    goes_on: bool
    finished_at: dt.datetime | None


class WorkerAnswer(Answer):
    """A worker that is alive: its device, what it is sold as, its memory, its measured speed, and what it is at.

    ``shot`` is the label of that shot, "" between two of them. What is somebody else's is not told: ``for_others``.
    """

    device: str
    hardware: str
    memory_bytes: int
    seconds_a_section: float | None
    speed: str
    order_id: str | None
    shot: str
    for_others: bool


class QueueAnswer(Answer):
    """The whole queue: what is under way and what waits, in its order, what is over, and who works at it.

    ``cards`` says in a sentence what several cards gain on one shot, "" where there are none or it was not measured.
    A person has their own only; ``others`` is how many more there are that are not over.
    """

    paused: bool
    workers: list[WorkerAnswer]
    orders: list[OrderAnswer]
    films: list[QueuedFilm]
    pictures: list[QueuedPictures]
    over: list[OrderAnswer]
    pictures_over: list[QueuedPictures]
    cards: str
    others: int


class FilmAnswer(Answer):
    """A film, or what else was ordered of a project. ``takes`` are its parts in order.

    While it is made ``share`` says how much of it is done, 0 to 1, and ``seconds_left`` how long the rest will take
    where that can be said. ``goes_on``: it failed for what may pass, and is made by itself then. ``download`` is there
    once it is done, ``video`` where a browser shows it, ``captions`` where it has them as a file of their own.
    """

    id: str
    project_id: str
    name: str
    format: Delivered
    pass_: Pass = Field(serialization_alias="pass")
    edition_id: str | None
    status: FilmStatus
    share: float
    seconds_left: float | None
    problem: str | None
    goes_on: bool
    frames: int
    seconds: float
    width: int
    height: int
    fps: float
    takes: list[str]
    bytes: int
    deleted: bool
    ordered_at: dt.datetime
    made_at: dt.datetime
    video: str | None
    download: str | None
    captions: str | None
    story: str | None


class SoundAnswer(Answer):
    """A sound that was kept, and where it plays."""

    media_id: str
    name: str
    seconds: float
    url: str


class LoraAnswer(Answer):
    """A LoRA of the library; ``projects`` and ``shots`` use it, ``state`` says whether its file is there."""

    sha256: str
    version: int
    name: str
    strength: float
    words: str
    note: str
    kind: str
    spelling: str
    rank: int | None
    layers: int
    dtype: str
    file_name: str
    size_bytes: int
    state: FileState
    media_id: str | None
    picture: str
    projects: list[str]
    shots: list[str]


class WaveformAnswer(Answer):
    """A sound as a line: for each equal piece its lowest and highest sample, in hundredths of full level."""

    seconds: float
    low: list[int]
    high: list[int]


class BeatsAnswer(Answer):
    """When the beats of a sound fall, in seconds from its beginning."""

    beats: list[float]


class VideoAnswer(Answer):
    """A video that was kept, the address of its last picture, and what is to be said of it."""

    media_id: str
    width: int
    height: int
    seconds: float
    name: str
    picture: str
    remarks: list[str]


class PictureAnswer(Answer):
    """A picture that was kept, and what is to be said of it."""

    media_id: str
    width: int
    height: int
    name: str
    url: str
    remarks: list[str]
