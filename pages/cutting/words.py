"""What the cutting table says in English. Places such as {shot} are filled in by the page's scripts."""

from __future__ import annotations

from types import MappingProxyType

ENGLISH = MappingProxyType(
    {
        "table": "The film, laid out in time",
        "screen": "What is seen at the playhead",
        "play": "Play (Space)",
        "pause": "Pause (Space)",
        "previous": "To the shot before (↑)",
        "next": "To the next shot (↓)",
        "zoom_in": "Show less of the film, larger",
        "zoom_out": "Show more of the film, smaller",
        "time": "{time} of {all}",
        "trim_start": "Trim the beginning of {shot}",
        "trim_end": "Trim the end of {shot}",
        "trimmed": "{seconds} trimmed",
        # --- what leads from one shot into the next ---
        "lead": "Transition",
        "lead_of": "{kind} into {shot}",
        "lead_into": "The transition into {shot}",
        "lead_cut": "Cut",
        "lead_dissolve": "Dissolve",
        "lead_black": "Through black",
        "lead_white": "Through white",
        "lead_wipe": "Wipe",
        "lead_seconds": "Length in seconds",
        "lead_place": "Where the next shot begins",
        "place_in": "At its beginning",
        "place_centre": "In its middle",
        "place_out": "At its end",
        "lead_cut_note": "One shot ends and the next begins.",
        "lead_note": "The two shots overlap, so the film is shorter by its length.",
        "done": "Done",
        # --- what lies below the shots ---
        "sound": "Sound while it plays",
        "title_of": "Title over {shot}: {words}",
        "third_of": "Lower third in {shot}: {words}",
        "sound_of": "{name}, with {shot}, from {at}",
        "music_of": "The music: {name}",
        # --- how it went ---
        "saved": "Saved",
        "refused": "The studio does not take this.",
        "unreachable": "The studio does not answer; nothing was changed.",
    }
)
