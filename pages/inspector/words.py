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
