"""The table of everything the interface does, and the routes made from it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framepack.media.own_video import MAX_VIDEO_BYTES
from framepack.messages import Message
from pages.api import (
    editions,
    files,
    films,
    guests,
    loras,
    models,
    projects,
    quality,
    queueing,
    renders,
    report,
    rewriting,
    shots,
    sounds,
    takes,
)
from pages.api.answers import (
    BeatsAnswer,
    BranchAnswer,
    ChangedMeanwhile,
    DeletedShot,
    DirectedAnswer,
    EditAnswer,
    FilmAnswer,
    ForecastAnswer,
    LengthAnswer,
    LoraAnswer,
    PictureAnswer,
    ProjectAnswer,
    QueueAnswer,
    ReadLines,
    RenderAnswer,
    Reversed,
    ShotAnswer,
    ShotIds,
    ShotsAnswer,
    SoundAnswer,
    TakeAnswer,
    VideoAnswer,
    WaveformAnswer,
)
from pages.api.asking import Asked, Nothing, Operation, Query, answering
from pages.api.bodies import (
    ChosenFor,
    FilmName,
    FrameOf,
    LoraChanges,
    MoreTakes,
    MovedOrder,
    MovedShots,
    NewBranches,
    NewCard,
    NewFilm,
    NewLength,
    NewProject,
    NewRender,
    NewShots,
    NewWording,
    OfForecast,
    OfFrame,
    OfHistory,
    OfLora,
    OfPass,
    OfPicture,
    OfProjects,
    OfReport,
    OfSound,
    OfText,
    OfVideo,
    OfWaveform,
    ProjectEdit,
    ShotEdit,
    ShotsEdit,
    SomeShots,
    TakeChanges,
    Word,
)
from pages.api.editions import (
    DifferenceAnswer,
    EditionAnswer,
    EditionChanges,
    EditionShot,
    NewEdition,
    OfComparison,
)
from pages.api.models import ModelAnswer
from pages.api.openapi import ADDRESS, description
from pages.api.problems import Refused
from pages.api.rewriting import WordingAnswer
from pages.board.cards import Card
from pages.board.rows import BoardData
from pages.serving.files import REPORT
from projects.interchange.shot_lines import MOST_CHARACTERS
from projects.loras.files import MAX_LORA_BYTES
from projects.sound.reading import MAX_SOUND_BYTES
from projects.storage.pictures import MAX_PICTURE_BYTES

PROJECT, SHOT, TAKE = "/api/projects/{id}", "/api/shots/{id}", "/api/takes/{id}"
EDITION, MODEL = "/api/editions/{id}", "/api/models/{id}"
LORA, OF_PICTURES = "/api/loras/{id}", "/api/pictures/{id}"
RENDER, FILM, SOUND = "/api/renders/{id}", "/api/films/{id}", "/api/sounds/{id}"
# Text of any script, in UTF-8 or UTF-16.
MOST_TEXT_BYTES = 4 * MOST_CHARACTERS
# All are taken by a route, so that it can say in words which of them it has no use for.
_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")
B = TypeVar("B", bound=BaseModel | bytes | Path)
Q = TypeVar("Q", bound=Query)


def operations() -> list[Operation[Any, Any]]:
    """Everything that the interface does."""
    return [
        *_of_projects(),
        *_of_shots(),
        *_of_takes(),
        *_of_editions(),
        *_of_renders_and_films(),
        *_of_files(),
        *_of_models(),
        Operation("GET", REPORT, report.report, bytes, Nothing, OfReport, kind="application/zip", keepers=True),
    ]


def api_routes() -> list[Route]:
    """The routes, for the application."""
    by_path: dict[str, list[Operation[Any, Any]]] = {}
    for operation in operations():
        by_path.setdefault(operation.path, []).append(operation)
    described = Operation("GET", ADDRESS, _description, dict[str, Any], Nothing, Query)
    routes = [Route(path, answering(found), methods=_METHODS) for path, found in by_path.items()]
    return [
        *routes,
        Route(ADDRESS, answering([described]), methods=_METHODS),
        Route("/api/{rest:path}", _nothing, methods=_METHODS),
    ]


def _of_projects() -> list[Operation[Any, Any]]:
    return [
        _get("/api/projects", projects.cards, list[Card], OfProjects),
        _post("/api/projects", projects.create, NewProject, ProjectAnswer, status=201),
        _get(PROJECT, projects.one, ProjectAnswer),
        _patch(PROJECT, projects.edit, ProjectEdit, ProjectAnswer, conflicts=ChangedMeanwhile),
        _post(f"{PROJECT}/duplicate", projects.duplicate, Nothing, ProjectAnswer, status=201),
        _post(f"{PROJECT}/delete", projects.delete, Nothing, ProjectAnswer),
        _post(f"{PROJECT}/restore", projects.restore, Nothing, ProjectAnswer),
        _post(f"{PROJECT}/archive", projects.archive, Nothing, ProjectAnswer),
        _post(f"{PROJECT}/unarchive", projects.unarchive, Nothing, ProjectAnswer),
        _get(f"{PROJECT}/board", projects.board, BoardData, OfPass),
        _post(f"{PROJECT}/undo", projects.undo, Nothing, Reversed),
        _post(f"{PROJECT}/redo", projects.redo, Nothing, Reversed),
        _get(f"{PROJECT}/history", projects.history, list[EditAnswer], OfHistory),
        _get(f"{PROJECT}/guest-links", guests.links, list[guests.LinkAnswer]),
        _post(f"{PROJECT}/guest-links", guests.share, guests.WantedLink, guests.LinkAnswer, status=201),
        _patch("/api/guest-links/{id}", guests.end, guests.LinkChanges, guests.LinkAnswer),
        _get(f"{PROJECT}/guest-notes", guests.notes, list[guests.NoteAnswer], guests.OfNotes),
        _patch("/api/guest-notes/{id}", guests.done, guests.NoteChanges, guests.NoteAnswer),
    ]


def _of_shots() -> list[Operation[Any, Any]]:
    return [
        Operation("POST", f"{PROJECT}/shots", shots.add, ShotsAnswer, NewShots, OfPass, 201),
        _patch(f"{PROJECT}/shots", shots.edit_several, ShotsEdit, ShotIds),
        Operation("POST", "/api/lines", files.read_lines, ReadLines, bytes, OfText, most_bytes=MOST_TEXT_BYTES),
        _post("/api/rewriting", rewriting.rewrite, NewWording, WordingAnswer),
        _get(f"{PROJECT}/shots/deleted", shots.deleted, list[DeletedShot]),
        _post(f"{PROJECT}/shots/move", shots.move, MovedShots, ShotIds),
        Operation("POST", f"{PROJECT}/shots/duplicate", shots.duplicate, ShotsAnswer, SomeShots, OfPass, 201),
        _post(f"{PROJECT}/shots/delete", shots.delete, SomeShots, ShotIds),
        _post(f"{PROJECT}/shots/restore", shots.restore, SomeShots, ShotIds),
        _post(f"{PROJECT}/shots/renumber", shots.renumber, Nothing, ShotIds),
        _get(SHOT, shots.one, ShotAnswer, OfPass),
        Operation("POST", f"{SHOT}/put-back", shots.put_back, ShotAnswer, Nothing, OfPass),
        Operation("POST", f"{SHOT}/card", shots.draw_card, ShotAnswer, NewCard, OfPass),
        Operation("PATCH", SHOT, shots.edit, ShotAnswer, ShotEdit, OfPass, conflicts=ChangedMeanwhile),
    ]


def _of_takes() -> list[Operation[Any, Any]]:
    return [
        _get(f"{SHOT}/takes", takes.of_shot, list[TakeAnswer]),
        _post(f"{SHOT}/another", renders.another, MoreTakes, RenderAnswer, status=201),
        _get(f"{SHOT}/direct", takes.how_far, DirectedAnswer, OfPass),
        _post(f"{SHOT}/direct", takes.direct, Word, DirectedAnswer),
        _get(TAKE, takes.one, TakeAnswer),
        _get(f"{TAKE}/quality", quality.quality, quality.QualityAnswer),
        _post(f"{TAKE}/quality", quality.measure, Nothing, quality.QualityAnswer),
        _post(f"{TAKE}/length", takes.length, NewLength, LengthAnswer, status=201),
        _post(f"{TAKE}/branches", renders.branches, NewBranches, BranchAnswer, status=201),
        _patch(TAKE, takes.note, TakeChanges, TakeAnswer),
        _post(f"{TAKE}/use-settings", takes.use_settings, Nothing, ShotAnswer),
        _post(f"{TAKE}/choose", takes.choose, ChosenFor, TakeAnswer),
        _post(f"{TAKE}/delete", takes.delete, Nothing, TakeAnswer),
        _post(f"{TAKE}/restore", takes.restore, Nothing, TakeAnswer),
        Operation("GET", f"{TAKE}/frame", takes.frame, bytes, Nothing, OfFrame, kind="image/png"),
        _post(f"{TAKE}/frame", takes.frame_to_shot, FrameOf, ShotAnswer),
    ]


def _of_editions() -> list[Operation[Any, Any]]:
    return [
        _get(f"{PROJECT}/editions", editions.of_project, list[EditionAnswer]),
        _post(f"{PROJECT}/editions", editions.create, NewEdition, EditionAnswer, status=201),
        _get(EDITION, editions.one, EditionAnswer),
        _patch(EDITION, editions.edit, EditionChanges, EditionAnswer),
        _patch(f"{EDITION}/shots", editions.cut, EditionShot, EditionAnswer),
        _get(f"{EDITION}/differences", editions.compare, list[DifferenceAnswer], OfComparison),
        _post(f"{EDITION}/delete", editions.delete, Nothing, EditionAnswer),
        _post(f"{EDITION}/restore", editions.restore, Nothing, EditionAnswer),
    ]


def _of_renders_and_films() -> list[Operation[Any, Any]]:
    return [
        _post(f"{PROJECT}/renders", renders.order, NewRender, RenderAnswer, status=201),
        _get(RENDER, renders.one, RenderAnswer),
        _post(f"{RENDER}/stop", renders.stop, Nothing, RenderAnswer),
        _post(f"{RENDER}/cancel", renders.cancel, Nothing, RenderAnswer),
        _get(f"{PROJECT}/forecast", queueing.forecast, ForecastAnswer, OfForecast),
        _get("/api/queue", queueing.queue, QueueAnswer),
        _keepers(_post("/api/queue/pause", queueing.pause_all, Nothing, QueueAnswer)),
        _keepers(_post("/api/queue/resume", queueing.resume_all, Nothing, QueueAnswer)),
        _post("/api/queue/clear", queueing.clear, Nothing, QueueAnswer),
        _post(f"{RENDER}/pause", queueing.pause, Nothing, RenderAnswer),
        _post(f"{RENDER}/resume", queueing.resume, Nothing, RenderAnswer),
        _post(f"{RENDER}/retry", queueing.retry, Nothing, RenderAnswer, status=201),
        _post(f"{RENDER}/move", queueing.move, MovedOrder, QueueAnswer),
        _get(f"{PROJECT}/films", films.of_project, list[FilmAnswer]),
        _post(f"{PROJECT}/films", films.order, NewFilm, FilmAnswer, status=201),
        _get(FILM, films.one, FilmAnswer),
        _post(f"{FILM}/cancel", films.cancel, Nothing, FilmAnswer),
        _post(f"{FILM}/pause", queueing.pause_one_film, Nothing, FilmAnswer),
        _post(f"{FILM}/resume", queueing.resume_one_film, Nothing, FilmAnswer),
        _post(f"{FILM}/move", queueing.move_one_film, MovedOrder, QueueAnswer),
        _post(f"{FILM}/again", films.again, Nothing, FilmAnswer, status=201),
        _post(f"{OF_PICTURES}/cancel", queueing.cancel_order_of_pictures, Nothing, QueueAnswer),
        _post(f"{OF_PICTURES}/pause", queueing.pause_order_of_pictures, Nothing, QueueAnswer),
        _post(f"{OF_PICTURES}/resume", queueing.resume_order_of_pictures, Nothing, QueueAnswer),
        _post(f"{OF_PICTURES}/retry", queueing.retry_order_of_pictures, Nothing, QueueAnswer),
        _post(f"{OF_PICTURES}/move", queueing.move_order_of_pictures, MovedOrder, QueueAnswer),
        _patch(FILM, films.rename, FilmName, FilmAnswer),
        _post(f"{FILM}/delete", films.delete, Nothing, FilmAnswer),
        _post(f"{FILM}/restore", films.restore, Nothing, FilmAnswer),
    ]


def _of_files() -> list[Operation[Any, Any]]:
    return [
        Operation(
            "POST",
            "/api/pictures",
            files.keep_picture,
            PictureAnswer,
            bytes,
            OfPicture,
            201,
            most_bytes=MAX_PICTURE_BYTES,
        ),
        Operation("POST", "/api/videos", files.keep_video, VideoAnswer, Path, OfVideo, 201, most_bytes=MAX_VIDEO_BYTES),
        Operation("POST", "/api/sounds", sounds.add, SoundAnswer, Path, OfSound, 201, most_bytes=MAX_SOUND_BYTES),
        _get("/api/loras", loras.every, list[LoraAnswer]),
        _keepers(Operation("POST", "/api/loras", loras.add, LoraAnswer, Path, OfLora, 201, most_bytes=MAX_LORA_BYTES)),
        _get(LORA, loras.one, LoraAnswer),
        _keepers(_patch(LORA, loras.edit, LoraChanges, LoraAnswer)),
        _keepers(_post(f"{LORA}/delete", loras.delete, Nothing, LoraAnswer)),
        _keepers(_post(f"{LORA}/restore", loras.restore, Nothing, LoraAnswer)),
        _get(f"{SOUND}/waveform", sounds.drawn, WaveformAnswer, OfWaveform),
        _get(f"{SOUND}/beats", sounds.beats, BeatsAnswer),
    ]


def _of_models() -> list[Operation[Any, Any]]:
    return [
        _get("/api/models", models.all_of_them, list[ModelAnswer]),
        _keepers(_post(f"{MODEL}/download", models.fetch, Nothing, ModelAnswer)),
        _keepers(_post(f"{MODEL}/cancel", models.call_off, Nothing, ModelAnswer)),
    ]


def _get(
    path: str,
    do: Callable[[Asked[Nothing, Q]], object],
    answers: Any,
    query: type[Q] = Query,  # type: ignore[assignment]
) -> Operation[Nothing, Q]:
    return Operation("GET", path, do, answers, Nothing, query)


def _post(
    path: str, do: Callable[[Asked[B, Query]], object], body: type[B], answers: Any, *, status: int = 200
) -> Operation[B, Query]:
    return Operation("POST", path, do, answers, body, Query, status)


def _patch(
    path: str, do: Callable[[Asked[B, Query]], object], body: type[B], answers: Any, *, conflicts: Any = None
) -> Operation[B, Query]:
    return Operation("PATCH", path, do, answers, body, Query, conflicts=conflicts)


def _keepers(operation: Operation[B, Q]) -> Operation[B, Q]:
    return replace(operation, keepers=True)


@functools.cache
def _document() -> str:
    return json.dumps(description(operations()), ensure_ascii=False)


def _description(asked: Asked[Nothing, Query]) -> Response:  # noqa: ARG001
    """This description."""
    return Response(_document(), media_type="application/json")


def _nothing(request: Request) -> Response:  # noqa: ARG001
    return Refused(404, Message("no-such-address")).problem.answer()
