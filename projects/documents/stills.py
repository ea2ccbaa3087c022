"""The storyboard as pictures: a ZIP file of stills, and an animatic (GIF) that shows each for as long as its shot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from framepack.files.atomic import in_place
from framepack.messages import Message
from projects.documents.panels import Storyboard, picture_of
from projects.errors import StoryboardProblem
from projects.settings import StudioSettings

# Pixels of the longer side.
ANIMATIC_SIDE = 480
_STILL_NAMES = str.maketrans(dict.fromkeys('\\/:*?"<>|.', " "))
_LONGEST_NAME_BYTES = 80
# A GIF counts time in hundredths of a second, and programs that show it take no less than two of them for one picture.
_TICKS, _LEAST_TICKS, _MOST_TICKS = 100, 2, 65535
_GREY = (110, 110, 110)


def write_stills(storyboard: Storyboard, settings: StudioSettings, out: Path) -> int:
    """Write a ZIP file with a PNG of each shot that shows something, at the film's size; returns how many.

    They are called by number and name, so that they lie in the storyboard's order. Raises StoryboardProblem where no
    shot shows anything.
    """
    count = 0
    digits = len(str(len(storyboard.panels)))
    with in_place(out) as aside, zipfile.ZipFile(aside, "w") as bundle:
        for place, panel in enumerate(storyboard.panels, start=1):
            picture = picture_of(settings, storyboard, panel, max(storyboard.size))
            if picture is not None:
                file = io.BytesIO()
                picture.save(file, "PNG")
                name = f"{place:0{digits}}_{panel.shot.label}{_called(panel.shot.name)}.png"
                # Without the time, so that the same stills make the same file; a PNG is packed already.
                bundle.writestr(zipfile.ZipInfo(name), file.getvalue(), zipfile.ZIP_STORED)
                count += 1
        if not count:
            raise StoryboardProblem(Message("no-stills-yet"))
    return count


def write_gif(storyboard: Storyboard, settings: StudioSettings, out: Path, longest: int = ANIMATIC_SIDE) -> None:
    """Write an animatic: a picture of each shot, ``longest`` pixels wide or high, for as long as the film shows it.

    A shot that shows nothing yet is grey. Raises StoryboardProblem for a storyboard without shots.
    """
    if not storyboard.panels:
        raise StoryboardProblem(Message("no-shots-yet"))
    times = _times(storyboard)
    pictures = _pictures(storyboard, settings, longest)
    with in_place(out) as aside:
        # A picture at a time: Pillow takes the others as it needs them.
        next(pictures).save(
            aside, "GIF", save_all=True, append_images=pictures, duration=times, loop=0, optimize=False, disposal=1
        )


def _pictures(storyboard: Storyboard, settings: StudioSettings, longest: int) -> Iterator[Image.Image]:
    height, width = storyboard.size
    scale = longest / max(height, width)
    for panel in storyboard.panels:
        picture = picture_of(settings, storyboard, panel, longest)
        if picture is None:
            picture = Image.new("RGB", (max(1, round(width * scale)), max(1, round(height * scale))), _GREY)
        yield picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG)


def _times(storyboard: Storyboard) -> list[int]:
    """How long each picture stands, in milliseconds: rounded on the running total, so that all together are right."""
    ends = [panel.start for panel in storyboard.panels[1:]] + [storyboard.seconds]
    done, times = 0, []
    for end in ends:
        ticks = min(max(round(end * _TICKS) - done, _LEAST_TICKS), _MOST_TICKS)
        done += ticks
        times.append(ticks * 1000 // _TICKS)
    return times


def _called(name: str) -> str:
    """The end of a still's name that says the shot's; "" where it has none."""
    said = " ".join(name.translate(_STILL_NAMES).split())
    while len(said.encode()) > _LONGEST_NAME_BYTES:
        said = said[:-1].rstrip()
    return f"_{said}" if said else ""
