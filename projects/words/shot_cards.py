"""A card with words on it as the picture that a shot begins with, drawn as films have them. It needs no model."""

from __future__ import annotations

import io
import re

from PIL import Image
from sqlmodel import Session

from framepack.errors import InvalidRequest
from framepack.messages import Message
from projects.database.tables import Project, Shot
from projects.names import storable
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.reading import get_project, get_shot
from projects.storyboard.shapes import aspect_of
from projects.storyboard.shots import attach_image
from projects.words.drawing import draw_card

MAX_CARD_CHARACTERS = 400
# The longer side of a card, which is then brought to the size that a model has.
CARD_PIXELS = 1280
# Height and width of a card in a project whose first picture it is.
_USUAL = (9, 16)
_NAME_CHARACTERS = 40


def give_card(*, session: Session, settings: StudioSettings, shot_id: str, words: str) -> Shot:
    """Draw a card with ``words`` in the project's shape and give it to a shot as its picture.

    Raises NotFound, and InvalidRequest where there are no words or too many.
    """
    shot = get_shot(session=session, shot_id=shot_id)
    project = get_project(session=session, project_id=shot.project_id)
    said = storable(words).strip()
    if not said:
        raise InvalidRequest("words", Message("card-no-words"))
    if len(said) > MAX_CARD_CHARACTERS:
        raise InvalidRequest("words", Message("too-long", {"most": MAX_CARD_CHARACTERS}))
    height, width = card_size(project)
    file = io.BytesIO()
    Image.fromarray(draw_card(said, width, height)).save(file, "PNG")
    called = re.sub(r"[\s/\\]+", " ", said)[:_NAME_CHARACTERS].strip()
    added = add_picture(session=session, settings=settings, data=file.getvalue(), name=f"{called}.png")
    return attach_image(session=session, shot_id=shot_id, media_id=added.media.id)


def card_size(project: Project, longer: int = CARD_PIXELS) -> tuple[int, int]:
    """Height and width in pixels of a picture in a project's shape: even, ``longer`` at the longer side."""
    height, width = aspect_of(project.shape) or (project.aspect_height, project.aspect_width)
    if height is None or width is None:
        height, width = _USUAL
    scale = longer / max(height, width)
    return max(2, round(height * scale / 2) * 2), max(2, round(width * scale / 2) * 2)
