"""What the boxes of a shot say in English. Places such as {number} are filled in by the page's script."""

from __future__ import annotations

from types import MappingProxyType

ENGLISH = MappingProxyType(
    {
        "of_shot": "The texts of {number}",
        # --- the boxes ---
        "prompt": "What happens in {number}",
        "prompt_example": (
            "What happens, in a sentence. For example: The camera pans slowly to the right while waves roll in."
        ),
        "beats": "Beats in {number}",
        "beats_strip": "Beats of {number} in time",
        "beats_hint": "Click at a moment to say what happens from there on. What comes before stays as it is.",
        "beat_add": "Add a beat",
        "beat_time": "{n} s",
        "beat_handle": "Beat {n}",
        "beat_text": "What happens from {time} on",
        "beat_example": "What happens from here on. For example: She turns to the camera and laughs.",
        "beat_seed": "Seed from {time} on",
        "beat_seed_example": "as before",
        "beat_picture": "Picture…",
        "beat_other_picture": "Another picture…",
        "beat_no_picture": "Without the picture",
        "beat_delete": "Delete",
        "beat_delete_at": "Delete the beat at {time}",
        "beat_past": "The shot ends before this begins, so it changes nothing.",
        "beat_hidden": "The next beat begins at the same moment, so this one changes nothing.",
        "beat_short": "The shot is too short for a beat.",
        "name": "Name",
        "name_example": "Such as: The harbour at dawn",
        "seconds": "Length (seconds)",
        "seconds_bounds": "{least} to {most} s",
        "dialogue": "Dialogue",
        "dialogue_example": "What is said; it is the caption of the shot.",
        "title": "Title over the beginning",
        "title_example": "Such as: Three days later",
        "lower_third": "Lower third",
        "lower_third_example": "Who or where this is. Such as: Ines, keeper of the light",
        "notes": "Notes",
        "notes_example": "For yourself. Notes are not rendered.",
        "seed": "Seed",
        # --- help with the sentence ---
        "help": "Help with the sentence",
        "help_language": "Language of the phrases",
        "help_camera": "Camera",
        "help_subject": "Who and what moves",
        "help_mood": "Light, weather, mood",
        "help_drafted": "The embedded draft model follows this, too.",
        # --- the sentence rewritten by another program ---
        "rewriting": "The sentence in other words",
        "rewriting_begin": "Rewrite…",
        "rewriting_whom": "By {model} at {host}; of what is yours it is sent this sentence only.",
        "rewriting_sends": (
            "Sent to {host}: the sentence in the box and the name of the model, {model}, with the request below. "
            "Nothing else: no picture, no name of a project or shot."
        ),
        "rewriting_readable": "It goes there without encryption; others in the network can read it.",
        "rewriting_send": "Send it",
        "rewriting_do_not": "Do not send it",
        "rewriting_waits": "{model} is being asked…",
        "rewriting_cancel": "Do not wait",
        "rewriting_yours": "Your sentence",
        "rewriting_suggested": "Suggested",
        "rewriting_take": "Take it",
        "rewriting_keep": "Keep mine",
        "rewriting_no_studio": "The studio does not answer; try again when it does.",
        "unread": "This end of it has no effect:",
        # --- how saving goes ---
        "saving": "Saving…",
        "saved": "Saved",
        "not_saved": "Not saved yet",
        "waiting": "Not saved yet: the studio does not answer. It is kept here and sent as soon as it answers again.",
        # --- what the studio or the box itself does not take ---
        "seconds_refused": "The length must be a number from {least} to {most} seconds.",
        "seed_refused": "The seed must be a whole number from 0 to {most}.",
        "refused": "The studio does not take this.",
        "put_back": "Put back what is saved",
        # --- somebody else was here ---
        "changed": "This was changed elsewhere while you typed. Which of the two shall stay?",
        "mine": "What you typed",
        "theirs": "What stands there now",
        "keep_mine": "Keep mine",
        "take_theirs": "Take theirs",
        "gone": "This shot was deleted elsewhere. What you typed is kept here.",
        "bring_back": "Bring the shot back",
    }
)
