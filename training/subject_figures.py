"""Owns the measurements of subjects: asked for on held-out pictures that hold one, is their motion found?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from framepack.sampling.sampler import SamplingSettings
from training.figures import spread
from training.motions import SUBJECTS
from training.rehearsal import Rehearsal
from training.subject_scores import motion_of
from training.subjects import Scene
from training.wording import held_out_prompts

PLAIN_SUBJECTS = {
    "slide_left": "{it} moves to the left",
    "slide_right": "{it} moves to the right",
    "rise": "{it} rises into the air",
    "jump": "{it} jumps up and down",
    "spin": "{it} spins around",
    "grow": "{it} gets bigger",
    "shrink": "{it} gets smaller",
    "clouds_left": "the clouds drift to the left",
    "clouds_right": "the clouds drift to the right",
    "water": "the water ripples",
    "smoke": "smoke rises",
    "blink": "the light blinks",
    "sway": "{it} sways in the wind",
}
_NOISE = 3


@dataclass(frozen=True)
class SubjectShot:
    """One section that was sampled and which motion was found in it."""

    subject: str
    prompt: str
    found: str

    @property
    def right(self) -> bool:
        """Whether it is the one asked for."""
        return self.found == self.subject


class SubjectShots:
    """Samples first sections of ``scenes`` and finds their motion."""

    def __init__(
        self, rehearsal: Rehearsal, scenes: Sequence[Scene], size: tuple[int, int], settings: SamplingSettings
    ) -> None:
        self._rehearsal, self._size, self._settings = rehearsal, size, settings
        self._scenes = {subject: [scene for scene in scenes if scene.subject == subject] for subject in SUBJECTS}

    def _shoot(self, scene: Scene, prompt: str, seed: int, chinese: bool = False) -> SubjectShot:
        name = scene.name[chinese] or ("樹葉" if chinese else "leaves")
        said = prompt.replace("{it}", name if chinese else f"the {name}")
        take = self._rehearsal.extend(self._rehearsal.begin(scene.picture, self._size), said, 1, seed, self._settings)
        frames = self._rehearsal.frames(take.latents)
        return SubjectShot(scene.subject, said, motion_of(scene.subject, frames, scene.place))

    def plain(self, subjects: Sequence[str]) -> Iterator[SubjectShot]:
        """Every scene of ``subjects`` with its plain prompt."""
        for subject in subjects:
            for seed, scene in enumerate(self._scenes[subject]):
                yield self._shoot(scene, PLAIN_SUBJECTS[subject], seed)

    def held_out(self, language: int, phrases: int) -> Iterator[SubjectShot]:
        """At most ``phrases`` held-out prompts of each subject, in English (0) or Chinese (1); scenes take turns."""
        for subject, scenes in self._scenes.items():
            for number, prompt in enumerate(spread(held_out_prompts(subject)[language], phrases)):
                yield self._shoot(scenes[number % len(scenes)], prompt, number, bool(language))


def true_share(scenes: Sequence[Scene]) -> float:
    """How many true clips are named rightly."""
    return float(np.mean([motion_of(scene.subject, scene.frames, scene.place) == scene.subject for scene in scenes]))


def still_share(scenes: Sequence[Scene]) -> float:
    """How many clips of the first frame alone, with a little noise, are named still."""
    rng, found = np.random.default_rng(0), []
    for scene in scenes:
        noise = rng.integers(-_NOISE, _NOISE + 1, scene.frames.shape)
        frozen = (scene.frames[:1].astype(np.int16) + noise).clip(0, 255).astype(np.uint8)
        found.append(motion_of(scene.subject, frozen, scene.place) == "still")
    return float(np.mean(found))
