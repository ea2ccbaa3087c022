"""Owns how the motion of a picture is measured: dense flow, and the one shift, size and turn that fit it best."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.motions import CAMERAS, FPS, VELOCITY

_GAP = 4
_GRID = 8
_STILL_SHARE = 0.22
_SHAKE = 0.045


@dataclass(frozen=True)
class Motion:
    """What the picture's content does per second: right and down in pixels, log of size, clockwise turn in radians.

    ``shake`` is the spread of the shift's speed about its mean, in pixels per second; ``drift`` how far points are on
    average from where they were at first, per second.
    """

    right: float
    down: float
    size: float
    turn: float
    shake: float
    drift: float


def measure(frames: np.ndarray) -> Motion:
    """The motion in ``frames`` (F, h, w, 3) uint8."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    pairs = [_fit(grey[i], grey[i + _GAP]) for i in range(0, len(grey) - _GAP, _GAP // 2)]
    speeds = np.array(pairs) * FPS / _GAP
    middle = np.median(speeds, 0)
    shake = float(np.sqrt(np.square(speeds[:, :2] - speeds[:, :2].mean(0)).sum(1).mean()))
    whole = np.array(_fit(grey[0], grey[-1])) * FPS / (len(grey) - 1)
    height, width = grey[0].shape
    drift = float(np.hypot(whole[0], whole[1]) + (abs(whole[2]) + abs(whole[3])) * (height + width) / 8)
    return Motion(*(float(value) for value in middle), shake, drift)


def _fit(before: np.ndarray, after: np.ndarray) -> tuple[float, float, float, float]:
    """(right, down, log size, clockwise turn) about the middle, from one picture to the other."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(before, after, None)
    height, width = before.shape
    ys, xs = np.mgrid[_GRID // 2 : height : _GRID, _GRID // 2 : width : _GRID]
    # Flat places say nothing about motion.
    texture = cv2.GaussianBlur(np.abs(cv2.Laplacian(before, cv2.CV_32F)), (0, 0), 4)[ys, xs].ravel()
    keep = texture >= min(np.median(texture), 1.0)
    places = np.stack((xs.ravel() - width / 2, ys.ravel() - height / 2), 1).astype(np.float32)[keep]
    moved = places + flow[ys, xs].reshape(-1, 2)[keep]
    matrix, _ = cv2.estimateAffinePartial2D(places, moved, method=cv2.RANSAC, ransacReprojThreshold=1.0)
    if matrix is None:
        return 0.0, 0.0, 0.0, 0.0
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    return (
        float(matrix[0, 2]),
        float(matrix[1, 2]),
        float(np.log(max(scale, 1e-3))),
        float(np.arctan2(matrix[1, 0], matrix[0, 0])),
    )


def normalised(motion: Motion, height: int, width: int) -> np.ndarray:
    """(right, down, size, turn) in units of each one's normal speed in the training clips."""
    unit = (height * width) ** 0.5
    normal = np.abs(VELOCITY).max(0) * np.array((unit, unit, 1, 1))
    return np.array((motion.right, motion.down, motion.size, motion.turn)) / normal


def kind_of(motion: Motion, height: int, width: int) -> str:
    """Which of ``CAMERAS`` the motion is (never ``gentle``)."""
    shares = normalised(motion, height, width)
    unit = (height * width) ** 0.5
    largest = int(np.abs(shares).argmax())
    if motion.shake > max(_SHAKE * unit, np.hypot(motion.right, motion.down)):
        return "shake"
    if abs(shares[largest]) < _STILL_SHARE:
        return "still"
    for number, velocity in enumerate(VELOCITY):
        if abs(velocity[largest]) > 0.05 and np.sign(velocity[largest]) == np.sign(shares[largest]):
            return CAMERAS[number]
    raise AssertionError("every axis has a motion in each direction")


def speed_of(motion: Motion, camera: str, height: int, width: int) -> float:
    """How fast it goes the way that ``camera`` asks for, in units of the normal speed."""
    return float(normalised(motion, height, width) @ np.sign(VELOCITY[CAMERAS.index(camera)]))
