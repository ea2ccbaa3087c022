"""Owns how English sentences for camera motions are put together from words, thousands of ways; knows no lists of them.

``phrase`` gives one way. With the phrases of ``training.wording_english`` and the patterns of ``training.ways_english``
they are what training sees; sentences that are held out are sorted out by ``training.wording``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from training import ways_english
from training.chance import expand, pick

ADJECTIVES = {
    "slow": ("slow", "gentle", "very slow", "leisurely", "unhurried"),
    "normal": ("", "", "smooth", "steady"),
    "fast": ("fast", "quick", "rapid", "swift", "very fast"),
}
_SUBJECTS = ("the camera",) * 6 + (
    "camera",
    "the view",
    "the view",
    "the shot",
    "the frame",
    "the lens",
    "the perspective",
    "the viewpoint",
    "we",
    "our view",
    "the cameraman",
)
_MOVED = ("the camera", "the view", "the shot", "the lens")
_ASKING = (
    "let {subj} {go}",
    "make {subj} {go}",
    "have {subj} {go}",
    "please {go}",
    "now {go}",
    "i want {subj} to {go}",
)
_DOUBLED = {"pan", "get", "spin", "scan", "crab"}

_PAN_VERBS = (
    *("pan",) * 5,
    *("move", "slide", "glide", "sweep", "turn", "swing", "look", "drift", "travel", "track", "shift", "go", "truck"),
    *("swivel", "float", "head", "roam", "scan", "wander", "crab", "rotate horizontally"),
)
_SIDES = (
    "{side}",
    "{side}",
    "to the {side}",
    "to the {side}",
    "to the {side}",
    "{side}ward",
    "{side}wards",
    "towards the {side}",
    "toward the {side}",
    "to the {side} side",
    "over to the {side}",
    "further {side}",
    "to the {side}-hand side",
    "off to the {side}",
    "across to the {side}",
    "from {other} to {side}",
    "horizontally to the {side}",
)
_TILT_VERBS = (
    *("tilt",) * 5,
    *("move", "look", "pan", "go", "glide", "drift", "travel", "swing", "crane", "shift", "slide", "float", "point"),
)
_UP = (
    *("up",) * 4,
    *("upward", "upwards", "upwards", "to the top", "towards the top", "towards the sky", "toward the sky", "higher"),
    *("up to the sky", "from bottom to top", "straight up", "up vertically", "overhead"),
)
_DOWN = (
    *("down",) * 4,
    *("downward", "downwards", "downwards", "to the bottom", "towards the bottom", "towards the ground", "lower"),
    *("down to the ground", "from top to bottom", "straight down", "down vertically", "towards the floor"),
)
_RISING = ("rise", "climb", "ascend", "lift", "go up", "boom up", "pedestal up", "crane up", "rise up", "raise")
_SINKING = ("sink", "descend", "lower", "drop", "go down", "boom down", "pedestal down", "crane down", "come down")
_NEARER = (
    *("zoom in",) * 5,
    *("push in", "move in", "move closer", "move forward", "dolly in", "dolly forward", "go forward", "go closer"),
    *("come closer", "get closer", "come nearer", "draw closer", "close in", "track in", "creep in", "ease in"),
    *("advance", "travel forward", "drift closer", "push forward", "get nearer", "draw near", "move nearer", "zoom"),
)
_INTO = ("",) * 6 + (
    *("on the subject", "on the scene", "on the middle", "towards the centre", "to the subject", "into the scene"),
    *("for a closer look", "into the picture", "to the middle", "on the details", "toward the subject", "on it"),
)
_FARTHER = (
    *("zoom out",) * 5,
    *("pull back", "pull out", "move away", "back away", "move back", "retreat", "dolly out", "dolly back", "go back"),
    *("draw back", "move backward", "move backwards", "get farther away", "track back", "step back", "back off"),
    *("widen", "recede", "move farther away", "go backward", "ease back", "drift away", "travel backward", "move out"),
)
_FROM = ("",) * 6 + (
    *("from the scene", "from the subject", "to reveal more", "to show the whole scene", "for a wider view", "from it"),
    *("to a wide shot", "to show more", "to reveal the surroundings", "from the picture", "into the distance"),
)
_TURNED = (
    *("the picture", "the picture", "the image", "the image", "the view", "the frame", "the shot", "the scene"),
    *("the screen", "the whole image", "everything", "the whole frame", "the camera", "the photo"),
)
_TURN_VERBS = (*("rotate",) * 4, "turn", "turn", "spin", "roll", "revolve", "twist", "whirl")
_CLOCKWISE = (
    *("clockwise",) * 5,
    *("in a clockwise direction", "in the clockwise direction", "to the right, clockwise", "clockwise like a clock"),
    *("clockwise around its centre", "the way the hands of a clock go", "right, clockwise", "in clockwise motion"),
)
_COUNTER = (
    *("counterclockwise",) * 3,
    *("counter-clockwise", "counter-clockwise", "anticlockwise", "anti-clockwise", "anticlockwise"),
    *("in a counterclockwise direction", "to the left, counterclockwise", "in the anticlockwise direction"),
    *("counterclockwise around its centre", "against the hands of a clock", "left, counterclockwise"),
    *("in the opposite direction of a clock", "in counterclockwise motion"),
)
_SHAKING = (
    *("shake", "shake", "tremble", "wobble", "jitter", "sway", "vibrate", "judder", "bounce around", "rattle"),
    *("jiggle", "move shakily", "wobble around", "jump about", "shake like an earthquake", "shake by hand"),
)
_SHAKY = ("shaky", "handheld", "hand-held", "unsteady", "wobbly", "jittery", "trembling", "jerky", "shaking", "bumpy")
_SHOTS = ("camera", "shot", "footage", "view", "camera movement", "camera work", "frame", "filming", "video", "image")
_BY_HAND = (
    *("handheld", "hand-held camera", "handheld camera feel", "filmed by hand", "held in the hand", "camera jitter"),
    *("filmed with a shaky hand", "as if someone were holding the camera", "documentary style handheld camera"),
    *("filmed on a phone by hand", "like a home video, shaky", "the camera is held by hand", "no tripod, shaky"),
    *("the camera is not steady", "the camera is unsteady", "the ground trembles", "found footage shake", "it shakes"),
    *("the camera operator's hands tremble", "a camera held by an unsteady hand", "shot from the shoulder"),
)
_STILL_SUBJECTS = ("the camera", "the camera", "camera", "the view", "the shot", "the frame", "the picture", "the lens")
_STILL = (
    *("stays still", "holds still", "does not move", "stands still", "remains still", "is still", "is static"),
    *("is fixed", "stays fixed", "remains static", "stays in place", "is locked", "keeps still", "never moves"),
    *("stays where it is", "remains motionless", "is motionless", "doesn't move at all", "holds its position"),
    *("rests", "is frozen", "does not move at all", "is completely still", "stays put", "is mounted on a tripod"),
)
_STILL_ALONE = (
    *("no camera movement", "no movement", "no motion", "static", "still", "fixed shot", "without any movement"),
    *("locked camera", "locked-down shot", "on a tripod", "freeze frame", "a still picture", "keep the camera still"),
    *(
        "don't move the camera",
        "do not move the camera",
        "hold",
        "stay still",
        "a motionless shot",
        "stationary camera",
    ),
    *("camera static", "camera fixed", "motionless camera", "keep everything as it is", "hold this frame"),
    *("a still image", "the picture stands still", "zero camera motion", "a static frame", "a stationary shot"),
)


def phrase(camera: str, speed: str, adverb: str, rng: np.random.Generator) -> str:
    """One way to ask for ``camera`` (of ``training.motions.CAMERAS``); ``adverb`` says ``speed``, or is empty."""
    if rng.random() < 0.3:
        text = filled(ways_english, camera, {"whip": "whip " if speed == "fast" else ""}, rng)
        return text if camera in ("still", "shake") or not adverb else f"{text}{pick(rng, ('', ','))} {adverb}"
    if camera == "still":
        return pick(rng, _STILL_ALONE) if rng.random() < 0.4 else f"{pick(rng, _STILL_SUBJECTS)} {pick(rng, _STILL)}"
    if camera == "shake":
        return _shake(adverb, rng)
    if camera.startswith("turn"):
        way = pick(rng, _COUNTER if camera == "turn_left" else _CLOCKWISE)
        return _asked(_TURNED, pick(rng, _TURN_VERBS), way, ("rotation", "turn", "spin", "roll"), speed, adverb, rng)
    if camera.startswith("zoom"):
        nearer = camera == "zoom_in"
        tail = pick(rng, _INTO if nearer else _FROM)
        nouns = ("zoom in", "push in", "dolly in") if nearer else ("zoom out", "pull back", "dolly out")
        return _asked(_SUBJECTS, pick(rng, _NEARER if nearer else _FARTHER), tail, nouns, speed, adverb, rng)
    if camera.startswith("tilt"):
        rising = camera == "tilt_up"
        if rng.random() < 0.2:
            nouns = ("rise", "ascent") if rising else ("descent", "drop")
            return _asked(_SUBJECTS, pick(rng, _RISING if rising else _SINKING), "", nouns, speed, adverb, rng)
        way = pick(rng, _UP if rising else _DOWN)
        return _asked(_SUBJECTS, pick(rng, _TILT_VERBS), way, ("tilt", "camera tilt", "move"), speed, adverb, rng)
    side, other = ("left", "right") if camera == "pan_left" else ("right", "left")
    way = pick(rng, _SIDES).format(side=side, other=other)
    return _asked(_SUBJECTS, pick(rng, _PAN_VERBS), way, ("pan", "pan", "camera pan", "sweep"), speed, adverb, rng)


def filled(ways: ModuleType, camera: str, said: Mapping[str, str], rng: np.random.Generator) -> str:
    """One of the lines of ``ways.WAYS`` for ``camera``, with its ``WORDS`` and the ``said`` ones in it."""
    known = {**ways.WORDS[""], **ways.WORDS.get(camera, {}), **said}
    pattern = pick(rng, ways.WAYS[camera.split("_")[0]].splitlines())
    while "{" in pattern:
        pattern = pattern.format(**known)
    return expand(pattern, rng)


def _shake(adverb: str, rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.3:
        return pick(rng, _BY_HAND)
    if kind < 0.6:
        article = pick(rng, ("", "a ", "very "))
        return f"{article}{pick(rng, _SHAKY)} {pick(rng, _SHOTS)}"
    return _asked(_MOVED, pick(rng, _SHAKING), "", ("shake", "tremor"), "normal", adverb, rng)


def _asked(
    subjects: Sequence[str],
    verb: str,
    way: str,
    nouns: Sequence[str],
    speed: str,
    adverb: str,
    rng: np.random.Generator,
) -> str:
    """A statement, a wish, an order or a bare name of the motion."""
    subject = pick(rng, subjects)
    first, _, rest = verb.partition(" ")
    third = first if subject == "we" else _third(first)
    where = f"{rest} {way}".strip()
    kind = rng.random()
    if kind < 0.4:
        order = int(rng.integers(3))
        if order == 0:
            return f"{subject} {third} {adverb} {where}" if not rest else f"{subject} {third} {rest} {adverb} {way}"
        return f"{subject} {third} {where} {adverb}" if order == 1 else f"{subject} {adverb} {third} {where}"
    if kind < 0.5:
        be = "are" if subject == "we" else "is"
        return f"{subject} {be} {_ing(first)} {where} {adverb}"
    if kind < 0.57:
        begins = pick(rng, ("begin to", "start to", "keep", "continue to"))
        going = f"{_ing(first)}" if begins == "keep" else first
        begins = begins if subject == "we" else begins.replace(begins.split()[0], begins.split()[0] + "s", 1)
        return f"{subject} {begins} {going} {where} {adverb}"
    if kind < 0.75:
        return f"{first} {where} {adverb}" if rng.random() < 0.6 else f"{adverb} {first} {where}"
    if kind < 0.83:
        return f"{_ing(first)} {where} {adverb}"
    if kind < 0.91:
        moved = pick(rng, subjects if subjects is _TURNED else _MOVED)
        return pick(rng, _ASKING).format(subj=moved, go=f"{first} {where} {adverb}")
    adjective = pick(rng, ADJECTIVES[speed]) if adverb else ""
    article = "an" if adjective[:1] in tuple("aeiou") and adjective else "a"
    return f"{article if rng.random() < 0.5 else ''} {adjective} {pick(rng, nouns)} {way}"


def _third(verb: str) -> str:
    if verb.endswith(("sh", "ch", "o", "x", "ss")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def _ing(verb: str) -> str:
    if verb in _DOUBLED:
        return verb + verb[-1] + "ing"
    return (verb[:-1] if verb.endswith("e") else verb) + "ing"
