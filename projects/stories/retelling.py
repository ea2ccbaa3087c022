"""Making shots of a story again: a project that asks for what a take or film was made from. It never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import FramepackError
from framepack.messages import Message, Value
from framepack.shots.presets import preset_named, with_preset
from framepack.shots.request import CENTRED, Settings, default_settings
from projects.database.tables import Media, Project, ProjectUpdate, Shot, ShotUpdate
from projects.errors import StoryRefused, StudioError
from projects.loras.files import lora_is_there
from projects.settings import StudioSettings
from projects.storage.shared import picture_file
from projects.stories.story import ShotStory, Story
from projects.storyboard.beats import ShotBeat
from projects.storyboard.ends import attach_end
from projects.storyboard.loras import ChosenLora
from projects.storyboard.media import media_in
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shapes import shape_of_size
from projects.storyboard.shots import NewShot, add_shots, attach_video, edit_shot
from projects.takes.again import own_settings
from projects.takes.why import preset_name


@dataclass(frozen=True)
class Lacking:
    """A shot without its picture ``picture`` ("" where it went on from another shot and had none).

    ``is_video``: that is a video that it went on from. ``first_frame`` is the frame of the file that could stand for
    it, None where there is none.
    """

    shot: Shot
    picture: str
    first_frame: int | None
    is_video: bool = False

    @property
    def message(self) -> Message:
        """What is to be said of it where nothing stands for the picture."""
        if not self.picture:
            return Message("story-no-beginning", {"shot": self.shot.label})
        if self.is_video:
            return Message("story-lacks-video", {"shot": self.shot.label, "video": self.picture[:12]})
        return Message("story-lacks-picture", {"shot": self.shot.label, "picture": self.picture[:12]})

    @property
    def with_first_frame(self) -> Message:
        """What is to be said of it where the first frame of its take stands for the picture."""
        if not self.picture:
            return Message("story-begins-with-frame", {"shot": self.shot.label})
        if self.is_video:
            return Message("story-first-frame-for-video", {"shot": self.shot.label, "video": self.picture[:12]})
        return Message("story-first-frame", {"shot": self.shot.label, "picture": self.picture[:12]})


@dataclass(frozen=True)
class Retold:
    """The project that was made of a story, its shots that lack their picture, and what else is to be said of it."""

    project: Project
    lacking: tuple[Lacking, ...]
    remarks: tuple[Message, ...]


def retell(*, session: Session, settings: StudioSettings, story: Story, file: str, name: str) -> Retold:
    """A new project called ``name`` with the shots of a story, which was in a file called ``file``.

    Pictures and sounds that this studio does not have are left out. Raises StoryRefused where the story cannot be.
    """
    teller = _Teller(session, settings)
    try:
        return teller.project(story, name)
    except (StudioError, FramepackError) as problem:
        raise StoryRefused(file, problem.message) from None


class _Teller:
    """One story that is being made shots again."""

    def __init__(self, session: Session, settings: StudioSettings) -> None:
        self._session, self._settings = session, settings
        self._lacking: list[Lacking] = []
        self._remarks: list[Message] = []

    def project(self, story: Story, name: str) -> Retold:
        project = create_project(session=self._session, name=name)
        film = self._with_known(story.film.stored())
        changes = ProjectUpdate(**_usual(story), film=film)
        edit_project(session=self._session, project_id=project.id, changes=changes)
        for place, told in enumerate(story.shots):
            self._shot(project, told, opens=place == 0)
        said = self._remarks
        each_once = tuple(remark for place, remark in enumerate(said) if remark not in said[:place])
        return Retold(project, tuple(self._lacking), each_once)

    def _shot(self, project: Project, told: ShotStory, *, opens: bool) -> None:
        request = told.request
        start = "cut" if opens else told.start
        here = request.image is not None and self._has(request.image)
        new = NewShot(
            prompt=request.prompt,
            seconds=request.seconds,
            start=start,
            seed=request.seed,
            media_id=request.image if here else None,
            name=told.name,
            dialogue=told.dialogue,
        )
        (shot,) = add_shots(session=self._session, project_id=project.id, new=[new])
        more: dict[str, Any] = {"beats": self._beats(shot, told)}
        more |= dict(zip(("place_x", "place_y", "place_zoom"), request.placement, strict=True))
        more |= self._with_known(told.film)
        more |= own_settings(project, shot, start, asdict(request.settings))
        more |= {"loras": self._loras(shot, told)}
        edit_shot(session=self._session, shot_id=shot.id, changes=ShotUpdate.model_validate(more))
        if request.end is not None:
            if self._has(request.end):
                attach_end(session=self._session, shot_id=shot.id, media_id=request.end)
            else:
                lacks: dict[str, Value] = {"shot": shot.label, "picture": request.end[:12]}
                self._remarks.append(Message("story-lacks-end-picture", lacks))
        if request.past is not None:
            if self._has(request.past.video):
                attach_video(session=self._session, shot_id=shot.id, media_id=request.past.video)
            else:
                self._lacking.append(Lacking(shot, request.past.video, told.first_frame, is_video=True))
        if not here and (request.image or (opens and told.start == "continue")):
            self._lacking.append(Lacking(shot, request.image or "", told.first_frame))

    def _beats(self, shot: Shot, told: ShotStory) -> list[dict[str, Any]]:
        beats = []
        for beat in told.request.beats:
            kept = beat if beat.image is None or self._has(beat.image) else replace(beat, image=None)
            if kept is not beat:
                assert beat.image is not None
                said: dict[str, Value] = {"shot": shot.label, "at": beat.at, "picture": beat.image[:12]}
                self._remarks.append(Message("story-lacks-beat-picture", said))
            one = ShotBeat(at=kept.at, prompt=kept.prompt, seed=kept.seed, media_id=kept.image, place=kept.placement)
            beats.append(one.stored())
        return beats

    def _loras(self, shot: Shot, told: ShotStory) -> list[dict[str, Any]] | None:
        """The LoRAs of a shot; those whose files are not here are named all the same, and it is said."""
        named = {one.sha256: one for one in told.loras}
        made = [
            named.get(name, ChosenLora(sha256=name)).model_copy(update={"strength": strength})
            for name, strength in told.request.settings.loras
        ]
        for one in made:
            if not lora_is_there(self._settings, one.sha256):
                said: dict[str, Value] = {"shot": shot.label, "name": one.called, "sha256": one.sha256[:12]}
                self._remarks.append(Message("story-lacks-lora", said))
        return [one.stored() for one in made] or None

    def _with_known(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What is said for the film, without the sounds that are not here."""
        lacking = {id for id in (*media_in(said), *media_in({"film": said})) if not self._has(id)}
        if not lacking:
            return dict(said)
        self._remarks.append(Message("story-lacks-sounds"))
        kept = {name: value for name, value in said.items() if name != "music" or value not in lacking}
        if "sounds" in kept:
            kept["sounds"] = [sound for sound in kept["sounds"] if sound.get("media_id") not in lacking]
        return kept

    def _has(self, media_id: str) -> bool:
        return self._session.get(Media, media_id) is not None and picture_file(self._settings, media_id).is_file()


def _usual(story: Story) -> dict[str, Any]:
    """The fields of a project that samples as the first shot of a story was sampled.

    A step cache that is no preset's can only be the project's, so that a shot with one counts before all others.
    """
    sampled = [told.request.settings for told in story.shots]
    made = next((one for one in sampled if preset_name(asdict(one)) is None), sampled[0])
    checkpoint = checkpoint_named(made.checkpoint)
    preset = preset_name(asdict(made))
    like = preset or ("quick" if made.precision == "fast" else "exact")
    usual = default_settings(checkpoint, height=made.height, width=made.width)
    usual = with_preset(usual, preset_named(like))
    placed = any(
        placement != CENTRED
        for told in story.shots
        for placement in (told.request.placement, *(beat.placement for beat in told.request.beats))
    )
    own: dict[str, Any] = {
        "checkpoint": made.checkpoint,
        "shape": shape_of_size(made.height, made.width),
        "fit": "place" if placed else made.fit,
        "preset": like,
        "negative_prompt": made.negative_prompt,
        **{name: getattr(made, name) for name in ("steps", "guidance", "cfg") if _differs(made, usual, name)},
    }
    if preset is None:
        own |= {"cache": made.cache, "threshold": made.threshold or None}
    return own


def _differs(made: Settings, usual: Settings, name: str) -> bool:
    return bool(getattr(made, name) != getattr(usual, name))
