"""Timeline files of any known kind: which there are, writing one and reading one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from framepack.files.atomic import in_place
from framepack.messages import Message
from projects.errors import StoryboardProblem, TimelineFileProblem
from projects.films.timeline import Timeline
from projects.timelines.edl import edl_of, read_edl
from projects.timelines.fcp7_xml import fcp7_of, read_fcp7
from projects.timelines.fcpxml import fcpxml_of, read_fcpxml
from projects.timelines.media import FilmMedia
from projects.timelines.otio_file import otio_of, read_otio, read_otioz, write_otioz
from projects.timelines.pieces import Recut

TimelineKind = Literal["otio", "otioz", "fcp7", "edl", "fcpxml"]
KINDS: tuple[TimelineKind, ...] = get_args(TimelineKind)
ENDINGS: Mapping[TimelineKind, str] = MappingProxyType(
    {"otio": ".otio", "otioz": ".otioz", "fcp7": ".xml", "edl": ".edl", "fcpxml": ".fcpxml"}
)
_TEXTS: Mapping[str, Callable[[Timeline, FilmMedia], str]] = MappingProxyType(
    {"otio": otio_of, "fcp7": fcp7_of, "edl": edl_of, "fcpxml": fcpxml_of}
)
_READERS: Mapping[str, Callable[[Path], Recut]] = MappingProxyType(
    {".otio": read_otio, ".otioz": read_otioz, ".xml": read_fcp7, ".fcpxml": read_fcpxml}
)


def write_timeline(kind: TimelineKind, timeline: Timeline, media: FilmMedia, out: Path) -> None:
    """Write a timeline as a file for editing programs, whole or not at all; "otioz" has the media with it.

    The others name the media where ``media`` has them (see ``collect_media``). Raises StoryboardProblem for a timeline
    that shows nothing.
    """
    check_shows(timeline)
    with in_place(out) as aside:
        if kind == "otioz":
            write_otioz(timeline, media, aside)
        else:
            aside.write_text(text_of_timeline(kind, timeline, media), encoding="utf-8", newline="\n")


def check_shows(timeline: Timeline) -> None:
    """Raise StoryboardProblem for a timeline that shows nothing."""
    if not timeline.clips:
        raise StoryboardProblem(Message("no-shots-yet"))


def text_of_timeline(kind: TimelineKind, timeline: Timeline, media: FilmMedia) -> str:
    """A timeline as the text of a file of any kind but "otioz"."""
    return _TEXTS[kind](timeline, media)


def read_recut(path: Path, rate: Fraction | None = None) -> Recut:
    """The recut that a timeline file says, by its name's ending. Raises TimelineFileProblem.

    ``rate`` is that of edit lists that do not say theirs.
    """
    ending = path.suffix.lower()
    if ending == ".edl":
        return read_edl(path, rate)
    if ending not in _READERS:
        raise TimelineFileProblem(path.name, Message("timeline-unknown-kind", {"endings": ", ".join(ENDINGS.values())}))
    return _READERS[ending](path)
