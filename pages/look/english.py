"""What the pages say of clicks and shots in English, and all messages of the studio and the engine."""

from __future__ import annotations

from types import MappingProxyType

from projects.english import ENGLISH as STUDIO

ENGLISH = MappingProxyType(
    {
        **STUDIO,
        # --- what a click did ---
        "film-ordered": "It is being made; you can go on working meanwhile.",
        "film-cancelled": "The film was called off.",
        "film-dismissed": "It is no longer shown.",
        "film-deleted": "The film “{name}” was thrown away.",
        "cuts-on-beats": "Cuts that were put on beats of the music: {count}. “Undo” takes that back.",
        "duplicated": "{name} was duplicated.",
        "deleted": "{name} was deleted.",
        "project-duplicated": "“{name}” was duplicated.",
        "edition-made": "The edition “{name}” is there; what is cut on the table is cut in it.",
        "edition-deleted": "The edition “{name}” is deleted.",
        "recut-taken": "The recut is taken over.",
        "recut-kept-beside": "The recut is kept as an edition of its own.",
        "project-opened": "The project “{name}” is opened from its archive.",
        "new-timeline-file": "{name} is a timeline; bring it in on the page of the film that it cuts.",
        "project-deleted": "“{name}” was deleted.",
        "project-archived": "“{name}” is in the archive now.",
        "project-unarchived": "“{name}” is among the projects again.",
        # --- what a project is begun with ---
        "new-text-empty": "There is no text yet.",
        "new-file-empty": "“{name}” is empty.",
        "new-storyboard-file": (
            "“{name}” is a storyboard file. It says where its pictures lie, so it is opened where it lies itself: "
            "“python -m projects render {name} -o film.mp4” makes its project and its film."
        ),
        "renumbered": "The shots are numbered afresh.",
        "take-deleted": "Take {number} of {shot} was thrown away.",
        "frame-is-picture": "Frame {frame} of take {take} is the picture of {shot} now.",
        "branch-ordered": (
            "Going on from {at} s: {new} of {sections} sections are rendered. The film stays as it is until you choose."
        ),
        "length-made": "Take {number} is there and lasts {seconds} s; nothing was rendered. Choose it to show it.",
        "length-ordered": "{new} of its {sections} sections are rendered. The film stays as it is until you choose.",
        "direct-stopped": "Stopped. What there is of the shot is a take.",
        "edited-since": "Something else was edited since. “Undo” at the board takes back one edit after the other.",
        "render-cancelled": "Cancelled. Finished parts are kept.",
        "seed-rejected": "The seed “{text}” is not a whole number; the earlier one is kept.",
        "page-unforeseen": (
            "Something unforeseen happened ({kind}). What was saved before is kept. Try again or reload the page; the "
            "terminal in which the studio runs says more."
        ),
        # --- the library of LoRAs ---
        "lora-added": "“{name}” is in the studio; choose it in the settings of a project or shot.",
        "lora-edited": "“{name}” was changed.",
        "lora-deleted": "“{name}” was put away.",
        "lora-used": "Used {use}",
        "lora-file-missing": "Its file {file} is gone; add it again.",
        "lora-file-damaged": "Its file {file} is damaged; add it again.",
        "lora-words-added": "Put before the prompt for its LoRAs: {words}",
        "loras-left-out": "The draft model leaves LoRAs out: they are made for other models.",
        "loras-left-out-until-real": (
            "The draft model leaves LoRAs out: they are made for other models. They count in the real pass."
        ),
        # --- what is not needed any more ---
        "upkeep-look": "What is not needed any more?",
        "upkeep-sizes": "{all} on the disk, {needless} of it not needed any more.",
        "upkeep-free": "Free {size}",
        "upkeep-free-deleted": "Remove for good what was deleted ({size})",
        "upkeep-deleted-help": "It cannot be brought back then: {what}.",
        "upkeep-freed": "{size} were freed.",
        # --- a project shown to others ---
        "guest-link-ended": "The link leads nowhere any more.",
        "guest-note-done": "The note is done.",
        # --- the settings of a project ---
        "shape": "Shape",
        "shape-help": (
            "What shape all shots have, among those of the model. It stays when the shots are put in another order or "
            "another model is chosen. Another shape makes every shot out of date. The draft's larger sizes show more "
            "and take longer."
        ),
        "shape-by-picture": "As the first picture",
        "shape-by-picture-now": "As the first picture: {shape}",
        "shape-wide": "Wide {width} × {height}",
        "shape-square": "Square {width} × {height}",
        "shape-tall": "Tall {width} × {height}",
        "fit": "Pictures",
        "fit-help": (
            "What becomes of pictures of another shape. The bars are black and are in the video too. Another choice "
            "makes every shot out of date."
        ),
        "fit-fill": "Fill the frame (edges are cut)",
        "fit-fit": "Show the whole picture (black bars)",
        "fit-place": "Fill the frame, placed for each shot",
        # --- what is read of a prompt ---
        "prompt-count": "{tokens} of {most} tokens",
        # --- what the generator is at ---
        "generator-away": (
            "The generator is not running, so nothing is rendered at the moment. It belongs to the studio: end the "
            "studio in its terminal and start it again, or start a generator by hand with “python -m projects worker”. "
            "What it last said is in the folder {logs}. What has been ordered is kept."
        ),
        "generator-starts": "The generator is starting; this takes a few seconds.",
        "phase-loading": "Loading the model",
        "phase-encoding": "Reading the prompts and pictures",
        "phase-compiling": "Preparing the model for this device, once",
        "phase-sampling": "Drawing",
        "phase-decoding": "Developing the frames",
        "phase-finishing": "Putting the take together",
        # --- how a shot or a render is doing ---
        "weights-being-named": (
            "The weights are being named: their files are read once, which takes a minute or two. Then it is known "
            "which takes are up to date, and shots can be rendered."
        ),
        "take-failed": "It could not be rendered.",
        "render-failed": "The last rendering failed.",
        "found-take": "Take {number} was made from exactly this: choose it under Takes.",
        "shot-out-of-date": "The shot, or one it continues from, has changed since this take was made.",
        # --- the work under way ---
        "render-waits": "Waiting for the generator",
        "render-at-work": "{phase}",
        "render-phase": "Rendering {shot}: {phase}",
        "render-step": "Rendering {shot}, step {step} of {steps}",
        "worker-starting": "The generator is starting; this takes a few seconds.",
        "worker-absent": (
            "The generator is not running, so nothing is rendered at the moment. It belongs to the studio: end the "
            "studio in its terminal and start it again, or start a generator by hand with “python -m projects worker”. "
            "What it last said is in the folder {logs}. What has been ordered is kept."
        ),
        # --- the door of a studio that is shared ---
        "door-closed": "This studio is shared: sign in first.",
        "door-slowed": "Too many wrong passwords. The next one is looked at in {seconds} s.",
        # --- what the JSON interface refuses ---
        "not-own-page": "This comes from a page that is not the studio's own.",
        "no-such-address": "There is nothing at this address.",
        "no-such-method": "This address does not take {method}.",
        "body-not-json": "What was sent is not JSON.",
        "body-not-of-json": "What is sent here says of itself that it is application/json.",
        "body-not-file": "This is not the file of a picture.",
        "body-too-long": "What was sent is longer than {most} kB, the most that is taken.",
        "file-too-long": "The file is larger than {most} MiB, the most that is taken; save it smaller.",
        "field-missing": "“{field}” is missing.",
        "field-unknown": "There is no “{field}” here.",
        "field-too-long": "“{field}” is too long; {most} is the most.",
        "field-wrong": "“{field}” cannot be that.",
        "field-refused": "This cannot be: {reason}.",
        "has-to-be-text": "“{field}” has to be a text.",
        "has-to-be-whole-number": "“{field}” has to be a whole number.",
        "has-to-be-number": "“{field}” has to be a number.",
        "has-to-be-true-or-false": "“{field}” has to be true or false.",
        "has-to-be-list": "“{field}” has to be a list.",
        "has-to-be-object": "“{field}” has to be an object.",
        "has-to-be-one-of": "“{field}” has to be one of {choices}.",
        "take-of-other-pass": "Take {number} was made for the other pass.",
        "no-such-thing": "There is no such thing.",
        "no-such-project": "There is no such project.",
        "no-such-shot": "There is no such shot.",
        "no-such-take": "There is no such take, or its file is no longer there.",
        "no-such-film": "There is no such film.",
        "no-such-render": "There is no such order to the generator.",
        "no-such-lora": "There is no such LoRA in the studio (any more).",
        "no-such-sound": "There is no such sound, or its file is no longer there.",
        "no-such-video": "There is no such video to go on from, or its file is no longer there.",
        "no-such-picture": "There is no such picture, or its file is no longer there.",
        "gone-project": "This project was deleted meanwhile. It can be brought back.",
        "gone-take": "This take was thrown away meanwhile. It can be brought back.",
        "gone-film": "This film was thrown away meanwhile. It can be brought back.",
        "gone-shot": "{shot} was deleted meanwhile. It can be brought back.",
    }
)
