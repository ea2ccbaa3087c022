"""What a worker does beside its work goes on whatever comes in its way: nobody else does it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from framepack.messages import Message
from framepack.store.connection import StoreAway
from projects.errors import StoryboardProblem
from projects.generator import looking_after
from projects.settings import StudioSettings


class _Enough(BaseException):
    """Ends what does not end by itself."""


@pytest.mark.parametrize(
    "fault",
    [
        PermissionError(13, "Permission denied", "/studio/takes/a.mp4"),
        OSError(28, "No space left on device"),
        StoreAway("/nowhere", Message("store-reads-otherwise")),
        StoryboardProblem(Message("guest-days")),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_fault_is_said_and_the_next_look_comes(
    studio: StudioSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    looks = iter([fault, _Enough()])

    def fails(*_: object) -> None:
        raise next(looks)

    monkeypatch.setattr(looking_after, "begin_again", fails)
    monkeypatch.setattr(looking_after, "SECONDS_BETWEEN_LOOKS", 0.0)
    with pytest.raises(_Enough):
        looking_after.keep_looking_after(studio, sa.create_engine("sqlite://"))
    assert len(caplog.records) == 1
    assert caplog.records[0].getMessage()
