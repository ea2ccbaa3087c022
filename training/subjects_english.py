"""Owns the English patterns for subjects that move; "[a|b]" is a choice, ``{s}`` takes the speed, ``{it}`` a noun.

``{go}``, ``{goes}`` and ``{going}`` take a verb that goes with the noun.
"""

from __future__ import annotations

_PLAIN_VERBS = (
    *("move moves moving", "move moves moving", "go goes going", "go goes going", "slide slides sliding"),
    *("glide glides gliding", "travel travels travelling", "run runs running", "pass passes passing"),
    *("walk walks walking", "drift drifts drifting", "head heads heading", "race races racing", "rush rushes rushing"),
)
_SWIMMING = (
    *("sail sails sailing", "sail sails sailing", "float floats floating", "glide glides gliding"),
    *("drift drifts drifting", "move moves moving", "go goes going", "swim swims swimming", "cross crosses crossing"),
)
_DRIVING = (
    *("drive drives driving", "drive drives driving", "roll rolls rolling", "speed speeds speeding"),
    *("move moves moving", "go goes going", "ride rides riding", "pass passes passing", "race races racing"),
)
_ROLLING = ("roll rolls rolling", "roll rolls rolling", "move moves moving", "go goes going", "slide slides sliding")
_FLYING = (
    *("fly flies flying", "fly flies flying", "fly flies flying", "glide glides gliding", "soar soars soaring"),
    *("move moves moving", "go goes going", "flutter flutters fluttering", "sail sails sailing"),
)
_WALKING = (
    *("walk walks walking", "run runs running", "run runs running", "move moves moving", "go goes going"),
    *("stroll strolls strolling", "hurry hurries hurrying", "wander wanders wandering", "jog jogs jogging"),
)
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

_SLIDE = (
    "{it} {goes} [{s} |]to the {side}",
    "{it} {goes} {side} {s}",
    "{it} {goes} [to the {side}|towards the {side}|over to the {side}|off to the {side}] {s}",
    "{it} [is|keeps] {going} [to the {side}|{side}|{side}wards|towards the {side} edge] {s}",
    "{it} [{s} |]{goes} [from {other} to {side}|from the {other} to the {side}]",
    "{it} [{s} |]{goes} [across the picture to the {side}|{side}ward|{side}wards|past to the {side}]",
    "[let|make|have] {it} {go} [to the {side}|{side}] {s}",
    "move {it} [to the {side}|{side}] {s}",
    "{it} {going} [to the {side}|{side}] {s}",
    "{it} [starts to {go}|begins to {go}|starts {going}] [to the {side}|{side}] {s}",
    "[only|just] {it} moves, [to the {side}|{side}] {s}",
)
_CLOUDS = (
    "[the |white |some |soft |]clouds [drift|move|float|pass|sail|glide|roll] [{s} |][to the {side}|{side}] [{s}|]",
    "[the |]clouds [are drifting|are moving|are floating|keep moving] {s} [to the {side}|{side}|towards the {side}]",
    "[the |]clouds [drift|move|float|pass] {s} from [the |]{other} to [the |]{side}",
    "[the |]clouds [drift|move|float|pass] across the sky [to the {side}|{side}wards] {s}",
    "the sky [moves|drifts|slides] [to the {side}|{side}] {s}",
    "[drifting|moving|passing] clouds, [to the {side}|going {side}|{side}ward] {s}",
    "the wind [pushes|blows|carries|drives] the clouds [to the {side}|{side}] {s}",
    "[let|make] the clouds [drift|move|float] [to the {side}|{side}] {s}",
    "the clouds [in|of|above in] the sky [drift|move|float] {s} [to the {side}|{side}]",
)
PATTERNS = {
    "slide_left": tuple(p.replace("{side}", "left").replace("{other}", "right") for p in _SLIDE),
    "slide_right": tuple(p.replace("{side}", "right").replace("{other}", "left") for p in _SLIDE),
    "rise": (
        "{it} [rises|flies up|floats up|goes up|takes off|ascends|lifts off|soars up|climbs|moves up] {s}",
        "{it} [rises|climbs|floats|flies|goes|lifts] {s} into the [air|sky]",
        "{it} [rises|floats|goes|moves] [up|upward|upwards|higher] {s}",
        "{it} is [rising|flying up|floating up|going up|taking off|climbing] {s}",
        "[let|make] {it} [rise|float up|fly up|go up|take off] {s}",
        "{it} [starts|begins] to [rise|float up|fly up|climb] {s}",
        "{it} [rising|floating up|taking off|flying up] {s}",
    ),
    "jump": (
        "{it} [jumps|hops|bounces|leaps] [|up and down|up and down|into the air|in place|on the spot] {s}",
        "{it} [jumps|hops|leaps] {s} [|up and down|into the air]",
        "{it} is [jumping|hopping|bouncing|leaping] [|up and down|on the spot|in the air] {s}",
        "{it} keeps [jumping|hopping|bouncing] [|up and down] {s}",
        "[let|make|have] {it} [jump|hop|bounce] [|up and down|into the air] {s}",
        "{it} [jumping|bouncing|hopping] [|up and down] {s}",
        "{it} [starts|begins] to [jump|hop|bounce] [|up and down] {s}",
        "{it} [does a jump|makes a jump|makes a leap|jumps for joy|springs up and lands] {s}",
    ),
    "spin": (
        "{it} [spins|rotates|turns|whirls|twirls|revolves] [|around|round|in place|in circles|on the spot] {s}",
        "{it} [spins|rotates|turns] {s} [|around itself|around its centre|about its middle|like a wheel|like a top]",
        "{it} is [spinning|rotating|whirling|turning around|turning] {s}",
        "{it} keeps [spinning|turning|rotating] [|around] {s}",
        "[let|make|have] {it} [spin|rotate|turn around|whirl] {s}",
        "{it} [spinning|rotating|whirling] [|around|on the spot] {s}",
        "{it} [starts|begins] to [spin|rotate|turn] {s}",
        "[spin|rotate] {it} {s}",
        "{it} [does a spin|does a somersault|tumbles over and over|goes round and round|rolls over] {s}",
    ),
    "grow": (
        "{it} [grows|gets bigger|becomes larger|swells|grows bigger|expands|gets larger|becomes bigger|inflates] {s}",
        "{it} is [growing|getting bigger|getting larger|swelling|expanding] {s}",
        "{it} [grows|swells|expands] {s} [|in size|to a bigger size|to twice its size]",
        "{it} [gets|becomes|grows] [{s} |][bigger and bigger|larger and larger|huge|big|taller and wider]",
        "[let|make|have] {it} [grow|get bigger|become larger|expand] {s}",
        "{it} [growing|getting bigger|swelling] {s}",
        "{it} [starts|begins] to [grow|swell|expand] {s}",
    ),
    "shrink": (
        "{it} [shrinks|gets smaller|becomes smaller|becomes tiny|grows small|contracts|gets tiny|deflates] {s}",
        "{it} is [shrinking|getting smaller|becoming smaller|growing smaller] {s}",
        "{it} [shrinks|contracts] {s} [|in size|to a small size|to half its size|away|to a dot]",
        "{it} [gets|becomes|grows] [{s} |][smaller and smaller|tinier and tinier|very small|little]",
        "[let|make|have] {it} [shrink|get smaller|become tiny] {s}",
        "{it} [shrinking|getting smaller|becoming tiny] {s}",
        "{it} [starts|begins] to [shrink|get smaller] {s}",
    ),
    "clouds_left": tuple(p.replace("{side}", "left").replace("{other}", "right") for p in _CLOUDS),
    "clouds_right": tuple(p.replace("{side}", "right").replace("{other}", "left") for p in _CLOUDS),
    "water": (
        "[the |]water [ripples|moves|shimmers|glitters|sparkles|flows|sways|undulates] {s}",
        "[small |gentle |soft |little |]waves [move|roll|run|pass|ripple] {s} [|across the water|on the lake]",
        "ripples [move|run|spread|pass|travel] {s} [across|over|on] the [water|lake|sea|pond|river|surface]",
        "the [surface of the water|sea|lake|river|pond|ocean] [ripples|shimmers|glitters|moves|sparkles] {s}",
        "[rippling|shimmering|glittering|moving|flowing] water {s}",
        "[ripples|waves] on the [water|lake|sea|surface] {s}",
        "the water is [rippling|moving|shimmering|glittering|flowing] {s}",
        "[let|make] the water [ripple|shimmer|move|flow] {s}",
        "the water [in the foreground|below|of the lake] [ripples|moves|glitters] {s}",
        "[light|sunlight|the light] [glitters|dances|plays|sparkles] on the [moving |rippling |]water {s}",
    ),
    "smoke": (
        "[the |grey |thick |dark |]smoke [rises|goes up|drifts up|billows|climbs|floats up|curls upward] {s}",
        "[the |]smoke [rises|climbs|drifts|goes|floats] {s} [into the air|into the sky|upwards|up|from below]",
        "[the |]smoke [rises|comes|pours|billows|drifts] [out of|from] the [chimney|fire|roof|house|ground|funnel] {s}",
        "[the |]smoke is [rising|going up|drifting up|billowing|climbing] {s}",
        "a [column|plume|cloud|trail|wisp] of smoke [rises|goes up|drifts up|climbs] {s}",
        "[rising|drifting|billowing] smoke {s}",
        "the [chimney|fire|house|engine|roof] [smokes|is smoking|sends up smoke|gives off smoke] {s}",
        "[let|make] the smoke [rise|go up|drift up] {s}",
        "[steam|the steam|vapour] [rises|goes up|drifts up|is rising|billows] {s}",
    ),
    "blink": (
        "[the|a] [light|lamp|lantern|beacon|bulb] [blinks|flashes|flickers|pulses|goes on and off|winks|twinkles] {s}",
        "[the|a] [light|lamp|lantern|beacon|signal] is [blinking|flashing|flickering|pulsing] {s}",
        "[the|a] [light|lamp|lantern|bulb] [turns|switches|goes] on and off {s}",
        "[blinking|flashing|flickering|pulsing] [light|lamp|beacon|lantern] {s}",
        "the [light|lamp] [keeps blinking|keeps flashing|blinks on and off|flashes again and again|comes and goes] {s}",
        "[let|make] the [light|lamp|lantern|beacon] [blink|flash|flicker|pulse] {s}",
        "the [light|lamp|beacon] [starts|begins] to [blink|flash|flicker] {s}",
        "[the|a] [warning|signal|street|red|small|bright] [light|lamp] [blinks|flashes|flickers] {s}",
        "the lighthouse [blinks|flashes|light flashes|lamp blinks] {s}",
    ),
    "sway": (
        "{it} [sways|waves|swings|rocks|moves|bends] {s} [|in the wind|in the breeze|from side to side|to and fro]",
        "{it} is [swaying|waving|swinging|rocking|moving] {s} [|in the wind|in the breeze|back and forth]",
        "the wind [moves|shakes|bends|rocks|sways|blows through] {it} {s}",
        "{it} [swaying|waving|swinging] [in the wind|in the breeze|] {s}",
        "[let|make] {it} [sway|wave|swing] [|in the wind] {s}",
        "{it} [sways|swings|rocks|bends] [left and right|back and forth|from side to side] {s}",
        "{it} [flutters|waves|flaps] {s} in the [wind|breeze]",
    ),
}
OF_THE_PICTURE = (
    "[the |]{many} [sway|wave|swing|rock|move|rustle|stir|tremble] {s} [|in the wind|in the breeze|from side to side]",
    "[the |]{many} are [swaying|waving|moving|rustling|swinging] {s} [|in the wind|in the breeze|back and forth]",
    "[the wind|a breeze|the breeze] [moves|shakes|sways|stirs|rustles|blows through] the {many} {s}",
    "[swaying|waving|rustling] {many} [|in the wind] {s}",
    "[let|make] the {many} [sway|wave|move] [|in the wind] {s}",
    "[it is windy|the wind blows|a wind blows|a breeze blows], the {many} [sway|move|wave] {s}",
)
"""Patterns for ``sway`` where no figure does: ``{many}`` takes one of ``MANY``."""
MANY = ("leaves", "leaves", "trees", "trees", "branches", "plants", "grasses", "flowers", "bushes", "treetops", "flags")
