"""Owns the English phrases for what can happen in a clip; ``{s}`` takes the speed, ``{it}`` a figure's name."""

from __future__ import annotations

SPEED = {
    "slow": ("slowly", "gently", "slowly", "very slowly", "softly", "at a slow pace", "unhurriedly"),
    "normal": ("", "", "", "steadily", "smoothly", "", ""),
    "fast": ("quickly", "fast", "rapidly", "very fast", "swiftly", "at high speed", "quickly"),
}

CAMERA = {
    "still": (
        "the camera holds still",
        "static shot",
        "the camera does not move",
        "fixed camera",
        "the camera stays still",
        "still camera, no movement",
        "nothing moves",
        "tripod shot",
        "static camera",
        "the camera is fixed in place",
        "hold the shot",
        "the frame stays as it is",
    ),
    "pan_left": (
        "the camera pans left {s}",
        "pan left {s}",
        "the camera pans {s} to the left",
        "{s} pan to the left",
        "the camera looks {s} to the left",
        "camera pans left {s}",
        "the view pans {s} towards the left",
        "we pan {s} left across the scene",
        "panning left {s}",
        "the camera turns {s} left",
        "a leftward pan, {s}",
        "the shot moves left {s}",
    ),
    "pan_right": (
        "the camera pans right {s}",
        "pan right {s}",
        "the camera pans {s} to the right",
        "{s} pan to the right",
        "the camera looks {s} to the right",
        "camera pans right {s}",
        "the view pans {s} towards the right",
        "we pan {s} right across the scene",
        "panning right {s}",
        "the camera turns {s} right",
        "a rightward pan, {s}",
        "the shot moves right {s}",
    ),
    "tilt_up": (
        "the camera tilts up {s}",
        "tilt up {s}",
        "the camera moves {s} upwards",
        "the camera looks up {s}",
        "camera tilts up {s}",
        "{s} tilt up towards the sky",
        "the camera rises {s}",
        "the view goes up {s}",
        "tilting up {s}",
        "the shot tilts {s} upwards",
        "an upward tilt, {s}",
        "pan up {s}",
    ),
    "tilt_down": (
        "the camera tilts down {s}",
        "tilt down {s}",
        "the camera moves {s} downwards",
        "the camera looks down {s}",
        "camera tilts down {s}",
        "{s} tilt down towards the ground",
        "the camera sinks {s}",
        "the view goes down {s}",
        "tilting down {s}",
        "the shot tilts {s} downwards",
        "a downward tilt, {s}",
        "pan down {s}",
    ),
    "zoom_in": (
        "the camera zooms in {s}",
        "zoom in {s}",
        "{s} zoom in",
        "the camera pushes in {s}",
        "camera zooms in {s}",
        "push in {s}",
        "the camera moves in {s}",
        "the camera zooms {s} in on the scene",
        "zooming in {s}",
        "the view zooms in {s}",
        "dolly in {s}",
        "the camera goes {s} forward",
    ),
    "zoom_out": (
        "the camera zooms out {s}",
        "zoom out {s}",
        "{s} zoom out",
        "the camera pulls back {s}",
        "camera zooms out {s}",
        "pull back {s}",
        "the camera moves out {s}",
        "the camera zooms {s} out from the scene",
        "zooming out {s}",
        "the view zooms out {s}",
        "dolly out {s}",
        "the camera goes {s} backward",
    ),
    "turn_left": (
        "the picture rotates {s} to the left",
        "rotate counterclockwise {s}",
        "the picture turns counterclockwise {s}",
        "the view rotates left {s}",
        "the image rotates {s} counterclockwise",
        "the scene turns {s} to the left, counterclockwise",
        "counterclockwise rotation, {s}",
        "the shot rotates left {s}",
        "the view spins {s} counterclockwise",
        "the frame rotates {s} anticlockwise",
        "rotate anticlockwise {s}",
        "the picture rotates left {s}",
    ),
    "turn_right": (
        "the picture rotates {s} to the right",
        "rotate clockwise {s}",
        "the picture turns clockwise {s}",
        "the view rotates right {s}",
        "the image rotates {s} clockwise",
        "the scene turns {s} to the right, clockwise",
        "clockwise rotation, {s}",
        "the shot rotates right {s}",
        "the view spins {s} clockwise",
        "the frame rotates {s} clockwise",
        "rotate {s} in the clockwise direction",
        "the picture rotates right {s}",
    ),
    "shake": (
        "handheld camera",
        "the camera shakes {s}",
        "handheld camera shake",
        "shaky handheld shot",
        "the camera trembles {s}",
        "handheld shot",
        "the camera wobbles {s}",
        "camera shake",
        "an earthquake shakes the camera",
        "the shot is handheld and shaky",
    ),
}

EFFECT = {
    "fade_black": (
        "the picture fades to black {s}",
        "fade to black {s}",
        "fade out {s}",
        "everything goes dark {s}",
        "the scene fades {s} to black",
        "the screen turns black {s}",
        "the image fades {s} into darkness",
    ),
    "fade_white": (
        "the picture fades to white {s}",
        "fade to white {s}",
        "everything turns white {s}",
        "a white flash fills the picture {s}",
        "the screen turns {s} to white",
        "the scene fades {s} to white",
    ),
    "night": (
        "day turns to night {s}",
        "night falls {s}",
        "it gets dark {s}",
        "from day to night {s}",
        "the night comes {s}",
        "it becomes night {s}",
        "darkness falls over the scene {s}",
    ),
    "sunset": (
        "the sun sets {s}",
        "sunset {s}",
        "the light turns golden {s}",
        "warm evening light comes {s}",
        "the scene turns orange {s}",
        "the evening sun colours everything {s}",
        "golden hour begins {s}",
    ),
    "grey": (
        "the colours fade to black and white {s}",
        "the picture turns grey {s}",
        "it becomes black and white {s}",
        "the colour drains away {s}",
        "the picture loses its colours {s}",
        "turn black and white {s}",
    ),
    "blur": (
        "the picture gets blurry {s}",
        "the camera goes out of focus {s}",
        "everything blurs {s}",
        "the focus is lost {s}",
        "the view becomes blurred {s}",
        "defocus {s}",
    ),
    "snow": (
        "snow falls",
        "it is snowing",
        "snowflakes drift down",
        "it snows",
        "snow begins to fall",
        "falling snow",
        "snowfall over the scene",
        "it starts snowing",
    ),
    "rain": (
        "rain falls",
        "it is raining",
        "it rains",
        "rain pours down",
        "it begins to rain",
        "heavy rain",
        "falling rain",
        "it starts raining",
    ),
    "fog": (
        "fog rolls in",
        "mist fills the scene",
        "it gets foggy",
        "fog covers everything",
        "a thick fog comes",
        "fog drifts over the scene",
        "the mist rolls in",
    ),
}

WORDS = {
    "": {
        "cam": "[the camera|the camera|the view|the shot]",
        "who": "like [someone|a person]",
        "want": "[i want to|i'd like to|let me|can we] see",
        "on": "the [rooftops|houses|trees|shelves|street|room|crowd|skyline]",
        "more": "[reveal|revealing|show] more of",
        "part": "[face|door|window|details]",
        "place": "[street|room|valley|town|scene]",
        "pic": "[picture|image|view]",
        "m1": "[pan|panning|tracking|pans]",
        "m2": "[zoom|dolly|zooming|zooms]",
        "m3": "[tilt|tilting|shake|rotation]",
    },
    "pan_left": {"side": "left", "other": "right"},
    "pan_right": {"side": "right", "other": "left"},
    "tilt_up": {
        "way": "up",
        "ends": "[bottom to top|foot to head]",
        "end": "the [sky|clouds|ceiling|treetops|rooftops|stars]",
        "start": "the [ground|floor|street|water|grass]",
        "there": "[above|higher up|overhead|up there]",
        "doing": "raising [their|the] head|looking up from a [book|phone]|craning the neck",
        "do": "[raise|lift] your [head|eyes]|look up from the [book|floor]|crane your neck",
    },
    "tilt_down": {
        "way": "down",
        "ends": "[top to bottom|head to foot]",
        "end": "the [ground|floor|street|water|grass]",
        "start": "the [sky|clouds|ceiling|treetops|rooftops]",
        "there": "[below|lower down|underneath|down there|at our feet]",
        "doing": "lowering [their|the] head|looking down at [their feet|a book]|bowing|crouching",
        "do": "[lower|bow] your [head|eyes]|look down at your [feet|shoes]|crouch down",
    },
    "zoom_in": {
        "doing": "stepping nearer|leaning in|bending closer",
        "do": "[step|walk|lean] [nearer|closer]|take a step [forward|closer]|fly into the {place}",
        "ends": "[wide to close|a wide shot to a close-up|far to near|the whole to a detail]",
        "goal": "the [face|door|window|flower] fills the [frame|screen]",
        "look": "[a closer look at|a close-up of] the {part}|the {part} [up close|bigger|in detail]",
        "term": "punch in|tighten the [shot|frame]|go tele|push-in",
        "size": "[bigger|larger|closer]",
    },
    "zoom_out": {
        "doing": "stepping back|leaning back|walking backwards|backing away",
        "do": "[step|walk|lean] [back|away]|take a step back|fly backwards out of the {place}",
        "ends": "[close to wide|a close-up to a wide shot|near to far|a detail to the whole]",
        "goal": "[everything|the whole {place}] [is in view|fits in]",
        "look": "[the whole {place}|the bigger picture|what is around it|more of the surroundings]",
        "term": "widen the [shot|frame]|go wide|pull-back",
        "size": "[smaller|farther away]",
    },
    "turn_left": {
        "side": "left",
        "other": "right",
        "round": "[counterclockwise|anticlockwise]",
        "clock": "[like a clock running backwards|from twelve o'clock to nine]",
    },
    "turn_right": {
        "side": "right",
        "other": "left",
        "round": "clockwise",
        "clock": "[as clock hands move|from twelve o'clock to three]",
    },
}

WAYS = {
    "pan": """[{cam} moves |]{who} [turning the head|looking round|glancing over] to the {side}
[look|glance|looking] [over|back over] [your|the] {side} shoulder
[turn|move] [your|the] [head|eyes|gaze|body] [to the|toward the] {side}
[{cam} sweeps|scan|travel|panning] [across|along|over] {on}[ from {other} to {side}| to the {side}]
start [on|at] the {other} and end [on|at] the {side}
[pan|turn|{cam} moves] until the [things|houses|trees] on the {side} [come into view|appear]
{more} the {side} side
[{want}|show me] what [is|lies|happens] [on the|further] {side}
what is [over there|hidden] on the {side}
[truck|crab|dolly|track|slider|{whip}pan] {side}[| on rails]
{other}-to-{side} {whip}pan
sidestep to the {side}""",
    "tilt": """[{cam} moves |]{who} [{doing}]
[{do}]
[{cam} moves|tilt|go|look|travel] from {start} [{way} |]to {end}
[{cam} moves|a tilt|a crane shot] from {ends}
start [on|at] {start} and end [on|at] {end}
[tilt|move|{cam} goes] {way} [until we see|to reveal] {end}
{more} [{end}|what is {there}]
[{want}|show me] what [is|lies|happens] {there}
what is {there}
[pedestal|boom|jib|crane|pitch|{whip}tilt] {way}
point the [camera|lens] {way}""",
    "zoom": """[{cam} moves |]{who} [{doing}]
[{do}]
[{cam} goes |go |]from {ends}
[{cam} moves|go on] until {goal}
[{want}|show me] [{look}]
[{term}]
everything gets {size}""",
    "turn": """the horizon [tips|tilts|leans|slants], {side} [side|end] down
the {side} [end|side] of the horizon [sinks|drops|goes down] and the {other} [end|side] rises
tip the {pic} so that the {side} edge goes down
the top of the {pic} goes to the {side}
the {pic} turns {clock}
like a [steering wheel|knob] turned to the {side}
like a wheel rolling to the {side}
barrel roll, {round}
{round} [camera roll|Dutch roll]""",
    "still": """no {m1}, no {m2}[|, no {m3}| and no {m3}]
without [|any ]{m1} or [{m2}|{m3}]
[{cam} does not|do not|don't|never] [pan|tilt], [zoom|dolly] or [shake|roll]
neither {m1} nor {m2}
[a |][locked-off|tripod|sticks|fixed-frame] [shot|camera|view]
on sticks
lock off the [camera|shot]
the camera is [bolted|nailed|glued|rooted] to the [floor|spot]
like a [painting|security camera]
keep your head still
[just|only] [watch|look on] from one spot
leave the camera alone""",
    "shake": """{who} filming [with a phone|while walking|while running]
[filmed|shot] with a [phone|camcorder] [while walking|while running|on a bumpy road]
as in an [earthquake|explosion]
the [ground|floor] [quakes|shudders|rumbles] under [the camera|us]
[earthquake|shaky-cam|found-footage|war-film] [look|effect|jitter]
bumpy phone video
the [picture|frame] [jumps|jolts|bobs] with every step
[{want} the camera shake|give the picture a shake]
walking, phone in hand""",
}

FIGURE_NAMES = ("the figure", "the object", "it", "the creature", "the character", "the toy", "the animal", "the shape")
JOINS = ("{a}, {b}", "{a} while {b}", "{a} and {b}", "{a}. {b}", "{a} as {b}")
SCENES = (
    "a landscape",
    "a drawing",
    "a photo",
    "a beautiful scene",
    "a cartoon",
    "a wide view",
    "an old photograph",
    "mountains under a blue sky",
    "a quiet street",
    "a house by the sea",
    "a forest",
    "a lighthouse on a cliff",
    "a portrait of a person",
    "a city at dusk",
    "a room with a window",
    "a cat on a sofa",
    "flowers in a garden",
    "a boat on a lake",
)
STYLES = ("cinematic", "high quality", "smooth motion", "detailed", "soft light", "film look", "masterpiece", "4k")
"""Scenes and styles say nothing about motion: alone they belong to the gentle clips."""

NONSENSE = (
    "qwertz",
    "blorp",
    "the colour of seven",
    "lorem ipsum dolor",
    "xyzzy",
    "a thought about thoughts",
    "zzz",
    "hello",
    "asdf",
    "12345",
    "banana theorem",
    "my grandmother's recipe",
    "untitled",
    "test",
    "the price of tea",
    "???",
    "nothing in particular",
    "flim flam",
    "why not",
    "a poem",
)
