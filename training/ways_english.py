"""Owns English patterns for camera motions, one a line: comparisons, wishes, what comes into view, words of the trade.

"[a|b]" is a choice; ``{word}`` takes one of ``WORDS``, those of every motion or those of its own.
"""

from __future__ import annotations

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
