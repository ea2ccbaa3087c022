"""What there is to see where a stored shot goes on from the end of a video, by their frames. It writes nothing."""

from __future__ import annotations

from collections import deque
from itertools import islice

from framepack.media.joins import Join, join_of
from framepack.media.video import read_frames
from framepack.messages import Message
from framepack.store.section_store import SectionStore

# Frames on either side of the join that say what is usual there.
_BEFORE, _AFTER = 9, 4


def measured_join(store: SectionStore, start: str, section: str) -> Join:
    """The join between the start unit of a video and the section made first behind it (keys). Raises SectionMissing."""
    before = deque(read_frames(store.video(start)), _BEFORE)
    return join_of(list(before), list(islice(read_frames(store.video(section)), _AFTER)))


def join_message(join: Join) -> Message:
    """What is to be said of a join."""
    measured = {
        "colour": join.colour.step,
        "usual_colour": join.colour.usual,
        "movement": join.movement,
        "usual_movement": join.usual_movement,
    }
    return Message("join-seen" if join.is_seen else "join-unseen", measured)
