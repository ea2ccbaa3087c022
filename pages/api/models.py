"""What the interface does with models: what there is of each, and the downloads of what is missing."""

from __future__ import annotations

from typing import Literal

from pages.api.answers import Answer
from pages.api.asking import Asked, Nothing, Query
from pages.look.text import said
from pages.session.downloading import downloads
from pages.weights.standing import Model, Standing, all_models, model_named
from projects.fetching.record import Download, Status


class FileAnswer(Answer):
    """A file that is fetched: how many of its bytes are here, how fast they come (bytes a second), seconds left."""

    repository: str
    file: str
    received: int
    size: int
    speed: float | None
    seconds_left: float | None


class DownloadAnswer(Answer):
    """A download; ``finished`` and ``at`` are its files, ``received`` of ``size`` bytes of all of them are here."""

    status: Status
    received: int
    size: int
    seconds_left: float | None
    at: FileAnswer | None
    finished: list[str]
    problem: str | None


class PartAnswer(Answer):
    """A part of a model; ``place`` is where it lies, None where it is not here."""

    part: str
    repository: str
    licence: str
    bytes: int
    place: str | None
    form: Literal["published", "single"] | None
    problem: str | None


class ModelAnswer(Answer):
    """A model, what there is of it in bytes, and its last download."""

    name: str
    title: str
    standing: Standing
    complete: bool
    bytes: int
    missing_bytes: int
    parts: list[PartAnswer]
    download: DownloadAnswer | None


def all_of_them(asked: Asked[Nothing, Query]) -> list[ModelAnswer]:  # noqa: ARG001
    """All models, what there is of each, where, and what is missing."""
    return [_answer(model) for model in all_models()]


def fetch(asked: Asked[Nothing, Query]) -> ModelAnswer:
    """Download what is missing of a model, going on where it stopped; nothing where that is under way."""
    downloads().start(asked.id)
    return _answer(model_named(asked.id))


def call_off(asked: Asked[Nothing, Query]) -> ModelAnswer:
    """Call the download of a model off; what has arrived is kept."""
    downloads().cancel(asked.id)
    return _answer(model_named(asked.id))


def _answer(model: Model) -> ModelAnswer:
    state = model.state
    return ModelAnswer(
        name=model.name,
        title=state.checkpoint.title,
        standing=model.standing,
        complete=state.complete,
        bytes=state.nbytes,
        missing_bytes=state.missing_bytes,
        parts=[
            PartAnswer(
                part=part.part,
                repository=part.repository,
                licence=part.licence,
                bytes=part.nbytes,
                place=str(part.place) if part.place else None,
                form=part.form,
                problem=said(part.problem) if part.problem else None,
            )
            for part in state.parts
        ],
        download=_download(model.download) if model.download else None,
    )


def _download(download: Download) -> DownloadAnswer:
    at = download.current
    return DownloadAnswer(
        status=download.status,
        received=at.all_received if at else 0,
        size=at.all_size if at else 0,
        seconds_left=download.seconds_left,
        at=FileAnswer(
            repository=at.repository,
            file=at.file,
            received=at.received,
            size=at.size,
            speed=at.speed,
            seconds_left=at.left,
        )
        if at
        else None,
        finished=[f"{one.repository}/{one.file}" for one in download.finished],
        problem=said(download.problem) if download.problem else None,
    )
