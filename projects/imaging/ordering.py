"""Pictures from words, as pages see them: order some for a shot, call them off, choose one. It makes none.

How they wait, and how a person steers that, is ``queue.picture_steering``.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.request import MAX_PROMPT_CHARACTERS
from framepack.stills.models import still_model
from projects.database.tables import Media, PictureOrder, Project, Shot, now
from projects.errors import StoryboardProblem
from projects.names import storable
from projects.queue.orders import last_place, queue_client
from projects.queue.picture_steering import UNFINISHED, get_picture_order
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.stills import frame_as_png
from projects.storyboard.reading import get_project, get_shot
from projects.storyboard.shots import attach_image, new_seed
from projects.takes.takes import get_take
from projects.words.shot_cards import card_size

MOST_PICTURES = 8
# The longer side of what is made, in pixels, and what all sides are multiples of in today's models.
PICTURE_PIXELS = 1024
_MULTIPLE = 16
STRENGTHS = (0.05, 1.0)
USUAL_STRENGTH = 0.6
MOST_STEPS = 200


def order_pictures(
    *,
    session: Session,
    settings: StudioSettings,
    shot_id: str,
    model: str,
    prompt: str,
    count: int = 4,
    steps: int | None = None,
    seed: int | None = None,
    source_take_id: str | None = None,
    strength: float = USUAL_STRENGTH,
) -> PictureOrder:
    """Order ``count`` pictures for a shot, made from words by one of the person's models.

    With ``source_take_id`` the last frame of that take is changed by ``strength``, 0 to 1. ``seed`` None: by chance,
    ``steps`` None: as the model has it. Raises NotFound, InvalidRequest, StillModelRejected, and NotWhole where that
    take's file is damaged.
    """
    shot = get_shot(session=session, shot_id=shot_id)
    project = get_project(session=session, project_id=shot.project_id)
    said = storable(prompt).strip()
    if not said:
        raise InvalidRequest("prompt", Message("picture-no-words"))
    if len(said) > MAX_PROMPT_CHARACTERS:
        raise InvalidRequest("prompt", Message("too-long", {"most": MAX_PROMPT_CHARACTERS}))
    _check_between("count", count, 1, MOST_PICTURES)
    if steps is not None:
        _check_between("steps", steps, 1, MOST_STEPS)
    _check_between("strength", strength, *STRENGTHS)
    still_model(settings.still_models_dir, model)
    source = None
    if source_take_id is not None:
        take = get_take(session=session, take_id=source_take_id)
        data = frame_as_png(settings, take.id, take.frames - 1)
        source = add_picture(session=session, settings=settings, data=data, name=f"{take.id[:8]}.png").media.id
    height, width = picture_size(project)
    last = last_place(session, PictureOrder)
    order = PictureOrder(
        project_id=project.id,
        shot_id=shot.id,
        model=model,
        prompt=said,
        count=count,
        steps=steps,
        seed=new_seed() if seed is None else seed,
        height=height,
        width=width,
        source_id=source,
        strength=None if source is None else strength,
        place=last + 1.0,
    )
    session.add(order)
    session.flush()
    return order


def picture_size(project: Project) -> tuple[int, int]:
    """The height and width, in pixels, of the pictures that are made for a project's shots."""
    height, width = (max(_MULTIPLE, round(side / _MULTIPLE) * _MULTIPLE) for side in card_size(project, PICTURE_PIXELS))
    return height, width


def picture_orders(*, session: Session, shot_id: str) -> list[PictureOrder]:
    """The orders for a shot that are not put away, the newest first."""
    query = select(PictureOrder).where(PictureOrder.shot_id == shot_id, col(PictureOrder.deleted_at).is_(None))
    return list(session.exec(query.order_by(col(PictureOrder.created_at).desc())))


def cancel_pictures(*, session: Session, settings: StudioSettings, order_id: str) -> PictureOrder:
    """Call an order off; a worker that is at it stops within a moment, and pictures that are made stay."""
    order = get_picture_order(session=session, order_id=order_id)
    if order.status in UNFINISHED:
        order.status, order.finished_at = "cancelled", now()
        session.flush()
        if order.handed_over:
            with queue_client(settings) as client:
                client.cancel_workflow(order.workflow_id)
    return order


def put_away_pictures(*, session: Session, settings: StudioSettings, order_id: str) -> PictureOrder:
    """Show an order and its pictures no more; one that was chosen stays the picture of its shot."""
    order = cancel_pictures(session=session, settings=settings, order_id=order_id)
    order.deleted_at = now()
    session.flush()
    return order


def choose_picture(*, session: Session, order_id: str, media_id: str) -> Shot:
    """Make one of an order's pictures the picture of its shot. Raises NotFound, and StoryboardProblem for another's."""
    order = get_picture_order(session=session, order_id=order_id)
    if media_id not in order.media_ids or session.get(Media, media_id) is None:
        raise StoryboardProblem(Message("picture-not-of-order"))
    return attach_image(session=session, shot_id=order.shot_id, media_id=media_id)


def _check_between(field: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InvalidRequest(field, Message("not-between", {"value": value, "least": least, "most": most}))
