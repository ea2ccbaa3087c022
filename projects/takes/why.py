"""Why the takes that shots show are out of date: what they were made from against what is asked for now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from framepack.messages import Message
from framepack.shots.presets import PRESETS
from framepack.shots.request import CENTRED
from projects.database.tables import Take
from projects.takes.staleness import ShotPlan

_SAMPLED = ("cache", "threshold", "precision")


def reasons_of(plans: Sequence[ShotPlan]) -> dict[str, tuple[Message, ...]]:
    """For each stale shot (by id) of a storyboard, whose ``plans`` are given in order, why it is stale.

    Of a shot that cannot be rendered at all nothing is said: its plan's ``problem`` does.
    """
    found: dict[str, tuple[Message, ...]] = {}
    for place, plan in enumerate(plans):
        if plan.state != "stale" or plan.planned is None or plan.chosen is None:
            continue
        said = list(_own(plan.chosen, plan))
        chain = plans[place - len(plan.chain) + 1 : place]
        changed = [before for before in chain if before.state != "done"]
        if changed:
            said.append(Message("why-before", {"shot": changed[-1].shot.label}))
        elif not said:
            # Whatever came before has been rendered anew since.
            said.append(Message("why-before", {"shot": chain[-1].shot.label}) if chain else Message("why-after"))
        found[plan.shot.id] = tuple(said)
    return found


def preset_name(settings: Mapping[str, Any]) -> str | None:
    """The preset whose step cache and precision these settings of a take have; None where it is none of them."""
    has = [settings.get(field) for field in _SAMPLED]
    return next(
        (name for name, one in PRESETS.items() if [getattr(one, field) for field in _SAMPLED] == has),
        None,
    )


def _own(take: Take, plan: ShotPlan) -> Iterator[Message]:
    assert plan.planned is not None
    # As it comes back from the database: lists for tuples. What a take of an earlier version does not say is as it was.
    asked = {**asdict(plan.planned.request), "placement": list(plan.planned.request.placement)}
    made = {"placement": list(CENTRED), "beats": [], "past": None, "end": None, **take.request}
    was, now = made["settings"], asked["settings"]
    start = "cut" if plan.planned.start else "continue"
    loras_differ = made_with_loras(was) != made_with_loras(now)
    if loras_differ:
        yield Message("why-loras")
    if made["prompt"] != asked["prompt"]:
        own = made.get("own", {}).get("prompt")
        if own != plan.shot.prompt:
            yield Message("why-text")
        elif not loras_differ:
            yield Message("why-words")
    if made["seed"] != asked["seed"]:
        yield Message("why-seed", {"was": made["seed"], "now": asked["seed"]})
    if [*map(_plain, made["beats"])] != [*map(_plain, asked["beats"])]:
        yield Message("why-beats")
    if made["seconds"] != asked["seconds"]:
        yield Message("why-length", {"was": made["seconds"], "now": asked["seconds"]})
    if made["past"] != asked["past"]:
        yield Message("why-video")
    if made["image"] != asked["image"]:
        yield Message("why-picture")
    elif list(made["placement"]) != asked["placement"]:
        yield Message("why-place")
    if made["end"] != asked["end"]:
        yield Message("why-end")
    if made.get("start", start) != start:
        yield Message("why-cut" if start == "cut" else "why-continue")
    yield from _settings(was, now)
    if was["checkpoint"] == now["checkpoint"] and made["identity"] != asked["identity"]:
        yield Message("why-weights", {"checkpoint": now["checkpoint"]})


def made_with_loras(settings: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The LoRAs that a take's settings name, by their ids, each with its strength, in order."""
    return [(str(name), float(strength)) for name, strength in settings.get("loras", ())]


def _plain(beat: Mapping[str, Any]) -> dict[str, Any]:
    """A beat as it comes back from the database."""
    return {**beat, "placement": list(beat["placement"])}


def _settings(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Message]:
    if was["checkpoint"] != now["checkpoint"]:
        yield Message("why-model", {"was": was["checkpoint"], "now": now["checkpoint"]})
    if (was["width"], was["height"]) != (now["width"], now["height"]):
        sizes = {"was": f"{was['width']} × {was['height']}", "now": f"{now['width']} × {now['height']}"}
        yield Message("why-size", sizes)
    if [was.get(field, now[field]) for field in _SAMPLED] != [now[field] for field in _SAMPLED]:
        before, after = preset_name(was), preset_name(now)
        if before is not None and after is not None and before != after:
            yield Message("why-preset", {"was": before, "now": after})
        else:
            yield Message("why-sampling")
    # With another model these are others as a matter of course.
    if was["checkpoint"] == now["checkpoint"]:
        for field, said in (("steps", "why-steps"), ("guidance", "why-guidance"), ("cfg", "why-cfg")):
            if was[field] != now[field]:
                yield Message(said, {"was": was[field], "now": now[field]})
    if was["negative_prompt"] != now["negative_prompt"]:
        yield Message("why-negative")
    if was.get("fit", "fill") != now["fit"]:
        yield Message("why-fit")
