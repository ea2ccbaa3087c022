"""What the interface does with the library of LoRAs: list, take in, change, put away and bring back."""

from __future__ import annotations

from pathlib import Path

from pages.api.answers import LoraAnswer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import LoraChanges, OfLora
from pages.serving.files import lora_drawing_url, picture_url
from pages.session.database import settings
from projects.database.tables import Lora, LoraUpdate
from projects.loras import library
from projects.loras.files import file_state


def every(asked: Asked[Nothing, Query]) -> list[LoraAnswer]:
    """All LoRAs of the library, by name."""
    return [_answer(asked, lora) for lora in library.all_loras(session=asked.session)]


def one(asked: Asked[Nothing, Query]) -> LoraAnswer:
    """A LoRA, and what uses it."""
    return _answer(asked, library.get_lora(session=asked.session, lora_id=asked.id))


def add(asked: Asked[Path, OfLora]) -> LoraAnswer:
    """Keep a LoRA; one that is there already is found again."""
    lora = library.add_lora(session=asked.session, settings=settings(), file=asked.body, name=asked.query.name)
    return _answer(asked, lora)


def edit(asked: Asked[LoraChanges, Query]) -> LoraAnswer:
    """Change what is said of a LoRA; what projects and shots have chosen stays as it is."""
    given = asked.body.model_dump(exclude_unset=True)
    if "media_id" in given:
        library.give_picture(session=asked.session, lora_id=asked.id, media_id=given.pop("media_id"))
    return _answer(asked, library.edit_lora(session=asked.session, lora_id=asked.id, changes=LoraUpdate(**given)))


def delete(asked: Asked[Nothing, Query]) -> LoraAnswer:
    """Put a LoRA away that nothing uses; it can be restored."""
    return _answer(asked, library.delete_lora(session=asked.session, lora_id=asked.id))


def restore(asked: Asked[Nothing, Query]) -> LoraAnswer:
    """Bring a LoRA back that was put away."""
    return _answer(asked, library.restore_lora(session=asked.session, lora_id=asked.id))


def _answer(asked: Asked[Nothing, Query] | Asked[Path, OfLora] | Asked[LoraChanges, Query], lora: Lora) -> LoraAnswer:
    uses = library.uses_of(session=asked.session, lora_id=lora.id)
    told = lora.model_dump(include=set(LoraAnswer.model_fields))
    return LoraAnswer(
        **told,
        sha256=lora.id,
        state=file_state(settings(), lora),
        picture=picture_url(lora.media_id) if lora.media_id else lora_drawing_url(lora.id),
        projects=[use.project.id for use in uses],
        shots=[shot.id for use in uses for shot in use.shots],
    )
