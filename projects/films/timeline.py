"""The timeline: which frames of what a film shows when. All that makes, draws or hands on a film goes by it.

``laying_out`` works it out; nothing here knows tables or files.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from framepack.messages import Message
from projects.cutting.film_settings import FilmSettings
from projects.cutting.shot_fields import ShotSound
from projects.database.tables import Between, Move, Transition, TransitionAt


@dataclass(frozen=True)
class TakeSource:
    """A finished take: ``frames`` in all, at ``rate`` frames a second, of ``width`` x ``height`` pixels."""

    take_id: str
    frames: int
    rate: Fraction
    width: int
    height: int


@dataclass(frozen=True)
class StillSource:
    """A picture that stands for a take that is not there, as long as the take would be; cut as the shot places it.

    Frames of it, as a clip counts them, come at ``rate`` a second.
    """

    media_id: str
    place: tuple[int, int, int]
    rate: Fraction = Fraction(30)


@dataclass(frozen=True)
class CardSource:
    """Words on a plain ground."""

    words: str


Source = TakeSource | StillSource | CardSource


@dataclass(frozen=True)
class Lead:
    """What leads into a clip from the one before, over ``frames`` frames of the film; the two overlap by these.

    Before the first clip there is nothing to overlap with: it comes out of black, or white. ``at`` says where in it the
    one ends and the other begins: at its beginning ("in"), its end ("out") or its "centre".
    """

    kind: Transition
    frames: int
    at: TransitionAt

    @property
    def before_cut(self) -> int:
        """How many of its frames lie before the cut."""
        return {"in": 0, "out": self.frames, "centre": self.frames // 2}[self.at]


@dataclass(frozen=True)
class Clip:
    """What a film shows of one shot, or of a card.

    It shows ``count`` frames of ``source`` from ``first`` on, ``speed`` times as fast, backwards where ``reverse`` is
    set, made into ``frames - hold_first - hold_last`` frames of the film; ``hold_first`` and ``hold_last`` more show
    the first and the last of these. ``start`` is its first frame in the film, that of the ``lead`` included.
    ``shot_id`` is None for a card. ``joined``: it goes on from the clip before without a seam, and with
    ``match_colour`` a step of colour there is evened out.
    """

    shot_id: str | None
    label: str
    name: str
    source: Source
    first: int
    count: int
    start: int
    frames: int
    speed: float = 1.0
    between: Between = "repeat"
    reverse: bool = False
    move: Move = "none"
    hold_first: int = 0
    hold_last: int = 0
    lead: Lead = Lead("cut", 0, "centre")
    joined: bool = False
    match_colour: bool = False
    prompt: str = ""
    dialogue: str = ""
    notes: str = ""
    title: str = ""
    lower_third: str = ""
    sounds: tuple[ShotSound, ...] = ()

    @property
    def end(self) -> int:
        """The film's frame after its last."""
        return self.start + self.frames

    @property
    def cut(self) -> int:
        """The film's frame at which it takes the place of the clip before."""
        return self.start + self.lead.before_cut

    @property
    def plain(self) -> bool:
        """Whether its frames are the source's own, one after the other, whatever leads into it."""
        moved = self.speed != 1.0 or self.reverse or self.move != "none" or bool(self.hold_first or self.hold_last)
        words = bool(self.title.strip() or self.lower_third.strip())
        return isinstance(self.source, TakeSource) and not moved and not words


@dataclass(frozen=True)
class Timeline:
    """A film: its ``clips`` in order, at ``rate`` frames a second and ``width`` x ``height`` pixels.

    ``problems`` forbid making it, ``warnings`` do not.
    """

    name: str
    settings: FilmSettings
    rate: Fraction
    width: int
    height: int
    clips: tuple[Clip, ...]
    problems: tuple[Message, ...] = ()
    warnings: tuple[Message, ...] = ()

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return self.clips[-1].end if self.clips else 0

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.frames / self.rate)

    @property
    def ready(self) -> bool:
        """Whether it can be made."""
        return not self.problems

    @property
    def takes(self) -> tuple[str, ...]:
        """The ids of the takes it shows, in order."""
        return tuple(clip.source.take_id for clip in self.clips if isinstance(clip.source, TakeSource))

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing but takes as they are, each from its beginning, one after the other, in silence."""
        captioned = self.settings.captions in ("burned", "soft") and any(clip.dialogue.strip() for clip in self.clips)
        touched = self.settings.match_colour or self.settings.music is not None or captioned
        return not touched and all(self._is_plain(clip) for clip in self.clips)

    def _is_plain(self, clip: Clip) -> bool:
        as_it_is = clip.plain and clip.first == 0 and clip.lead.kind == "cut" and not clip.sounds
        matched = clip.joined and clip.match_colour
        source = clip.source
        return (
            as_it_is
            and not matched
            and isinstance(source, TakeSource)
            and (source.width, source.height, source.rate) == (self.width, self.height, self.rate)
        )
