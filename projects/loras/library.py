"""The library's verbs: add LoRAs, say things of them, put them away and bring them back. It never commits.

What projects and shots choose holds all that counts for them (``storyboard.loras``): an edit here changes none of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, select

from framepack.errors import InvalidRequest
from framepack.messages import Message, Value
from framepack.shots.request import MAX_LORA_STRENGTH
from projects.database.tables import Lora, LoraUpdate, Media, Project, Shot, now
from projects.errors import NotFound, StoryboardProblem
from projects.loras.files import KeptFile, keep_file
from projects.names import shown_name, storable
from projects.settings import StudioSettings
from projects.storyboard.loras import MAX_NAME_CHARACTERS, MAX_WORDS_CHARACTERS, ChosenLora, chosen_loras

MAX_NOTE_CHARACTERS = 4000
# Of how many shots it is said by number that they use a LoRA.
_LISTED = 6


@dataclass(frozen=True)
class LoraUse:
    """A project that uses a LoRA: ``usual`` says that its own list has it, ``shots`` are those whose lists have it."""

    project: Project
    usual: bool
    shots: tuple[Shot, ...]

    @property
    def message(self) -> Message:
        """Where it is used, in words."""
        name = self.project.name
        if not self.shots:
            return Message("lora-used-by-project", {"project": name})
        labels = ", ".join(shot.label for shot in self.shots[:_LISTED])
        shown = labels if len(self.shots) <= _LISTED else f"{labels}, …"
        return Message("lora-used-by-shots", {"project": name, "shots": shown})


def add_lora(*, session: Session, settings: StudioSettings, file: Path, name: str, config: Path | None = None) -> Lora:
    """Keep the LoRA in ``file``, which is called ``name``; one that is there already is found again as it is.

    ``config`` is PEFT's file of its scale. One that was put away comes back. Raises LoraRejected, before anything is
    kept.
    """
    return _row_of(session, keep_file(settings, file, name, config), called=Path(name).stem)


def get_lora(*, session: Session, lora_id: str) -> Lora:
    """The LoRA. Raises NotFound, also for one that was put away."""
    lora = session.get(Lora, lora_id)
    if lora is None or lora.deleted_at is not None:
        raise NotFound("lora", lora_id)
    return lora


def all_loras(*, session: Session) -> list[Lora]:
    """The LoRAs of the library by name."""
    found = session.exec(select(Lora).where(col(Lora.deleted_at).is_(None))).all()
    return sorted(found, key=lambda lora: (lora.name.casefold(), lora.id))


def lora_names(*, session: Session, ids: Collection[str]) -> dict[str, str]:
    """The names of LoRAs by their ids, of those that were put away, too; what the library never had is left out."""
    return dict(session.exec(select(Lora.id, Lora.name).where(col(Lora.id).in_(ids))).all())


def lora_named(*, session: Session, wanted: str) -> Lora:
    """The LoRA of a name, or the one whose SHA-256 begins so. Raises NotFound, and StoryboardProblem for several."""
    loras = all_loras(session=session)
    found = [lora for lora in loras if lora.name == wanted]
    found = found or [lora for lora in loras if len(wanted) >= 6 and lora.id.startswith(wanted.lower())]
    if not found:
        raise NotFound("lora", wanted)
    if len(found) > 1:
        ids = ", ".join(lora.id[:12] for lora in found)
        raise StoryboardProblem(Message("lora-of-several", {"name": wanted, "ids": ids}))
    return found[0]


def edit_lora(*, session: Session, lora_id: str, changes: LoraUpdate) -> Lora:
    """Change what is given of a LoRA. Raises NotFound, and InvalidRequest where it cannot be."""
    lora = get_lora(session=session, lora_id=lora_id)
    given = changes.model_dump(exclude_unset=True)
    if "name" in given:
        given["name"] = shown_name(given["name"])
        if not given["name"]:
            raise InvalidRequest("name", Message("lora-unnamed"))
    if "words" in given:
        given["words"] = " ".join(storable(given["words"]).split())
    if "note" in given:
        given["note"] = storable(given["note"])
    edited = Lora(**{**lora.model_dump(), **given})
    for field, most in (
        ("name", MAX_NAME_CHARACTERS),
        ("words", MAX_WORDS_CHARACTERS),
        ("note", MAX_NOTE_CHARACTERS),
    ):
        if len(getattr(edited, field)) > most:
            raise InvalidRequest(field, Message("too-long", {"most": most}))
    if not -MAX_LORA_STRENGTH <= edited.strength <= MAX_LORA_STRENGTH:
        bounds: dict[str, Value] = {"strength": edited.strength, "least": -MAX_LORA_STRENGTH, "most": MAX_LORA_STRENGTH}
        raise InvalidRequest("strength", Message("lora-bad-strength", bounds))
    return _changed(session, lora, given)


def give_picture(*, session: Session, lora_id: str, media_id: str | None) -> Lora:
    """Show a LoRA by a picture that is kept already; None: by none. Raises NotFound."""
    lora = get_lora(session=session, lora_id=lora_id)
    if media_id is not None and session.get(Media, media_id) is None:
        raise NotFound("picture", media_id)
    return _changed(session, lora, {"media_id": media_id})


def delete_lora(*, session: Session, lora_id: str) -> Lora:
    """Put a LoRA away; ``restore_lora`` brings it back. Raises StoryboardProblem while a shot or project uses it."""
    lora = get_lora(session=session, lora_id=lora_id)
    uses = uses_of(session=session, lora_id=lora_id)
    if uses:
        values: dict[str, Value] = {"name": lora.name, "use": uses[0].message, "more": len(uses) - 1}
        raise StoryboardProblem(Message("lora-in-use" if len(uses) == 1 else "lora-in-use-by-more", values))
    return _changed(session, lora, {"deleted_at": now()})


def restore_lora(*, session: Session, lora_id: str) -> Lora:
    """Bring a LoRA back that was put away. Raises NotFound."""
    lora = session.get(Lora, lora_id)
    if lora is None:
        raise NotFound("lora", lora_id)
    return _changed(session, lora, {"deleted_at": None})


def uses_of(*, session: Session, lora_id: str) -> list[LoraUse]:
    """The projects that use a LoRA, themselves or in shots, by name."""
    return all_uses(session=session).get(lora_id, [])


def all_uses(*, session: Session) -> dict[str, list[LoraUse]]:
    """What uses LoRAs, by their ids; see ``uses_of``."""
    projects = session.exec(select(Project).where(col(Project.deleted_at).is_(None)).order_by(col(Project.name))).all()
    choosing = select(Shot).where(col(Shot.deleted_at).is_(None), col(Shot.loras).is_not(None))
    shots: dict[str, list[Shot]] = {}
    for shot in session.exec(choosing.order_by(col(Shot.position))).all():
        shots.setdefault(shot.project_id, []).append(shot)
    found: dict[str, list[LoraUse]] = {}
    for project in projects:
        usual = {str(one["sha256"]) for one in project.loras}
        own = [(shot, {one.sha256 for one in chosen_loras(project, shot)}) for shot in shots.get(project.id, ())]
        for lora_id in sorted(usual.union(*(chosen for _, chosen in own))):
            using = tuple(shot for shot, chosen in own if lora_id in chosen)
            found.setdefault(lora_id, []).append(LoraUse(project, lora_id in usual, using))
    return found


def choice_of(lora: Lora) -> ChosenLora:
    """A LoRA as a project or shot chooses it: with the name, strength and words that the library has."""
    return ChosenLora(sha256=lora.id, name=lora.name, strength=lora.strength, words=lora.words)


def _row_of(session: Session, kept: KeptFile, *, called: str) -> Lora:
    lora = session.get(Lora, kept.sha256)
    if lora is not None:
        return _changed(session, lora, {"deleted_at": None, "size_bytes": kept.size})
    facts = kept.facts
    lora = Lora(
        id=kept.sha256,
        name=shown_name(called)[:MAX_NAME_CHARACTERS] or kept.name,
        words=storable(facts.words),
        file_name=kept.name,
        size_bytes=kept.size,
        spelling=facts.spelling,
        kind=facts.kind,
        rank=facts.rank,
        layers=facts.layers,
        dtype=facts.dtype,
    )
    session.add(lora)
    session.flush()
    return lora


def _changed(session: Session, lora: Lora, given: dict[str, object]) -> Lora:
    changed = {field: value for field, value in given.items() if getattr(lora, field) != value}
    if changed:
        lora.sqlmodel_update({**changed, "version": lora.version + 1, "updated_at": now()})
        session.flush()
    return lora
