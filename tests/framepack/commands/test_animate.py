"""The commands: what they write, what they print, and how they refuse. In this process, with tiny checkpoints."""

from __future__ import annotations

import errno
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from framepack.commands.latents_file import read_latents
from framepack.commands.parser import lora_at, main
from framepack.media.pictures import picture_hash
from framepack.media.video import probe
from framepack.shots.keys import plan_chain
from projects.stories.reading import story_of_path
from tests.support.checkpoints import build_models
from tests.support.own_videos import moving, write_video

FIELDS = [
    *("output", "frames", "fps", "height", "width", "sections", "seconds", "seconds_per_section"),
    *("peak_memory_mb", "model", "seed"),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(3).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).resize((90, 90)).save(path)
    return path


def run(models: Path, *arguments: object) -> int:
    return main([str(argument) for argument in arguments], {"STUDIO_MODELS": str(models)})


def animate(models: Path, *arguments: object) -> int:
    small = ("--model", "f1", "--device", "cpu", "--steps", "1")
    return run(models, "animate", "--prompt", "a boat", *small, *arguments)


def test_what_is_to_be_said_of_a_picture_is_said_on_standard_error(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    small = ("--size", "64x64", "--seconds", 0.1, "-o", tmp_path / "out.mp4")
    assert animate(models, tmp_path / "a.gif", *small) == 0
    said = capsys.readouterr()
    assert f"About the picture {tmp_path / 'a.gif'}: it is an animation" in said.err
    assert json.loads(said.out)["height"] == 64


def test_the_memory_it_may_take_is_capped_and_refused_where_it_is_none(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = (picture, "--size", "64x64", "--seconds", 1, "-o", tmp_path / "out.mp4")
    assert animate(models, *small, "--memory-gb", "lots") == 2
    assert capsys.readouterr().err == "--memory-gb: 'lots' is not a number of GB.\n"
    assert animate(models, *small, "--memory-gb", 0.1) == 2
    assert "choose a smaller size" in capsys.readouterr().err
    assert main(["animate", "--prompt", "x", *map(str, small)], {"STUDIO_MEMORY_GB": "0.1"}) == 2
    assert "choose a smaller size" in capsys.readouterr().err
    assert animate(models, *small, "--memory-gb", 4) == 0


def test_loras_are_named_with_their_strengths_and_change_the_video(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lora = tmp_path / "style.safetensors"
    save_file({"single_blocks.0.linear2.diff": np.ones((16, 80), np.float32)}, lora)
    small = (picture, "--size", "64x64", "--seconds", 0.1, "-o", tmp_path / "out.mp4", "--save-latents")
    for number, more in enumerate([(), ("--lora", f"{lora}:0.5"), ("--lora", lora)]):
        assert animate(models, *small, tmp_path / f"{number}", *more) == 0
    made = [read_latents(tmp_path / f"{number}").latents for number in range(3)]
    assert not made[0].equal(made[1])
    assert not made[1].equal(made[2])
    capsys.readouterr()

    part = tmp_path / "part.safetensors"
    save_file(load_file(lora) | {"single_blocks.9.linear2.diff": np.ones((16, 80), np.float32)}, part)
    assert animate(models, *small, tmp_path / "3", "--lora", part) == 2
    assert "1 of its 2 tensors fit no layer" in capsys.readouterr().err
    assert animate(models, *small, tmp_path / "3", "--lora", part, "--partial-loras") == 0
    assert read_latents(tmp_path / "3").latents.equal(made[2])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("style.safetensors", ("style.safetensors", 1.0)),
        ("style.safetensors:-0.25", ("style.safetensors", -0.25)),
        (r"C:\Users\me\style.safetensors", (r"C:\Users\me\style.safetensors", 1.0)),
        (r"C:\Users\me\style.safetensors:0.8", (r"C:\Users\me\style.safetensors", 0.8)),
    ],
)
def test_a_colon_before_a_strength_is_told_from_one_after_a_drive(said: str, meant: tuple[str, float]) -> None:
    assert lora_at(said) == (Path(meant[0]), meant[1])


def test_a_strength_that_is_none_is_refused(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for said in ("style.safetensors:", "style.safetensors:strong"):
        with pytest.raises(SystemExit):
            main(["animate", "--prompt", "x", str(picture), "--lora", said], {})
        assert f"'{said}' has no strength after its last colon" in capsys.readouterr().err


def test_the_text_encoder_has_no_other_place_than_the_processor(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["animate", str(picture), "--prompt", "x", "-o", str(tmp_path / "out.mp4")]
    assert main(command, {"FRAMEPACK_TEXT_DEVICE": "moon"}) == 2
    assert "'moon' is not 'cpu'" in capsys.readouterr().err


def test_animating_a_picture_writes_the_video_and_says_so_in_json(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    assert animate(models, picture, "--size", "64x96", "--seconds", 2, "--seed", 5, "-o", out) == 0
    printed = capsys.readouterr()
    said = json.loads(printed.out.splitlines()[-1])
    assert list(said) == FIELDS
    facts = probe(out)
    assert (facts.frames, facts.fps, facts.height, facts.width) == (61, 30.0, 64, 96)
    assert {
        name: said[name] for name in ("output", "frames", "fps", "height", "width", "sections", "model", "seed")
    } == {
        "output": str(out),
        "frames": 61,
        "fps": 30,
        "height": 64,
        "width": 96,
        "sections": 2,
        "model": "f1",
        "seed": 5,
    }
    assert len(said["seconds_per_section"]) == 2
    assert 0 < sum(said["seconds_per_section"]) <= said["seconds"]
    assert said["peak_memory_mb"] > 100
    assert printed.err == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "picture.png"]


def test_what_is_not_read_of_a_prompt_and_what_no_shot_can_be_is_said_before_anything_is_made(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = " ".join(f"word{number} sails by" for number in range(150))
    small = ("--size", "64x64", "--seconds", "0.01", "-o", tmp_path / "out.mp4")
    assert animate(models, picture, *small, "--prompt", f"{long} [2s: she turns]") == 0
    printed = capsys.readouterr()
    *unread, short = dict.fromkeys(printed.err.splitlines())
    assert any("the model reads 256 of them" in line for line in unread)
    assert short == "It is asked to last 0.01 s and lasts 0.17 s, the shortest it can."
    assert json.loads(printed.out)["frames"] == 5


def test_beats_take_over_as_options_or_written_into_the_prompt_unless_that_is_taken_literally(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shot = (picture, "--size", "64x64", "--seconds", 2, "-o", tmp_path / "out.mp4")
    made = []
    for asked in (
        ("--beat", "0.8", "it turns"),
        ("--prompt", "a boat [0.8s: it turns]"),
        ("--prompt", "a boat [0.8s: it turns]", "--literal"),
        (),
    ):
        kept = tmp_path / f"{len(made)}.safetensors"
        assert animate(models, *shot, *asked, "--save-latents", kept) == 0
        made.append(load_file(kept)["latents"])
    summaries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    optioned, written, literal, plain = made
    assert np.array_equal(optioned, written)
    # 0.8 s are the picture and 6 latents; the section that is cut there is the plain shot's.
    assert np.array_equal(optioned[:, :, :7], plain[:, :, :7])
    assert not np.array_equal(optioned[:, :, 7:], plain[:, :, 7:])
    assert not np.array_equal(literal[:, :, 1:7], plain[:, :, 1:7])
    assert [(one["sections"], one["frames"]) for one in summaries] == [(2, 61), (2, 61), (2, 61), (2, 61)]


def test_saved_latents_hold_the_shot_and_can_be_continued_from(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = (tmp_path / f"{name}.safetensors" for name in ("first", "second", "third"))
    size = ("--size", "64x64")
    assert animate(models, picture, *size, "--seconds", 1, "-o", tmp_path / "1.mp4", "--save-latents", first) == 0
    latents = load_file(first)["latents"]
    assert latents.shape == (1, 16, 8, 8, 8)
    assert latents.dtype == np.float32
    with safe_open(first, framework="numpy") as file:
        assert file.metadata()["checkpoint"] == "f1"
    assert np.abs(latents).sum(axis=(0, 1, 3, 4)).min() > 0

    onward = ("--continue-from", first, "--seconds", 1.2, "--save-latents", second, "-o", tmp_path / "2.mp4")
    assert animate(models, *onward) == 0
    longer = load_file(second)["latents"]
    assert longer.shape[2] == 1 + round((2.2 * 30 - 1) / 4)
    assert np.array_equal(longer[:, :, :8], latents)
    assert probe(tmp_path / "2.mp4").frames == 4 * (longer.shape[2] - 8)
    assert np.array_equal(read_latents(second).anchor.numpy(), longer[:, :, -1:])

    again = ("--continue-from", first, "--seconds", 1.2, "--save-latents", third, "-o", tmp_path / "3.mp4")
    assert animate(models, picture, *again) == 0
    assert not np.array_equal(load_file(third)["latents"], longer)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["height"] == 64


def test_a_picture_of_another_shape_fills_the_frame_or_is_shown_whole_as_asked(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def start_of(*arguments: object) -> np.ndarray:
        kept = tmp_path / "kept.safetensors"
        made = ("--seconds", 0.1, "--save-latents", kept, "-o", tmp_path / "out.mp4")
        assert animate(models, picture, *made, *arguments) == 0
        return load_file(kept)["latents"][:, :, 0]

    filled = start_of("--size", "64x128")
    assert np.array_equal(filled, start_of("--size", "64x128", "--fit", "fill"))
    assert not np.array_equal(filled, start_of("--size", "64x128", "--fit", "fit"))
    assert np.array_equal(start_of("--size", "64x64"), start_of("--size", "64x64", "--fit", "fit"))
    assert np.array_equal(filled, start_of("--size", "64x128", "--place", 500, 500, 1000))
    assert not np.array_equal(filled, start_of("--size", "64x128", "--place", 500, 0, 1000))
    with pytest.raises(SystemExit):
        animate(models, picture, "--fit", "stretch")
    assert "invalid choice: 'stretch'" in capsys.readouterr().err


def test_the_draft_needs_no_download_and_takes_the_size_nearest_to_the_picture(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ("--steps", "1", "--seconds", "0.1", "--device", "cpu", "-o", str(tmp_path / "out.mp4"))
    assert main(["animate", str(picture), "--prompt", "a boat", *quick], {}) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["model"], said["height"], said["width"], said["frames"]) == ("draft", 192, 192, 5)


def test_an_interrupt_leaves_nothing_half_written(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # An interrupt that comes within a callback of the garbage collector, such as a test library leaves, is lost.
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    long = ("--seconds", 60, "--steps", 100, "--size", "64x64")
    code = animate(models, picture, *long, "-o", tmp_path / "out.mp4", "--save-latents", tmp_path / "kept")
    timer.join()
    gc.callbacks.extend(callbacks)
    assert code == 130
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]
    assert "Interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.png"], "there is no such file"),
        (["text.png"], "it is not a picture"),
        (["cut.png"], "it is damaged or cut short"),
        (["huge.png"], "save it with at most 11585 x 11585 pixels"),
        (["good.png", "--prompt", "  "], "prompt: it is empty"),
        (["good.png", "--seconds", "0"], "seconds: 0 is not more than 0 and at most 600"),
        (["good.png", "--seconds", "36000"], "seconds: 36000 is not more than 0 and at most 600"),
        (["good.png", "--seconds", "nan"], "seconds: nan"),
        (["good.png", "--seconds", "-1"], "seconds: -1"),
        (["good.png", "--model", "sora"], "there is no 'sora'; there is: draft, f1, original"),
        (["good.png", "--device", "tpu"], "There is no device 'tpu' on this computer"),
        (["good.png", "--device", "cuda:99"], "There is no device 'cuda:99'"),
        (["good.png", "--steps", "0"], "steps: 0 is not between 1 and 100"),
        (["good.png", "--size", "100x100"], "height: 100 pixels is not a multiple of 16"),
        (["good.png", "--size", "big"], "size: 'big' is not a height and a width"),
        (["good.png", "--seed", "-1"], "seed: -1"),
        (["good.png", "--preset", "best"], "preset: there is no 'best'; there is: exact, balanced, quick"),
        (["good.png", "--teacache", "2"], "threshold: 2.0"),
        (["good.png", "--model", "draft", "--magcache", "0.1"], "cache: 'magcache' needs figures of the model"),
        (["good.png", "-o", "nowhere/out.mp4"], "output: there is no folder"),
        (["good.png", "-o", "."], "is a folder"),
        (["good.png", "--save-latents", "nowhere/kept"], "output: there is no folder"),
        (["good.png", "-o", "good.png"], "it would replace the picture good.png"),
        (["good.png", "-o", "a", "--save-latents", "./a"], "the video and the latents cannot both be a"),
        (["--continue-from", "text.png", "-o", "text.png"], "it would replace the latents text.png"),
        (["good.png", "-o", "film.gif"], "output: film.gif does not end as what is written, which is .mp4"),
        (["good.png", "-o", "film"], "output: film does not end as what is written, which is .mp4"),
        (["good.png", "-o", "./good.png"], "it would replace the picture good.png"),
        (["good.png", "--save-latents", "good.png"], "it would replace the picture good.png"),
        (["--continue-from", "text.png", "--save-latents", "text.png"], "it would replace the latents text.png"),
        (["good.png", "--prompt", "caf\udce9 at night"], "argument: 'café at night' is not text in UTF-8"),
        (["good.png", "--model", "\udcff"], "argument: 'ÿ' is not text in UTF-8"),
        (["\udcff.png"], "argument: 'ÿ.png' is not text in UTF-8"),
        (["good.png", "-o", "\udcff.mp4"], "argument: 'ÿ.mp4' is not text in UTF-8"),
        ([], "image: name a picture to start from"),
        (["--continue-from", "missing.safetensors"], "there is no such file"),
        (["--continue-from", "text.png"], "not a safetensors file"),
        (["good.png", "--beat", "soon", "it turns"], "'soon' is no time in seconds"),
        (["good.png", "--beat", "2", ""], "it is empty"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(
    arguments: list[str],
    sentence: str,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save("good.png")
    Path("text.png").write_text("hello")
    Path("cut.png").write_bytes(Path("good.png").read_bytes()[:5000])
    Image.new("1", (12_000, 12_000)).save("huge.png")
    before = sorted(path.name for path in tmp_path.iterdir())
    assert animate(models, *arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["animate", "a.png"], "the following arguments are required: --prompt"),
        (["animate", "a.png", "--prompt", "x", "--steps", "many"], "argument --steps: invalid int value: 'many'"),
        (["dance"], "invalid choice: 'dance'"),
        (["download", "sora"], "there is no 'sora'"),
    ],
)
def test_a_mistyped_command_is_one_line_and_exit_code_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments, {})
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.strip().splitlines()) == 1


def test_weights_that_are_not_there_name_the_command_that_fetches_them(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert animate(tmp_path / "empty", picture, "-o", tmp_path / "out.mp4") == 2
    assert "python -m framepack download f1" in capsys.readouterr().err


def test_a_temporary_folder_without_room_is_one_sentence(
    models: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    assert animate(models, picture, "-o", tmp_path / "out.mp4") == 1
    assert capsys.readouterr().err == "The disk is full. Free some space and try again; nothing was written.\n"

    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert animate(models, picture, "-o", tmp_path / "out.mp4") == 1
    assert "No usable temporary directory found" in capsys.readouterr().err


def test_the_original_model_continues_nothing(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.safetensors"
    made = ("--size", "64x64", "--seconds", 1, "--save-latents", kept, "-o", tmp_path / "1.mp4")
    assert animate(models, picture, *made, "--model", "original") == 0
    assert animate(models, "--continue-from", kept, "--model", "original", "-o", tmp_path / "2.mp4") == 2
    assert "works backwards and cannot continue a shot" in capsys.readouterr().err


def test_the_draft_is_not_downloaded(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(models, "download", "draft") == 2
    assert "comes with the program" in capsys.readouterr().err


def test_help_and_refusals_need_no_torch() -> None:
    code = (
        "import sys; from framepack.commands.parser import lora_at, main\n"
        "assert main(['download', 'nothing'], {}) == 2\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3], capture_output=True)


def test_a_shot_goes_on_from_a_video_and_the_join_is_measured_and_said(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_video(tmp_path / "clip.mp4", [moving(number) for number in range(40)])
    small = ("--after", clip, "--size", "64x64", "--seconds", 1.2)
    assert animate(models, *small, "-o", tmp_path / "out.mp4", "--save-latents", tmp_path / "kept") == 0
    said = capsys.readouterr()
    made = json.loads(said.out)
    assert made["frames"] == probe(tmp_path / "out.mp4").frames == 36
    assert made["join"]["movement"] >= 0
    assert "The join to the video" in said.err
    assert read_latents(tmp_path / "kept").latents.shape[2] == 10 + 9
    following = ("--continue-from", tmp_path / "kept", "--seconds", 0.5, "-o", tmp_path / "next.mp4")
    assert animate(models, *following) == 0
    assert "join" not in json.loads(capsys.readouterr().out)


def test_what_cannot_be_gone_on_from_is_refused(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert animate(models, "--after", picture, "-o", tmp_path / "out.mp4") == 2
    assert "it is a picture; use it as the shot's picture" in capsys.readouterr().err
    clip = write_video(tmp_path / "clip.mp4", [moving(number) for number in range(40)])
    assert animate(models, "--after", clip, "-o", clip) == 2
    assert "it would replace the video" in capsys.readouterr().err
    assert animate(models, "-o", tmp_path / "out.mp4") == 2
    assert "name a picture to start from, or a video or latents" in capsys.readouterr().err


def test_a_video_says_what_made_it_as_the_studio_s_takes_do_unless_it_shall_not(
    models: Path, picture: Path, tmp_path: Path
) -> None:
    out, untold, kept = tmp_path / "out.mp4", tmp_path / "untold.mp4", tmp_path / "kept.safetensors"
    small = ("--size", "64x64", "--seconds", 0.5, "--seed", 7, picture)
    said = ("--beat", "0.2", "it snows")
    assert animate(models, *small, *said, "-o", out, "--save-latents", kept) == 0
    story = story_of_path(out, "out.mp4")
    assert story is not None
    (shot,) = story.shots
    request = shot.request
    assert (request.prompt, request.seed, request.image) == ("a boat", 7, picture_hash(picture))
    assert [(beat.at, beat.prompt) for beat in request.beats] == [(0.2, "it snows")]
    assert (request.settings.checkpoint, request.settings.steps, shot.start) == ("f1", 1, "cut")
    assert shot.frames == sum(count for _, count in shot.units) == probe(out).frames
    assert shot.units == plan_chain([request])[0].units

    assert animate(models, *small, "-o", untold, "--no-story") == 0
    assert story_of_path(untold, "untold.mp4") is None
    # Of what continues another shot it does not know how all of it was made.
    assert animate(models, "--seconds", 0.5, "--continue-from", kept, "-o", untold) == 0
    assert story_of_path(untold, "untold.mp4") is None


def test_a_shot_can_be_made_towards_a_picture_at_its_end_by_every_model(
    models: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end = tmp_path / "end.png"
    Image.new("RGB", (96, 64), (200, 40, 20)).save(end)
    small = ("--size", "64x64", "--seconds", 1.2, "--steps", 2, "-o", tmp_path / "out.mp4")
    for model in ("original", "f1"):
        for name, more in (("plain", ()), ("ending", ("--end", end))):
            kept = tmp_path / f"{model} {name}"
            assert animate(models, picture, "--model", model, *small, "--save-latents", kept, *more) == 0
        plain, ending = (read_latents(tmp_path / f"{model} {name}").latents for name in ("plain", "ending"))
        assert plain.shape == ending.shape
        assert plain[:, :, 0].equal(ending[:, :, 0])
        assert not plain[:, :, -1].equal(ending[:, :, -1])
    capsys.readouterr()
    assert animate(models, picture, *small, "--end", tmp_path / "none.png") == 2
    assert "none.png" in capsys.readouterr().err
    assert animate(models, picture, "--end", end, "-o", end) == 2
    assert end.stat().st_size > 0
