"""The engine's messages in English; a place takes the value of its name, with Python's formats.

The reasons within the engine's errors are all here, whoever raises them, for an error words itself by this table.
"""

from __future__ import annotations

from types import MappingProxyType

ENGLISH = MappingProxyType(
    {
        # Something that was said in words from the start, by a library or an operating system.
        "text": "{text}",
        # Several messages as one.
        "sentences": "{first} {second}",
        "clauses": "{first}; {second}",
        # --- errors ---
        "invalid-request": "{field}: {reason}",
        "card-no-words": "there are no words for the card",
        "picture-no-words": "there are no words for the pictures",
        "setting-rejected": "{setting}: {reason}",
        "image-rejected": "The picture {name} cannot be used: {reason}",
        "video-rejected": "The video {name} cannot be gone on from: {reason}",
        "weights-missing": (
            "The weights of '{checkpoint}' are not on this computer ({missing} is missing). "
            "Fetch them with: python -m framepack download {checkpoint}"
        ),
        "weights-damaged": "The {part} of '{checkpoint}' cannot be read ({reason}). Fetch or copy it again.",
        "weights-lack": "it lacks {tensor} and {more} more",
        "weights-have-more": "it also has {tensor} and {more} more",
        "file-unreadable": "{file}: {reason}",
        "file-empty": "{file} is empty",
        "file-is-a-pointer": (
            "{file} is a pointer of Git LFS, not the file itself, which git lfs pull or the download fetches"
        ),
        "file-is-a-web-page": "{file} is a page of the web, saved in place of the file",
        "file-is-no-weights": "{file} is not a safetensors file",
        "file-is-a-pickle": (
            "{file} is a pickle, which may run any program when it is opened and is therefore never read; "
            "get it as a safetensors file"
        ),
        "file-is-gguf": "{file} is a GGUF file, not a safetensors file",
        "file-is-no-gguf": "{file} is damaged or cut short; it cannot be read as the GGUF file it begins as",
        "file-without-tensors": "{file} holds no weights",
        "file-is-lora": "{file} is a LoRA, which changes a model and is none by itself",
        "file-is-of-model": "{file} is a model of {model}, not one of FramePack",
        "file-is-unknown": "{file} holds weights of no model that FramePack uses; the first is {first}",
        "file-taken-by-name": (
            "{file} is FramePack's transformer, taken for that of '{checkpoint}' by its name alone, for F1 and the "
            "original have the same layers; 'F1' in the name says that it is F1"
        ),
        "file-format-unknown": "{file} holds {tensor} in the format {format}, which cannot be read",
        "file-cut-short": "{file} is cut short: it has {size} of {needed} bytes",
        "tensor-not-finite": "{tensor} in {file} holds values that are no numbers",
        "host-memory-short": (
            "The computer's memory ran out while the {part} of '{checkpoint}' was read; nothing is wrong with the "
            "files. Close other programs or choose a smaller model."
        ),
        "device-unavailable": "There is no device '{device}' on this computer; there is: {available}.",
        "rank-lost": (
            "One of the {cards} cards that work on the shot together does not go on ({reason}). The shot goes on from "
            "its last finished section when it is tried again."
        ),
        "rank-unreachable": "the others do not reach it: {said}",
        "rank-silent": "one of them said nothing for {seconds:.0f} s",
        "rank-stopped": "the process of card {card} ended with status {status}",
        "rank-failed": "card {card}: {said}",
        "rank-memory": "card {card} ran out of memory",
        "section-missing": "Section {key} is needed but is not stored; render the shot before this one first.",
        "lora-rejected": "The LoRA {name} cannot be used: {reason}.",
        "still-model-rejected": "The picture model {name} cannot be used: {reason}.",
        "still-model-not-there": "it is not in the folder {folder}, where each has a folder as diffusers saves it",
        "still-model-no-index": "its {file} is not one that diffusers writes; fetch the model anew",
        "still-model-has-code": "it needs code of its own, which the studio never runs",
        "still-model-unsafe": "its part {part} has no safetensors file, and other files may carry code",
        "still-model-no-weights": "it has no weights; was it downloaded to the end?",
        "still-model-too-large": "it needs {needed:.1f} GB of memory, and {free:.1f} GB are free",
        "still-model-not-loaded": "diffusers does not read it ({said})",
        "still-model-makes-none": "its pipeline {pipeline} makes no pictures",
        "enlarger-rejected": "The enlarging model {name} cannot be used: {reason}.",
        "enlarger-not-there": "it is not in the folder {folder}, where such models are put as safetensors files",
        "enlarger-library": (
            "the library that reads it is not installed; install it with: pip install -r requirements-enlarging.txt"
        ),
        "enlarger-library-fails": "the library that reads it does not start ({reason})",
        "enlarger-unknown": "no model that enlarges pictures is known that has its tensors",
        "enlarger-other-purpose": "it does not make pictures in colour larger",
        "lora-missing": "The LoRA {sha256} is not on this computer any more; add its file again, or take it off.",
        "video-mismatch": "The video {name} cannot be joined: {reason}",
        "download-failed": "{repository} could not be fetched: {reason}.",
        "latents-rejected": "The latents file {name} cannot be continued from: {reason}.",
        "values-lost": "What was computed is no picture: {what} hold values that are no numbers.",
        "decoded-frames": "the decoded frames",
        "encoded-latents": "the latents of the video that is gone on from",
        "sampled-latents": "the latents that the model made of this section",
        "predicted-latents": "the latents of a step in the 16-bit numbers of this card",
        "not-enough-memory": (
            "A picture of {size} needs about {needed:.1f} GB of the device's memory and {available:.1f} GB of it can "
            "be used; choose a smaller size, close other programs, or allow more with STUDIO_MEMORY_GB."
        ),
        # --- what is put aside and made again ---
        "put-aside": "{name} is damaged ({reason}); it was put aside as {place} and is made again when it is needed.",
        "manifest-damaged": "{name} cannot be read",
        "file-gone": "{name} is not there",
        "file-cut": "{name} has {size} bytes and had {finished}",
        "file-changed": "{name} is not what it was when it was finished",
        "latents-unreadable": "its latents cannot be read",
        "latents-not-finite": "its latents hold values that are no numbers",
        "video-unreadable": "its video cannot be decoded",
        "video-frames": "its video has {frames} frames and should have {expected}",
        "video-last-frame": "its video ends with another frame than it should",
        "conditioning-unreadable": "it cannot be read",
        "conditioning-not-finite": "it holds values that are no numbers",
        # --- reasons: a ZIP file that somebody else made ---
        "packed-damaged": "it is no ZIP file, or it is damaged.",
        "packed-lacks": "it lacks {name}.",
        "packed-many": "it has more than {most:,} files.",
        "packed-large": "what is packed in it is larger than {most:.1f} GB, for which there is no room.",
        "packed-path": "it holds a file that would be put elsewhere: “{name}”.",
        "packed-link": "it holds “{name}”, which is no file but a link or a device.",
        "packed-otherwise": "“{name}” is encrypted, or packed in a way that is not known.",
        "packed-bomb": "“{name}” is far larger than it can be.",
        "packed-twice": "it holds two files of one name.",
        # --- what the person may want to know while a shot is made ---
        "cards-joined": "{cards} cards work on the shot together.",
        "cards-memory-short": "One of the cards ran out of memory; the section is begun again with less on each.",
        "cards-decode-alone": "One of the cards ran out of memory while it decoded; the first one decodes alone now.",
        "compiling": "The model is compiled for this device before the first step; that takes up to a minute, once.",
        "not-compiled": (
            "The transformer's blocks could not be compiled on this computer and run uncompiled, more slowly "
            "({reason})."
        ),
        "fp8-fails": (
            "Products in 8 bits do not work on this computer and are made in 16 bits, more slowly ({reason})."
        ),
        "apple-is-experimental": (
            "Apple's GPUs are experimental: nobody has compared what is made on them with other devices yet."
        ),
        "fp16-is-experimental": (
            "This card has no bf16 and computes in fp16, which is experimental: nobody has compared the results yet."
        ),
        "kernels-fail": (
            "The studio's own kernels do not run on this computer, which makes everything a little slower ({reason})."
        ),
        "wrong-values": "they give wrong values",
        "loras-changed": "The model's weights were read again for another choice of LoRAs, in {seconds:.1f} s.",
        "memory-not-locked": (
            "The computer's memory could not be locked for copies to the device, so that weights arrive at a fraction "
            "of the speed; more free memory, or a higher limit on locked memory, would help."
        ),
        "memory-short": "Memory ran short. {plan}",
        "memory-short-decoding": "Memory ran short while decoding; frames are decoded in {tile} px tiles.",
        "decoded-again": "A few frames were too much for 16-bit numbers and were decoded again in 32.",
        # --- what lies where in memory: clauses of one sentence ---
        "blocks-stay": "All {blocks} blocks of the model stay in memory",
        "blocks-streamed": "All {blocks} blocks of the model are streamed from {origin}",
        "some-blocks-streamed": (
            "{resident} of the model's {blocks} blocks stay on the device, the others are streamed from {origin}"
        ),
        "from-memory": "the computer's memory",
        "from-files": "their files at every step, which is slow",
        "text-layers-streamed": "{streamed} of {layers} layers of the text encoder are streamed",
        "frames-whole": "frames are decoded whole",
        "frames-tiled": "frames are decoded in {tile} px tiles",
        "memory-used": "about {need:.1f} GB of {room:.1f} GB are used.",
        # --- reasons: values of a request ---
        "not-between": "{value} is not between {least} and {most}",
        "no-such-choice": "there is no '{name}'; there is: {choices}",
        "too-long": "it is longer than {most} characters",
        "beat-time": "'{text}' is no time in seconds",
        "beats-many": "a shot has at most {most} beats",
        "beats-out-of-order": "the beat at {at:g} s stands behind that at {before:g} s; order them by their times",
        "sounds-many": "a shot has at most {most} sounds",
        "sound-value": "the sound's '{key}' cannot be so",
        "film-value": "it cannot be {value}",
        "film-not-among": "it is {value:g} and must be one of {choices}",
        "video-value": "the video's '{key}' cannot be so",
        "beat-value": "the beat's '{key}' cannot be so",
        "no-length": "{seconds:g} is not more than 0 and at most {most:g}",
        "no-side": "{size} pixels is not a multiple of 16 between {least} and {most}",
        "placed-unfilled": "a picture that is shown whole has no place of its own",
        "threshold-mismatch": "{threshold:g} does not go with the step cache '{cache}'",
        "no-magnitude-ratios": "'magcache' needs figures of the model, and there are none of '{checkpoint}'",
        "prompt-empty": "it is empty; say in a few words what happens in the shot",
        "cut-without-picture": "a shot that starts with a cut needs a picture",
        "video-bad-name": "'{text}' is not a SHA-256 in hexadecimal",
        "video-bad-frames": "the pictures {first} to {last} of a video cannot be gone on from",
        "video-continues": "a shot that goes on from a video cannot go on from the shot before it, too",
        "backwards-no-video": "'{checkpoint}' works backwards and cannot go on from a video",
        "backwards-use-cut": "'{checkpoint}' works backwards and cannot continue a shot; use a cut",
        "chain-differs": "shots that continue each other must share the model and the picture size",
        "picture-not-prepared": "its picture has not been prepared",
        "prompt-not-prepared": "it has not been prepared",
        "wrong-channels": "it has {channels} channels where this model takes {expected}",
        "cfg-needs-negative": "{cfg:g} needs the negative prompt to be encoded",
        "does-not-work-here": "'{name}' does not work here; there is: {choices}",
        "cards-unlike": "'{name}' does not name cards of one kind, each of them once, as cuda:0+1 does",
        "cards-not-here": "several cards can work on one shot on Linux only",
        "cards-share-heads": (
            "{cards} cards cannot share the {heads} heads of the model's attention; numbers that can: {choices}"
        ),
        # --- reasons: arguments of a command ---
        "is-folder": "{path} is a folder; name a file",
        "no-folder": "there is no folder {path}",
        "folder-not-writable": "the folder {path} may not be written to",
        "is-no-file": "{path} is there and is not a file",
        "wrong-ending": "{path} does not end as what is written, which is {endings}",
        "cannot-be-written": "{path} cannot be written ({reason})",
        "no-room": "there is no room in {path}: {free} MiB are free, and at least {least} are needed",
        "argument-not-utf-8": (
            "{text} is not text in UTF-8. Have the terminal send UTF-8, or give the file another name."
        ),
        "same-output": "the video and the latents cannot both be {path}",
        "replaces-picture": "it would replace the picture {path}",
        "replaces-sound": "it would replace the sound {path}",
        "replaces-latents": "it would replace the latents {path}",
        "replaces-storyboard": "it would replace the storyboard {path}",
        "latents-of-another": "the latents were made by '{other}', not '{checkpoint}'",
        "backwards": "'{checkpoint}' works backwards and cannot continue a shot",
        "no-start": "name a picture to start from, or a video or latents to go on from",
        "two-pasts": "a shot goes on from a video or from latents, not from both",
        "replaces-video": "it would replace the video {path}",
        "no-size": "'{text}' is not a height and a width such as 144x256",
        "size-stays": "the latents are of {height}x{width} and stay so",
        "weights-of-its-own": "'{checkpoint}' has weights of its own everywhere; name another",
        "no-number": "'{text}' is no number",
        "no-memory-size": "'{said}' is not a number of GB.",
        "no-text-device": "'{said}' is not 'cpu', the only other place for the text encoder.",
        "no-lora-setting": "'{said}' is not 'partly', which allows LoRAs that fit the model only in part.",
        # --- remarks on a shot ---
        "prompt-not-read": (
            "The prompt has {tokens} tokens and the model reads {most} of them: from “{rest}” on it has no effect."
        ),
        "prompt-not-read-by-clip": (
            "Of the prompt's {tokens} tokens the second encoder, which gives only the general direction, reads {most}; "
            "from “{rest}” on only the first reads it."
        ),
        "prompt-times": "Times in this prompt, such as [3s: ...], are read as words, not as times.",
        "shot-lasts-longer": "It is asked to last {seconds:g} s and lasts {shortest:.2f} s, the shortest it can.",
        # --- where a shot goes on from a video ---
        "join-unseen": (
            "The join to the video is not seen: colour steps there by {colour:.1f} of 255 (beside it by up to "
            "{usual_colour:.1f}), and the picture by {movement:.1f} (before it by up to {usual_movement:.1f})."
        ),
        "join-seen": (
            "The join to the video can be seen: colour steps there by {colour:.1f} of 255 (beside it by up to "
            "{usual_colour:.1f}), and the picture by {movement:.1f} (before it by up to {usual_movement:.1f})."
        ),
        # --- what went wrong while a command was at work ---
        "command-disk-full": "The disk is full. Free some space and try again; nothing was written.",
        "command-file-problem": "A file could not be read or written ({reason}).",
        # --- the store that several computers share ---
        "store-away": "The shared store {place} cannot be used now ({reason}). Nothing is lost; it is asked again.",
        "store-not-mounted": "what is there is empty; the disk or share may not be mounted",
        "store-another": "it is not the store that this computer knows; if that is meant, remove {note}",
        "store-host-unknown": "this computer does not know the server {host}, or it shows another key than before;"
        " connect to it once by ssh, compare the key, and try again",
        "store-reads-otherwise": "what is read there is not what was written",
        "unknown-store": "it has to be the path of a folder, or an address that begins with one of {known}.",
        "store-without-place": "after {scheme}:// it has to say where, such as a bucket or a computer, and a folder.",
        "no-cache-size": "'{said}' is no number of gigabytes above 0.",
        "store-needs-package": "for {scheme}:// the package {package} has to be installed: pip install {package}",
        # --- reasons: settings of the studio ---
        "no-database-url": "it is not a database URL.",
        "no-card-count": "'{said}' is neither a number of cards, 1 or more, nor auto.",
        "unknown-database": "'{backend}' is neither sqlite nor postgresql.",
        "rewriting-without-model": "STUDIO_REWRITING_URL needs it: the name of the model that is to answer there",
        "rewriting-no-address": (
            "it has to be an address such as http://localhost:11434/v1, without a name, a password or a “?” in it; a "
            "key belongs into STUDIO_REWRITING_KEY"
        ),
        "rewriting-no-key": "a key has letters, digits and signs of English only, and no space",
        "database-in-memory": "a database in memory cannot be shared with the worker.",
        # --- reasons: files of latents ---
        "no-such-file": "there is no such file",
        "file-not-plain": "it is no plain file",
        "no-safetensors": "it is damaged or not a safetensors file",
        "not-saved-latents": "it was not written by --save-latents",
        "another-rate": "it was made for another rate than {fps} frames a second",
        "too-many-tokens": "its image embedding has {tokens} tokens",
        "odd-side": "it says its picture is {text!r} pixels high or wide",
        "odd-seconds": "it says it lasts {text!r} seconds",
        "no-tensor": "it has no '{name}'",
        "wrong-tensor": "'{name}' is {shape} of {type} where {wanted} is needed",
        "not-finite": "'{name}' holds values that are not numbers",
        # --- reasons: LoRAs ---
        "lora-of-another-model": "it was made for {model}, not for FramePack or HunyuanVideo",
        "lora-fits-nothing": "none of its {count} tensors fits a layer of this model; the first is {first}",
        "lora-is-none": "it holds no LoRA; its first tensor is {first}",
        "lora-empty": "it holds no tensors",
        "lora-is-dora": "it is a DoRA, of which only the LoRA itself could be applied",
        "lora-config-unreadable": "its {place}, which holds its scale, cannot be read",
        "lora-changed": "its file is another one than was chosen; choose it again",
        "lora-keys-unknown": (
            "{count} of its {all} tensors fit no layer of this model ({names}); allow that to use the others alone"
        ),
        "lora-unnamed": "a LoRA has a name",
        "lora-value": "{key} of a LoRA is none that it can have",
        "lora-many-bytes": "it has more than {most} GiB",
        "lora-not-safetensors": "only files that end in .safetensors are taken",
        "lora-needs-strength": "'{text}' has no strength after its last colon",
        "lora-bad-strength": "{strength:g} is not between {least:g} and {most:g}",
        "lora-bad-name": "'{text}' is not a SHA-256 in hexadecimal",
        "loras-many": "a shot has at most {most} LoRAs",
        "lora-twice": "the LoRA {name} is named twice",
        # --- reasons: files of weights ---
        "nothing-to-download": "'{checkpoint}' comes with the program; there is nothing to download",
        "hub-unreachable": "the hub cannot be reached from this computer",
        "hub-answered": "the hub answered {answer}",
        "hub-unknown": "the hub has no such repository for everybody; set HF_TOKEN if you have the right to it",
        "hub-gated": (
            "its makers ask for consent first; open https://huggingface.co/{repository}, agree there, and set HF_TOKEN "
            "to a token of yours"
        ),
        "hub-offline": "it is not all here, and STUDIO_OFFLINE says that nothing may be fetched",
        "download-no-room": (
            "it needs {needed:.1f} GB in {folder} and {free:.1f} GB are free; free some, or set STUDIO_MODELS to a "
            "folder elsewhere"
        ),
        "download-disk-full": "the disk is full; free some space and fetch it again, which goes on where it stopped",
        "download-damaged": (
            "{file} arrived with another checksum than it was published with and was thrown away; fetch it again, or "
            "from the hub itself if this was a mirror"
        ),
        "oidc-not-encrypted": "“{said}” is not the address of a provider; it has to begin with https://",
        "oidc-incomplete": (
            "it takes the client id that the provider gave the studio, and who may come in: e-mail addresses, or "
            "@example.org for everybody there"
        ),
        "no-yes-or-no": "'{said}' is neither yes nor no",
        "no-address": "'{said}' is not an address such as {example}",
        "no-weight-index": "{file} is not an index of weights",
        # --- reasons: videos ---
        "no-frame-rate": "it has no frame rate",
        "video-differs": "its size, rate or encoding differs from the first",
        "too-few-frames": "it has {frames} frames and {asked} are asked for",
        # --- why a picture cannot be used ---
        "picture-missing": "there is no such file.",
        "picture-not-a-file": "it is not a file.",
        "picture-not-allowed": "it may not be read.",
        "picture-unknown": "it is not a picture of a known kind ({kinds}).",
        "picture-damaged": "it is damaged or cut short.",
        "picture-changed": "it is not what it was when it was put in; put it in again.",
        "picture-too-small": "it is {width} x {height} pixels; each side must have at least {least}.",
        "picture-too-large": (
            "it has {megapixels:.0f} megapixels ({width} x {height}), too many to open; save it with at most "
            "{fitting_width} x {fitting_height} pixels."
        ),
        "picture-many-bytes": "its file is larger than {most} MiB, the most that is taken; save it smaller.",
        "picture-bomb": "it has far too many pixels to open; save it smaller.",
        "picture-measurements": "it holds measurements, not colours; save it as an 8 or 16 bit picture.",
        "picture-too-deep": "it has more than 16 bits a colour; save it with 8 or 16.",
        # --- why a video cannot be gone on from ---
        "video-unknown": "it is not a video of a known kind ({kinds}).",
        "video-without-pictures": "it holds no moving pictures.",
        "video-is-picture": "it is a picture; use it as the shot's picture.",
        "video-other-end": "its last picture is another one than it was asked to be; choose it again.",
        "video-damaged": "it is damaged or cut short, and none of its last pictures can be read.",
        "video-too-short": "it is shorter than {least:.2f} s; use a picture of it instead.",
        "video-long": "it lasts longer than {most} minutes; save its end as a file of its own.",
        "video-many-bytes": "its file is larger than {most} MiB, the most that is taken; save its end only.",
        "video-size": (
            "its pictures are of {width} x {height} pixels; each side must have at least {least}, and all of one at "
            "most {most:.0f} megapixels."
        ),
        # --- what is to be said of a video that is gone on from ---
        "video-remark": "About the video {name}: {remark}",
        "video-hdr": "it is an HDR video; its colours were brought into the range of an ordinary one.",
        "video-cut": "it is cut short; the shot goes on from the last picture that can be read.",
        # --- what is to be said of a picture that is used ---
        "picture-remark": "About the picture {name}: {remark}",
        "picture-animated": "it is an animation; what is used is its frame {number}, as a still picture.",
        "picture-cut": "it is cut short; its last {missing:.1f} % are missing and stay grey.",
        "picture-hdr": "it is an HDR picture; its colours were brought into the range of an ordinary one.",
        "card-unused": (
            "This computer has an NVIDIA card, and the installed PyTorch was built without CUDA and leaves it alone. "
            "Install the other build: pip install uv && uv pip install --torch-backend=auto "
            "--reinstall-package torch torch==2.13.0"
        ),
    }
)
