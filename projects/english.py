"""The studio's messages in English, the engine's among them; a place takes the value of its name."""

from __future__ import annotations

from types import MappingProxyType

from framepack.english import ENGLISH as ENGINE

ENGLISH = MappingProxyType(
    {
        **ENGINE,
        # --- errors ---
        "not-found": "There is no {kind} '{id}' (any more).",
        "name-of-several": "Several projects are called “{name}”; name one by its id: {ids}.",
        "name-of-several-editions": "Several editions are called “{name}”; name one by its id: {ids}.",
        "storyboard-file": "{where}: {reason}",
        "changed-meanwhile": "Somebody else changed this meanwhile.",
        "database-too-new": (
            "The database {database} was made by a newer version of the studio (its revision is {revision}); "
            "use that version, or another folder through STUDIO_HOME."
        ),
        # --- the queue ---
        "order-not-waiting": "Only an order that waits can be put elsewhere.",
        "order-not-over": "This order is not over yet.",
        "no-such-order": "No order is called “{name}”; “python -m projects queue list” has them all.",
        "several-orders": "Several orders are called “{name}”; write more letters of the one.",
        "no-such-time": "“{text}” is no time of day; write it like 18:00.",
        "deadline-not-met": "It cannot be done by {by}: with the quickest preset it would be done at {done}.",
        # --- what is the matter with the database, and what to do ---
        "database-unusable": "The database {database} cannot be used: {problem} {help}",
        "database-empty": "its file is empty (0 bytes).",
        "database-gone": "its file is no longer there.",
        "database-is-none": "its file is not a database.",
        "database-damaged": "its file is damaged ({said}).",
        "database-is-another": "it does not hold what it should ({said}).",
        "database-busy": "another program has been holding it for too long.",
        "database-cannot-be-opened": "its file cannot be opened ({said}); look at its folder and at who may use it.",
        "database-read-only": "its file may only be read ({said}).",
        "database-disk-fails": "the disk that it is on does not work or is full ({said}).",
        "database-disk-full": "the disk that it is on is full.",
        "database-server-away": "the server does not answer ({said}).",
        "database-backup": (
            "A copy from before it was last changed for a newer version is at {backup}: end the studio, remove the "
            "database and the files beside it that end in -wal and -shm, put the copy in its place, and start again."
        ),
        "database-no-backup": (
            "There is no copy of it in {folder}. Bring back one of your own, or move it away to begin with an empty "
            "studio, and start again."
        ),
        "database-free-space": "Free some space and try again; what was saved before is kept.",
        "database-start-server": "Start it, or look at STUDIO_DATABASE_URL, and try again.",
        "database-try-again": "Mend that and try again.",
        "weights-changed": (
            "The weights of '{checkpoint}' were exchanged after this render was planned; render again to have it made "
            "with the new ones."
        ),
        # --- what is wrong with a sound file ---
        "sound-rejected": "The sound {name} cannot be used: {reason}",
        "sound-not-known": (
            "it is not a sound of a known kind; save it as WAV, FLAC, MP3, M4A, AAC, Ogg or Opus and try again."
        ),
        "sound-picture": "it is a picture; add it to a shot as its picture.",
        "sound-list": "it is a playlist, which only names sounds; take the sounds themselves.",
        "sound-of-silent-film": "it is a film without sound.",
        "sound-empty": "there is no sound in it; save it again and try again.",
        "sound-cut": "it is cut short; copy or save it again and try again.",
        "sound-damaged": "it is damaged; copy or save it again and try again.",
        "sound-many-bytes": "its file is larger than {most} MiB; save it as MP3, M4A or Opus and try again.",
        "sound-long": "it lasts longer than {most} hours; cut it and try again.",
        "sound-gone": "its file is no longer there; add it again.",
        "shot-sound-lost": "A sound of {shot} is no longer there; add it to the shot again.",
        "shot-sound-changed": "The sounds of {shot} were changed elsewhere meanwhile; they are shown as they are now.",
        "music-lost": "The music of the film is no longer there; add it again.",
        # --- what is wrong with a storyboard file ---
        "toml-not-a-file": "it is not a file.",
        "toml-missing": "there is no such file.",
        "toml-too-long": "it is too long for a storyboard.",
        "toml-not-allowed": "it may not be read.",
        "toml-not-utf-8": "it is not a text file in UTF-8.",
        "toml-invalid": "it is not a TOML file: {reason}.",
        "toml-backslash": (
            "in line {line} a backslash stands within double quotes, where it begins a code; write / instead, or put "
            "the path in single quotes."
        ),
        "toml-nested": "it is nested too deeply for a storyboard.",
        "toml-digits": "it holds a number of far too many digits.",
        "toml-unknown": "there is no '{key}'; there is: {choices}.",
        "toml-no-shots": "it has no shots; each is written below a line [[shot]].",
        "toml-no-table": "{key} is a table: write its values below a line [{key}].",
        "toml-no-model": "it does not name a model.",
        "toml-place": "place is three whole numbers, such as [500, 500, 1000], not {value}.",
        "toml-place-unused": 'a shot has a place only where the file says fit = "place".',
        "toml-no-seconds": "it does not say how many seconds it lasts.",
        "toml-nul": "{key} holds a NUL character, which belongs into no text.",
        "toml-start": 'start is "cut" or "continue", not "{value}".',
        "toml-default-start": 'default_start is "cut" or "continue", not "{value}".',
        "toml-not-text": "{key} is a text in quotes, not {value}.",
        "toml-not-whole": "{key} is a whole number, not {value}.",
        "toml-not-number": "{key} is a number, not {value}.",
        "toml-fit": 'fit is "fill", "fit" or "place", not "{value}".',
        "toml-choice": '{key} is {choices}, not "{value}".',
        "toml-not-bool": "{key} is true or false, not {value}.",
        "toml-no-tables": "{key}: write each below a line [[{key}]].",
        "toml-sound-no-file": "it names no file.",
        "toml-beat-no-time": "it does not say when it begins: at, in seconds.",
        "toml-sound-missing": "{key}: there is no file {name}.",
        "toml-no-sound": "{key}: there is nothing to hear in {name}.",
        "toml-sound-unreadable": "{key}: {name} cannot be read: {reason}.",
        "toml-model-continues": (
            "a shot that continues another is made with the same model; name it at the cut that the chain begins with."
        ),
        "toml-value": "{problem}.",
        "toml-nothing-to-continue": "there is no shot before it to continue from; let it start with a cut.",
        "toml-no-image": "it has no image, and a shot that starts with a cut begins with one.",
        "toml-image-name": (
            'its image cannot be called "{name}": a backslash within double quotes begins a code such as \\n; write / '
            "instead, or put the path in single quotes."
        ),
        "toml-image-unreadable": "its image cannot be read: {reason}.",
        # --- what is wrong with a timeline of an editing program ---
        "timeline-too-large": "it is larger than {most} MB, which no timeline is.",
        "timeline-not-xml": "it is not an XML file: {said}.",
        "timeline-entities": "it declares entities of its own, which no timeline needs and which can be harmful.",
        "timeline-number": "“{value}” is not a number that a timeline can have there.",
        "timeline-rate": "it has {rate} frames a second; films have {known}.",
        "timeline-many": "it has more than {most:,} clips.",
        "timeline-not-otio": "it is not an OpenTimelineIO file: {said}.",
        "timeline-not-zip": "it is not an OTIOZ file, or it is damaged.",
        "timeline-bomb": "what is packed in it is far larger than a timeline.",
        "timeline-empty": "there is no picture track with clips in it.",
        "timeline-not-edl": "line {line} is not that of an edit list: “{text}”.",
        "timeline-unknown-kind": "a timeline's name ends in {endings}.",
        "timeline-other-tracks": "Only the lowest picture track counts; others were left out: {count}.",
        "timeline-gaps": "Empty stretches were closed: {count}.",
        # --- what a recut changes ---
        "recut-kept": "Shots that stay as they are: {count}.",
        "recut-moved": "Moved: {shots}.",
        "recut-trimmed": "Shown from other frames: {shots}.",
        "recut-lengthened": "Longer, with {seconds:g} s to be rendered: {shots}.",
        "recut-led": "Another transition, speed or held frames: {shots}.",
        "recut-heard": "Sounds elsewhere or at another level: {shots}.",
        "recut-again": "Shown once more, as copies: {shots}.",
        "recut-retaken": "Shown by another take: {shots}.",
        "recut-removed": "Taken out: {shots}.",
        "recut-rejoined": "Continue another shot then, and are to be rendered again: {shots}.",
        "recut-following": "Continue a longer shot then, and are to be rendered again: {shots}.",
        "recut-sections": "Sections to be rendered then: about {count}.",
        "recut-stills": "Own pictures that become shots: {shots}.",
        "recut-unknown": "Clips whose files are not from here; add them as pictures or videos of your own: {shots}.",
        "recut-once": "An edition shows each shot once; left out the second time: {shots}.",
        "recut-takes-shared": (
            "The recut shows another take, but editions share the takes of their project; choose it on the storyboard: "
            "{shots}."
        ),
        "recut-of-another": "None of the clips is of a shot of this project; it may be a cut of another one.",
        # --- what is different between two films ---
        "differs-only-first": "{shot} is in the first film only.",
        "differs-only-second": "{shot} is in the second film only.",
        "differs-moved": "{shot} stands elsewhere.",
        "differs-shown": "Of {shot} other frames or another take are shown: {was}, then {now}.",
        "differs-length": "{shot} lasts {was} s, then {now} s.",
        "differs-speed": "{shot}, {field}: {was}, then {now}.",
        "differs-lead": "What leads into {shot} is {was}, then {now}.",
        "differs-words": "{shot}, {field}: “{was}”, then “{now}”.",
        "differs-sounds": "The sounds of {shot} are others: {was}, then {now}.",
        "differs-film": "{field}: {was}, then {now}.",
        "differs-seconds": "The film lasts {was} s, then {now} s.",
        "said-yes": "yes",
        "said-no": "no",
        "said-none": "none",
        "lead-cut": "a cut",
        "lead-dissolve": "a dissolve of {seconds:.2f} s ({at})",
        "lead-black": "a fade through black of {seconds:.2f} s ({at})",
        "lead-white": "a fade through white of {seconds:.2f} s ({at})",
        "lead-wipe": "a wipe of {seconds:.2f} s ({at})",
        "lead-in": "into the shot",
        "lead-out": "out of the one before",
        "lead-centre": "centred",
        "between-repeat": "frames repeated",
        "between-blend": "frames blended",
        "between-motion": "frames by motion",
        "move-closer": "closer",
        "move-away": "away",
        "move-left": "to the left",
        "move-right": "to the right",
        "move-up": "up",
        "move-down": "down",
        "captions-burned": "in the picture",
        "captions-soft": "as a track of the file",
        "captions-file": "as a file beside it",
        # --- what is wrong with an archive of a project ---
        "archive-problem": "The archive cannot be used: {reason}",
        "archive-newer": "it was made by a newer version of the studio; use that version, or a newer one.",
        "archive-field": "what it says of “{field}” cannot be.",
        "archive-value": "{problem}.",
        "archive-is-none": "it is no archive of a project.",
        "archive-stranger": "“{name}” does not belong into an archive of a project.",
        "archive-changed": "“{name}” is not what it was when the archive was made.",
        "archive-file": "“{name}” cannot be used: {reason}.",
        "archive-no-stream": "there is nothing of its kind in it",
        "archive-lacks": "the file of “{name}” is damaged or no longer there.",
        "archive-no-room": "it needs {needed:.1f} GB, and {free:.1f} GB are free.",
        "archive-take-lost": "{shot}: take {number} is left out, since neither its file nor its sections are there.",
        # --- what commands say of files that go out and come in ---
        "output-not-writable": "The file cannot be written: {problem}.",
        "archive-has-all": "An archive has all editions of a project; leave --edition out.",
        "import-unknown": (
            "“{name}” is nothing that shots can be made of: a folder of pictures, a text, a table (CSV, XLSX), a "
            "screenplay (.fountain), a storyboard (.toml), a timeline (.otio, .otioz, .xml, .edl, .fcpxml), or the "
            "archive of a project."
        ),
        "import-own-project": "“{name}” is a project of its own; leave --into out.",
        "import-needs-project": "“{name}” cuts a project otherwise; say which one by --into NAME.",
        "import-missing": "There is no file “{name}”.",
        # --- what is wrong with a text of shots ---
        "lines-not-text": "“{name}” is no text in UTF-8; save it as text or as “CSV UTF-8” and try again.",
        "lines-too-long": "The text is longer than {most:,} characters; take it in parts.",
        "lines-too-many": "These are {count} shots; at most {most} are added at once.",
        "line-too-long": "What line {line} says is longer than {most:,} characters.",
        "line-length": "The length in line {line} is no number of seconds up to {most:g}: “{text}”.",
        "script-empty": "There is nothing in it to make shots of: neither a scene nor action, nor a line.",
        "folder-too-many": "There are {count} files in the folder; at most {most} shots are added at once.",
        "folder-left-out": "Left out: {problem}",
        "folder-without-pictures": "There is no picture in the folder “{folder}”.",
        "rows-without-names": "Its first row does not name its columns; they are called {names}.",
        "rows-too-many": "These are more than {most} shots; take them in parts.",
        # --- what a storyboard does not allow ---
        "no-real-pass": "The project has no real pass yet; choose a model for it in the project's settings.",
        "project-unnamed": "The project has no name; give it one.",
        "project-name-too-long": "The project's name is longer than {most} characters.",
        "nothing-to-undo": "There is nothing to undo.",
        "nothing-to-redo": "There is nothing to do again.",
        "edition-unnamed": "The edition has no name; give it one.",
        "edition-name-too-long": "The edition's name is longer than {most} characters.",
        "edition-name-taken": "There is an edition called “{name}” already; give this one another name.",
        "editions-many": "A project has at most {most} editions; delete one first.",
        "edition-shape": "An edition has a shape by name, not '{name}'; give it none for the project's.",
        "edition-not-of-film": "An edition cannot have its own “{field}”; change it in the storyboard.",
        "film-unnamed": "The film has no name; give it one.",
        "film-name-too-long": "The film's name is longer than {most} characters.",
        "take-unfinished": "Take {number} of {shot} is not finished and cannot be chosen.",
        "take-in-film": "Take {number} of {shot} is in the film; choose another one first.",
        "take-being-made": "Take {number} of {shot} is being made; call the render off first.",
        # --- why a take cannot be gone on from ---
        "branch-of-unfinished": "Take {number} of {shot} is not finished; go on from it when it is.",
        "branch-backwards": (
            "{checkpoint} makes a shot from its end, so take {number} of {shot} has no past that others could share; "
            "order another take of the shot instead."
        ),
        "branch-past-changed": (
            "What take {number} of {shot} was made from has changed, so nothing of it could be shared; render the shot "
            "again and go on from that take."
        ),
        "branch-other-weights": (
            "Take {number} of {shot} was made with weights that this computer does not have any more, so it cannot be "
            "gone on from; render the shot again."
        ),
        "branch-after-end": "Take {number} of {shot} ends at {end} s; go on from a moment before that.",
        "branch-there": "Take {there} of {shot} is that already.",
        "branch-same": "Nothing would differ from take {number} of {shot}; say something else or take another seed.",
        "direct-backwards": (
            "{checkpoint} makes {shot} from its end, so it cannot be directed section by section; render it whole."
        ),
        "direct-already": "{shot} is being directed already; go on with that, or stop it first.",
        "direct-whole": "{shot} is there in its whole length of {seconds} s; make it longer to go on.",
        "direct-not-waiting": "{shot} does not wait for a word; see how far it is.",
        "stop-backwards": (
            "{checkpoint} makes a shot from its end, so nothing can be shown before all is made; cancel it instead."
        ),
        "nothing-to-render": "There is nothing to render: every shot is done or ordered already.",
        # --- why a shot cannot be rendered ---
        "of-shot": "{shot}: {problem}",
        "request-problem": "Its {problem}.",
        "continues-unready": "{shot}, which it continues, cannot be rendered yet.",
        "nothing-to-continue": "There is no shot before it to continue from; let it start with a cut.",
        "no-text-yet": "It has no text yet; say in a few words what happens in it.",
        "no-picture-yet": "It has no picture yet, and a shot that starts with a cut begins with one.",
        "weights-not-here": "The weights of '{checkpoint}', which this shot has of its own, are not on this computer.",
        "backwards-start-with-cut": (
            "'{checkpoint}' works backwards and cannot continue a shot; let it start with a cut."
        ),
        # --- why a take is out of date ---
        "why-text": "Text changed",
        "why-words": "The words around the text changed",
        "why-beats": "Beats changed",
        # --- remarks on the beats of a shot ---
        "beats-past-the-end": "What is said at {times} changes nothing, for the shot ends before it begins.",
        "beats-by-sections": (
            "'{checkpoint}' makes a shot from its end: beats begin where a section does, every {seconds:g} s."
        ),
        "why-seed": "Seed {was} to {now}",
        "why-length": "Length {was:g} s to {now:g} s",
        "why-picture": "Picture changed",
        "why-place": "The picture is placed differently",
        "why-fit": "Pictures are fitted differently",
        "why-cut": "It continued the shot before it and starts with a cut now",
        "why-continue": "It started with a cut and continues the shot before it now",
        "why-model": "Model {was} to {now}",
        "why-weights": "The weights of '{checkpoint}' are others now",
        "why-size": "Size {was} to {now} pixels",
        "why-preset": "Preset {was} to {now}",
        "why-sampling": "The way of skipping steps changed",
        "why-steps": "Steps {was} to {now}",
        "why-guidance": "Guidance {was:g} to {now:g}",
        "why-cfg": "CFG {was:g} to {now:g}",
        "why-negative": "Negative prompt changed",
        "why-before": "{shot} before it changed",
        "why-after": "More of it is shown than was made",
        "no-take-yet": "{shot} has no take yet.",
        "remark-on-shot": "{shot}: {remark}",
        # --- how a take looks ---
        "quality-black": "From {at:.1f} s on the picture is black.",
        "quality-black-help": "Go on from before it with another seed, or cut there.",
        "quality-frozen": "From {at:.1f} s on nothing moves at all.",
        "quality-frozen-help": "Go on from before it with another seed or a beat that says what moves, or cut there.",
        "quality-still": "From {at:.1f} s on it moves much less than at its beginning.",
        "quality-still-help": "Go on from before it with another seed or a beat that says what moves, or cut there.",
        "quality-drift": "From {at:.1f} s on it looks otherwise than at its beginning.",
        "quality-drift-help": (
            "If nobody asked for that: go on from before it with another seed or a beat with a picture, or cut there."
        ),
        # --- what files say of what made them ---
        "story-refused": "What {name} says of what made it cannot be used: {reason}",
        "story-is-none": "it is damaged, or not what the studio writes; take the file as it was downloaded.",
        "story-too-long": "it is longer than {most} MiB; take the file as it was downloaded.",
        "story-other-version": "another version of the studio wrote it; use that one, or a newer one.",
        "story-value": "“{key}” cannot be so; take the file as it was downloaded.",
        "story-not-carried": "it says nothing of what made it; take a video or JSON that the studio made.",
        "verify-shows": "The video shows these sections as they are here, to the bit.",
        "verify-shows-else": "The video does not show these sections as they are here: it was encoded again or cut.",
        "verify-shot": (
            "Shot {number} ({name}): {whole} of {of} sections are here, whole; damaged: {damaged}, missing: {missing}."
        ),
        "verify-again": "Made again on {device}, {same} of {of} came out the same, to the bit.",
        "verify-not-again": "It was not made again: {reason}",
        "verify-continues": "it goes on from a shot that this file does not tell of.",
        "verify-other-sections": "from what the file says this version would make other sections.",
        "verify-other-weights": "the weights of '{checkpoint}' that made it are not on this computer.",
        "verify-lacks-picture": "the picture whose hash begins with {picture} is not in this studio.",
        "story-lacks-picture": (
            "{shot} was made from a picture that is not in this studio (its hash begins with {picture}); give it that "
            "picture, or another."
        ),
        "story-first-frame": (
            "{shot} was made from a picture that is not in this studio (its hash begins with {picture}); the first "
            "frame of its take stands in its place."
        ),
        "story-no-beginning": (
            "{shot} went on from a shot that this file does not tell of; give it a picture to begin with."
        ),
        "story-begins-with-frame": (
            "{shot} went on from a shot that this file does not tell of; it begins with the first frame of its take."
        ),
        "story-lacks-beat-picture": (
            "{shot}: the picture of its beat at {at:g} s is not in this studio (its hash begins with {picture}); the "
            "beat has none now."
        ),
        "story-lacks-sounds": "Sounds of the film that are not in this studio were left out.",
        # --- what a film lacks ---
        "no-shots-yet": "The storyboard has no shots yet.",
        "no-stills-yet": "No shot has a take or a picture yet.",
        "shot-lacks-take": "{shot} has no finished take yet; render it first.",
        "shots-lack-takes": "{shots} and {last} have no finished take yet; render them first.",
        "shot-changed": "{shot} changed since its take was made.",
        "shots-changed": "{shots} and {last} changed since their takes were made.",
        "shot-trimmed-away": "Nothing is left of {shot}: it is trimmed by more than it has. Trim it less.",
        "shots-trimmed-away": "Nothing is left of {shots} and {last}: they are trimmed by more than they have. "
        "Trim them less.",
        "transition-shortened": "{shot} is too short for its whole transition; a shorter one is made.",
        "transitions-shortened": "{shots} and {last} are too short for their whole transitions; shorter ones are made.",
        "film-is-there": "“{name}” holds exactly these takes already.",
        "film-under-way": "“{name}” is being made already.",
        "film-not-ended": "“{name}” did not fail, nor was it called off; there is nothing to try again.",
        "film-not-writable": "The film cannot be written: {problem}.",
        "film-among-the-studio's": "{path} is among the studio's own files; name another place",
        "shot-take-lost": "The take of {shot} is no longer there, nor are its sections; render the shot again.",
        "take-has-no-frames": "Take {number} is not finished and has no frames.",
        "take-lost": "Take {number} is no longer there, nor are its sections; render its shot again.",
        "take-differs": "{name} does not show what its sections do",
        "film-disk-full": "The disk is full. Free some space and try again; what is finished of the film is kept.",
        "film-out-of-memory": (
            "The computer ran out of memory for this film. Close other programs or choose a smaller size, and try "
            "again; what is finished of it is kept."
        ),
        "film-process-died": (
            "The film's process ended without a result (status {status}), most likely for want of memory. Close other "
            "programs or choose a smaller size, and try again; what is finished of it is kept."
        ),
        "film-died-too-often": (
            "The film was begun {times} times and never came to an end, most likely for want of memory. Close other "
            "programs or choose a smaller size, and try again."
        ),
        "film-without-result": "The film ended without a result; the worker's log says more. Try again.",
        "film-lost": "The film's file was damaged or is no longer there; make the film again.",
        # --- what the doctor says ---
        "doctor-answers": "it answers and is whole.",
        "doctor-whole": "everything is whole.",
        "doctor-damaged": "{name}: {reason}.",
        "doctor-made-again": "With --repair it is put aside, and made again when it is needed.",
        "doctor-film-again": "With --repair it is put aside; then make the film again.",
        "doctor-upload": "Upload the same picture again; with --repair a damaged file is put aside first.",
        "doctor-no-file": "{name} has no file any more.",
        "doctor-no-row": "{name} belongs to nothing in the database.",
        "doctor-orphan": "With --repair it is put aside.",
        "doctor-repaired": "It was put aside or put right.",
        "doctor-queue": "the queue's database cannot be used ({said}).",
        "doctor-queue-again": (
            "Close the studio and move {file} away; a new one is made, and what was ordered has to be ordered again."
        ),
        "doctor-disk": "{free:.1f} GB are free for {home}.",
        "doctor-free-space": "Free some space; what lies in {damaged} may be thrown away.",
        "doctor-no-ffmpeg": "ffmpeg does not run ({said}).",
        "doctor-install": "Install the requirements again: pip install -r requirements.txt",
        "doctor-weights": "they are on this computer.",
        "doctor-devices": "there is {devices}.",
        "doctor-device": "the devices cannot be asked for ({said}).",
        "doctor-device-silent": "the devices gave no answer in {seconds:.0f} seconds.",
        "doctor-restart": "Restart the computer, or install the graphics driver again.",
        "doctor-port-free": "port {port} is free for the studio.",
        "doctor-port-taken": "port {port} is taken: the studio runs already, or another program has it.",
        "doctor-other-port": "Where it is another program, start the studio with --server.port and another number.",
        # --- why a film cannot be written so ---
        "film-ending": "no film is written to a file that ends as “{ending}”; known are {endings}",
        "film-too-fast": "a film as {format} has at most {most} frames a second",
        "format-has-no": "{format} has no {what} to choose",
        "film-bounds": "{what} is {value} and must lie between {least} and {most}",
        "film-choice": "{what} is “{value}” and must be one of {choices}",
        "crf-or-bitrate": "name either a crf or a bitrate, not both",
        "replaces-source": "it would replace {path}, which the film is made from",
        "folder-not-empty": "{path} is not an empty folder; name a new one",
        "cards-not-drawn": "the film has cards, and nothing draws them",
        # --- what is not needed any more ---
        "kind-sections": "sections that no take or storyboard holds",
        "kind-conditioning": "encoded prompts and pictures, which can be made again",
        "kind-takes": "files of takes that are no more",
        "kind-films": "files of films that are no more",
        "kind-pieces": "encoded pieces that no film is made of, which can be made again",
        "kind-pictures": "pictures and sounds that no shot, take or film uses",
        "kind-thumbnails": "small copies of such pictures and takes",
        "kind-previews": "previews of finished renders",
        "kind-damaged": "damaged files that were put aside",
        "deleted-projects": "projects {names}",
        "deleted-shots": "deleted shots of other projects: {count}",
        "deleted-takes": "takes thrown away: {count}",
        "deleted-films": "films thrown away: {count}",
        "clean-together": "together not needed any more",
        "clean-line": "{size:12,.1f} MB {files:8,} files  {name}",
        "clean-on-disk": "{size:12,.1f} MB in all are on the disk.",
        "clean-deleted": "{size:12,.1f} MB only serve to bring back what was deleted ({what}).",
        "clean-removed": "Files removed: {files:,} ({size:,.1f} MB).",
        "clean-how": "Nothing was removed. To remove what is not needed: python -m projects clean --yes",
        "clean-how-deleted": (
            "To remove what was deleted, too, so that it cannot be brought back: python -m projects clean --deleted "
            "--yes"
        ),
        # --- how a render ended ---
        "called-off": "The render was called off.",
        "disk-full": "The disk is full. Free some space and render again; every finished section is kept.",
        "out-of-memory": (
            "The computer ran out of memory for this size. Close other programs or choose a smaller picture or model, "
            "and render again; every finished section is kept."
        ),
        "died-too-often": (
            "The worker died {attempts} times at the same section, most likely for want of memory. Close other "
            "programs or choose a smaller picture or model, and render again; every finished section is kept."
        ),
        "accelerator-lost": (
            "The graphics card stopped with a fault twice at the same section ({said}). Update its driver, or choose "
            "another preset or a smaller picture, and render again; every finished section is kept."
        ),
        "render-lost": (
            "The render ended without a result; the worker's log says more. Render again; every finished section is "
            "kept."
        ),
        "database-away": "The database does not answer, or cannot be used ({said}).",
        "file-problem": "A file could not be read or written ({reason}).",
        "of-file": "{file}: {reason}",
        "unforeseen": "Something unforeseen happened ({kind}: {said}); the worker's log says more.",
        "worker-does-not-start": "The worker does not start ({said}); see {log}.",
        "without-a-word": "without a word",
    }
)
