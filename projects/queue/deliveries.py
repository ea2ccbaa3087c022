"""What can be ordered of a project's film: a film in a format, a timeline for editing programs, or the whole project.

It knows no tables and makes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from framepack.messages import Message
from projects.composing.formats import FORMATS, Format, Quality
from projects.composing.orders import FilmOrder, FilmRefused
from projects.cutting.film_settings import FilmSettings, Loudness
from projects.errors import StoryboardProblem
from projects.films.timeline import Timeline
from projects.timelines.files import KINDS, TimelineKind

Delivered = Literal[Format, TimelineKind, "archive"]
DELIVERED: tuple[Delivered, ...] = get_args(Delivered)
FILMS: tuple[Format, ...] = get_args(Format)
# Timelines that name media which they do not hold come with them in one ZIP file.
_BUNDLE = ".otioz"
_PACKED = ".zip"
ENDINGS = tuple(dict.fromkeys([*(ending for facts in FORMATS.values() for ending in facts.endings if ending), _BUNDLE]))
# How loud a film is whose sound is to be the same as that of others on the web, in LUFS.
SHARED_LOUDNESS: Loudness = -14


@dataclass(frozen=True)
class Delivery:
    """What is ordered: a film in a ``format``, as ``FilmOrder`` has it, a timeline, or the project's archive.

    ``size``, ``enlarge``, ``fps`` and ``loudness`` count before the film's own settings. Raises StoryboardProblem for
    what there is not.
    """

    format: Delivered = "h264"
    quality: Quality = "good"
    crf: int | None = None
    bitrate: int | None = None
    size: int | None = None
    enlarge: str | None = None
    fps: float | None = None
    loudness: Loudness | None = None

    def __post_init__(self) -> None:
        if self.format not in DELIVERED:
            said = {"what": "format", "value": self.format, "choices": ", ".join(DELIVERED)}
            raise _refused(Message("film-choice", said))
        if self.is_film:
            self.film_order()

    @property
    def film_format(self) -> Format | None:
        """Its format where it is a film to be watched."""
        return next((format for format in FILMS if format == self.format), None)

    @property
    def is_film(self) -> bool:
        """Whether it is a film to be watched."""
        return self.film_format is not None

    @property
    def shown_as(self) -> Literal["video", "picture"] | None:
        """What a browser shows it as; None where it shows nothing of it."""
        if self.format in ("h264", "av1", "vp9"):
            return "video"
        return "picture" if self.format in ("gif", "webp") else None

    @property
    def ending(self) -> str:
        """That of its file."""
        if self.film_format is not None:
            return next(ending for ending in FORMATS[self.film_format].endings if ending)
        return _BUNDLE if self.format == "otioz" else _PACKED

    @property
    def asked(self) -> dict[str, Any]:
        """The settings of the film that it asks for."""
        settings = {"size": self.size, "enlarge": self.enlarge, "fps": self.fps, "loudness": self.loudness}
        return {name: value for name, value in settings.items() if value is not None}

    def film_order(self) -> FilmOrder:
        """As films are composed. Raises StoryboardProblem for what its format does not take."""
        assert self.film_format is not None
        try:
            return FilmOrder(self.film_format, self.quality, self.crf, self.bitrate)
        except FilmRefused as refused:
            raise _refused(refused.message) from None

    def timeline_kind(self) -> TimelineKind:
        """The kind of timeline that it is."""
        return next(kind for kind in KINDS if kind == self.format)

    def check(self, timeline: Timeline) -> None:
        """Raise StoryboardProblem where the film of ``timeline`` cannot be delivered so."""
        if self.is_film:
            most = self.film_order().facts.most_rate
            if timeline.rate > most:
                raise _refused(Message("film-too-fast", {"format": self.format, "most": most}))

    def to_json(self) -> dict[str, Any]:
        """As a film's ``order`` holds it: what differs from the usual, and the format."""
        usual = asdict(Delivery())
        return {name: value for name, value in asdict(self).items() if name == "format" or value != usual[name]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Delivery:
        """What ``to_json`` gave; an order that says nothing is the usual one."""
        return cls(**{name: value for name, value in kept.items() if name in asdict(cls())})


def shared(settings: FilmSettings) -> Delivery:
    """What plays everywhere, as loud as others on the web where the film does not say how loud it is."""
    return Delivery(loudness=settings.loudness or SHARED_LOUDNESS)


def _refused(problem: Message) -> StoryboardProblem:
    return StoryboardProblem(Message("film-not-writable", {"problem": problem}))
