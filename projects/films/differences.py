"""What is different between two films: of a project and an edition of it, of two editions, or of then and now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Literal

from framepack.messages import Message, Value
from projects.films.timeline import CardSource, Clip, Timeline

Kind = Literal[
    "only-first", "only-second", "moved", "shown", "length", "speed", "lead", "words", "sounds", "film", "seconds"
]
_WORDS = ("dialogue", "title", "lower_third")
_SPEED = ("speed", "between", "reverse", "move", "hold_first", "hold_last", "match_colour")


# The message of each.
_SAID: Mapping[Kind, str] = MappingProxyType(
    {
        "only-first": "differs-only-first",
        "only-second": "differs-only-second",
        "moved": "differs-moved",
        "shown": "differs-shown",
        "length": "differs-length",
        "speed": "differs-speed",
        "lead": "differs-lead",
        "words": "differs-words",
        "sounds": "differs-sounds",
        "film": "differs-film",
        "seconds": "differs-seconds",
    }
)


# What values are called that are no numbers, names or words of the person's.
_CALLED: Mapping[object, str] = MappingProxyType(
    {
        True: "said-yes",
        False: "said-no",
        **{"cut": "lead-cut", "dissolve": "lead-dissolve", "black": "lead-black", "white": "lead-white"},
        **{"wipe": "lead-wipe", "in": "lead-in", "out": "lead-out", "centre": "lead-centre"},
        **{"repeat": "between-repeat", "blend": "between-blend", "motion": "between-motion"},
        **{"none": "said-none", "closer": "move-closer", "away": "move-away", "left": "move-left"},
        **{"right": "move-right", "up": "move-up", "down": "move-down"},
        **{"burned": "captions-burned", "soft": "captions-soft", "file": "captions-file"},
    }
)
_CHOICES = ("between", "move", "captions")


@dataclass(frozen=True)
class Difference:
    """One thing that is different, of the film as a whole or of a shot: ``was`` in the first, ``now`` in the second.

    ``kind`` says what it is: which film alone shows the shot; that it stands elsewhere; that other frames or another
    take of it are ``shown``; its ``length``, ``speed``, what ``lead``s into it, its ``words`` or ``sounds``; a setting
    of the ``film``; or how many ``seconds`` that lasts. ``shot_id`` and ``label`` are None and "" for the whole film.
    """

    kind: Kind
    shot_id: str | None = None
    label: str = ""
    field: str = ""
    was: Value = ""
    now: Value = ""

    @property
    def message(self) -> Message:
        """The difference in words."""
        field = f"film.{self.field}" if self.kind == "film" else self.field
        values = {"shot": self.label, "field": field, "was": self.was, "now": self.now}
        return Message(_SAID[self.kind], values)


def differences(first: Timeline, second: Timeline) -> tuple[Difference, ...]:
    """What is different in ``second``: of the whole film first, then shot by shot in its order."""
    found = _of_films(first, second)
    ours, theirs = _by_shot(first), _by_shot(second)
    moved = _moved(list(ours), list(theirs))
    for shot_id, clip in theirs.items():
        if shot_id not in ours:
            found.append(Difference("only-second", shot_id, clip.label))
            continue
        if shot_id in moved:
            found.append(Difference("moved", shot_id, clip.label))
        found += _of_clips(ours[shot_id], clip, first, second)
    found += [Difference("only-first", id, clip.label) for id, clip in ours.items() if id not in theirs]
    return tuple(found)


def _by_shot(timeline: Timeline) -> dict[str, Clip]:
    return {clip.shot_id: clip for clip in timeline.clips if clip.shot_id is not None}


def _moved(first: Sequence[str], second: Sequence[str]) -> set[str]:
    """The shots of both that do not stand in the order that they have in common."""
    both = set(first) & set(second)
    one, other = [id for id in first if id in both], [id for id in second if id in both]
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    stay = {one[place] for block in matcher.get_matching_blocks() for place in range(block.a, block.a + block.size)}
    return both - stay


def _of_films(first: Timeline, second: Timeline) -> list[Difference]:
    found = []
    if abs(first.seconds - second.seconds) > 0.5 / float(max(first.rate, second.rate)):
        found.append(Difference("seconds", was=f"{first.seconds:.2f}", now=f"{second.seconds:.2f}"))
    sizes = [f"{one.width}x{one.height}" for one in (first, second)]
    if sizes[0] != sizes[1]:
        found.append(Difference("film", field="size", was=sizes[0], now=sizes[1]))
    if first.rate != second.rate:
        found.append(Difference("film", field="fps", was=f"{float(first.rate):.4g}", now=f"{float(second.rate):.4g}"))
    was, now = (one.settings.model_dump(exclude={"fps", "size"}) for one in (first, second))
    for name in was:
        if was[name] != now[name]:
            found.append(Difference("film", field=name, was=_said(name, was[name]), now=_said(name, now[name])))
    return found


def _of_clips(one: Clip, other: Clip, first: Timeline, second: Timeline) -> list[Difference]:
    def differs(kind: Kind, was: Value = "", now: Value = "", field: str = "") -> Difference:
        return Difference(kind, other.shot_id, other.label, field, was, now)

    found = []
    if (one.source, one.first, one.count) != (other.source, other.first, other.count):
        found.append(differs("shown", _range(one), _range(other)))
    # Lengths are rounded on the film's running total: a frame more or less is none of the shot's own.
    lengths = [float(clip.frames / film.rate) for clip, film in ((one, first), (other, second))]
    if abs(lengths[0] - lengths[1]) > 1.5 / float(min(first.rate, second.rate)):
        found.append(differs("length", f"{lengths[0]:.2f}", f"{lengths[1]:.2f}"))
    for field in (*_SPEED, *_WORDS):
        was, now = getattr(one, field), getattr(other, field)
        if field.startswith("hold"):
            was, now = (f"{float(frames / film.rate):.2f} s" for frames, film in ((was, first), (now, second)))
        if was != now:
            found.append(differs("words" if field in _WORDS else "speed", _said(field, was), _said(field, now), field))
    leads = [_lead(one, first), _lead(other, second)]
    if leads[0] != leads[1]:
        found.append(differs("lead", leads[0], leads[1]))
    if one.sounds != other.sounds:
        found.append(differs("sounds", str(len(one.sounds)), str(len(other.sounds))))
    return found


def _range(clip: Clip) -> str:
    return "" if isinstance(clip.source, CardSource) else f"{clip.first}-{clip.first + clip.count - 1}"


def _lead(clip: Clip, film: Timeline) -> Message:
    if not clip.lead.frames:
        return Message("lead-cut")
    seconds = round(float(clip.lead.frames / film.rate), 2)
    return Message(_CALLED[clip.lead.kind], {"seconds": seconds, "at": Message(_CALLED[clip.lead.at])})


def _said(field: str, value: object) -> Value:
    if isinstance(value, bool) or field in _CHOICES:
        return Message(_CALLED[value])
    return "–" if value in (None, "") else str(value)
