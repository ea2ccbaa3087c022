"""Owns how the motion of a subject is found in frames: which of the motions it could make, it makes.

Figures are looked for as they were at first, moved, resized or turned. Clouds and smoke are what is left when what
stands still is taken away, and where that goes. A light is counted, water and leaves are told by how the flow swings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from training.actors import GROWTH, HOP, PACE, RISE, SLIDE
from training.layers import DRIFT
from training.motions import FPS, SPRITES

_LEAST = 0.3
_SAMPLED = 3
_SEARCH = 9
_DOUBT = 0.04
_BINS = 8
_GAP = 4
_REACH = 7
_FAINT = 1.5
_FLICKER = 7.0
_SWING = 1.2
_RIPPLE = 0.35


@dataclass(frozen=True)
class Track:
    """Where a figure is (N, 2) in pixels, the log of its size (N,) and its clockwise turn (N,), against frame 0."""

    place: np.ndarray
    size: np.ndarray
    turn: np.ndarray


def _grey(frames: np.ndarray) -> list[np.ndarray]:
    return [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]


def _flow(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(before, after, None)
    return np.asarray(flow, np.float32)


def _templates(picture: np.ndarray, mask: np.ndarray) -> Iterator[tuple[float, float, np.ndarray, np.ndarray]]:
    """(log of size, turn, colours, mask) of the figure as it may look later: resized or turned, not both."""
    sizes = [(0.14 * number, 0.0) for number in range(-6, 7)]
    turns = [(0.0, np.pi / 9 * number) for number in range(-8, 10) if number]
    ys, xs = np.nonzero(mask)
    middle = (float(xs.mean()), float(ys.mean()))
    reach = float(np.hypot(xs - middle[0], ys - middle[1]).max()) + 1
    for size, turn in (*sizes, *turns):
        half = int(np.ceil(reach * np.exp(size)))
        # cv2 turns counterclockwise.
        matrix = cv2.getRotationMatrix2D(middle, -np.degrees(turn), float(np.exp(size)))
        matrix[:, 2] += half - np.array(middle)
        shape = (2 * half + 1,) * 2
        warped = cv2.warpAffine(picture, matrix, shape, flags=cv2.INTER_LINEAR)
        yield size, turn, warped, cv2.warpAffine(mask.astype(np.float32), matrix, shape, flags=cv2.INTER_NEAREST)


def _own_colours(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(8, 8, 8): how likely a colour of ``picture`` is the figure's at ``mask`` rather than what is around it."""
    bins = picture // (256 // _BINS)
    edges = [np.arange(_BINS + 1)] * 3
    counts = [np.histogramdd(bins[place], edges)[0] for place in (mask, ~mask)]
    own, others = (count / max(count.sum(), 1) + 1e-4 for count in counts)
    return np.asarray(own / (own + others), np.float32)


def follow(frames: np.ndarray, place: np.ndarray) -> Track:
    """The figure that is at ``place`` (h, w) in the first of ``frames``, found again in every third one after it.

    What it covers may differ from it, and what it leaves uncovered must not have its colours: a blurred figure is
    like its own middle, made smaller, but then its rim would be left over.
    """
    height, width = place.shape[0] // 2, place.shape[1] // 2
    small = [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames[::_SAMPLED]]
    mask = cv2.resize(place.astype(np.uint8), (width, height), interpolation=cv2.INTER_AREA) > 0
    templates = list(_templates(small[0].astype(np.float32), mask))
    own = _own_colours(small[0], mask)
    around = small[0][~mask].mean(0)
    # A figure in the colours of what is around it has none.
    contrast = max(float(np.square(small[0][mask] - around).sum(1).mean()), 1.0)
    area = float(mask.sum())
    ys, xs = np.nonzero(mask)
    place_now = np.array((xs.mean(), ys.mean()))
    rows = [(place_now, 0.0, 0.0)]
    border = max(len(template) for _, _, template, _ in templates)
    for frame in small[1:]:
        padded = cv2.copyMakeBorder(frame.astype(np.float32), *(border,) * 4, cv2.BORDER_REPLICATE)
        reds, greens, blues = np.moveaxis(frame // (256 // _BINS), -1, 0)
        like = cv2.copyMakeBorder(own[reds, greens, blues], *(border,) * 4, cv2.BORDER_CONSTANT, value=0)
        found = []
        for size, turn, template, shown in templates:
            half = len(template) // 2
            left, top = (place_now.round().astype(int) + border - half - _SEARCH).clip(0)
            here = slice(top, top + len(template) + 2 * _SEARCH), slice(left, left + len(template) + 2 * _SEARCH)
            if min(like[here].shape) < len(template):
                continue
            error = cv2.matchTemplate(padded[here], template, cv2.TM_SQDIFF, mask=np.repeat(shown[..., None], 3, 2))
            covered = cv2.matchTemplate(like[here], shown, cv2.TM_CCORR)
            least, _, at, _ = cv2.minMaxLoc((error / contrast - covered) / area)
            where = np.array(at) + np.array((left, top)) + half - border
            plain = size == 0 and turn == 0
            found.append((least + (0 if plain else _DOUBT), where, size, turn))
        if found:
            _, place_now, size, turn = min(found, key=lambda row: row[0])
            place_now = place_now.astype(float)
            rows.append((place_now, size, turn))
    places, sizes, turns = zip(*rows, strict=True)
    return Track(np.array(places) * 2, np.array(sizes), np.array(turns))


def figure_shares(frames: np.ndarray, place: np.ndarray) -> dict[str, float]:
    """For each of ``SPRITES``, how much of a slow one's motion the figure at ``place`` makes."""
    track = follow(frames, place)
    unit = float(place.size**0.5)
    seconds = (len(frames) - 1) / FPS * float(PACE[0])
    right, down = (track.place[-1] - track.place[0]) / unit
    # What goes up and comes down again, over the line from where it was to where it is.
    ramp = np.linspace(0, 1, len(track.place))
    height = (track.place[0, 1] - track.place[:, 1]) / unit + ramp * down
    size = float(np.median(track.size[-3:])) / (GROWTH * seconds)
    return {
        "slide_left": -float(right) / (SLIDE * seconds),
        "slide_right": float(right) / (SLIDE * seconds),
        "rise": -float(down) / (RISE * seconds),
        "jump": float(np.quantile(height, 0.8)) / (HOP * 0.7),
        "spin": float((np.abs(track.turn[1:]) > 0.3).mean()) / 0.7,
        "grow": size,
        "shrink": -size,
    }


def stream(frames: np.ndarray, place: np.ndarray) -> tuple[float, float, float]:
    """(right, down, how strong) of what moves over what stands still: pixels a frame, and levels.

    The mean over time is taken away, then the shift is looked for that leads from one frame to another best.
    """
    grey = np.stack(_grey(frames)).astype(np.float32)
    ys, xs = np.nonzero(place)
    top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
    rest = cv2.GaussianBlur((grey - grey.mean(0)).transpose(1, 2, 0), (0, 0), 1.0).transpose(2, 0, 1)
    rest = (rest * place)[:, top:bottom, left:right]
    strength = float(np.sqrt(np.square(rest).sum() / (place.sum() * len(rest))))
    best, found = -1.0, (0, 0)
    before, after = rest[:-_GAP], rest[_GAP:]
    _, high, wide = before.shape
    for down in range(-_REACH, _REACH + 1):
        for over in range(-_REACH, _REACH + 1):
            a = before[:, max(0, -down) : high - max(0, down), max(0, -over) : wide - max(0, over)]
            b = after[:, max(0, down) : high - max(0, -down), max(0, over) : wide - max(0, -over)]
            if a.size and (like := float((a * b).sum() / np.sqrt(np.square(a).sum() * np.square(b).sum() + 1))) > best:
                best, found = like, (over, down)
    return found[0] / _GAP, found[1] / _GAP, strength if best > 0.2 else 0.0


def blinks(frames: np.ndarray, place: np.ndarray) -> bool:
    """Whether the brightness at ``place`` goes up and down again, or the other way, at least once."""
    values = np.array([frame[place].mean() for frame in frames]) - np.array([frame[~place].mean() for frame in frames])
    middle, half = (values.max() + values.min()) / 2, (values.max() - values.min()) / 2
    if half < _FLICKER:
        return False
    marks = np.sign(values - middle) * (np.abs(values - middle) > 0.3 * half)
    marks = marks[marks != 0]
    return int((marks[1:] != marks[:-1]).sum()) >= 2


def swings(frames: np.ndarray, place: np.ndarray) -> tuple[float, float, int]:
    """(how far ``place`` as a whole swings sideways, how far its parts do for themselves, how often the whole turns).

    Pixels: spreads over time of the flow against frame 0.
    """
    grey = _grey(frames)
    flows = np.stack([_flow(grey[0], after)[place] for after in grey[::2]])
    whole = np.median(flows, 1)
    parts = flows - whole[:, None]
    turns = np.sign(np.diff(cv2.GaussianBlur(whole[:, :1].astype(np.float32), (1, 5), 1.0)[:, 0]))
    turns = turns[turns != 0]
    reversed_ = int((turns[1:] != turns[:-1]).sum())
    return float(np.ptp(whole[:, 0])), float(np.sqrt(np.square(parts.std(0)).sum(1)).mean()), reversed_


def motion_of(subject: str, frames: np.ndarray, place: np.ndarray) -> str:
    """What moves in ``frames``, of what can where ``subject`` is: its name, another's, or "still"."""
    if subject in SPRITES:
        shares = figure_shares(frames, place)
        best = max(shares, key=lambda name: shares[name])
        return best if shares[best] >= _LEAST else "still"
    unit = float(place.size**0.5)
    if subject.startswith("clouds") or subject == "smoke":
        right, down, strength = stream(frames, place)
        if strength < _FAINT or np.hypot(right, down) < _LEAST * DRIFT * float(PACE[0]) * unit / FPS:
            return "still"
        if abs(right) > abs(down):
            return "clouds_right" if right > 0 else "clouds_left"
        return "smoke" if down < 0 else "still"
    if subject == "blink":
        return "blink" if blinks(frames, place) else "still"
    whole, parts, turned = swings(frames, place)
    if subject == "water":
        return "water" if parts > max(_RIPPLE, 0.15 * whole) else "still"
    return "sway" if whole > _SWING and turned >= 1 else "still"
