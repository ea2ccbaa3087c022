"""``python -m framepack models``: what each checkpoint is, what there is of it here, where, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from huggingface_hub import constants

from framepack.checkpoints.found_folders import FoundFolder, unused_folders, used_folders
from framepack.checkpoints.inventory import CheckpointState, PartState, checkpoint_states, other_files
from framepack.english import ENGLISH
from framepack.messages import worded

_GB = 1e9
_CHECKOUT = Path(__file__).resolve().parents[2]


def models_report(models: Path | None) -> dict[str, Any]:
    """All that there is, as plain values."""
    states = checkpoint_states(models)
    return {
        "folder": str(models) if models else None,
        "looked_in": str(models or constants.HF_HUB_CACHE),
        "used_folders": [_folder(one) for one in used_folders(states, models)],
        "unused_folders": [_folder(one) for one in unused_folders([Path.home(), _CHECKOUT.parent], models)],
        "checkpoints": [_checkpoint(state) for state in states],
        "other_files": [{"path": str(one.path), "what": worded(one.message, ENGLISH)} for one in other_files(models)],
    }


def print_models(models: Path | None, *, as_json: bool) -> None:
    """Print the report, as one line of JSON or in words."""
    report = models_report(models)
    for line in [json.dumps(report, ensure_ascii=False)] if as_json else _in_words(report):
        print(line)


def _folder(one: FoundFolder) -> dict[str, Any]:
    return {"path": str(one.path), "kind": one.kind, "bytes": one.nbytes}


def _checkpoint(state: CheckpointState) -> dict[str, Any]:
    one = state.checkpoint
    return {
        "name": one.name,
        "title": one.title,
        "complete": state.complete,
        "bytes": state.nbytes,
        "missing_bytes": state.missing_bytes,
        "fetch": None if state.complete or one.embedded else f"python -m framepack download {one.name}",
        "parts": [_part(part) for part in state.parts],
    }


def _part(state: PartState) -> dict[str, Any]:
    return {
        "part": state.part,
        "repository": state.repository,
        "licence": state.licence,
        "bytes": state.nbytes,
        "place": str(state.place) if state.place else None,
        "form": state.form,
        "commit": state.commit,
        "problem": worded(state.problem, ENGLISH) if state.problem else None,
    }


def _in_words(report: dict[str, Any]) -> Iterator[str]:
    yield f"looked in {report['looked_in']}"
    for one in report["used_folders"]:
        yield f"used: {one['path']}; {one['bytes'] / _GB:.1f} GB"
    for one in report["unused_folders"]:
        yield f"may have weights, too, and is not used: {one['path']}; to use it set STUDIO_MODELS={one['path']}"
    for one in report["checkpoints"]:
        here = f"{one['bytes'] / _GB:.1f} GB here"
        said = "complete" if one["complete"] else f"about {one['missing_bytes'] / _GB:.1f} GB missing"
        yield f"{one['name']}: {one['title']}; {said}, {here}"
        for part in one["parts"]:
            place = part["place"] or f"missing; about {part['bytes'] / _GB:.1f} GB from {part['repository']}"
            yield f"  {part['part']:17} {part['licence']:25} {place}"
        if one["fetch"]:
            yield f"  fetch what is missing with: {one['fetch']}"
    for other in report["other_files"]:
        yield f"{other['path']}: {other['what']}"
