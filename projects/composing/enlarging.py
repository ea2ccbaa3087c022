"""The model that enlarges a film, from the file of it that its settings name."""

from __future__ import annotations

from framepack.enlarging.files import enlarger_file
from projects.films.timeline import TakeSource, Timeline
from projects.frames.material import Enlarger
from projects.settings import StudioSettings


def check_enlarger(settings: StudioSettings, timeline: Timeline) -> None:
    """Raise EnlargerRejected where a film names a model that is not there, damaged, or lacks its library."""
    if timeline.settings.enlarge:
        enlarger_file(settings.enlargers_dir, timeline.settings.enlarge)


def enlarger_for(settings: StudioSettings, timeline: Timeline) -> Enlarger | None:
    """The model that a film names, loaded onto the best device; None where none of its takes is smaller than the film.

    Raises EnlargerRejected.
    """
    takes = (clip.source for clip in timeline.clips if isinstance(clip.source, TakeSource))
    smaller = any(take.width < timeline.width or take.height < timeline.height for take in takes)
    if not smaller or not timeline.settings.enlarge:
        return None
    path = enlarger_file(settings.enlargers_dir, timeline.settings.enlarge)
    from framepack.device.devices import pick_device
    from framepack.enlarging.enlarger import load_enlarger

    return load_enlarger(path, pick_device("auto"))
