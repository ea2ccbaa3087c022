"""Makes the pictures of one order, in the process that it is called in, and keeps each as soon as it is there."""

from __future__ import annotations

import datetime as dt
import io
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import sqlalchemy as sa
from PIL import Image
from sqlmodel import Session, col

from framepack.media.pictures import picture_hash
from framepack.messages import Message
from framepack.stills.models import still_model
from projects.database.leases import Fenced, check_held
from projects.database.opening import AWAY, session_for
from projects.database.patience import insist
from projects.database.tables import PictureOrder, now
from projects.failures import first_line, foreseen, message_for
from projects.forecast.pictures import PictureClock, PictureKind
from projects.logs.hiding import in_log
from projects.messages import stored
from projects.queue.picture_steering import UNFINISHED, is_gone
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture, keep_whole
from projects.storage.shared import picture_file

MOST_BEGUN = 3
SECONDS_BETWEEN_WRITES = 0.5

_log = logging.getLogger(__name__)


def make_pictures(
    *,
    settings: StudioSettings,
    database: sa.Engine,
    order_id: str,
    lease: int,
    device: str,
    hardware: str,
    began: float,
    cancelled: Callable[[], bool],
) -> None:
    """Make what an order lacks that was taken up by ``lease``. Whatever goes wrong is written into its row; a picture
    that is made stays.

    What it took is kept for forecasts, as of the ``hardware`` that the device is sold as; ``began`` is when this
    process did, by its monotonic clock. Where ``cancelled`` says so, or another worker took it up, it ends soon and
    leaves the row as it is: the other goes on, or nobody.
    """
    try:
        order = insist(database, lambda session: _begin(session, order_id, lease))
        if order is not None:
            clock = PictureClock(PictureKind.of(order), began)
            _make_begun(settings, database, order, device, hardware, clock, cancelled)
    except Fenced:
        _log.warning("The pictures %s were put back, or another worker took them up.", order_id)


def _make_begun(
    settings: StudioSettings,
    database: sa.Engine,
    order: PictureOrder,
    device: str,
    hardware: str,
    clock: PictureClock,
    cancelled: Callable[[], bool],
) -> None:
    """Make what an order lacks that was begun. Raises Fenced."""
    progress = _Progress(database, order)

    def progressed(share: float) -> None:
        clock.progressed()
        progress(share)

    try:
        for picture in _pictures(settings, order, device, progressed, cancelled):
            file = io.BytesIO()
            picture.save(file, "PNG")
            data = file.getvalue()
            clock.made()
            # Within the transaction that asks for the lease nothing long is sent to a shared store.
            keep_whole(settings, picture_hash(data), data)

            def keep(session: Session, data: bytes = data) -> bool:
                clock.note(session, hardware)
                return _keep(session, settings, order, data)

            if not insist(database, keep):
                return
            clock.noted()
    except Fenced:
        raise
    # The one place where whatever went wrong is put into words.
    except Exception as error:
        if _was_called_off(error):
            insist(database, lambda session: _forgive(session, order))
            return
        if foreseen(error):
            _log.warning("%s", in_log(message_for(error)))
        else:
            _log.error("Unforeseen fault", exc_info=error)
        problem = message_for(error)
        insist(database, lambda session: end_pictures(session, order, problem))
        return
    insist(database, lambda session: end_pictures(session, order, None))


def end_pictures(session: Session, begun: PictureOrder, problem: Message | None) -> None:
    """Write down that an order is done, or why it is not; nothing where it came to an end already. Raises Fenced."""
    order = _held(session, begun)
    if order.status not in UNFINISHED:
        return
    order.status, order.finished_at = ("done", now()) if problem is None else ("failed", now())
    order.error = None if problem is None else stored(problem)
    order.share = 1.0 if problem is None else order.share


def call_off_pictures(session: Session, begun: PictureOrder) -> None:
    """Write down that an order is called off whose shot is not there any more; nothing where it was put back, or is
    over. Raises Fenced."""
    order = _held(session, begun)
    if order.status in UNFINISHED and is_gone(session, order):
        order.status, order.finished_at = "cancelled", now()


def _pictures(
    settings: StudioSettings,
    order: PictureOrder,
    device: str,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> Iterator[Image.Image]:
    from framepack.stills.making import StillRequest, make_stills

    model = still_model(settings.still_models_dir, order.model)
    made = len(order.media_ids)
    source = None
    if order.source_id is not None:
        with Image.open(picture_file(settings, order.source_id)) as file:
            source = file.convert("RGB").resize((order.width, order.height), Image.Resampling.LANCZOS)
    request = StillRequest(
        prompt=order.prompt,
        height=order.height,
        width=order.width,
        count=order.count - made,
        seed=order.seed + made,
        steps=order.steps,
        source=source,
        strength=order.strength or 0.0,
    )
    with closing(
        make_stills(
            model,
            request,
            device=device,
            memory=settings.engine.memory,
            progress=progress,
            cancelled=cancelled,
        )
    ) as pictures:
        yield from pictures


def _was_called_off(error: Exception) -> bool:
    from framepack.stills.making import StillsCalledOff

    return isinstance(error, StillsCalledOff)


def _held(session: Session, begun: PictureOrder) -> PictureOrder:
    """The order as it is now, for who has it in hand. Raises Fenced."""
    check_held(session=session, table=PictureOrder, id=begun.id, lease=begun.lease)
    return session.get_one(PictureOrder, begun.id)


def _begin(session: Session, order_id: str, lease: int) -> PictureOrder | None:
    check_held(session=session, table=PictureOrder, id=order_id, lease=lease)
    order = session.get_one(PictureOrder, order_id)
    if order.status not in UNFINISHED or order.deleted_at is not None:
        return None
    if order.begun >= MOST_BEGUN:
        order.status, order.finished_at = "failed", now()
        order.error = stored(Message("pictures-died-too-often", {"times": order.begun}))
        return None
    order.begun += 1
    spent = dt.timedelta()
    if order.started_at is not None and order.finished_at is not None:
        spent = order.finished_at - order.started_at  # before a pause
    order.status, order.started_at, order.finished_at = "working", now() - spent, None
    return order


def _forgive(session: Session, begun: PictureOrder) -> None:
    """Do not count this attempt: it ended on purpose."""
    order = _held(session, begun)
    order.begun = max(0, order.begun - 1)


def _keep(session: Session, settings: StudioSettings, begun: PictureOrder, data: bytes) -> bool:
    """Keep the next picture of an order; False where nobody wants it any more. Raises Fenced."""
    order = _held(session, begun)
    if order.status not in UNFINISHED:
        return False
    name = f"{' '.join(order.prompt.split())[:40]} {len(order.media_ids) + 1}.png".replace("/", " ")
    media = add_picture(session=session, settings=settings, data=data, name=name).media
    order.media_ids = [*order.media_ids, media.id]
    return True


class _Progress:
    """Keeps in an order's row how much of it is done. What cannot be written is dropped."""

    def __init__(self, database: sa.Engine, order: PictureOrder) -> None:
        self._database = database
        self._order = order
        self._made = len(order.media_ids) / order.count
        self._written = 0.0

    def __call__(self, share: float) -> None:
        if time.monotonic() - self._written < SECONDS_BETWEEN_WRITES:
            return
        order, row = self._order, PictureOrder
        own = (col(row.id) == order.id, col(row.lease) == order.lease, col(row.status) == "working")
        done = self._made + (1 - self._made) * share
        try:
            with session_for(self._database) as session:
                session.connection().execute(sa.update(PictureOrder).where(*own).values(share=done))
                session.commit()
        except AWAY as error:
            _log.warning("How far the pictures are cannot be shown for a while: %s", first_line(error))
        self._written = time.monotonic()
