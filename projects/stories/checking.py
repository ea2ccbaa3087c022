"""Whether the sections that a story names are here and whole. It renders nothing, and puts nothing aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import FramepackError, InvalidRequest
from framepack.media.pictures import picture_hash
from framepack.media.video import shows
from framepack.messages import Message
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.store.section_store import SectionStore
from projects.settings import StudioSettings
from projects.storage.shared import picture_file, section_store
from projects.stories.story import ShotStory, Story

SectionState = Literal["whole", "missing", "damaged"]
# Whether this computer has the weights that made a shot, others of the same model, or none.
WeightsState = Literal["here", "others", "missing"]


@dataclass(frozen=True)
class ShotCheck:
    """What of a shot's story is here: ``sections`` by their keys in order, ``lacking`` the media that are not."""

    told: ShotStory
    sections: dict[str, SectionState]
    weights: WeightsState
    lacking: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all of its sections are here and whole."""
        return all(state == "whole" for state in self.sections.values())


def check_shot(settings: StudioSettings, told: ShotStory) -> ShotCheck:
    """Look for everything that the story of a shot names; sections are read whole."""
    store = section_store(settings)
    there = (image for image in told.pictures if not _is_here(settings, image))
    return ShotCheck(
        told=told,
        sections={key: _state(store, key) for key, _ in told.units},
        weights=_weights(settings, told),
        lacking=tuple(there),
    )


def shows_its_sections(settings: StudioSettings, story: Story, file: Path) -> bool | None:
    """Whether the video of a take shows its sections as they are here, to the bit.

    None where that cannot be said: of films, of JSON, and where sections are not here.
    """
    store = section_store(settings)
    (told, *others) = story.shots
    if story.of != "take" or others or file.suffix.lower() == ".json" or not told.units:
        return None
    if any(_state(store, key) != "whole" for key, _ in told.units):
        return None
    return shows(file, [(store.video(key), frames) for key, frames in told.units])


def chains_of(story: Story) -> Iterator[tuple[ShotStory, ...]]:
    """The shots of a story in runs that each begin with a cut, or with the first."""
    run: list[ShotStory] = []
    for told in story.shots:
        if told.start == "cut" and run:
            yield tuple(run)
            run = []
        run.append(told)
    yield tuple(run)


def planned_again(chain: Sequence[ShotStory]) -> tuple[PlannedShot, ...] | Message:
    """A chain as this version would make it, or why it cannot be made from what its story says alone."""
    if chain[0].start != "cut":
        return Message("verify-continues")
    try:
        planned = plan_chain([told.request for told in chain], ends=True)
    except InvalidRequest as problem:
        return problem.message
    for told, shot in zip(chain, planned, strict=True):
        asked = [key for key, _ in shot.units]
        if [key for key, _ in told.units] != asked:
            return Message("verify-other-sections")
    return planned


def _state(store: SectionStore, key: str) -> SectionState:
    fault = store.fault(key)
    if fault is None:
        return "whole"
    return "missing" if fault.message.id == "file-gone" else "damaged"


def _weights(settings: StudioSettings, told: ShotStory) -> WeightsState:
    checkpoint = checkpoint_named(told.request.settings.checkpoint)
    try:
        here = checkpoint_identity(checkpoint, settings.engine.models)
    except FramepackError:
        return "missing"
    return "here" if here == told.request.identity else "others"


def _is_here(settings: StudioSettings, image: str) -> bool:
    path = picture_file(settings, image)
    return path.is_file() and picture_hash(path) == image
