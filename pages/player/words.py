"""What the players and the comparison of takes say in English. Places such as {number} are filled in by scripts."""

from __future__ import annotations

from types import MappingProxyType

ENGLISH = MappingProxyType(
    {
        # --- both ---
        "play": "Play (Space)",
        "pause": "Pause (Space)",
        # --- the player ---
        "player": "The story",
        "previous": "To the shot before (↑)",
        "next": "To the next shot (↓)",
        "captions": "Captions (C)",
        "full": "Full screen (F)",
        "timeline": "The place in the story",
        "time": "{time} of {all}",
        "frames": "frame {frame} of {frames}",
        "place": "{number}, {time}, frame {frame}",
        "speed": "{times}×",
        "broken": "This take cannot be played; its picture stands for it.",
        "empty": "There is no shot to play yet.",
        # --- the comparison ---
        "compare": "Two takes in comparison",
        "divider": "The line between the takes",
        "divided": "The left take fills {share} % of the width",
        "frame": "The frame",
        "frame_back": "One frame back (←)",
        "frame_on": "One frame on (→)",
        "frame_of": "{time} · frame {frame} of {frames}",
        "swap": "Swap the sides (X)",
        # --- takes side by side ---
        "beside": "Takes side by side, in step",
        "use_take": "Use this take",
        "in_film": "In the film",
        # --- the frames of one take ---
        "frames_of": "The frames of a take; arrow keys go by frame",
        "save_frame": "Save this frame",
        "use_frame": "Use this frame as a picture…",
        "picture_of": "As the picture of",
        "shots_away": "The studio does not answer; the shots are listed as soon as it does.",
        "use": "Use it",
        # --- going on differently from a frame ---
        "branch": "Go on differently from here…",
        "branch_from": "From {time} (frame {frame}) on; {sections} sections are rendered, what is before stays.",
        "branch_from_one": "From {time} (frame {frame}) on; one section is rendered, what is before stays.",
        "branch_prompt": "What happens from there",
        "branch_same_words": "Empty: the same words with another seed",
        "branch_seed": "Seed",
        "branch_new_seed": "Another one",
        "branch_same_seed": "The same one",
        "branch_count": "How many takes",
        "branch_go": "Go on from here",
        "length": "Longer or shorter…",
        "length_seconds": "Length in seconds",
        "length_here": "Up to this frame",
        "length_go": "Make it so long",
        "length_shorter": "A take as this one, ended there. Nothing is rendered.",
        "length_longer": "A take as this one that goes on for longer. Only what is missing is rendered.",
    }
)
