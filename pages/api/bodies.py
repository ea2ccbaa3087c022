"""What is sent to the interface, by operation. Values that only the domain can judge are judged there.

A field that is not known is refused, so that a misspelt one is not lost without a word.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from framepack.shots.request import MAX_BEATS, MAX_LORAS, MAX_SEED, CacheKind
from framepack.shots.spans import MAX_SECONDS
from pages.api.asking import Query
from projects.composing.formats import Quality
from projects.cutting.film_settings import FilmSettings, Loudness
from projects.cutting.shot_fields import MAX_SOUNDS, ShotSound
from projects.database.tables import (
    Between,
    Move,
    Pass,
    PictureFit,
    SeedPolicy,
    Start,
    Transition,
    TransitionAt,
)
from projects.names import storable
from projects.queue.deliveries import Delivered
from projects.queue.orders import MOST_OTHER_TAKES
from projects.storyboard.beats import ShotBeat
from projects.storyboard.loras import ChosenLora

MOST_SHOTS = 1000
MOST_NEW_SHOTS = 500
MOST_CHARACTERS = 20_000


class Body(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _as_number(value: object) -> object:
    # A seed may be larger than the numbers that a browser can count to.
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20 else value


Id = Annotated[str, Field(max_length=64)]
Text = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(storable)]
Seed = Annotated[
    int,
    Field(ge=0, le=MAX_SEED),
    BeforeValidator(_as_number),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_SEED}, {"type": "string", "pattern": "^[0-9]+$"}]}
    ),
]
ChosenLoras = Annotated[tuple[ChosenLora, ...], Field(max_length=MAX_LORAS, strict=False)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=MOST_SHOTS)]


# --- what stands behind the ? -----------------------------------------------------------------------------------------


class OfPass(Query):
    """Which of a project's two passes is meant."""

    pass_: Pass = Field(default="draft", alias="pass", description="The draft, or the pass with the real model.")


class OfForecast(OfPass):
    """What is foretold: an order of a shot, or of all that changed, and with which presets it would be done in time."""

    shot: str | None = Field(default=None, max_length=64, description="The shot; without it all that changed.")
    presets: bool = Field(default=False, description="Whether it is foretold for each preset, too.")
    by: dt.datetime | None = Field(default=None, description="When it has to be done; the best preset is named.")


class OfProjects(Query):
    """Which projects are listed."""

    archived: bool = Field(default=False, description="Whether those in the archive are listed instead.")


class OfHistory(Query):
    """How much of the journal is asked for."""

    limit: int = Field(default=50, ge=1, le=500, description="The most edits to give, the newest first.")


class OfPicture(Query):
    """What a picture's file is called."""

    name: str = Field(default="picture", max_length=1000, description="The name of the file.")


class OfText(Query):
    """What a text's file is called."""

    name: str = Field(default="text", max_length=1000, description="The name of the file.")


class OfVideo(Query):
    """What a video's file is called."""

    name: str = Field(default="video", max_length=1000, description="The name of the file.")


class OfSound(Query):
    """What a sound's file is called."""

    name: str = Field(default="sound", max_length=1000, description="The name of the file.")


class OfLora(Query):
    """What a LoRA's file is called."""

    name: str = Field(default="lora.safetensors", max_length=1000, description="The name of the file.")


class OfWaveform(Query):
    """How finely a sound is drawn."""

    points: Annotated[Literal[400, 1600, 6400], BeforeValidator(int)] = Field(
        default=1600, description="How many points the line has."
    )


class OfReport(Query):
    """What a report has beside what it always has."""

    prompts: bool = Field(default=False, description="With prompts, and the names of projects and shots.")
    pictures: bool = Field(default=False, description="With the pictures of shots.")
    order: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{32}$",
        description="The id of a render, film or order of pictures; with all that the logs say of it.",
    )


class OfFrame(Query):
    """Which frame of a take is meant."""

    n: int = Field(default=0, ge=0, le=10**6, description="The number of the frame; 0 is the first.")


# --- projects ---------------------------------------------------------------------------------------------------------


class NewProject(Body):
    """A project to be made."""

    name: Text


class ProjectChanges(Body):
    """What is to be another of a project. None means: as the model and the preset have it. ``film`` is given whole."""

    name: Text = ""
    checkpoint: Id = ""
    preset: Id = ""
    steps: int | None = None
    guidance: float | None = None
    cfg: float | None = None
    negative_prompt: Text = ""
    cache: CacheKind | None = None
    threshold: float | None = None
    shape: Id = ""
    fit: PictureFit = "fill"
    default_seconds: float = 4.0
    default_start: Start = "cut"
    words_before: Text = ""
    words_after: Text = ""
    seed_policy: SeedPolicy = "each"
    seed: Seed = 0
    real_checkpoint: Id | None = None
    real_preset: Id | None = None
    real_steps: int | None = None
    film: FilmSettings = FilmSettings()
    loras: ChosenLoras = ()


class ProjectEdit(Body):
    """Changes of a project. ``was`` says what the changed fields held when the person began."""

    version: int | None = None
    was: ProjectChanges = ProjectChanges()
    changes: ProjectChanges


# --- shots ------------------------------------------------------------------------------------------------------------


class NewShot(Body):
    """A shot to be made; what is not given is as the project has it."""

    prompt: Text = ""
    seconds: float | None = None
    start: Start | None = None
    media_id: Id | None = None
    video_id: Id | None = None
    end_media_id: Id | None = None
    name: Text = ""
    dialogue: Text = ""
    notes: Text = ""


class NewShots(Body):
    """Shots to be made, in order, behind the shot ``after`` or at the end."""

    shots: Annotated[list[NewShot], Field(min_length=1, max_length=MOST_NEW_SHOTS)]
    after: Id | None = None


class BeatSaid(ShotBeat):
    """What takes over within a shot; its seed may come as text."""

    seed: Seed | None = None


class ShotChanges(Body):
    """What is to be another of a shot. None means: as the project has it, or no picture (``media_id``) or video.

    ``video_id`` is a video that the shot goes on from, which from then on starts with a cut. ``end_media_id`` is a
    picture that it is made towards: its end picture with a model that works backwards, the others are guided to it.
    """

    prompt: Text = ""
    seconds: float = 4.0
    start: Start = "cut"
    seed: Seed = 0
    name: Text = ""
    dialogue: Text = ""
    notes: Text = ""
    media_id: Id | None = None
    video_id: Id | None = None
    end_media_id: Id | None = None
    place_x: int = 500
    place_y: int = 500
    place_zoom: int = 1000
    checkpoint: Id | None = None
    preset: Id | None = None
    steps: int | None = None
    guidance: float | None = None
    beats: Annotated[tuple[BeatSaid, ...], Field(max_length=MAX_BEATS, strict=False)] = ()
    loras: ChosenLoras | None = None
    transition: Transition = "cut"
    transition_seconds: float = 0.5
    transition_at: TransitionAt = "centre"
    trim_start: float = 0.0
    trim_end: float = 0.0
    speed: float = 1.0
    between: Between = "repeat"
    reverse: bool = False
    move: Move = "none"
    hold_first: float = 0.0
    hold_last: float = 0.0
    title: Text = ""
    lower_third: Text = ""
    match_colour: bool = False
    sounds: Annotated[tuple[ShotSound, ...], Field(max_length=MAX_SOUNDS, strict=False)] = ()


class ShotEdit(Body):
    """Changes of a shot. ``was`` says what the changed fields held when the person began, at its ``version``."""

    version: int | None = None
    was: ShotChanges = ShotChanges()
    changes: ShotChanges


class ShotsEdit(Body):
    """The same changes of several shots."""

    ids: Ids
    changes: ShotChanges


class SomeShots(Body):
    """Several shots of a project."""

    ids: Ids


class MovedShots(Body):
    """Several shots of a project, and the one they are to stand before; None: at the end."""

    ids: Ids
    before: Id | None = None


class NewWording(Body):
    """A sentence that is to be said in other words."""

    text: Text


class NewCard(Body):
    """What stands on a card that becomes a shot's picture; its first line is the larger one."""

    words: Text


class MoreTakes(Body):
    """How many takes with new seeds are wanted."""

    count: int = Field(default=1, ge=1, le=8)
    pass_: Pass = Field(default="draft", alias="pass")


class LoraChanges(Body):
    """What is said of a LoRA; ``media_id`` is a picture that shows what it does, null for none."""

    name: Text = ""
    strength: float = 1.0
    words: Text = ""
    note: Text = ""
    media_id: Id | None = None


# --- takes, renders, films --------------------------------------------------------------------------------------------


class TakeChanges(Body):
    """What is noted of a take."""

    star: bool = False
    note: Text = ""


class ChosenFor(Body):
    """The pass that shows the take, which is the one that it was made for."""

    pass_: Pass | None = Field(default=None, alias="pass")


class FrameOf(Body):
    """A frame of a take, and the shot whose picture it is to be."""

    n: int = Field(ge=0, le=10**6)
    to: Id


class WayOn(Body):
    """How a take goes on from a moment. None leaves what there is; one that says nothing gets a seed by chance."""

    prompt: Text | None = None
    seed: Seed | None = None


class NewBranches(Body):
    """Takes that are as another one up to ``at`` seconds, on the nearest latent, and then go on each in its way."""

    at: float = Field(ge=0, le=MAX_SECONDS)
    ways: Annotated[list[WayOn], Field(min_length=1, max_length=MOST_OTHER_TAKES)] = [WayOn()]


class Word(Body):
    """What is said to a shot that is directed. ``keep`` goes on, from there on with ``prompt`` where one is given."""

    say: Literal["begin", "keep", "again", "stop"]
    prompt: Text = ""
    pass_: Pass = Field(default="draft", alias="pass")


class NewLength(Body):
    """How long a take as another one is to last."""

    seconds: float = Field(gt=0, le=MAX_SECONDS)


class NewRender(Body):
    """The shots that are wanted; None: all that changed. ``preset``: the project has it from now on."""

    shots: Annotated[list[Id], Field(max_length=MOST_SHOTS)] | None = None
    pass_: Pass = Field(default="draft", alias="pass")
    preset: Id | None = None


class MovedOrder(Body):
    """Where an order that waits is put: before the order ``before``, or last."""

    before: Id | None = None


class NewFilm(Body):
    """What is wanted of a project's film, or of the film of an edition; without a name it is called as that.

    ``format`` is that of a film to be watched, a timeline for editing programs with its media, or "archive": the whole
    project. ``quality``, or an exact ``crf`` or ``bitrate`` (bits a second), count for films. ``size`` (the shorter
    side in pixels), ``enlarge`` (the file of a model that enlarges takes), ``fps`` and ``loudness`` (LUFS) count before
    the film's own settings.
    """

    name: Text | None = None
    pass_: Pass = Field(default="draft", alias="pass")
    edition_id: Id | None = None
    format: Delivered = "h264"
    quality: Quality = "good"
    crf: int | None = None
    bitrate: int | None = None
    size: int | None = None
    enlarge: str | None = Field(default=None, max_length=255)
    fps: float | None = None
    loudness: Loudness | None = None


class FilmName(Body):
    """What a film is to be called."""

    name: Text
