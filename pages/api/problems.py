"""What is answered where something cannot be done: a status, an id, one sentence, and the field that is wrong."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from framepack.errors import FramepackError, InvalidRequest, SettingRejected
from framepack.messages import Message
from framepack.store.connection import StoreAway
from pages.board.rows import beat_rows
from pages.look.text import said
from pages.session.database import session
from pages.session.faults import fault_message
from projects.database.tables import Film, Project, Shot, Stored, Take
from projects.errors import ChangedMeanwhile, DatabaseTooNew, DatabaseUnusable, NotFound, StudioError

# What is deleted can be brought back, which "there is no such thing" would hide.
_CAN_COME_BACK: Mapping[str, type[Project | Shot | Take | Film]] = MappingProxyType(
    {"project": Project, "shot": Shot, "take": Take, "film": Film}
)
# An id, as the domain names what is missing, means nothing to a person.
_MISSING = MappingProxyType(
    {
        "project": "no-such-project",
        "shot": "no-such-shot",
        "take": "no-such-take",
        "film": "no-such-film",
        "render": "no-such-render",
        "picture": "no-such-picture",
        "sound": "no-such-sound",
        "video": "no-such-video",
        "lora": "no-such-lora",
    }
)
_GONE = MappingProxyType({"project": "gone-project", "take": "gone-take", "film": "gone-film"})
# pydantic's names for what is wrong with a value, and the messages that say what it has to be.
_KINDS = MappingProxyType(
    {
        "string_type": "has-to-be-text",
        "int_type": "has-to-be-whole-number",
        "int_from_float": "has-to-be-whole-number",
        "int_parsing": "has-to-be-whole-number",
        "float_type": "has-to-be-number",
        "float_parsing": "has-to-be-number",
        "finite_number": "has-to-be-number",
        "bool_type": "has-to-be-true-or-false",
        "list_type": "has-to-be-list",
        "dict_type": "has-to-be-object",
        "model_type": "has-to-be-object",
    }
)


@dataclass(frozen=True)
class Problem:
    """Why a request is refused. ``more`` is said beside it, by its name in the answer."""

    status: int
    id: str
    message: Message
    field: str | None = None
    more: Mapping[str, object] | None = None

    def answer(self) -> Response:
        """As an answer."""
        content = {"error": self.id, "message": said(self.message), "field": self.field, **(self.more or {})}
        return Response(
            json.dumps(content, ensure_ascii=False),
            status_code=self.status,
            media_type="application/json",
            headers={"cache-control": "no-store"},
        )


class Refused(Exception):
    """A request that the interface itself refuses, whatever the domain would say."""

    def __init__(self, status: int, message: Message, field: str | None = None) -> None:
        super().__init__(said(message))
        self.problem = Problem(status, message.id, message, field)


def problem_of(error: Exception) -> Problem:
    """What to say of ``error``; what nobody foresaw is written to the log."""
    match error:
        case Refused():
            return error.problem
        case ValidationError():
            return _of_body(error)
        case NotFound():
            return _of_missing(error)
        case InvalidRequest():
            reason = Message("field-refused", {"reason": error.message.values["reason"]})
            return Problem(400, error.message.id, reason, error.field.replace(" ", "_"))
        case ChangedMeanwhile():
            # As rows of the board say them.
            ways: dict[str, Callable[[Any], object]] = {"seed": str, "beats": _beats}
            theirs = {name: ways[name](value) if name in ways else value for name, value in error.theirs.items()}
            return Problem(409, error.message.id, error.message, None, {"theirs": theirs, "version": error.version})
        case DatabaseUnusable() | DatabaseTooNew() | SettingRejected() | StoreAway():
            return Problem(503, error.message.id, error.message)
        case StudioError() | FramepackError() if not isinstance(error, OSError | MemoryError):
            return Problem(400, error.message.id, error.message)
    message = fault_message(error)
    return Problem(500 if message.id == "page-unforeseen" else 503, message.id, message)


def _beats(beats: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [asdict(beat) for beat in beat_rows(beats)]


def _of_missing(error: NotFound) -> Problem:
    row: Stored | None = None
    table = _CAN_COME_BACK.get(error.kind)
    if table is not None:
        # Where the database is away meanwhile, the error itself is all that is known.
        with contextlib.suppress(StudioError), session() as opened:
            row = opened.get(table, error.id)
    if not isinstance(row, Project | Shot | Take | Film) or row.deleted_at is None:
        return Problem(404, error.message.id, Message(_MISSING.get(error.kind, "no-such-thing")))
    if isinstance(row, Shot):
        return Problem(404, "gone", Message("gone-shot", {"shot": row.label}))
    return Problem(404, "gone", Message(_GONE[error.kind]))


def _of_body(error: ValidationError) -> Problem:
    """The first thing that is wrong with a body or a query."""
    first: Mapping[str, Any] = error.errors(include_url=False, include_input=False)[0]
    where = [str(step) for step in first["loc"]]
    name = ".".join(where) or None
    shown = where[-1] if where else ""
    kind, about = str(first["type"]), first.get("ctx", {})
    if kind == "json_invalid":
        return _wrong(Message("body-not-json"), None)
    if kind == "missing":
        return _wrong(Message("field-missing", {"field": shown}), name)
    if kind == "extra_forbidden":
        return _wrong(Message("field-unknown", {"field": shown}), name)
    if kind == "literal_error":
        return _wrong(Message("has-to-be-one-of", {"field": shown, "choices": about["expected"]}), name)
    if kind in ("string_too_long", "too_long"):
        return _wrong(Message("field-too-long", {"field": shown, "most": about["max_length"]}), name)
    if kind in _KINDS:
        return _wrong(Message(_KINDS[kind], {"field": shown}), name)
    return _wrong(Message("field-wrong", {"field": shown}), name)


def _wrong(message: Message, field: str | None) -> Problem:
    return Problem(400, message.id, message, field)
