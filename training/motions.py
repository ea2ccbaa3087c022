"""Owns what can happen in a clip: the labels, their speeds, and how sections are drawn; knows no pixels or words.

Directions are the camera's: ``pan_left`` looks to the left, so what is in the picture moves to the right; ``tilt_up``
looks up, so it moves down. ``turn_right`` turns the picture clockwise. Speeds are per second; lengths are in units of
sqrt(width * height) of the picture, so they mean the same at every draft size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FPS = 30
SECTION_FRAMES = 36

CAMERAS = (
    "still",
    "pan_left",
    "pan_right",
    "tilt_up",
    "tilt_down",
    "zoom_in",
    "zoom_out",
    "turn_left",
    "turn_right",
    "shake",
    "gentle",
)
SPEEDS = ("slow", "normal", "fast")
COLOURS = ("fade_black", "fade_white", "night", "sunset", "grey", "blur")
WEATHERS = ("snow", "rain", "fog")
SPRITES = ("slide_left", "slide_right", "rise", "jump", "spin", "grow", "shrink")
LAYERS = ("clouds_left", "clouds_right", "water", "smoke", "blink", "sway")
SUBJECTS = (*SPRITES, *LAYERS)
EFFECTS = ("none", *COLOURS, *WEATHERS, *SUBJECTS)

# What the picture's content does: right, down (lengths), log of its size, clockwise turn in radians; at normal speed.
_VELOCITY = {
    "still": (0, 0, 0, 0),
    "pan_left": (0.125, 0, 0, 0),
    "pan_right": (-0.125, 0, 0, 0),
    "tilt_up": (0, 0.125, 0, 0),
    "tilt_down": (0, -0.125, 0, 0),
    "zoom_in": (0, 0, 0.2, 0),
    "zoom_out": (0, 0, -0.2, 0),
    "turn_left": (0, 0, 0, -0.17),
    "turn_right": (0, 0, 0, 0.17),
    "shake": (0, 0, 0, 0),
    "gentle": (0, 0, 0.012, 0),
}
VELOCITY = np.array([_VELOCITY[name] for name in CAMERAS], np.float32)
SPEED_FACTOR = np.array([0.5, 1.0, 1.85], np.float32)
SHAKE_AMPLITUDE = 0.018
SHAKE_HERTZ = (0.9, 2.7)
_CAMERA_WEIGHT = np.array([0.09, 0.09, 0.09, 0.09, 0.09, 0.115, 0.115, 0.09, 0.09, 0.09, 0.05])
_MOVING = np.arange(1, 9)
SUBJECT_SHARE = 0.45
"""Of the clips, as long as nobody asks for another."""
# Nothing, colours, weather, where no subject moves; and what that is: a figure, clouds, water, smoke, light, leaves.
_OTHER_WEIGHT = np.array([0.29, 0.13, 0.13]) / 0.55
_GROUPS = (SPRITES, ("clouds_left", "clouds_right"), ("water",), ("smoke",), ("blink",), ("sway",))
_GROUP_WEIGHT = (0.55, 0.11, 0.09, 0.08, 0.08, 0.09)
_STILL_WITH_SUBJECT = 0.75


@dataclass(frozen=True)
class ClipPlan:
    """What happens in each section of B clips of K sections: indices into the tables above, all int64 (B, K).

    ``second`` is a second camera motion done at the same time, or 0 (still) where there is none.
    """

    camera: np.ndarray
    second: np.ndarray
    speed: np.ndarray
    effect: np.ndarray

    @property
    def sections(self) -> int:
        """K."""
        return self.camera.shape[1]

    def velocity(self) -> np.ndarray:
        """(B, K, 4) as in ``VELOCITY``, per second; the second motion is slower than the first."""
        factor = SPEED_FACTOR[self.speed][..., None]
        gentle = self.camera == CAMERAS.index("gentle")
        factor = np.where(gentle[..., None], 1.0, factor)
        return (VELOCITY[self.camera] + 0.8 * VELOCITY[self.second]) * factor


def draw_plan(rng: np.random.Generator, clips: int, sections: int, subjects: float = SUBJECT_SHARE) -> ClipPlan:
    """Motions that go on from section to section more often than they change, and one family of effects a clip.

    In a share of ``subjects`` of the clips a subject moves by itself.
    """
    shape = (clips, sections)
    camera = rng.choice(len(CAMERAS), shape, p=_CAMERA_WEIGHT)
    speed = rng.choice(3, shape, p=[0.3, 0.4, 0.3])
    second = np.where(rng.random(shape) < 0.07, rng.choice(_MOVING, shape), 0)
    second[~np.isin(camera, _MOVING) | (VELOCITY[second] * VELOCITY[camera]).any(-1)] = 0
    effect = _draw_effects(rng, clips, sections, subjects)
    for section in range(1, sections):
        goes_on = rng.random(clips) < 0.5
        for values in (camera, speed, second):
            values[:, section] = np.where(goes_on, values[:, section - 1], values[:, section])
    subject = effect >= EFFECTS.index(SUBJECTS[0])
    rests = subject & (rng.random(shape) < _STILL_WITH_SUBJECT)
    camera[rests], second[rests] = 0, 0
    effect[camera == CAMERAS.index("gentle")] = 0
    return ClipPlan(camera, second, speed, effect)


def _draw_effects(rng: np.random.Generator, clips: int, sections: int, subjects: float) -> np.ndarray:
    family = rng.choice(4, clips, p=[*_OTHER_WEIGHT * (1 - subjects), subjects])
    one = np.where(
        family == 1,
        1 + rng.choice(len(COLOURS), clips),
        np.where(family == 2, 1 + len(COLOURS) + rng.choice(len(WEATHERS), clips), 0),
    )
    effect = np.repeat(one[:, None], sections, 1)
    effect = np.where((family == 3)[:, None], _draw_subjects(rng, clips, sections), effect)
    # A colour effect or the weather sets in at one section and goes on; a subject moves at some and rests at others.
    start = rng.integers(0, 2, clips) * rng.integers(0, sections, clips)
    before = np.arange(sections)[None] < start[:, None]
    pause = rng.random((clips, sections)) < 0.2
    return np.where((before & (family != 3)[:, None]) | pause, 0, effect)


def _draw_subjects(rng: np.random.Generator, clips: int, sections: int) -> np.ndarray:
    """One subject a clip, whose motion changes from section to section where it has several."""
    group = rng.choice(len(_GROUPS), clips, p=_GROUP_WEIGHT)
    found = np.zeros((clips, sections), np.int64)
    for number, names in enumerate(_GROUPS):
        drawn = EFFECTS.index(names[0]) + rng.choice(len(names), (clips, sections))
        found = np.where((group == number)[:, None], drawn, found)
    for section in range(1, sections):
        goes_on = rng.random(clips) < 0.35
        found[:, section] = np.where(goes_on, found[:, section - 1], found[:, section])
    return found
