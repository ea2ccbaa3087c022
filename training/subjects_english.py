"""Owns the English patterns for subjects that move; "[a|b]" is a choice, ``{s}`` takes the speed, ``{it}`` a noun.

``{go}``, ``{goes}`` and ``{going}`` take a verb that goes with the noun.
"""

from __future__ import annotations

import re

_IRREGULAR = {"{go}": ("{goes}", "{going}"), "be": ("is", "being"), "travel": ("travels", "travelling")}


def _form(verb: str, ending: int) -> str:
    """Makes "go up" into "goes up" (0) or "going up" (1)."""
    first, *rest = verb.split(" ")
    if first in _IRREGULAR:
        return " ".join((_IRREGULAR[first][ending], *rest))
    if ending == 0:
        first = re.sub(r"([^aeiou])y$", r"\1ie", re.sub(r"(s|sh|ch|x|o)$", r"\1e", first)) + "s"
    else:
        first = re.sub(r"^([^aeiou]+[aeiou])([bdgmnprt])$", r"\1\2\2", re.sub(r"([^eo])e$", r"\1", first)) + "ing"
    return " ".join((first, *rest))


def _verbs(verbs: str) -> tuple[str, ...]:
    return tuple(f"{verb} {_form(verb, 0)} {_form(verb, 1)}" for verb in verbs.split("|"))


_PLAIN_VERBS = _verbs("move|move|go|go|slide|glide|travel|run|pass|walk|drift|head|race|rush|shift|scoot|crawl|dash")
_SWIMMING = _verbs("sail|sail|float|glide|drift|move|go|swim|cross|cruise|slide|travel|head")
_DRIVING = _verbs("drive|drive|roll|speed|move|go|ride|pass|race|cruise|travel|zoom|head")
_ROLLING = _verbs("roll|roll|move|go|slide|travel|run|trundle")
_FLYING = _verbs("fly|fly|fly|glide|soar|move|go|flutter|sail|hover|drift|float|cruise")
_WALKING = _verbs("walk|run|run|move|go|stroll|hurry|wander|jog|dash|trot|march|step")
_BY_NOUN = (
    (("boat", "ship", "duck", "fish", "dolphin", "whale"), _SWIMMING),
    (("car", "taxi", "bus", "firetruck", "tractor", "bicycle", "train"), _DRIVING),
    (("ball",), _ROLLING),
    (("bird", "bee", "butterfly", "plane", "rocket", "helicopter", "ufo", "balloon", "owl", "dragon"), _FLYING),
    (("person", "dog", "cat", "horse", "fox", "robot", "rabbit", "cow", "sheep", "deer", "elephant"), _WALKING),
)
VERBS = {noun: verbs for nouns, verbs in _BY_NOUN for noun in nouns}
"""How each noun goes; the others go in ``OTHER_VERBS``."""
OTHER_VERBS = _PLAIN_VERBS

FRAMES = (
    "{a}, [please|that is all|if you can|that's it|thanks|nothing more]",
    "[please|animate this|make it move|the motion|the movement|what happens|action|video|animation]: {a}",
    "[bring this picture to life|animate the picture|make this photo move|make a video of this]: {a}",
    "in [this picture|the picture|this scene|the scene|this shot|the video|the clip|this image], {a}",
    "[all that happens|the only thing that happens|what I want]: {a}",
)
"""What may stand around any phrase, ``{a}``."""
STILL_FRAMES = (
    "{a}, [nothing else moves|nothing else changes|nothing more moves|and nothing else moves|no other movement]",
    "{a}, [the rest|everything else|all else|everything around] [stays still|holds still|stays put|does not move]",
    "{a}, [while|and] [the rest|everything else|the background|the scenery] [stays|remains] [still|in place|as it is]",
    "{a}, [the camera|the view|the frame] [is fixed|stays fixed|does not move|stays where it is|is locked]",
    "{a}, [with a fixed camera|from a fixed camera|static shot|fixed camera|still camera|locked-off shot|tripod shot]",
    "{a} [in a static shot|in front of a still background|against a still background|before a fixed camera]",
    "[static shot|fixed camera|static camera|still camera|locked camera|tripod shot|steady shot|fixed shot][,|:] {a}",
    "[the camera|the view] [is fixed|stays fixed|stays where it is|rests|is locked][,| and] {a}",
    "[the background|the scenery|the rest|everything else] [stays as it is|stays still|does not change|stays put], {a}",
    "[nothing moves except this|only one thing moves|one thing moves and the rest does not]: {a}",
    "[with|against] [a still|a motionless|an unmoving|a fixed] background, {a}",
)
"""The same where nothing else moves, the camera neither."""

_ASKED = (
    "{it} <DO> {s} TAIL",
    "{it} <DO> TAIL {s}",
    "{it} <be> [DOING] TAIL {s}",
    "{it} <keep|keep on|go on|start|begin|continue> [DOING] TAIL {s}",
    "{it} <start|begin|continue> to [DO] TAIL {s}",
    "{it} [should|must|will|shall|needs to|has to|can|is to|is going to] [DO] TAIL {s}",
    "[let|make|have|just make|simply let|please let|please make|please have] {it} [DO] TAIL {s}",
    "[I want|I'd like|I would like|I need|we want|get|cause|allow|I wish for] {it} to [DO] TAIL {s}",
    "[can you make|could you make|could you let|can you have|would you let|I want you to make] {it} [DO] TAIL {s}",
    "[show|show me|let me see|let's see|I want to see|we see|watch|see|imagine|animate] {it} [DOING] TAIL {s}",
    "[show|show me|watch|see|look|let us see|you can see|we see] how {it} <DO> TAIL {s}",
    "[a video of|a clip of|an animation of|footage of|a shot of|a loop of|a scene with] {it} [DOING] TAIL {s}",
    "{it} <DO> TAIL, HOW",
    "[HOWLIST], {it} <DO> TAIL",
    "{it}[ |, ][DOING] TAIL [{s}|HOWLIST]",
)
_STEADILY = "little by little|bit by bit|step by step|gradually|more and more|on and on|all the time|a little at a time"
_ONWARD = "little by little|bit by bit|on and on|all the time|non-stop|without stopping|continually|the whole time"
_AGAIN = "again and again|over and over|non-stop|all the time|on and on|without stopping|continually|repeatedly"


def _asked(do: str, tail: str, how: str, who: str = "{it}", many: bool = False) -> tuple[str, ...]:
    """Patterns in which ``who`` does what one of the verbs ``do`` says, to where or in which way ``tail`` says."""
    doing = "|".join(_form(verb, 1) for verb in do.split("|"))

    def finite(found: re.Match[str]) -> str:
        verbs = found[1].split("|")
        forms = ["are" if verb == "be" else verb for verb in verbs] if many else [_form(verb, 0) for verb in verbs]
        return f"[{'|'.join(forms)}]"

    patterns = []
    for pattern in _ASKED:
        if many:
            pattern = pattern.replace("needs to|has to|can|is to|is", "need to|have to|can|are to|are")
        pattern = pattern.replace("HOWLIST", how).replace("HOW", f"[{how}]").replace("DOING", doing).replace("DO", do)
        pattern = re.sub(r"<([^<>]*)>", finite, pattern)
        patterns.append(pattern.replace("TAIL", tail).replace("{it}", who))
    return tuple(patterns)


def _sides(patterns: tuple[str, ...], side: str, other: str) -> tuple[str, ...]:
    return tuple(pattern.replace("{side}", side).replace("{other}", other) for pattern in patterns)


_TO = (
    "[to the {side}|to the {side}|{side}|{side}|{side}wards|{side}ward|towards the {side}|over to the {side}"
    "|off to the {side}|further {side}|to the {side} side|towards the {side} edge|to the {side}-hand side"
    "|further to the {side}|from the {other} to the {side}|from {other} to {side}|in the direction of the {side} edge"
    "|out to the {side}|across to the {side}|away to the {side}]"
)
_SLIDE = (
    *_asked("{go}", _TO, _ONWARD),
    "{it} {goes} {s} to the {side}",
    "{it} {goes} {side} {s}",
    "{it} {goes} [{s} |]across the [picture|screen|frame|image|view] [to the {side}|{side}wards|from the {other}]",
    "[move|shift|slide|push|pull|drag|send|take|bring] {it} [to the {side}|{side}|over to the {side}|{side}wards] {s}",
    "[only|just|nothing but] {it} moves, [to the {side}|{side}|towards the {side}|and it goes {side}] {s}",
    "[a {side}ward|a steady {side}ward] [movement|motion|slide|drift|shift|journey] of {it}[|, {s}]",
    "{it} [sets off|departs|starts out|moves off|moves away|pulls away|starts moving] [to the {side}|{side}wards] {s}",
    "{it} leaves [its place|its spot|where it was] and [{goes}|moves|heads] [{side}|to the {side}|off {side}] {s}",
    "{it} {goes} [{s} |]until it [reaches|is at|arrives at|comes to] the {side} [edge|side|border|margin]",
    "[something|an invisible hand|an unseen force|a hand] [pulls|pushes|draws|drags] {it} [to the {side}|{side}] {s}",
    "[the wind|a breeze|the current] [carries|pushes|takes|drives] {it} [to the {side}|{side}|off to the {side}] {s}",
    "{it} [approaches|makes for|heads for|aims for|nears|gets closer to] the {side} [edge|side|border|hand side] {s}",
    "{it} [comes|starts] from the {other} and {goes} [to the {side}|{side}|towards the {side}] {s}",
)
_WIND = "[wind|a wind|the wind|a breeze|air]"
_CLOUDS = (
    *_asked(
        "drift|move|float|pass|sail|glide|roll|travel|scud|slide|shift|wander|fly|head|blow",
        "[to the {side}|to the {side}|{side}|{side}wards|towards the {side}|from {other} to {side}|over to the {side}"
        "|from the {other} to the {side}|across the sky to the {side}|{side} across the sky|towards the {side} edge"
        "|to the {side}-hand side|overhead, to the {side}|further {side}|off to the {side}|past to the {side}]",
        _ONWARD,
        "[the|the|the|the white|the soft|some|all the|the fluffy|the grey|the distant] clouds",
        many=True,
    ),
    "clouds [drift|move|float|pass|sail|glide|roll|are drifting|are moving] [{s} |][to the {side}|{side}] [{s}|]",
    "[the |]clouds [drift|move|float|pass] {s} from [the |]{other} to [the |]{side}",
    "the [sky|cloud cover|cloudy sky|overcast] [moves|drifts|slides|passes] [to the {side}|{side}|{side}wards] {s}",
    "[drifting|moving|passing|floating|sailing] clouds, [to the {side}|going {side}|{side}ward|heading {side}] {s}",
    "the [wind|breeze|air] [pushes|blows|carries|drives|sweeps|moves] the clouds [to the {side}|{side}|off {side}] {s}",
    f"{_WIND} from the {{other}} [drives|blows|pushes|carries|moves] the [clouds|white clouds] [{{side}}|along] {{s}}",
    "the clouds [in|of|above in|up in|high in] the sky [drift|move|float|pass|travel] {s} [to the {side}|{side}]",
    "[a {side}ward|a steady {side}ward] [drift|movement|motion|flow] of [the |]clouds [|in the sky|overhead][|, {s}]",
    "[clouds|the clouds] come from the {other} and [go|move|drift|pass] [{side}|to the {side}|over to the {side}] {s}",
    "[a|the|each|every|a white] cloud [drifts|moves|floats|passes|sails|glides] {s} [to the {side}|{side}wards|{side}]",
    "[move|push|shift|slide|blow] the clouds [in the sky |][to the {side}|{side}|over to the {side}|{side}wards] {s}",
    "the clouds [are blown|are carried|are pushed|are swept|get blown] [to the {side}|{side}|off to the {side}] {s}",
)
_LAMP = (
    "[the|the|a] [light|lamp|lantern|beacon|bulb|signal|LED|neon sign|light bulb|street lamp|warning light|headlight]"
)
_WATERS = "[the|the|the|the clear|the blue] [water|water|sea|lake|river|pond|stream|ocean|surf|surface|water surface]"
_IN_WIND = "[|||in the wind|in the breeze|from side to side|to and fro|back and forth|left and right]"
_SWAY = "sway|wave|swing|rock|bend|move|rustle|flutter|tremble|shake|quiver|dance|stir|nod|lean"
PATTERNS = {
    "slide_left": _sides(_SLIDE, "left", "right"),
    "slide_right": _sides(_SLIDE, "right", "left"),
    "rise": (
        *_asked(
            "rise|rise up|go up|fly up|float up|ascend|climb|take off|lift off|soar up|move up|drift up|levitate",
            "[||||into the air|into the sky|towards the sky|higher and higher|towards the top|from the ground]",
            _ONWARD,
        ),
        "{it} [rises|floats|goes|moves|flies|glides|heads] [up|upward|upwards|higher|skyward|straight up] {s}",
        "{it} [leaves the ground|lifts off the ground|gains height|takes to the air|gets higher|becomes airborne] {s}",
        "{it} [goes|moves|floats] up [{s} |]until it [is high up|reaches the top|is at the top|is in the sky]",
        "[lift|raise|move|send|pull|push|bring|take] {it} [up|upwards|higher|up into the air|towards the top] {s}",
        "{it} [rises|goes up|floats up|ascends] like a [balloon|bubble|rocket|lift|hot air balloon] {s}",
        "[something|an invisible hand|an updraught] [lifts|pulls|raises|draws] {it} [up|upwards|into the air] {s}",
        "[an upward|a steady upward] [movement|motion|flight|drift] of {it}[|, {s}]",
        "[only|just] {it} moves, [up|upwards|and it goes up|into the air|straight up] {s}",
        "{it} is [lifted|raised|pulled up|carried up|drawn upwards|hoisted] {s}",
    ),
    "jump": (
        *_asked(
            "jump|hop|bounce|leap|spring|jump|hop|bounce",
            "[||||up and down|up and down|into the air|in place|on the spot|with joy|off the ground|high]",
            _AGAIN,
        ),
        "{it} [jumps|hops|leaps|bounces] {s} [|up and down|into the air]",
        "{it} [does a jump|makes a jump|makes a leap|jumps for joy|springs up and lands|takes a leap|gives a hop] {s}",
        "{it} [does little jumps|makes small hops|does big jumps|takes one hop after another|bobs up and down] {s}",
        "{it} [goes up and comes down|moves up and down|leaps up and falls back] [again and again|{s}]",
        "{it} [bounces|jumps|hops|springs] like a [ball|rubber ball|kangaroo|frog|rabbit|spring|bouncy ball] {s}",
        "{it} [bounces|jumps|hops] [as if on a trampoline|on a trampoline|as if on springs|like on a spring] {s}",
        "[up and down|up, down, up, down|up and down again], {it} [jumps|bounces|hops|goes] {s}",
        "[only|just] {it} moves, [up and down|jumping|bouncing|hopping|in little jumps] {s}",
    ),
    "spin": (
        *_asked(
            "spin|rotate|turn|whirl|twirl|revolve|turn around|spin around|spin round|turn round|rotate|spin",
            "[||||on the spot|in place|in circles|about its own centre|on its axis|like a top|like a wheel]",
            _AGAIN,
        ),
        "{it} [spins|rotates|turns] {s} [|around itself|around its centre|about its middle|around its own axis]",
        "{it} [spins|turns|rotates|whirls] like a [top|wheel|propeller|spinning top|fan|windmill|carousel|record] {s}",
        "[spin|rotate|turn|twirl|whirl] {it} [|around|round|on the spot|round and round|by a full circle] {s}",
        "{it} [does a spin|does a somersault|tumbles over and over|goes round and round|rolls over|cartwheels] {s}",
        "[a full turn|a rotation|a spin|the rotation|the spinning|the whirling] of {it}[|, {s}]",
        "[round and round|around and around|over and over|turn after turn], {it} [spins|turns|rotates|whirls] {s}",
        "[only|just] {it} [turns|rotates|spins], [on the spot|round and round|around itself] {s}",
        "[something|an invisible hand|the wind|a hand] [spins|turns|rotates|twirls] {it} [|around|round and round] {s}",
    ),
    "grow": (
        *_asked(
            "grow|swell|expand|get bigger|get larger|become bigger|become larger|grow bigger|grow larger|inflate",
            "[||||in front of us|before our eyes|until it is huge|like a balloon|on the spot]",
            _STEADILY,
        ),
        "{it} [grows|swells|expands|increases] {s} [in size|to a bigger size|to twice its size|to double size]",
        "{it} [gets|becomes|grows] [{s} |][bigger and bigger|larger and larger|huge|big|taller and wider|enormous]",
        "{it} [puffs up|swells up|doubles in size|gains size|bulks up|fills out|stretches out on all sides] {s}",
        "[enlarge|inflate|blow up|expand|scale up|grow] {it} [|like a balloon|more and more|to twice the size] {s}",
        "{it} [swells|inflates|expands] like [a balloon|rising dough|a balloon being blown up|a sponge in water] {s}",
        "{it} [starts small and grows|goes from small to big|is small at first and then big] {s}",
        "[the growth|the swelling|an increase in the size|the enlargement|the expansion] of {it}[|, {s}]",
        "[bigger|bigger and bigger|larger and larger|more and more], {it} [grows|swells|expands] {s}",
    ),
    "shrink": (
        *_asked(
            "shrink|get smaller|become smaller|grow smaller|contract|shrink|deflate|dwindle|diminish|shrivel",
            "[||||in front of us|before our eyes|until it is tiny|to almost nothing|on the spot]",
            _STEADILY,
        ),
        "{it} [shrinks|contracts|decreases] {s} [in size|to a small size|to half its size|to a dot|down to nothing]",
        "{it} [shrinks away|becomes tiny|grows small|gets tiny|loses size|halves in size|shrinks down|turns tiny] {s}",
        "{it} [gets|becomes|grows] [{s} |][smaller and smaller|tinier and tinier|very small|little|less and less]",
        "[shrink|reduce|scale down|deflate] {it} [|in size|more and more|to half the size|to a dot|down] {s}",
        "{it} [shrinks|dwindles|gets smaller] like [melting ice|a leaking balloon|an ice cube in the sun] {s}",
        "{it} [starts big and shrinks|goes from big to small|is big at first and then small] {s}",
        "[the shrinking|a decrease in the size|the reduction|the dwindling|the contraction] of {it}[|, {s}]",
        "[smaller|smaller and smaller|tinier and tinier|less and less], {it} [shrinks|dwindles|gets smaller] {s}",
    ),
    "clouds_left": _sides(_CLOUDS, "left", "right"),
    "clouds_right": _sides(_CLOUDS, "right", "left"),
    "water": (
        *_asked(
            "ripple|move|shimmer|glitter|sparkle|flow|undulate|ripple|move|swirl|heave|glisten|stir",
            "[|||||in the light|in the wind|in little waves|in the breeze]",
            _ONWARD,
            _WATERS,
        ),
        "water [ripples|moves|shimmers|glitters|sparkles|flows|undulates|laps] {s}",
        "[small |gentle |soft |little |the ]waves [move|roll|run|pass|ripple|lap] {s} [|across the water|on the lake]",
        "[waves|little waves|the waves] [lap|wash|break|roll] [at|against|on|onto] the [shore|bank|rocks] {s}",
        "[the |]ripples [move|run|spread|pass|travel] {s} [across|over|on] the [water|lake|sea|pond|river|surface]",
        "[rippling|shimmering|glittering|moving|flowing|sparkling|running|rolling] [water|waves|water surface] {s}",
        "[ripples|waves|movement|motion|small waves|a shimmer|a swell] on the [water|lake|sea|surface|pond|river] {s}",
        "[light|sunlight|the light|the sun] [glitters|dances|plays|sparkles] on the [moving |rippling |]water {s}",
        "the reflections [in|on] the [water|lake|pond|river] [tremble|move|shimmer|waver|ripple|dance|wobble] {s}",
        "[the wind|a breeze|the current] [ruffles|ripples|stirs|moves|wrinkles] the [water|lake|sea|pond|surface] {s}",
        "the [river|stream|brook|water] [flows by|flows on|runs along|streams past|flows along|keeps running] {s}",
    ),
    "smoke": (
        *_asked(
            "rise|go up|drift up|billow|climb|float up|curl up|rise|waft up|drift|swirl up|stream up|ascend",
            "[||||into the air|into the sky|from the chimney|from below|out of the chimney|from the fire|high above]",
            _ONWARD,
            "[the|the|the grey|thick|dark|white|a little|some] [smoke|smoke|smoke|steam|vapour]",
        ),
        "[the |]smoke [rises|climbs|billows|drifts|goes up|drifts up] [|{s}]",
        "[smoke|steam|vapour] [rises|climbs|drifts|goes|floats] {s} [into the air|into the sky|upwards|up|from below]",
        "smoke [rises|comes|pours|billows|drifts] [out of|from] the [chimney|fire|roof|house|stove|pipe|campfire] {s}",
        "a [column|plume|cloud|trail|wisp|puff|thread] of [smoke|steam] [rises|goes up|drifts up|climbs|curls up] {s}",
        "[puffs|clouds|wisps|plumes|trails] of [smoke|steam] [rise|drift up|go up|float up|billow|come out] {s}",
        "[rising|drifting|billowing|curling|swirling] [smoke|smoke|steam|fumes] {s}",
        "the [chimney|fire|house|engine|roof|stove|campfire] [smokes|is smoking|sends up smoke|gives off smoke] {s}",
        "the [chimney|pipe|stack|funnel|volcano] [puffs|puffs out smoke|lets out smoke|belches smoke|emits smoke] {s}",
        "[the wind|a breeze|warm air] [carries|takes|lifts] the smoke [up|upwards|into the sky|away upwards] {s}",
    ),
    "blink": (
        *_asked(
            "blink|flash|flicker|pulse|blink|flash|twinkle|wink|go on and off|turn on and off|switch on and off",
            "[|||||in the dark|in a steady rhythm]",
            _AGAIN,
            _LAMP,
        ),
        "[blinking|flashing|flickering|pulsing|winking|twinkling] [light|lamp|beacon|lantern|lights|bulb|signal] {s}",
        "[lights|the lights|the lamps|the signals|neon lights] [blink|flash|flicker|pulse|go on and off|twinkle] {s}",
        "the [light|lamp] [keeps blinking|keeps flashing|blinks on and off|flashes again and again|comes and goes] {s}",
        "the [light|lamp|bulb] [goes on, off and on again|is on, then off, then on|lights up and goes dark] {s}",
        "[on, off, on, off|on and off|on and off again], the [light|lamp|bulb] [blinks|flashes|goes] {s}",
        "the lighthouse [blinks|flashes|light flashes|lamp blinks|gives its signal|flashes its light|is flashing] {s}",
        "[someone|somebody] [turns|switches] the [light|lamp|lantern|bulb] on and off {s}",
        "[switch|turn] the [light|lamp|bulb|lights|lantern] on and off [|again and again|repeatedly] {s}",
        "the [glow|shine|light] of the [lamp|lantern|bulb] [pulses|flickers|comes and goes|goes up and down] {s}",
    ),
    "sway": (
        *_asked(_SWAY, _IN_WIND, _AGAIN),
        "the wind [moves|shakes|bends|rocks|sways|blows through|plays with|tugs at|tosses] {it} {s}",
        "[a breeze|a light wind|a gust|a draught] [moves|stirs|rocks|sways|shakes|plays with] {it} [|to and fro] {s}",
        "{it} [flutters|waves|flaps|sways|dances|bends] {s} in the [wind|breeze|air]",
        "{it} [leans left, then right|bends one way and the other|tips from side to side|moves with the wind] {s}",
        "{it} [sways|swings|rocks] like [a pendulum|a reed|a dancer|grass in the wind|seaweed] {s}",
        "[the swaying|a swaying|a rocking motion|a gentle swaying|the waving] of {it} [|in the wind|in the breeze] {s}",
        "[it is windy|the wind blows|a wind is blowing|a breeze blows], {it} [sways|moves|swings|bends|waves] {s}",
        "[sway|rock|shake|swing|wave] {it} [|to and fro|from side to side|back and forth|left and right] {s}",
    ),
}
OF_THE_PICTURE = (
    *_asked(_SWAY, _IN_WIND, _AGAIN, "[the|the|all the] {many}", many=True),
    "{many} [sway|wave|swing|rock|move|rustle|stir|tremble] {s} [|in the wind|in the breeze|from side to side]",
    "[the wind|a breeze|the breeze|a gust] [moves|shakes|sways|stirs|rustles|blows through|tosses] the {many} {s}",
    "[swaying|waving|rustling|moving|trembling|fluttering] {many} [|in the wind|in a breeze] {s}",
    "[it is windy|the wind blows|a wind blows|a breeze blows], the {many} [sway|move|wave|rustle|bend] {s}",
    "[wind|a breeze|a gust of wind|movement|a rustling] in the {many} {s}",
    "[the greenery|the foliage|the vegetation|the grass|the tree|the reed] [sways|moves|stirs|waves|rustles] {s}",
    "[the greenery|the foliage|the vegetation|the grass] [swaying|moving|is swaying|is moving] [|in the wind] {s}",
    "[the swaying|a rustling|the movement|a gentle swaying] of the {many} [|in the wind|in the breeze] {s}",
    "[sway|shake|move|stir|rock] the {many} [|to and fro|a little|in the wind|back and forth] {s}",
)
"""Patterns for ``sway`` where no figure does: ``{many}`` takes one of ``MANY``."""
MANY = (
    *("leaves", "leaves", "trees", "trees", "branches", "plants", "grasses", "flowers", "bushes", "treetops", "flags"),
    *("stalks", "twigs", "blades of grass", "blossoms", "reeds", "shrubs", "boughs"),
)
