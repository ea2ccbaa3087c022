"""``python -m projects loras``: the library of LoRAs, from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session

from framepack.messages import Message
from projects.database.opening import database_session
from projects.database.tables import Lora, LoraUpdate
from projects.errors import StoryboardProblem
from projects.loras.files import config_beside, file_state, lora_file
from projects.loras.library import add_lora, all_loras, delete_lora, edit_lora, lora_named, uses_of
from projects.messages import in_english
from projects.names import shown_name
from projects.settings import StudioSettings

_SHOWN_OF_ID = 12


@dataclass(frozen=True)
class LoraOptions:
    """What the command was asked for; ``changes`` is what is said of a LoRA."""

    verb: str
    wanted: str = ""
    files: tuple[Path, ...] = ()
    changes: LoraUpdate = field(default_factory=LoraUpdate)
    as_json: bool = False


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    adding = verbs.add_parser("add", help="keep files in the studio")
    adding.add_argument("files", nargs="+", type=Path, metavar="FILE.safetensors", help="LoRA, LoHa or LoKr")
    editing = verbs.add_parser("edit", help="say something else of one")
    editing.add_argument("wanted", metavar="NAME|SHA-256", help="its name, or the beginning of its SHA-256")
    for one in (adding, editing):
        one.add_argument("--name", help="what it is called" + (" (its file)" if one is adding else ""))
        one.add_argument("--strength", type=float, help="how strongly it is usually added (1)")
        one.add_argument("--words", help="its trigger words, parted by commas")
        one.add_argument("--note", help="a note")
    listing = verbs.add_parser("list", help="list them")
    showing = verbs.add_parser("show", help="show one, and what uses it")
    showing.add_argument("wanted", metavar="NAME|SHA-256", help="its name, or the beginning of its SHA-256")
    removing = verbs.add_parser("remove", help="put one away that nothing uses; “clean --deleted” frees its space")
    removing.add_argument("wanted", metavar="NAME|SHA-256", help="its name, or the beginning of its SHA-256")
    for one in (listing, showing):
        one.add_argument("--json", action="store_true", help="print one line of JSON")


def options_of(asked: argparse.Namespace) -> LoraOptions:
    """What was asked for on the command line."""
    said = {name: getattr(asked, name, None) for name in ("name", "strength", "words", "note")}
    return LoraOptions(
        verb=asked.verb,
        wanted=getattr(asked, "wanted", ""),
        files=tuple(getattr(asked, "files", ())),
        changes=LoraUpdate(**{name: value for name, value in said.items() if value is not None}),
        as_json=getattr(asked, "json", False),
    )


def manage(settings: StudioSettings, options: LoraOptions) -> None:
    """Carry it out. Raises the errors of ``projects.loras.library``, and then nothing is changed."""
    with database_session(settings) as session:
        if options.verb == "add":
            _add(session, settings, options)
        elif options.verb == "list":
            _list(session, settings, as_json=options.as_json)
        else:
            lora = lora_named(session=session, wanted=options.wanted)
            if options.verb == "show":
                _show(session, settings, lora, as_json=options.as_json)
            elif options.verb == "edit":
                edit_lora(session=session, lora_id=lora.id, changes=options.changes)
            else:
                delete_lora(session=session, lora_id=lora.id)
        session.commit()


def _add(session: Session, settings: StudioSettings, options: LoraOptions) -> None:
    if len(options.files) > 1 and "name" in options.changes.model_fields_set:
        raise StoryboardProblem(Message("lora-name-for-one"))
    for file in options.files:
        if not file.is_file():
            raise StoryboardProblem(Message("import-missing", {"name": file.name or str(file)}))
        lora = add_lora(session=session, settings=settings, file=file, name=file.name, config=config_beside(file))
        edit_lora(session=session, lora_id=lora.id, changes=options.changes)
        print(json.dumps(_plain(settings, lora), ensure_ascii=False))


def _list(session: Session, settings: StudioSettings, *, as_json: bool) -> None:
    loras = all_loras(session=session)
    if as_json:
        print(json.dumps([_plain(settings, lora) for lora in loras], ensure_ascii=False))
        return
    if not loras:
        print("There are no LoRAs yet; “python -m projects loras add FILE.safetensors” keeps one.", file=sys.stderr)
    for lora in loras:
        state = file_state(settings, lora)
        rank = f"rank {lora.rank}" if lora.rank else ""
        lacks = "" if state == "here" else f"  {state}"
        print(f"{lora.id[:_SHOWN_OF_ID]}  {lora.strength:5g}  {lora.kind:10} {rank:9} {shown_name(lora.name)}{lacks}")


def _show(session: Session, settings: StudioSettings, lora: Lora, *, as_json: bool) -> None:
    uses = uses_of(session=session, lora_id=lora.id)
    if as_json:
        used = [
            {"project": use.project.name, "usual": use.usual, "shots": [shot.label for shot in use.shots]}
            for use in uses
        ]
        print(json.dumps(_plain(settings, lora) | {"used": used}, ensure_ascii=False))
        return
    for name, value in _plain(settings, lora).items():
        print(f"{name}: {value}")
    for use in uses:
        print(f"used {in_english(use.message)}")


def _plain(settings: StudioSettings, lora: Lora) -> dict[str, Any]:
    path = lora_file(settings, lora.id)
    return {
        "sha256": lora.id,
        "name": lora.name,
        "strength": lora.strength,
        "words": lora.words,
        "note": lora.note,
        "kind": lora.kind,
        "spelling": lora.spelling,
        "rank": lora.rank,
        "layers": lora.layers,
        "dtype": lora.dtype,
        "bytes": lora.size_bytes,
        "file": None if path is None else str(path),
        "state": file_state(settings, lora),
    }
