"""What the list of orders says, by id: every word of its script is here. Places in braces take figures and names."""

from __future__ import annotations

from types import MappingProxyType

ENGLISH = MappingProxyType(
    {
        "list": "Orders under way and orders that wait, in their order",
        "films": "Films",
        "film-working": "Being made, {share}",
        "film-queued": "Waiting",
        "percent": "{n} %",
        "over": "Over",
        "over-list": "Orders that are over",
        "workers": "Who works",
        "no-worker": "No generator is running at the moment. What waits begins as soon as one does.",
        "idle": "Idle",
        "not-measured": "Not measured yet",
        "memory": "{n} GiB",
        "at": "Works at {name}",
        "pause-all": "Pause all",
        "resume-all": "Go on with all",
        "is-paused": "The queue is paused. Sections under way are finished first.",
        "clear": "Clear what is over",
        "cleared": "What was over is not listed any more.",
        "pause": "Pause {name}",
        "resume": "Go on with {name}",
        "cancel": "Cancel {name}",
        "retry": "Order {name} again",
        "move": "Move {name}: drag it, or use the arrow keys",
        "moved": "{name} moved to place {place} of {all}.",
        "carried": "{name} picked up. Drop it at another place, or press Esc.",
        "draft": "Draft",
        "real": "Real",
        "urgent": "First",
        "urgent-hint": "Comes before all others, also between the sections of what is under way.",
        "shots-one": "1 shot",
        "shots-many": "{n} shots",
        "sections-one": "1 section to make",
        "sections-many": "{n} sections to make",
        "done-about": "done at about {time}",
        "estimated": "{lasts} (estimate)",
        "afterwards": "Foretold {foretold}, took {took}",
        "seconds": "{n} s",
        "minutes": "{m} min {s} s",
        "hours": "{h} h {m} min",
        "empty-title": "Nothing is ordered",
        "empty-text": (
            "What is rendered, in any project, is listed here: what is under way, what waits, and when it will be done."
        ),
        "loading": "Reading the queue…",
        "unreachable": "The studio does not answer. What you see is what it said last.",
        "refused": "The studio could not do that. Try again or reload the page.",
    }
)
