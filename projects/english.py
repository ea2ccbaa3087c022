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
        "picture-not-of-order": "This picture is not among those that were made for the shot.",
        "pictures-lost": "The order of the pictures was lost; order them again.",
        "pictures-died-too-often": (
            "The process that makes the pictures ended {times} times before it was done, probably for want of memory."
        ),
        "pictures-process-died": (
            "The process that makes the pictures ended unexpectedly (status {status}); there may be too little memory."
        ),
        # --- the queue ---
        "order-not-waiting": "Only an order that waits can be put elsewhere.",
        "order-not-over": "This order is not over yet.",
        "pictures-all-there": "All of these pictures are there; order others at their shot.",
        "no-such-order": "No order is called “{name}”; “python -m projects queue list” has them all.",
        "several-orders": "Several orders are called “{name}”; write more letters of the one.",
        "no-such-time": "“{text}” is no time of day; write it like 18:00.",
        "deadline-not-met": "It cannot be done by {by}: with the quickest preset it would be done at {done}.",
        # --- servers of the studio ---
        "serve-runs": "The studio runs at {url} (process {pid}); what it says is kept in {log}.",
        "serve-no-answer": "The studio at {url} (process {pid}) does not answer at the moment; see {log}.",
        "serve-already": (
            "The studio already runs at {url} (process {pid}). End it with “python -m projects serve stop --port "
            "{port}”, or start another with --port."
        ),
        "serve-starting": "A studio is just starting or ending at port {port}; try again in a moment.",
        "serve-port-taken": "Another program uses port {port}; choose another with --port.",
        "serve-not-up": "The studio did not come up: {said} See {log}.",
        "serve-silent": "The studio does not answer after {seconds:g} s; see {log}.",
        "serve-none": "No studio was started from this folder with “python -m projects serve start”.",
        "serve-none-at": "No studio of this folder runs at port {port}.",
        "serve-several": "Several studios run; say which one with --port: {ports}.",
        "serve-stopped": "The studio at {url} has ended; what is finished is kept.",
        "mcp-no-studio": (
            "No studio answers at {url}. Start it with “python -m projects serve start --background”, or say where it "
            "is with --port."
        ),
        "serve-no-cards": "“{said}” does not name graphics cards; write their numbers, such as 0,1.",
        "serve-no-port": "{port} is no port; use one from 1024 to 65535.",
        # --- a studio that is shared ---
        "guest-name-too-long": "A name may have {most} characters.",
        "guest-days": "A link lasts 7 days, 30 days, or until it is ended.",
        "guest-links-too-many": "This project has {most} links already; end one of them first.",
        "guest-note-empty": "There is nothing in the note yet.",
        "guest-note-too-long": "A note may have {most} characters.",
        "guest-may-not-note": "By this link you can look, and not write notes.",
        "guest-notes-too-many": (
            "There are {most} notes on this project already. Whoever sent you the link can mark some as done."
        ),
        "share-undecided": (
            "At {address} other computers would reach the studio. That needs STUDIO_SHARE=1, and a password first: "
            "“python -m projects password”. Without it the studio listens at 127.0.0.1 only."
        ),
        "share-no-password": (
            "STUDIO_SHARE is set, and there is no password yet. Set one with “python -m projects password”, or name "
            "who vouches for people (STUDIO_OIDC_ISSUER), then start again."
        ),
        "share-begins": (
            "The studio is shared at {address}: {who} {connection} It answers to the names {names}; programs of this "
            "computer come in by the token in {token}."
        ),
        "share-by-password": (
            "whoever has the password sees, changes, renders, downloads and deletes all that is in it, and uses this "
            "computer's cards and disk for it."
        ),
        "share-by-people": "people for whom {host} vouches do so with projects of their own only.",
        "share-by-both": "{password} And {people}",
        "oidc-no-secret": (
            "STUDIO_OIDC_ISSUER is set, and the secret that goes with it is not, or it is damaged. Set it with “python "
            "-m projects people secret”, then start again."
        ),
        "oidc-away": "{host} does not answer, so nobody can sign in with it at the moment.",
        "oidc-wrong": "What {host} answered cannot be relied on. Begin again, or ask whoever runs this studio.",
        "oidc-denied": "You were not signed in: {host} was told not to say who you are.",
        "oidc-too-late": "This sign-in was not begun here, is used up or took too long. Begin it again.",
        "oidc-unverified": "{host} does not say that your e-mail address is verified, so you cannot come in by it.",
        "oidc-not-let-in": "{person} is not among those who may come in here. Ask whoever runs this studio.",
        "session-over": "Your session has ended. Sign in again.",
        "no-such-person": "“{person}” is no e-mail address.",
        "keepers-only": (
            "Only whoever runs this studio fetches models, changes LoRAs, pauses the whole queue and has reports."
        ),
        "share-encrypted": "What is sent is encrypted.",
        "share-not-encrypted": (
            "What is sent, the password too, is not encrypted: on a network that others use, give it a certificate "
            "(--server.sslCertFile, --server.sslKeyFile)."
        ),
        "password-set": (
            "The password is set. Who had signed in has to do so again; programs of this computer come in by the token "
            "in {token}. STUDIO_SHARE=1 starts a studio that asks for it."
        ),
        "password-too-short": "The password is too short; {least} characters are the least.",
        "password-too-long": "The password is too long; {most} characters are the most.",
        "passwords-differ": "The two differ; the password stays as it was.",
        "password-no-terminal": "The password is typed in a terminal; it is not taken from a file or another program.",
        "password-damaged": (
            "The password in {file} is damaged, so nobody is let in. Set it again with “python -m projects password”."
        ),
        # --- a sentence rewritten by an endpoint of the person's own ---
        "rewriting-off": (
            "No endpoint that rewrites sentences is named. To switch it on, start the studio with STUDIO_REWRITING_URL "
            "and STUDIO_REWRITING_MODEL, such as http://localhost:11434/v1 and the name of a model there."
        ),
        "rewriting-offline": "Nothing is sent, as STUDIO_OFFLINE says.",
        "rewriting-shared": (
            "While the studio is shared nobody has sentences rewritten; whoever runs it can allow that to all with "
            "STUDIO_REWRITING_SHARED=1."
        ),
        "rewriting-nothing": "There is no sentence to rewrite yet; write one first, however short.",
        "rewriting-sentence-too-long": "A sentence of more than {most} characters is not sent; shorten it first.",
        "rewriting-no-answer": "{host} cannot be reached; see whether it runs and STUDIO_REWRITING_URL is right.",
        "rewriting-too-slow": "{host} gave no answer within {seconds:.0f} seconds; try again, or name a smaller model.",
        "rewriting-key-refused": "{host} does not take the key; see whether STUDIO_REWRITING_KEY is right.",
        "rewriting-model-unknown": (
            "{host} has no model “{model}” at this address; see whether STUDIO_REWRITING_MODEL and "
            "STUDIO_REWRITING_URL are right."
        ),
        "rewriting-too-often": "{host} takes no more at the moment; try again later.",
        "rewriting-elsewhere": (
            "{host} points to another address, to which nothing is sent; name that one in STUDIO_REWRITING_URL if it "
            "is meant."
        ),
        "rewriting-refused": "{host} refuses it (status {status}); what it logs may say more.",
        "rewriting-unreadable": "What {host} answers has not the form of OpenAI's chat completions.",
        "rewriting-too-long": "The answer of {host} is too long for a sentence; try again, or name another model.",
        "rewriting-empty": "The answer of {host} is empty; try again, or name another model.",
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
        "database-room-needed": (
            "a copy is kept before it is changed for this version, for which {size:,.0f} MB must be free in {folder}."
        ),
        "database-no-room": "a copy is kept before it is changed for this version, and there is no room in {folder}.",
        "database-not-copied": (
            "a copy is kept before it is changed for this version, and none can be made in {folder} ({said})."
        ),
        "database-unchanged": "it could not be changed for this version ({said}), and is as it was before.",
        "database-put-back": (
            "it could not be changed for this version ({said}), and was put back from the copy from before."
        ),
        "database-go-back": (
            "Use the version from before, and report the problem; a copy of it is at {backup} as well."
        ),
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
        # --- LoRAs ---
        "lora-not-here": (
            "The LoRA {name} is not in this studio any more; add its file on the page “LoRAs” again, or take it off."
        ),
        "lora-in-use": "{name} stays, for it is in use: {use}. Take it off there first.",
        "lora-in-use-by-more": (
            "{name} stays, for it is in use: {use} (further projects that use it: {more}). Take it off there first."
        ),
        "lora-used-by-project": "by the project “{project}”",
        "lora-used-by-shots": "in “{project}” by {shots}",
        "lora-of-several": "Several LoRAs are called “{name}”; name one by the beginning of its SHA-256: {ids}.",
        "lora-name-for-one": "--name is for one file; add them one by one.",
        "toml-lora": 'lora is a list of files with their strengths, as ["rain.safetensors:0.8"], and not {value}.',
        "toml-lora-unreadable": "the file of a LoRA cannot be read ({reason}).",
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
        "toml-no-image": "it has no image and no video, and a shot that starts with a cut begins with one.",
        "toml-video-continues": "it goes on from a video, so that it cannot continue the shot before it, too.",
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
        "import-not-plain": "“{name}” is neither a file nor a folder.",
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
        "direct-guided": (
            "{shot} is guided to a picture at its end, and section by section it is not known when that begins; take "
            "the picture away first."
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
        "video-and-continue": (
            "It goes on from a video, so that it cannot continue the shot before it, too; let it start with a cut, or "
            "take the video away."
        ),
        "backwards-start-without-video": (
            "'{checkpoint}' works backwards and cannot go on from a video; give the shot a picture, or choose F1."
        ),
        "no-picture-yet": "It has no picture yet, and a shot that starts with a cut begins with one, or with a video.",
        "weights-not-here": "The weights of '{checkpoint}', which this shot has of its own, are not on this computer.",
        "backwards-start-with-cut": (
            "'{checkpoint}' works backwards and cannot continue a shot; let it start with a cut."
        ),
        # --- why a take is out of date ---
        "why-text": "Text changed",
        "why-loras": "LoRAs changed",
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
        "why-video": "The video before it changed",
        "why-end": "The picture at its end changed",
        "loop-without-picture": "{shot} has no picture of its own to end with; give it one first.",
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
        "quality-unlike": "At {at:.1f} s it is little like its picture.",
        "quality-unlike-help": "Go on from before it with another seed or a beat with a picture, or cut there.",
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
        "story-lacks-video": (
            "{shot} went on from a video that is not in this studio (its hash begins with {video}); give it that "
            "video, or a picture."
        ),
        "story-lacks-end-picture": (
            "{shot} was made towards a picture that is not in this studio (its hash begins with {picture}); without it "
            "the shot ends otherwise."
        ),
        "story-first-frame-for-video": (
            "{shot} went on from a video that is not in this studio (its hash begins with {video}); it begins with the "
            "first frame of its take."
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
        "story-lacks-lora": (
            "{shot}: the LoRA {name} ({sha256}…) is not in this studio; add its file, or take it off the shot."
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
        "doctor-add-lora": "Add the same file again: “python -m projects loras add FILE” puts it in its place.",
        "doctor-no-file": "{name} has no file any more.",
        "doctor-no-row": "{name} belongs to nothing in the database.",
        "doctor-orphan": "With --repair it is put aside.",
        "doctor-repaired": "It was put aside or put right.",
        "doctor-queue": "the queue's database cannot be used ({said}).",
        "doctor-queue-again": (
            "Close the studio and move {file} away; a new one is made, and what was ordered has to be ordered again."
        ),
        "doctor-copies": (
            "{count} from before the database was changed for newer versions ({size:,.1f} MB); the newest is {newest}."
        ),
        "doctor-harmed": "a database that a change did harm to was put aside at {file}, and its copy put back.",
        "doctor-clean-harmed": "Where nothing is missed, “python -m projects clean --yes” removes it.",
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
        "report-written": (
            "{file} is written, and nothing was sent anywhere: it goes where you send it. README.txt in it says what "
            "is there."
        ),
        "doctor-port-ours": "the studio runs here, at port {port}.",
        "doctor-port-other": "port {port} is taken by another program, so the studio cannot start there.",
        "doctor-store": "it answers and can be written: {place}.",
        "doctor-store-reach": (
            "See that it is mounted or reached from here, and that it may be written: for s3:// the keys have to be in "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in the files that its library reads."
        ),
        "doctor-clock-well": "the clocks agree.",
        "doctor-clock-off": "this computer's clock and the database's are {seconds:.0f} seconds apart.",
        "doctor-clock-behind": (
            "this computer's clock stands {seconds:.0f} seconds before the newest file in the studio's folder."
        ),
        "doctor-clock-beat": (
            "the last sign of life of {worker} lies {seconds:.0f} seconds ahead: the database's clock was set back."
        ),
        "doctor-clock-worker": (
            "the clock of {worker} was at least {seconds:.0f} seconds ahead of the database's when it began."
        ),
        "doctor-set-clock": "Have the clock set by the network, and start the studio again.",
        "doctor-set-clock-of": "Have the clock of {host} set by the network, and start its worker again.",
        "doctor-not-shared": "only this computer reaches the studio.",
        "doctor-shared": "the studio is to be shared at {address}: {who}",
        "doctor-shared-plainly": (
            "the studio is to be shared at {address}: {who} What is sent, the password too, is not encrypted."
        ),
        "doctor-shared-now": "the studio at port {port} is shared at {address}, though STUDIO_SHARE is not set here.",
        "doctor-unshare": "Where that is not wanted, unset STUDIO_SHARE and start the studio again.",
        "doctor-share-stop": "Where that is not wanted, start it again: “python -m projects serve restart”.",
        "doctor-certificate": "On a network that others use, give it a certificate (STREAMLIT_SERVER_SSL_CERT_FILE).",
        "doctor-password": "Set a password, or have the studio listen at 127.0.0.1 without STUDIO_SHARE.",
        "doctor-folder-closed": "other users of this computer cannot look into it.",
        "doctor-folder-read": "other users of this computer can read the studio's folder, pictures and films too.",
        "doctor-folder-written": "other users of this computer can change what is in the studio's folder.",
        "doctor-door-open": "other users of this computer can read the password's hash, or the token of programs.",
        "doctor-close-folder": "Close it to them: chmod -R go-rwx {folder}",
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
        "kind-loras": "files of LoRAs that were put away",
        "kind-copies": "old copies of the database",
        "kind-damaged": "damaged files that were put aside",
        "deleted-projects": "projects {names}",
        "deleted-shots": "deleted shots of other projects: {count}",
        "deleted-takes": "takes thrown away: {count}",
        "deleted-loras": "LoRAs put away: {count}",
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
        # --- the studio saved to a folder, and put back ---
        "backup-done": "The studio is saved in {folder}: {files:,} files, {size:,.1f} MB.",
        "backup-copied": (
            "Copied just now: the database and {files:,} files, {size:,.1f} MB. What was there already was not."
        ),
        "backup-would": (
            "{files:,} files would be in {folder}, {size:,.1f} MB; {missing:,} of them, {missing_size:,.1f} MB with "
            "the database, would be copied. Nothing was written."
        ),
        "backup-not-taken": (
            "Not in it: small copies and pieces of films, which are made again; models; logs; the queue's own state; "
            "the password and who has signed in."
        ),
        "backup-file-damaged": "Damaged, and not saved: {name} ({reason}).",
        "backup-earlier-stays": "Damaged: {name} ({reason}). The whole copy from before stays in the backup.",
        "backup-left-out": "Left out, since it is a link, no plain file or oddly named: {name}.",
        "backup-postgresql": (
            "The database is a PostgreSQL server's: save it with pg_dump, both the studio's and the one of its queue, "
            "and copy the folder {home} after that."
        ),
        "backup-restoring": (
            "{home} is only partly put back from a backup; finish that first, with “python -m projects restore”."
        ),
        "backup-no-studio": "There is no studio in {home} to save; name its folder through STUDIO_HOME.",
        "backup-inside": (
            "{folder} lies within the studio's own folder {home}; name one elsewhere, best on another disk."
        ),
        "backup-no-folder": "{folder} is no folder; name one that is new, empty or an earlier backup.",
        "backup-not-empty": (
            "{folder} holds other files and no backup; name one that is new, empty or an earlier backup."
        ),
        "backup-of-another": "{folder} holds the backup of another studio; name another folder.",
        "backup-no-room": "It needs {needed:.1f} GB in {folder}, where {free:.1f} GB are free; free some space first.",
        "backup-under-way": "A backup to {folder} is under way; wait until it is done.",
        "backup-database": (
            "The database {file} cannot be used ({said}); “python -m projects doctor” says what to do with a studio's."
        ),
        "backup-disk-full": "The disk is full. Free some space and do it again; what was copied is kept.",
        "backup-is-none": "There is no backup in {folder}; name the folder that “python -m projects backup” wrote.",
        "backup-too-new": "The backup in {folder} was made by a newer version of the studio; use that version.",
        "backup-unfinished": (
            "The backup in {folder} was cut short before it was complete; make it again, or take another."
        ),
        "backup-list-damaged": "The list of the backup in {folder} (backup.json) is damaged; take another backup.",
        "backup-leads-out": (
            "The backup in {folder} names a file twice, or one where the studio keeps none ({name}); nothing of it is "
            "used."
        ),
        "backup-damaged": (
            "The backup in {folder} is damaged: {count:,} of its files are missing or changed ({names}); nothing was "
            "put back. Make it again where the studio still is, or take another."
        ),
        "backup-changed": "What the backup has for {name} changed just now; nothing more was put back.",
        "backup-whole": (
            "The backup in {folder} is whole and can be put back: {files:,} files, {size:,.1f} MB. Nothing was written."
        ),
        "restore-done": "The studio is put back into {home}: {files:,} files, {size:,.1f} MB. It may be started now.",
        "restore-postgresql": (
            "The database is a PostgreSQL server's: put it back with psql or pg_restore, and copy the folder back by "
            "hand."
        ),
        "restore-while-running": "A studio runs from {home}, at {url}; end it first, or name an empty STUDIO_HOME.",
        "restore-while-held": "A studio or worker runs from {home} ({file} is locked); end it first.",
        "restore-into-studio": (
            "There is a studio already: {file}. Move its folder aside, or name an empty one through STUDIO_HOME."
        ),
        "restore-no-folder": "{folder} is a link, or not what should be there; move it aside and do it again.",
        "restore-unfinished": "the studio is only partly put back from a backup.",
        "restore-again": "Run “python -m projects restore {folder}” again; it goes on where it was.",
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
