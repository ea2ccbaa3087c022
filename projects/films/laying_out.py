"""Laying a film out: its timeline, worked out from a storyboard, its takes and an edition. Pure arithmetic on rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from framepack.messages import Message
from projects.cutting.film_settings import RATES
from projects.cutting.shot_fields import sounds_of
from projects.database.tables import Edition, Project, Shot, Take
from projects.films.cut import NOTHING_ELSE, cut_of
from projects.films.timeline import CardSource, Clip, Lead, Source, StillSource, TakeSource, Timeline
from projects.storyboard.videos import picture_shown
from projects.takes.staleness import shown_of


@dataclass(frozen=True)
class Material:
    """What a film can be made of. ``shots`` are all of the project, in order.

    ``takes`` are the finished takes they show, by shot; ``frames`` says of every shot how many the storyboard asks for,
    at ``fps``; ``size`` is height and width of the project's pictures; the takes of ``stale`` shots are not what the
    storyboard asks for.
    """

    project: Project
    shots: tuple[Shot, ...]
    takes: Mapping[str, Take]
    frames: Mapping[str, int]
    size: tuple[int, int]
    fps: int
    stale: Collection[str] = ()


@dataclass(frozen=True)
class _Part:
    """A clip that has no place yet: it shows ``count`` frames of ``source`` from ``first`` on, for ``seconds``.

    ``shot`` is None for a card.
    """

    shot: Shot | None
    source: Source
    first: int
    count: int
    seconds: Fraction

    @property
    def has_lead(self) -> bool:
        return self.shot is not None and self.shot.transition != "cut"


def lay_out(material: Material, edition: Edition | None = None, asked: Mapping[str, Any] = NOTHING_ELSE) -> Timeline:
    """The timeline of a project's film, or of one of its editions; ``asked`` as for ``cut_of``."""
    cut = cut_of(material.project, material.shots, edition, asked)
    settings = cut.settings
    rate = RATES[settings.fps] if settings.fps is not None else Fraction(material.fps)
    pictures = _pictures(material.shots) if settings.stills else {}
    parts: list[_Part] = []
    lacking, empty = [], []
    for shot in cut.shots:
        part = _part(material, shot, pictures.get(shot.id))
        if part is None:
            lacking.append(shot.label)
        elif part.count < 1:
            empty.append(shot.label)
        else:
            parts.append(part)
    problems = [*_of_shots("shot-lacks-take", "shots-lack-takes", lacking)]
    problems += _of_shots("shot-trimmed-away", "shots-trimmed-away", empty)
    if not cut.shots:
        problems = [Message("no-shots-yet")]
    old = [shot.label for shot in cut.shots if shot.id in material.stale and shot.id in material.takes]
    parts = [*_card(settings.title, settings.title_seconds), *parts, *_card(settings.credits, settings.credits_seconds)]
    clips, shortened = _placed(parts, rate)
    warnings = [*_of_shots("shot-changed", "shots-changed", old)]
    warnings += _of_shots("transition-shortened", "transitions-shortened", shortened)
    height, width = cut.size_of(material.size)
    return Timeline(
        name=material.project.name if edition is None else edition.name,
        settings=settings,
        rate=rate,
        width=width,
        height=height,
        clips=tuple(clips),
        problems=tuple(problems),
        warnings=tuple(warnings),
    )


# --- what each clip shows ---------------------------------------------------------------------------------------------


def _part(material: Material, shot: Shot, picture: str | None) -> _Part | None:
    """What the film shows of a shot; None where there is neither a take nor a picture that may stand for it."""
    take, asked = material.takes.get(shot.id), material.frames[shot.id]
    source: Source
    if take is not None:
        rate, shown = Fraction(take.fps), shown_of(take, asked)
        source = TakeSource(take.id, max(take.frames, shown), rate, take.width, take.height)
    elif picture is not None:
        rate, shown = Fraction(material.fps), asked
        source = StillSource(picture, (shot.place_x, shot.place_y, shot.place_zoom), rate)
    else:
        return None
    first, off = round(Fraction(shot.trim_start) * rate), round(Fraction(shot.trim_end) * rate)
    # A take that is shorter than its shot is to be now lacks first what the film does not show.
    count = min(shown, round(asked * rate / material.fps) - off) - first
    return _Part(shot, source, first, count, count / rate / Fraction(shot.speed))


def _pictures(shots: Sequence[Shot]) -> dict[str, str]:
    """The picture that may stand for each shot: its own, or the latest one before it in its chain."""
    found: dict[str, str] = {}
    latest = None
    for shot in shots:
        latest = picture_shown(shot) or (latest if shot.start == "continue" else None)
        if latest is not None:
            found[shot.id] = latest
    return found


def _card(words: str, seconds: float) -> list[_Part]:
    return [_Part(None, CardSource(words.strip()), 0, 1, Fraction(seconds))] if words.strip() else []


# --- where each clip lies ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lengths:
    """Frames of the film: all of a clip, and of these the held ones at either end."""

    frames: int
    hold_first: int
    hold_last: int


def _placed(parts: Sequence[_Part], rate: Fraction) -> tuple[list[Clip], list[str]]:
    """The clips in their places, and the labels of the shots whose transition there is no room for as it was asked."""
    lengths = _lengths(parts, rate)
    rooms = [_room(parts, place, lengths[place].frames) for place in range(len(parts))]
    clips: list[Clip] = []
    shortened = []
    for place, (part, length) in enumerate(zip(parts, lengths, strict=True)):
        lead = Lead("cut", 0, "centre")
        if part.shot is not None and part.has_lead:
            wanted = round(Fraction(part.shot.transition_seconds) * rate)
            room = min(rooms[place], rooms[place - 1] if place else rooms[place])
            lead = Lead(part.shot.transition, min(wanted, room), part.shot.transition_at)
            if room < wanted:
                shortened.append(part.shot.label)
        start = clips[-1].end - lead.frames if clips else 0
        clips.append(_clip(part, length, lead, start))
    return clips, shortened


def _lengths(parts: Sequence[_Part], rate: Fraction) -> list[_Lengths]:
    """How long each clip is: rounded on the running total, so that the film is as long as all of them together."""
    lengths = []
    total, done = Fraction(0), 0
    for part in parts:
        shot = part.shot
        holds = [round(Fraction(seconds) * rate) for seconds in ((shot.hold_first, shot.hold_last) if shot else (0, 0))]
        total += part.seconds
        shown = max(1, round(total * rate) - done)
        done += shown
        lengths.append(_Lengths(sum(holds) + shown, *holds))
    return lengths


def _room(parts: Sequence[_Part], place: int, frames: int) -> int:
    """How many of a clip's frames a transition at either of its ends may take, so that two do not meet."""
    followed = place + 1 < len(parts) and parts[place + 1].has_lead
    return frames // 2 if followed and parts[place].has_lead else frames


def _clip(part: _Part, length: _Lengths, lead: Lead, start: int) -> Clip:
    shot = part.shot
    if shot is None:
        return Clip(None, "", "", part.source, part.first, part.count, start, length.frames)
    return Clip(
        shot_id=shot.id,
        label=shot.label,
        name=shot.name,
        source=part.source,
        first=part.first,
        count=part.count,
        start=start,
        frames=length.frames,
        speed=shot.speed,
        between=shot.between,
        reverse=shot.reverse,
        move=shot.move,
        hold_first=length.hold_first,
        hold_last=length.hold_last,
        lead=lead,
        joined=shot.start == "continue" and lead.kind == "cut" and start > 0,
        match_colour=shot.match_colour,
        prompt=shot.prompt,
        dialogue=shot.dialogue,
        notes=shot.notes,
        title=shot.title,
        lower_third=shot.lower_third,
        sounds=sounds_of(shot),
    )


def _of_shots(one: str, several: str, labels: Sequence[str]) -> list[Message]:
    """A message about one shot, or another about several of them; none where there are none."""
    if not labels:
        return []
    if len(labels) == 1:
        return [Message(one, {"shot": labels[0]})]
    return [Message(several, {"shots": ", ".join(labels[:-1]), "last": labels[-1]})]
