"""The tables: what a project, a shot, a take and the rest consist of. They know no verbs and no rules.

Ids are uuid4 hex strings (a picture's is the SHA-256 of its file), times are in UTC. Nothing is removed from the
tables of what a person made: ``deleted_at`` marks it, so that every deletion can be taken back, until the person asks
for what is deleted to be removed for good (see ``upkeep``).
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from framepack.shots.request import CacheKind

Start = Literal["cut", "continue"]
# A project is made twice: as a draft, and with a second set of model, preset and steps, for real.
Pass = Literal["draft", "real"]
# How pictures come into the frame: "place" is "fill" about a point that each shot chooses.
PictureFit = Literal["fill", "fit", "place"]
SeedPolicy = Literal["each", "one", "new"]
TakeStatus = Literal["rendering", "done", "failed", "cancelled"]
RenderStatus = Literal["queued", "running", "done", "failed", "cancelled"]
FilmStatus = Literal["queued", "working", "done", "failed", "cancelled"]
Medium = Literal["picture", "sound", "video"]
# What leads from the shot before into a shot, and where in it one shot ends and the next begins.
Transition = Literal["cut", "dissolve", "black", "white", "wipe"]
TransitionAt = Literal["in", "out", "centre"]
# A slow move over a still, and what stands between two frames of a shot that is shown more slowly.
Move = Literal["none", "closer", "away", "left", "right", "up", "down"]
Between = Literal["repeat", "blend", "motion"]
# What a render spends its time on: "rest" is all of a shot that is none of the others.
Stage = Literal["load", "encode", "sample", "decode", "rest", "film", "picture", "picture-load"]
Phase = Literal["loading", "encoding", "compiling", "sampling", "decoding", "finishing"]

# Text without letters, for columns that came later; a plain "" would count as no value at all.
EMPTY = sa.text("''")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """A fresh id."""
    return uuid.uuid4().hex


def now() -> dt.datetime:
    """The time, in UTC."""
    return dt.datetime.now(dt.UTC)


class UtcTime(sa.types.TypeDecorator[dt.datetime]):
    """A time that is in UTC on the way in and on the way out, also where the database keeps no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Stored(SQLModel):
    """Base of all tables; its metadata names every constraint, so that later migrations can speak of them."""

    metadata = sa.MetaData(naming_convention=NAMING)


# --- what a person makes ----------------------------------------------------------------------------------------------


class ProjectBase(SQLModel):
    """What can be said of a project. None means: as the checkpoint and the preset have it.

    ``cache`` and ``threshold`` go together and take the place of the preset's step cache. ``shape`` is one of
    ``storyboard.shapes``, ``fit`` how pictures of another shape come into it. ``seed_policy``: "each" shot has a seed,
    all have the project's "one", or each render gives a "new" one to what it makes. ``real_checkpoint`` is the model of
    the real pass, None where there is none. ``film`` is ``cutting.film_settings.FilmSettings`` as far as it is set.
    ``loras``, in order, are ``storyboard.loras.ChosenLora``.
    """

    name: str
    checkpoint: str = "draft"
    preset: str = Field(default="exact", sa_column_kwargs={"server_default": "exact"})
    steps: int | None = None
    guidance: float | None = None
    cfg: float | None = None
    negative_prompt: str = ""
    cache: CacheKind | None = Field(default=None, sa_type=sa.String)
    threshold: float | None = None
    shape: str = Field(default="picture", sa_column_kwargs={"server_default": "picture"})
    fit: PictureFit = Field(default="fill", sa_type=sa.String, sa_column_kwargs={"server_default": "fill"})
    default_seconds: float = Field(default=4.0, sa_column_kwargs={"server_default": "4.0"})
    default_start: Start = Field(default="cut", sa_type=sa.String, sa_column_kwargs={"server_default": "cut"})
    words_before: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    words_after: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    seed_policy: SeedPolicy = Field(default="each", sa_type=sa.String, sa_column_kwargs={"server_default": "each"})
    seed: int = Field(default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"})
    real_checkpoint: str | None = None
    real_preset: str | None = None
    real_steps: int | None = None
    film: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON, sa_column_kwargs={"server_default": "{}"})
    loras: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=sa.JSON, sa_column_kwargs={"server_default": "[]"}
    )


class ProjectUpdate(ProjectBase):
    """Changes to a project; only the fields that are given count (``exclude_unset``)."""

    name: str = ""


class Project(ProjectBase, Stored, table=True):
    """A storyboard. Its aspect is that of its shape, or of the picture that decided, and None until there is one.

    Its size is the one of its checkpoint that is nearest to the aspect, which stays when the checkpoint changes.
    ``source`` names the storyboard file it was made from (see ``interchange``). ``version`` grows with every edit of it
    or of its shots' order. ``owner`` is the e-mail address of the person whose it is; None: the keeper's.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    height: int | None = None
    width: int | None = None
    aspect_height: int | None = None
    aspect_width: int | None = None
    source: str | None = Field(default=None, unique=True)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    owner: str | None = Field(default=None, index=True)
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    updated_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    archived_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    deleted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class ShotBase(SQLModel):
    """What can be said of a shot; its picture has verbs of its own.

    ``place_x``, ``place_y`` say where its picture is cut, in thousandths of the free way (500 is the middle), and
    ``place_zoom`` how much closer than need be, in thousandths; they count where the project's ``fit`` is "place".
    ``preset``, ``steps``, ``guidance``: None is the project's. ``checkpoint`` counts at a cut, for the whole chain.

    ``beats``, in the order of their times, are ``storyboard.beats.ShotBeat``: what takes over within the shot.
    ``video`` is the video that a shot goes on from which starts with a cut (``storyboard.videos.ShotVideo``).
    ``loras``, in order, are ``storyboard.loras.ChosenLora``; None: the project's. ``end_media_id`` is the picture that
    the shot is made towards (``storyboard.ends``).

    From ``transition``, which leads into the shot, on it is about the film only (see ``FILM_FIELDS``): it changes
    nothing that is rendered. Trims, holds and the transition are seconds, ``speed`` is a factor; ``sounds`` are
    ``cutting.shot_fields.ShotSound``, and ``match_colour`` evens out a step of colour where it goes on from the shot
    before.
    """

    prompt: str = ""
    seconds: float = 4.0
    start: Start = Field(default="cut", sa_type=sa.String)
    seed: int = Field(default=0, sa_type=sa.BigInteger)
    name: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    dialogue: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    notes: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    place_x: int = Field(default=500, sa_column_kwargs={"server_default": "500"})
    place_y: int = Field(default=500, sa_column_kwargs={"server_default": "500"})
    place_zoom: int = Field(default=1000, sa_column_kwargs={"server_default": "1000"})
    checkpoint: str | None = None
    preset: str | None = None
    steps: int | None = None
    guidance: float | None = None
    beats: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=sa.JSON, sa_column_kwargs={"server_default": "[]"}
    )
    video: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    loras: list[dict[str, Any]] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    end_media_id: str | None = None
    transition: Transition = Field(default="cut", sa_type=sa.String, sa_column_kwargs={"server_default": "cut"})
    transition_seconds: float = Field(default=0.5, sa_column_kwargs={"server_default": "0.5"})
    transition_at: TransitionAt = Field(
        default="centre", sa_type=sa.String, sa_column_kwargs={"server_default": "centre"}
    )
    trim_start: float = Field(default=0.0, sa_column_kwargs={"server_default": "0.0"})
    trim_end: float = Field(default=0.0, sa_column_kwargs={"server_default": "0.0"})
    speed: float = Field(default=1.0, sa_column_kwargs={"server_default": "1.0"})
    between: Between = Field(default="repeat", sa_type=sa.String, sa_column_kwargs={"server_default": "repeat"})
    reverse: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    move: Move = Field(default="none", sa_type=sa.String, sa_column_kwargs={"server_default": "none"})
    hold_first: float = Field(default=0.0, sa_column_kwargs={"server_default": "0.0"})
    hold_last: float = Field(default=0.0, sa_column_kwargs={"server_default": "0.0"})
    title: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    lower_third: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    sounds: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=sa.JSON, sa_column_kwargs={"server_default": "[]"}
    )
    match_colour: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


# What is said of a shot for the film only.
FILM_FIELDS = frozenset(
    {
        *("transition", "transition_seconds", "transition_at", "trim_start", "trim_end", "speed", "between"),
        *("reverse", "move", "hold_first", "hold_last", "title", "lower_third", "sounds", "match_colour"),
    }
)


class ShotUpdate(ShotBase):
    """Changes to a shot; only the fields that are given count (``exclude_unset``)."""


class Shot(ShotBase, Stored, table=True):
    """A shot. ``number`` is shown as SH0010 and stays; ``position`` (0, 1, ..) is its place among the shots.

    ``chosen_draft_id`` and ``chosen_real_id`` are the takes it shows in either pass. They are no foreign keys: a take
    names its shot already, and the two would wait for each other. ``version`` grows with every edit.
    """

    __table_args__ = (
        # A deleted shot keeps its number, as far as nobody renumbers the others meanwhile.
        sa.Index(
            "uq_shot_project_id",
            "project_id",
            "number",
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    number: int
    position: int
    media_id: str | None = Field(default=None, foreign_key="media.id")
    chosen_draft_id: str | None = None
    chosen_real_id: str | None = None
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    owner: str | None = None
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    updated_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    deleted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def label(self) -> str:
        """The number as it is shown."""
        return f"SH{self.number:04d}"


class Wording(Stored, table=True):
    """An earlier wording of a shot's prompt; ``created_at`` is when it was replaced."""

    id: str = Field(default_factory=new_id, primary_key=True)
    shot_id: str = Field(foreign_key="shot.id", index=True)
    prompt: str
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)


class Edition(Stored, table=True):
    """A film of a project that is cut otherwise, from the same takes: another shape, shorter, in another language.

    ``film`` holds what it sets otherwise than the project's ``film``; ``shots`` by shot what it sets otherwise of
    ``FILM_FIELDS`` and ``dialogue``, with "left_out": true for those that it does not show; ``order`` is the shots' own
    order, None for the storyboard's. ``shape`` is one of ``storyboard.shapes``, None for the project's.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    name: str
    shape: str | None = None
    film: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    shots: dict[str, dict[str, Any]] = Field(default_factory=dict, sa_type=sa.JSON)
    order: list[str] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    version: int = 1
    owner: str | None = None
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    updated_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    deleted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class Media(Stored, table=True):
    """A file as it was given: a picture, a sound or a video. ``id`` is its SHA-256, ``kind`` its MIME type.

    Width and height are those of the upright picture, 0 for a sound; ``seconds`` is how long a sound or video lasts.
    What a shot can go on from has the number of its ``last_frame``, at the models' rate, and that as a picture of its
    own (``still_id``); a sound can be such a video as well.
    """

    id: str = Field(primary_key=True)
    name: str
    kind: str
    medium: Medium = Field(default="picture", sa_type=sa.String, sa_column_kwargs={"server_default": "picture"})
    width: int
    height: int
    seconds: float | None = None
    last_frame: int | None = None
    still_id: str | None = None
    size_bytes: int = Field(sa_type=sa.BigInteger)
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)


class MediaOwner(Stored, table=True):
    """That a person, by e-mail address, brought a file, which nothing of theirs may name yet.

    ``media_id`` is no foreign key: it is noted before it is asked whether the file is there already.
    """

    media_id: str = Field(primary_key=True)
    owner: str = Field(primary_key=True)


class LoraBase(SQLModel):
    """What a person says of a LoRA of the library: how strongly it is usually added, and its trigger words."""

    name: str
    strength: float = 1.0
    words: str = ""
    note: str = ""


class LoraUpdate(LoraBase):
    """Changes to a LoRA; only the fields that are given count (``exclude_unset``)."""

    name: str = ""


class Lora(LoraBase, Stored, table=True):
    """A LoRA of the library. ``id`` is its SHA-256 (``framepack.checkpoints.loras.lora_sha256``).

    ``file_name`` is its file's own, and ``size_bytes`` that file's size; from ``spelling`` to ``dtype`` it is as
    ``framepack.checkpoints.lora_facts`` found it. ``media_id`` is a picture that shows what it does.
    """

    id: str = Field(primary_key=True)
    file_name: str
    size_bytes: int = Field(sa_type=sa.BigInteger)
    spelling: str
    kind: str
    rank: int | None = None
    layers: int
    dtype: str
    media_id: str | None = Field(default=None, foreign_key="media.id")
    version: int = 1
    owner: str | None = None
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    updated_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    deleted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class Edit(Stored, table=True):
    """One entry of a project's journal: what one edit changed, so that it can be undone and done again.

    ``number`` counts from 1 in its project. ``changes`` are {"table", "id", "before", "after"}, the last two by field;
    ``before`` is None for a row that the edit made.
    """

    __table_args__ = (sa.UniqueConstraint("project_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    number: int
    kind: str
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    undone: bool = False
    owner: str | None = None
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)


# --- what the generator makes -----------------------------------------------------------------------------------------


class Render(Stored, table=True):
    """One order to the generator: the shots of a project that are wanted. ``id`` is the workflow's.

    ``plan`` is the storyboard as it was when a worker began, so that an edit meanwhile changes nothing. ``variants``
    says by shot which other takes of it are wanted (``takes.variants.Variant``); None: what the storyboard asks for is.
    ``stopping``: no more is wanted than the section that is being made. ``direction`` says of an order for one section
    of a shot that is directed (see ``queue.directing``) how long the shot is to be ("seconds"), which takes it goes on
    from ("take", and "base" without the latest section), and whether that has "ended".

    What waits is taken up in the order of ``place``, but all that is ``urgent`` before all that is not, also before the
    next section of what is under way. ``handed_over``: the queue's database has it, as its workflow number ``runs``; an
    order that is put back, for an urgent one or because it is ``paused``, is handed over anew later. ``forecast`` is
    what was foretold of it when a worker began (see ``forecast``), and ``seconds_spent`` what workers spent on it.
    ``cleared_at``: it is over, and not listed any more. ``tries`` counts how often it was ordered again by itself.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    shot_ids: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    made_for: Pass = Field(default="draft", sa_type=sa.String, sa_column_kwargs={"server_default": "draft"})
    variants: dict[str, list[dict[str, Any]]] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    direction: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    stopping: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    status: RenderStatus = Field(default="queued", sa_type=sa.String)
    plan: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    error: str | None = None
    executor: str | None = None
    place: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    urgent: bool = Field(default=True, sa_column_kwargs={"server_default": sa.true()})
    paused: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    # Those of earlier versions were handed over when they were ordered.
    handed_over: bool = Field(default=False, sa_column_kwargs={"server_default": sa.true()})
    runs: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    forecast: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    seconds_spent: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    started_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    finished_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    cleared_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def workflow_id(self) -> str:
        """What the queue's database calls it: another name each time that it is handed over."""
        return _workflow_id(self.id, self.runs)

    @property
    def earlier_workflow_id(self) -> str | None:
        """What it was called there before it was put back; None where it never was."""
        return _workflow_id(self.id, self.runs - 1) if self.runs else None


class Take(Stored, table=True):
    """One rendering of a shot. ``keys`` are [key, frames] of its units in order, as planned when it was begun.

    ``request`` is what it was made from, for display only; the keys decide whether it is stale. ``attempts`` counts the
    workers that died over it since the last finished section. ``video_join`` is what was measured where it goes on from
    a video (``takes.video_joins``). ``lease`` counts how often a worker took it up (``database.leases``).
    """

    __table_args__ = (sa.UniqueConstraint("shot_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    shot_id: str = Field(foreign_key="shot.id", index=True)
    number: int
    status: TakeStatus = Field(default="rendering", sa_type=sa.String)
    keys: list[list[Any]] = Field(default_factory=list, sa_type=sa.JSON)
    frames: int
    width: int
    height: int
    fps: int
    request: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    made_for: Pass = Field(default="draft", sa_type=sa.String, sa_column_kwargs={"server_default": "draft"})
    star: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    note: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    video_join: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    render_id: str | None = Field(default=None, foreign_key="render.id")
    seconds_spent: float = 0.0
    attempts: int = 0
    lease: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: str | None = None
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    finished_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    deleted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def units(self) -> tuple[tuple[str, int], ...]:
        """(key, frames shown) of every unit that, joined, is the take; as ``PlannedShot.units``."""
        return tuple((str(key), int(frames)) for key, frames in self.keys)


class Progress(Stored, table=True):
    """How far a render is. ``shot_index`` and ``section`` count from 1; the growing preview is a file beside it."""

    render_id: str = Field(primary_key=True, foreign_key="render.id")
    shot_id: str | None = Field(default=None, foreign_key="shot.id")
    shot_index: int = 0
    shot_count: int = 0
    section: int = 0
    sections: int = 0
    step: int = 0
    steps: int = 0
    seconds_per_step: float | None = None
    phase: Phase = Field(default="loading", sa_type=sa.String)
    updated_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)


class Film(Stored, table=True):
    """A film that was made, or is being made. ``parts`` are the ids of its takes in order.

    ``ending`` is that of its file; ``made_from`` hashes all that went into it, "" for those made before that was kept.
    While it is made ``share`` says how much of it is done, 0 to 1. What waits is made in the order of ``place``, but
    not while it is ``paused``; ``handed_over`` and ``runs`` are as of a ``Render``, and ``lease`` as of a ``Take``.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    name: str
    status: FilmStatus = Field(default="working", sa_type=sa.String)
    frames: int = 0
    seconds: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = Field(default=30.0, sa_column_kwargs={"server_default": "30.0"})
    parts: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    made_for: Pass = Field(default="draft", sa_type=sa.String, sa_column_kwargs={"server_default": "draft"})
    edition_id: str | None = None
    ending: str = Field(default=".mp4", sa_column_kwargs={"server_default": ".mp4"})
    order: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON, sa_column_kwargs={"server_default": "{}"})
    made_from: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    share: float = Field(default=0.0, sa_column_kwargs={"server_default": "0.0"})
    size_bytes: int = Field(default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"})
    error: str | None = None
    place: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    paused: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    # Those of earlier versions were handed over when they were ordered.
    handed_over: bool = Field(default=False, sa_column_kwargs={"server_default": sa.true()})
    runs: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    lease: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    started_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    finished_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    deleted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def workflow_id(self) -> str:
        """What the queue's database calls it: another name each time that it is handed over."""
        return _workflow_id(self.id, self.runs)

    @property
    def earlier_workflow_id(self) -> str | None:
        """What it was called there before it was put back; None where it never was."""
        return _workflow_id(self.id, self.runs - 1) if self.runs else None


class PictureOrder(Stored, table=True):
    """Pictures for a shot that are to be made from words by a model of the person's, or were.

    ``source_id`` is the picture that is changed, None where there is none, ``strength`` how much. ``media_ids`` are
    those that are made so far, ``begun`` how often a worker began, and ``lease`` is as of a ``Take``.
    One that waits again because of a pause has both ``started_at`` and ``finished_at``: so long it was made.
    What waits is made in the order of ``place``, but not while it is ``paused``; ``handed_over``, ``runs``, ``tries``
    and ``cleared_at`` are as of a ``Render``.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    shot_id: str = Field(foreign_key="shot.id", index=True)
    status: FilmStatus = Field(default="queued", sa_type=sa.String)
    model: str
    prompt: str
    count: int
    seed: int = Field(sa_type=sa.BigInteger)
    steps: int | None = None
    height: int
    width: int
    source_id: str | None = None
    strength: float | None = None
    media_ids: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    share: float = 0.0
    begun: int = 0
    place: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    paused: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    # Those of earlier versions were handed over when they were ordered.
    handed_over: bool = Field(default=False, sa_column_kwargs={"server_default": sa.true()})
    runs: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    lease: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: str | None = None
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    started_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    finished_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    cleared_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    deleted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def workflow_id(self) -> str:
        """What the queue's database calls it: another name each time that it is handed over."""
        return _workflow_id(self.id, self.runs)

    @property
    def earlier_workflow_id(self) -> str | None:
        """What it was called there before it was put back; None where it never was."""
        return _workflow_id(self.id, self.runs - 1) if self.runs else None


class GuestLink(Stored, table=True):
    """A link by which others look at a project without the password; ``name`` says for whom it is.

    ``word_hash`` is the SHA-256 of the word in its address. It is over at ``ends_at``, or since ``ended_at``.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    name: str
    word_hash: str = Field(unique=True, index=True)
    may_note: bool
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    ends_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    used_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class GuestNote(Stored, table=True):
    """What somebody noted who came by a link, on a shot or, without one, on the whole. Shown until it is done."""

    id: str = Field(default_factory=new_id, primary_key=True)
    project_id: str = Field(foreign_key="project.id", index=True)
    link_id: str = Field(foreign_key="guestlink.id")
    shot_id: str | None = Field(default=None, foreign_key="shot.id", index=True)
    author: str
    text: str
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    done_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class Worker(Stored, table=True):
    """A worker process that is, or was, alive: ``beat_at`` is its last sign of life.

    ``hardware`` is what its device is sold as, with ``memory_bytes``; ``arithmetic`` is how many operations a second it
    is built for, 0 where that is not known. ``shot_id`` of ``render_id`` is what it is at, None between shots; they
    are no foreign keys, since rows of either may go while it says so. Because of other programs
    things take ``crowding`` times as long there now.
    """

    executor_id: str = Field(primary_key=True)
    device: str
    pid: int
    host: str
    hardware: str = Field(default="", sa_column_kwargs={"server_default": EMPTY})
    memory_bytes: int = Field(default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"})
    arithmetic: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    render_id: str | None = None
    shot_id: str | None = None
    crowding: float = Field(default=1.0, sa_column_kwargs={"server_default": "1"})
    started_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)
    beat_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)


class Speed(Stored, table=True):
    """How long one stage of a render took on a ``hardware``, or would have with nobody else there, for forecasts.

    ``setting`` is what else that depends on, as ``forecast.speeds`` writes it, and ``work`` its operations.
    """

    __table_args__ = (sa.Index("ix_speed_hardware", "hardware", "checkpoint", "stage"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    hardware: str
    checkpoint: str
    stage: Stage = Field(sa_type=sa.String)
    setting: str = ""
    work: float = 0.0
    seconds: float
    created_at: dt.datetime = Field(default_factory=now, sa_type=UtcTime)


class QueueState(Stored, table=True):
    """The queue as a whole: one row, the first time that somebody pauses it."""

    id: int = Field(default=1, primary_key=True)
    paused: bool = False


def _workflow_id(id: str, runs: int) -> str:
    return f"{id}-run{runs}" if runs else id
