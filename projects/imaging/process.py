"""Makes each order of pictures in a process of its own, so that all memory it took is free before a shot is rendered.

See ``projects.delivery.own_process``.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

import psutil
import sqlalchemy as sa
from sqlmodel import Session

from framepack.environment import cards_named
from framepack.messages import Message
from projects.database.leases import Fenced, Job, take_up
from projects.database.opening import AWAY, session_for
from projects.database.patience import await_row, insist
from projects.database.tables import PictureOrder
from projects.delivery.own_process import carry_out, run_while_wanted
from projects.failures import first_line
from projects.imaging.making import call_off_pictures, end_pictures, make_pictures
from projects.queue.picture_steering import UNFINISHED, is_gone
from projects.settings import StudioSettings

_log = logging.getLogger(__name__)


class PictureMaker:
    """What a worker does with an order of pictures on ``device``; ``release`` has the engine give its memory back.

    ``hardware`` is what that device is sold as.
    """

    def __init__(
        self,
        *,
        settings: StudioSettings,
        database: sa.Engine,
        device: str,
        hardware: str,
        release: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._database = database
        self._device = cards_named(device)[0]
        self._hardware = hardware
        self._release = release

    def make(self, order_id: str, job: Job) -> None:
        """Have an order carried out; returns when its process has ended, whatever came of it.

        One that is put back, since it or the whole queue is paused, goes on later where it was, by another workflow.
        """
        while job.is_ours():
            order = insist(self._database, lambda session: _taken_up(session, order_id, job.run))
            # Asked once more: only now does whoever has it by right find out who took it up last.
            if order is None or not job.is_ours():
                return
            try:
                self._make(order, job.run)
            except Fenced:
                _log.warning("The pictures %s were put back, or another worker took them up.", order_id)
            else:
                return

    def _make(self, order: PictureOrder, run: str) -> None:
        """Have an order carried out that was taken up. Raises Fenced."""
        status = 0
        if self._is_wanted(order, run):
            self._release()
            arguments = [order.id, str(order.lease), self._device, self._hardware]
            status = run_while_wanted(__name__, arguments, self._settings, lambda: self._is_wanted(order, run))
        if self._is_wanted(order, run):
            if status:
                _log.warning("The process of the pictures %s ended with status %d.", order.id, status)
                problem = Message("pictures-process-died", {"status": status})
                insist(self._database, lambda session: end_pictures(session, order, problem))
            return
        insist(self._database, lambda session: call_off_pictures(session, order))

    def _is_wanted(self, taken_up: PictureOrder, run: str) -> bool:
        """Whether an order is still wanted, from this worker and workflow; while the database is away it is."""
        try:
            with session_for(self._database) as session:
                order = session.get(PictureOrder, taken_up.id)
                gone = order is None or is_gone(session, order)
        except AWAY as error:
            _log.warning("The database does not answer (%s); it is asked again.", first_line(error))
            return True
        if order is None or order.lease != taken_up.lease or gone:
            return False
        # One that was put back since is another workflow's, or will be.
        ours = order.handed_over and order.workflow_id == run
        return order.status == "done" or (order.status in UNFINISHED and ours)


def _taken_up(session: Session, order_id: str, run: str) -> PictureOrder | None:
    """The order, taken up for the workflow ``run``; None where that is not the one that makes it, or it is over."""
    order = await_row(session, PictureOrder, order_id)
    if order is None or order.status not in UNFINISHED or not order.handed_over or order.workflow_id != run:
        return None
    take_up(session=session, row=order)
    return order


def main(order_id: str, lease: int, device: str, hardware: str) -> None:
    """Carry out an order that was taken up by ``lease``, in this process, for the worker that started it."""
    began = time.monotonic() - max(0.0, time.time() - psutil.Process().create_time())

    def work(settings: StudioSettings, database: sa.Engine, cancelled: Callable[[], bool]) -> None:
        make_pictures(
            settings=settings,
            database=database,
            order_id=order_id,
            lease=lease,
            device=device,
            hardware=hardware,
            began=began,
            cancelled=cancelled,
        )

    carry_out(work, "pictures", order_id)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
