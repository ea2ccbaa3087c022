"""Whether a command may write where it was told to, looked at before anything is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal

from framepack.files.outputs import output_problem
from framepack.messages import Message
from projects.errors import StoryboardProblem
from projects.interchange.storyboard_file import StoryboardFile
from projects.settings import StudioSettings


def check_output(
    settings: StudioSettings,
    output: Path,
    *,
    inputs: Iterable[tuple[str, Path]] = (),
    endings: Collection[str],
    refused: Literal["film-not-writable", "output-not-writable"],
) -> None:
    """Raise StoryboardProblem, in the words of the message ``refused``, where a file cannot be written.

    It may not be one of the ``inputs``, each with the id of the message that says so, or among the studio's own.
    """
    problem = output_problem(output, inputs=inputs, endings=endings)
    if problem is None and any(output.resolve().is_relative_to(own.resolve()) for own in settings.folders):
        problem = Message("film-among-the-studio's", {"path": str(output)})
    if problem is not None:
        raise StoryboardProblem(Message(refused, {"problem": problem}))


def inputs_of(file: StoryboardFile, path: Path) -> Iterator[tuple[str, Path]]:
    """The storyboard file at ``path``, and the pictures, videos and sounds that it names."""
    yield "replaces-storyboard", path
    yield from (("replaces-picture", shot.image) for shot in file.shots if shot.image is not None)
    yield from (("replaces-picture", picture) for picture in file.other_pictures.values())
    yield from (("replaces-video", shot.video) for shot in file.shots if shot.video)
    yield from (("replaces-sound", sound) for sound in file.sounds.values())
