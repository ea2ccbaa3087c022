"""``python -m projects verify``: whether what a take or film says made it is here, whole, and comes out the same."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framepack.environment import prepare_environment
from framepack.messages import Message
from projects.errors import StoryRefused
from projects.generator.again_aside import same_again
from projects.generator.engine_holder import find_device
from projects.generator.processor import usable_cpus
from projects.messages import in_english
from projects.settings import StudioSettings
from projects.stories.checking import ShotCheck, chains_of, check_shot, planned_again, shows_its_sections
from projects.stories.reading import story_of_path
from projects.stories.story import ShotStory, Story


@dataclass(frozen=True)
class VerifyOptions:
    """What the command was asked for; ``again``: the sections are made a second time on ``device``."""

    file: Path
    again: bool = False
    device: str = "auto"
    as_json: bool = False


@dataclass(frozen=True)
class _Checked:
    """A shot with what was found: ``again`` says by key which of its units came out the same, ``problem`` why not."""

    found: ShotCheck
    again: Mapping[str, bool]
    problem: Message | None


def verify(settings: StudioSettings, options: VerifyOptions) -> bool:
    """Print what is here of what a file names; True where all of it is here and, made again, came out the same.

    Raises StoryRefused where the file carries no story that can be used, and OSError.
    """
    story = story_of_path(options.file, options.file.name)
    if story is None:
        raise StoryRefused(options.file.name, Message("story-not-carried"))
    shown = shows_its_sections(settings, story, options.file)
    device = None
    if options.again:
        prepare_environment(os.environ)  # torch is loaded later
        device = find_device(options.device).name
    checked = [one for chain in chains_of(story) for one in _checked(settings, chain, device)]
    well = shown is not False and all(_is_well(one, options.again) for one in checked)
    if options.as_json:
        print(json.dumps(_values(options.file, story, checked, shown, device, well), ensure_ascii=False))
    else:
        for line in _lines(story, checked, shown, device):
            print(in_english(line))
    return well


def _checked(settings: StudioSettings, chain: Sequence[ShotStory], device: str | None) -> list[_Checked]:
    found = [check_shot(settings, told) for told in chain]
    if device is None:
        return [_Checked(one, {}, None) for one in found]
    planned = planned_again(chain)
    problem = planned if isinstance(planned, Message) else _lacks(found)
    if problem is not None or isinstance(planned, Message):
        return [_Checked(one, {}, problem) for one in found]
    again = same_again(settings=settings, chain=planned, device=device, threads=usable_cpus())
    return [_Checked(one, {key: again[key] for key in one.sections if key in again}, None) for one in found]


def _lacks(found: Sequence[ShotCheck]) -> Message | None:
    """Why a chain cannot be made again here."""
    for one in found:
        if one.weights != "here":
            return Message("verify-other-weights", {"checkpoint": one.told.request.settings.checkpoint})
        if one.lacking:
            return Message("verify-lacks-picture", {"picture": one.lacking[0][:12]})
    return None


def _is_well(one: _Checked, again: bool) -> bool:
    return one.found.whole and one.problem is None and (not again or all(one.again.values()))


def _lines(story: Story, checked: Sequence[_Checked], shown: bool | None, device: str | None) -> list[Message]:
    lines = []
    if shown is not None:
        lines.append(Message("verify-shows") if shown else Message("verify-shows-else"))
    for number, one in enumerate(checked, start=1):
        states = list(one.found.sections.values())
        lines.append(
            Message(
                "verify-shot",
                {
                    "number": number,
                    "name": story.shots[number - 1].name or one.found.told.request.prompt[:60],
                    "whole": states.count("whole"),
                    "of": len(states),
                    "damaged": states.count("damaged"),
                    "missing": states.count("missing"),
                },
            )
        )
        if one.again:
            same = sum(one.again.values())
            lines.append(Message("verify-again", {"same": same, "of": len(one.again), "device": device or ""}))
        if one.problem is not None:
            lines.append(Message("verify-not-again", {"reason": one.problem}))
    return lines


def _values(
    file: Path, story: Story, checked: Sequence[_Checked], shown: bool | None, device: str | None, well: bool
) -> dict[str, Any]:
    return {
        "file": file.name,
        "of": story.of,
        "studio": story.studio,
        "well": well,
        "shows_its_sections": shown,
        "device": device,
        "shots": [
            {
                "prompt": one.found.told.request.prompt,
                "seed": one.found.told.request.seed,
                "weights": one.found.weights,
                "pictures_lacking": list(one.found.lacking),
                "problem": None if one.problem is None else in_english(one.problem),
                "sections": [
                    {"key": key, "state": state, "same_again": one.again.get(key)}
                    for key, state in one.found.sections.items()
                ],
            }
            for one in checked
        ],
    }
