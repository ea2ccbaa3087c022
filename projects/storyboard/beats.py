"""Beats as a storyboard keeps them, and as the engine is asked for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.request import CENTRED, MAX_BEATS, MAX_PROMPT_CHARACTERS, MAX_SEED, Beat, check_placement
from framepack.shots.spans import MAX_SECONDS
from projects.database.tables import Project, Shot
from projects.names import storable
from projects.storyboard.loras import ChosenLora, loras_of, with_words


class ShotBeat(BaseModel):
    """What takes over ``at`` seconds into a shot. A prompt or seed of None is that of the beat before.

    ``media_id`` is a picture that becomes the anchor from there on; ``place`` is where it is cut, as a shot's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    at: Annotated[float, Field(ge=0.0, le=MAX_SECONDS)]
    prompt: Annotated[str | None, Field(max_length=MAX_PROMPT_CHARACTERS)] = None
    seed: Annotated[int | None, Field(ge=0, le=MAX_SEED)] = None
    media_id: str | None = None
    place: Annotated[tuple[int, int, int], Field(strict=False)] = CENTRED

    def stored(self) -> dict[str, Any]:
        """As a shot's ``beats`` hold it: what differs from the usual."""
        told = self.model_dump(mode="json", exclude_defaults=True)
        return {"at": self.at, **told} | ({} if self.prompt is None else {"prompt": storable(self.prompt)})


def beats_of(shot: Shot) -> tuple[ShotBeat, ...]:
    """The beats of a shot, in the order of their times."""
    return tuple(sorted((ShotBeat.model_validate(beat) for beat in shot.beats), key=lambda beat: beat.at))


def stored_beats(beats: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Beats as a shot keeps them, in the order of their times. Raises InvalidRequest where they cannot be."""
    try:
        found = sorted((ShotBeat.model_validate(beat) for beat in beats), key=lambda beat: beat.at)
    except ValidationError as problem:
        fault = problem.errors(include_url=False)[0]
        raise InvalidRequest("beats", Message("beat-value", {"key": ".".join(map(str, fault["loc"]))})) from None
    if len(found) > MAX_BEATS:
        raise InvalidRequest("beats", Message("beats-many", {"most": MAX_BEATS}))
    for beat in found:
        check_placement(beat.place)
    return [beat.stored() for beat in found]


def beats_text(shot: Shot) -> str:
    """The beats of a shot in one line, as they can be written into a prompt; "" where there are none with words."""
    said = [(beat.at, " ".join((beat.prompt or "").split())) for beat in beats_of(shot)]
    return " ".join(f"[{at:.10g}s: {text}]" for at, text in said if text)


def asked_beats(project: Project, shot: Shot, checkpoint: str) -> tuple[Beat, ...]:
    """The beats of a shot as the engine is asked for them. One whose words are not written yet leaves those before."""
    loras = loras_of(project, shot, checkpoint)
    placed = project.fit == "place"
    return tuple(
        Beat(
            at=beat.at,
            prompt=within_words(project, loras, beat.prompt) if beat.prompt and beat.prompt.strip() else None,
            seed=beat.seed,
            image=beat.media_id,
            placement=beat.place if placed and beat.media_id else CENTRED,
        )
        for beat in beats_of(shot)
    )


def within_words(project: Project, loras: Sequence[ChosenLora], prompt: str) -> str:
    """A prompt that is not empty, between the words that its project has around every one, with those of ``loras``."""
    before, after = project.words_before.strip(), project.words_after.strip()
    within = " ".join(part for part in (before, prompt.strip(), after) if part) if before or after else prompt
    return with_words(loras, within)
