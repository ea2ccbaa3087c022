"""``python -m projects export``: a project, or one of its editions, as a file of another kind."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from sqlmodel import Session

from framepack.files.atomic import in_place
from framepack.messages import Message, joined
from projects.archive.content import content_of, with_loras, with_sections
from projects.archive.writing import write_archive
from projects.commands.film_bar import film_bar
from projects.commands.outputs import check_output, inputs_of
from projects.composing.making import write_film
from projects.composing.orders import FilmOrder, format_of
from projects.database.opening import database_session
from projects.database.tables import Edition, Pass, Project
from projects.documents.panels import Storyboard, storyboard_of
from projects.documents.shot_list import write_csv, write_xlsx, write_xlsx_with_pictures
from projects.documents.stills import write_gif, write_stills
from projects.documents.storyboard_pdf import MOST_PANELS, PAPERS, Page, write_pdf, write_sheet
from projects.errors import StoryboardProblem
from projects.films.material import film_of
from projects.films.timeline import Timeline
from projects.frames.material import Cue
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.interchange.storyboard_file import StoryboardFile
from projects.messages import in_english
from projects.settings import StudioSettings
from projects.storyboard.finding import edition_named, project_named
from projects.storyboard.project_settings import PASSES
from projects.timelines.files import ENDINGS, TimelineKind, write_timeline
from projects.timelines.media import collect_media, media_of
from projects.words.captions import cues, srt, vtt


@dataclass(frozen=True)
class ExportOptions:
    """What the command was asked for: ``project`` is a name, an id or a storyboard file, ``kind`` one of ``KINDS``.

    ``page`` counts for paper, ``pictures`` for workbooks, ``sections`` and ``loras`` for archives.
    """

    project: str
    kind: str
    output: Path
    edition: str | None
    made_for: Pass
    page: Page
    pictures: bool
    sections: bool
    loras: bool = False


@dataclass(frozen=True)
class Asked:
    """A project that is to be written, in a session."""

    session: Session
    settings: StudioSettings
    project: Project
    edition: Edition | None
    options: ExportOptions

    @property
    def storyboard(self) -> Storyboard:
        """As documents have it."""
        made_for = self.options.made_for
        return storyboard_of(session=self.session, project_id=self.project.id, made_for=made_for, edition=self.edition)


# Writes a file, and returns what is to be said of it.
Writer = Callable[[Asked, Path], tuple[Message, ...]]


@dataclass(frozen=True)
class Kind:
    """A kind of file: how its name ends, and what writes it."""

    ending: str
    write: Writer


def export(settings: StudioSettings, options: ExportOptions) -> None:
    """Write the file, and print one line of JSON about it.

    Whether it can be written is looked at before anything else. Raises the errors of the domain and the engine.
    """
    kind = KINDS[options.kind]
    file = _file(options)
    inputs = () if file is None else inputs_of(file, Path(options.project))
    check_output(settings, options.output, inputs=inputs, endings=(kind.ending,), refused="output-not-writable")
    with database_session(settings) as session:
        if file is None:
            project = project_named(session=session, wanted=options.project)
        else:
            project = project_for_file(session=session, settings=settings, file=file)
            session.commit()
        edition = None
        if options.edition is not None:
            edition = edition_named(session=session, project_id=project.id, wanted=options.edition)
        remarks = kind.write(Asked(session, settings, project, edition, options), options.output)
        summary = {
            "output": str(options.output),
            "as": options.kind,
            "project": project.id,
            "title": project.name,
            "bytes": options.output.stat().st_size,
        }
    for remark in remarks:
        print(in_english(remark), file=sys.stderr)
    print(json.dumps(summary, ensure_ascii=False))


def _file(options: ExportOptions) -> StoryboardFile | None:
    """The storyboard file that was named; None where it is a project's name or id."""
    if not options.project.lower().endswith(".toml"):
        return None
    return read_storyboard(Path(options.project))


# --- the kinds --------------------------------------------------------------------------------------------------------


def _timeline(kind: TimelineKind, asked: Asked, out: Path) -> tuple[Message, ...]:
    timeline = _ready(asked)
    media = media_of(session=asked.session, settings=asked.settings, timeline=timeline)
    if kind != "otioz":
        # The others only name the media; these lie beside them, under names that say what they are.
        media = collect_media(media, out.absolute().with_name(f"{out.stem}_media"))
    write_timeline(kind, timeline, media, out)
    return timeline.warnings


def _pdf(asked: Asked, out: Path) -> tuple[Message, ...]:
    write_pdf(asked.storyboard, asked.settings, out, asked.options.page)
    return ()


def _sheet(asked: Asked, out: Path) -> tuple[Message, ...]:
    write_sheet(asked.storyboard, asked.settings, out, asked.options.page)
    return ()


def _csv(asked: Asked, out: Path) -> tuple[Message, ...]:
    write_csv(asked.storyboard, out)
    return ()


def _xlsx(asked: Asked, out: Path) -> tuple[Message, ...]:
    if asked.options.pictures:
        write_xlsx_with_pictures(asked.storyboard, asked.settings, out)
    else:
        write_xlsx(asked.storyboard, out)
    return ()


def _stills(asked: Asked, out: Path) -> tuple[Message, ...]:
    write_stills(asked.storyboard, asked.settings, out)
    return ()


def _gif(asked: Asked, out: Path) -> tuple[Message, ...]:
    write_gif(asked.storyboard, asked.settings, out)
    return ()


def _film(asked: Asked, out: Path) -> tuple[Message, ...]:
    timeline = _ready(asked)
    order = FilmOrder(format_of(out.suffix))
    with film_bar() as progress:
        write_film(
            session=asked.session,
            settings=asked.settings,
            timeline=timeline,
            order=order,
            out=out,
            progress=progress,
        )
    return timeline.warnings


def _words(write: Callable[[Sequence[Cue]], str], asked: Asked, out: Path) -> tuple[Message, ...]:
    timeline = _ready(asked)
    with in_place(out) as aside:
        aside.write_text(write(cues(timeline)), encoding="utf-8", newline="")
    return timeline.warnings


def _ready(asked: Asked) -> Timeline:
    """The timeline. Raises StoryboardProblem where it cannot be made into a film."""
    made_for, edition = asked.options.made_for, asked.edition
    timeline = film_of(session=asked.session, project_id=asked.project.id, made_for=made_for, edition=edition)
    if timeline.problems:
        raise StoryboardProblem(joined(timeline.problems, "sentences"))
    return timeline


def _archive(asked: Asked, out: Path) -> tuple[Message, ...]:
    if asked.edition is not None:
        raise StoryboardProblem(Message("archive-has-all"))
    content = content_of(session=asked.session, settings=asked.settings, project_id=asked.project.id)
    if asked.options.sections:
        content = with_sections(settings=asked.settings, content=content)
    if asked.options.loras:
        content = with_loras(settings=asked.settings, content=content)
    write_archive(content, out)
    return content.remarks


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **{kind: Kind(ending, partial(_timeline, kind)) for kind, ending in ENDINGS.items()},
        "pdf": Kind(".pdf", _pdf),
        "sheet": Kind(".pdf", _sheet),
        "csv": Kind(".csv", _csv),
        "xlsx": Kind(".xlsx", _xlsx),
        "stills": Kind(".zip", _stills),
        "gif": Kind(".gif", _gif),
        "archive": Kind(".zip", _archive),
        "mp4": Kind(".mp4", _film),
        "webm": Kind(".webm", _film),
        "mov": Kind(".mov", _film),
        "srt": Kind(".srt", partial(_words, srt)),
        "vtt": Kind(".vtt", partial(_words, vtt)),
    }
)


# --- the command line -------------------------------------------------------------------------------------------------


def describe(exporting: argparse.ArgumentParser) -> None:
    """Tell the parser of the command what it takes."""
    usual = Page()
    exporting.add_argument("project", metavar="NAME|ID|FILE.toml", help="its name or id, or a storyboard file")
    exporting.add_argument("--as", dest="kind", choices=[*KINDS], required=True, help="the kind of file")
    exporting.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the file to write")
    exporting.add_argument("--edition", metavar="NAME|ID", help="one of its editions, in place of its own film")
    exporting.add_argument("--pass", dest="made_for", choices=PASSES, default="draft", help="draft or real (draft)")
    exporting.add_argument("--paper", choices=[*PAPERS], default=usual.paper, help=f"for pdf, sheet ({usual.paper})")
    exporting.add_argument("--portrait", action="store_true", help="for pdf, sheet: paper that stands upright")
    exporting.add_argument(
        "--panels",
        type=int,
        default=usual.panels,
        help=f"for pdf: shots on a page, 1 to {MOST_PANELS} ({usual.panels})",
    )
    exporting.add_argument("--pictures", action="store_true", help="for xlsx: with a small picture of each shot")
    exporting.add_argument(
        "--without-sections", action="store_true", help="for archive: smaller; longer shots are rendered from the start"
    )
    exporting.add_argument(
        "--with-loras", action="store_true", help="for archive: with the files of its LoRAs, which are large"
    )


def options_of(asked: argparse.Namespace) -> ExportOptions:
    """What was asked for on the command line."""
    return ExportOptions(
        project=asked.project,
        kind=asked.kind,
        output=asked.output,
        edition=asked.edition,
        made_for=asked.made_for,
        page=Page(asked.paper, landscape=not asked.portrait, panels=asked.panels),
        pictures=asked.pictures,
        sections=not asked.without_sections,
        loras=asked.with_loras,
    )
