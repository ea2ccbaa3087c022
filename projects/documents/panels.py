"""The shots of a film as documents show them: what each says, where it lies in the film, and its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from PIL import Image
from sqlmodel import Session

from framepack.errors import ImageRejected
from framepack.files.manifest import NotWhole
from framepack.media.pictures import fill_frame, read_small_picture, show_whole
from framepack.media.video import VideoMismatch, read_frame
from projects.database.tables import Edition, Pass, Project, Shot
from projects.films.cut import cut_of
from projects.films.laying_out import lay_out
from projects.films.material import material_of
from projects.films.timeline import StillSource, TakeSource
from projects.settings import StudioSettings
from projects.storage.places import take_path
from projects.storage.shared import bring, picture_file
from projects.storyboard.videos import picture_shown

Shows = Literal["take", "still", "nothing"]
# Frames and pictures are no smaller than a copy of so many pixels for its longer side.
LEAST_SIDE = 64


@dataclass(frozen=True)
class Panel:
    """A shot: from ``start`` on it is in the film for ``seconds``.

    ``shows`` says what there is to see of it: the frame ``frame`` of ``take_id``, else the picture ``media_id``, which
    stands for it otherwise, too.
    """

    shot: Shot
    start: float
    seconds: float
    shows: Shows = "nothing"
    take_id: str | None = None
    frame: int = 0
    media_id: str | None = None


@dataclass(frozen=True)
class Storyboard:
    """What documents are made of: ``size`` is height and width of the film, ``fit`` how pictures come into it."""

    name: str
    panels: tuple[Panel, ...]
    size: tuple[int, int]
    fit: str

    @property
    def seconds(self) -> float:
        """How long the film is."""
        return max((panel.start + panel.seconds for panel in self.panels), default=0.0)


def storyboard_of(
    *, session: Session, project_id: str, made_for: Pass = "draft", edition: Edition | None = None
) -> Storyboard:
    """The shots of a project's film in a pass, or of an edition of it; those that show nothing yet among them."""
    material = material_of(session=session, project_id=project_id, made_for=made_for)
    shots = cut_of(material.project, material.shots, edition).shots
    # Pictures stand for takes that are not there, whatever the film itself shows.
    project = Project(**{**material.project.model_dump(), "film": _with_stills(material.project.film)})
    if edition is not None:
        edition = Edition(**{**edition.model_dump(), "film": _with_stills(edition.film)})
    timeline = lay_out(replace(material, project=project), edition)
    clips = {clip.shot_id: clip for clip in timeline.clips}
    panels: list[Panel] = []
    lacking = 0.0
    for shot in shots:
        clip = clips.get(shot.id)
        if clip is None:
            seconds = material.frames[shot.id] / material.fps
            start = panels[-1].start + panels[-1].seconds if panels else 0.0
            panels.append(Panel(shot, start, seconds, media_id=picture_shown(shot)))
            lacking += seconds
            continue
        panel = Panel(shot, lacking + float(clip.start / timeline.rate), float(clip.frames / timeline.rate))
        if isinstance(clip.source, TakeSource):
            frame = clip.first + clip.count - 1 if clip.reverse else clip.first
            panel = replace(panel, shows="take", take_id=clip.source.take_id, frame=frame, media_id=picture_shown(shot))
        elif isinstance(clip.source, StillSource):
            panel = replace(panel, shows="still", media_id=clip.source.media_id)
        panels.append(panel)
    name = project.name if edition is None else f"{project.name} – {edition.name}"
    return Storyboard(name, tuple(panels), (timeline.height, timeline.width), project.fit)


def picture_of(settings: StudioSettings, storyboard: Storyboard, panel: Panel, longest: int) -> Image.Image | None:
    """What there is to see of a panel in RGB, in the film's shape, ``longest`` pixels wide or high.

    None where there is nothing, or what there was is gone or damaged.
    """
    height, width = storyboard.size
    scale = max(longest, LEAST_SIDE) / max(height, width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    image = _frame(settings, panel)
    if image is not None:
        return fill_frame(image, *size)
    image = _still(settings, panel, 2 * max(size))
    if image is None:
        return None
    if storyboard.fit == "fit":
        return show_whole(image, *size)
    shot = panel.shot
    placed = storyboard.fit == "place" and panel.media_id == picture_shown(shot)
    return (
        fill_frame(image, *size, (shot.place_x, shot.place_y, shot.place_zoom)) if placed else fill_frame(image, *size)
    )


def _frame(settings: StudioSettings, panel: Panel) -> Image.Image | None:
    if panel.take_id is None or not bring(settings, take_path(settings, panel.take_id)):
        return None
    try:
        return Image.fromarray(read_frame(take_path(settings, panel.take_id), panel.frame))
    except (NotWhole, VideoMismatch, OSError):
        return None


def _still(settings: StudioSettings, panel: Panel, side: int) -> Image.Image | None:
    if panel.media_id is None:
        return None
    try:
        return read_small_picture(picture_file(settings, panel.media_id), panel.media_id, side).image
    except (ImageRejected, OSError):
        return None


def _with_stills(film: Mapping[str, Any]) -> dict[str, Any]:
    return {**film, "stills": True}
