"""What goes into the archive of a project: its rows, and the files that belong to them, by their names in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlmodel import Session, col, select

from framepack.files.manifest import NotWhole, beside, check_sums, read_manifest
from framepack.messages import Message
from projects.archive.rows import ProjectRows
from projects.database.tables import Edition, Media, Shot, Take, Wording
from projects.films.stitching import TakeLost, conform_take
from projects.loras.files import brought_lora_file, lora_folder
from projects.settings import StudioSettings
from projects.storage.places import encoded_path, take_path
from projects.storage.shared import picture_file, section_store
from projects.storyboard.loras import chosen_loras
from projects.storyboard.media import media_of
from projects.storyboard.reading import project_with_shots
from projects.takes.takes import takes_of_shots
from projects.upkeep.needed import Rows, needed_by

# The names of what is in an archive.
ROWS, MANIFEST = "storyboard.json", "manifest.json"
MEDIA, TAKES, SECTIONS, ENCODED, LORAS = "media", "takes", "sections", "conditioning", "loras"


@dataclass(frozen=True)
class ProjectContent:
    """A project's rows and files, by their names in its archive; ``remarks`` are on what is left out."""

    rows: ProjectRows
    files: Mapping[str, Path]
    remarks: tuple[Message, ...] = ()


def content_of(*, session: Session, settings: StudioSettings, project_id: str) -> ProjectContent:
    """A project with its pictures and sounds, and its finished takes. Raises NotFound."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    ids = [shot.id for shot in shots]
    editions = session.exec(
        select(Edition).where(Edition.project_id == project_id, col(Edition.deleted_at).is_(None)).order_by(Edition.id)
    ).all()
    takes, remarks = _takes(settings, shots, takes_of_shots(session=session, shot_ids=ids))
    named = frozenset().union(*(media_of(row) for row in (project, *shots, *editions)))
    stills = select(Media.still_id).where(col(Media.id).in_(named), col(Media.still_id).is_not(None))
    named |= {still for still in session.exec(stills).all() if still}
    media = session.exec(select(Media).where(col(Media.id).in_(named)).order_by(Media.id)).all()
    wordings = session.exec(select(Wording).where(col(Wording.shot_id).in_(ids)).order_by(Wording.id)).all()
    files = {f"{MEDIA}/{one.id}": picture_file(settings, one.id) for one in media}
    files |= {f"{TAKES}/{take.id}.mp4": take_path(settings, take.id) for take in takes}
    rows = ProjectRows(project, tuple(shots), tuple(editions), tuple(wordings), tuple(takes), tuple(media))
    return ProjectContent(rows, files, tuple(remarks))


def with_sections(*, settings: StudioSettings, content: ProjectContent) -> ProjectContent:
    """The same with the sections that its takes are made of, or that the storyboard asks for, and what was encoded."""
    rows = content.rows
    needed = needed_by(
        Rows(
            (rows.project,),
            rows.shots,
            rows.takes,
            films=(),
            renders=(),
            edits=(),
            editions=rows.editions,
            pictures=(),
            loras=(),
        ),
        settings.engine.models,
    )
    store = section_store(settings)
    files = dict(content.files)
    for key in sorted(needed["sections"]):
        if store.is_whole(key):
            files |= {f"{SECTIONS}/{key}/{path.name}": path for path in store.files(key)}
    for name in sorted(needed["conditioning"]):
        path = encoded_path(settings, name)
        if _is_whole(path):
            files[f"{ENCODED}/{path.name}"] = path
    return replace(content, files=files)


def with_loras(*, settings: StudioSettings, content: ProjectContent) -> ProjectContent:
    """The same with the files of the LoRAs that it chooses, as far as they are here; they are large."""
    rows = content.rows
    files = dict(content.files)
    for lora in sorted({one.sha256 for shot in rows.shots for one in chosen_loras(rows.project, shot)}):
        if brought_lora_file(settings, lora) is not None:
            files |= {f"{LORAS}/{lora}/{path.name}": path for path in sorted(lora_folder(settings, lora).iterdir())}
    return replace(content, files=files)


def _takes(settings: StudioSettings, shots: Sequence[Shot], takes: Sequence[Take]) -> tuple[list[Take], list[Message]]:
    """The takes that are done and whose file is there, or could be made again; and what is to be said of the others."""
    labels = {shot.id: shot.label for shot in shots}
    kept, remarks = [], []
    for take in takes:
        if take.status != "done":
            continue
        try:
            conform_take(settings=settings, take=take)
        except TakeLost:
            remarks.append(Message("archive-take-lost", {"shot": labels[take.shot_id], "number": take.number}))
            continue
        kept.append(take)
    return kept, remarks


def _is_whole(path: Path) -> bool:
    try:
        manifest = read_manifest(beside(path))
        if manifest is None:
            return False
        check_sums(path.parent, manifest)
    except NotWhole:
        return False
    return True
