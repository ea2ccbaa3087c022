"""``python -m projects render`` as a person runs it, with the draft checkpoint at its smallest."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import psutil
import pytest

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.media.video import probe
from framepack.store.section_store import SectionStore
from projects.__main__ import main
from projects.database.opening import open_database, session_for
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.queue.orders import active_renders
from projects.settings import StudioSettings
from tests.support.own_videos import moving, write_video
from tests.support.plain_pictures import png
from tests.support.rendering import ROOT, SIDE, planned_shots, until

STORYBOARD = """
title = "Two shots"
steps = {steps}
cfg = 1.0
[[shot]]
image = "a.png"
prompt = "a boat"
seconds = 2.0
[[shot]]
prompt = "the boat goes on"
seconds = 0.5
start = "continue"
"""


BEATS = """
steps = {steps}
cfg = 1.0
[[shot]]
image = "a.png"
prompt = "a boat [1.6s: it turns]"
seconds = 3.2
[[shot.beat]]
at = 2.4
image = "a.png"
prompt = "it sinks"
"""


class Person:
    """Somebody with a storyboard file and a terminal."""

    def __init__(self, folder: Path, studio: StudioSettings) -> None:
        self.studio = studio
        self.file = folder / "board.toml"
        self.film = folder / "film.mp4"
        (folder / "a.png").write_bytes(png(SIDE, SIDE))
        self.project_id = ""

    def write(self, steps: int = 1, storyboard: str = STORYBOARD) -> None:
        self.file.write_text(storyboard.format(steps=steps))
        self.write_again()

    def write_again(self) -> None:
        """Have a project for the file as it is now."""
        # The project is there already, at a size no bucket has, so that rendering it is quick.
        database = open_database(self.studio)
        with session_for(database) as session:
            project = project_for_file(session=session, settings=self.studio, file=read_storyboard(self.file))
            project.height = project.width = SIDE
            self.project_id = project.id
            session.commit()
        database.dispose()

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "projects", "render", *(arguments or (str(self.file), "-o", str(self.film)))],
            cwd=ROOT,
            env=os.environ | {"STUDIO_HOME": str(self.studio.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def run_here(self, *arguments: str) -> tuple[int, str, str]:
        """The same in this process, for what is over before anything is started."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("STUDIO_HOME", str(self.studio.home))
            status = main(["render", *arguments])
        return status, out.getvalue(), err.getvalue()

    def sections(self) -> list[str]:
        database = open_database(self.studio)
        planned = planned_shots(database, self.project_id, checkpoint_identity(checkpoint_named("draft"), None))
        database.dispose()
        return [key for shot in planned for key in shot.sections]

    def stored(self) -> int:
        store = SectionStore(self.studio.sections_dir)
        return sum(store.has(key) for key in self.sections())

    def has_open_render(self) -> bool:
        database = open_database(self.studio)
        with session_for(database) as session:
            return active_renders(session=session, project_id=self.project_id) != []


@pytest.fixture
def person(tmp_path: Path, studio: StudioSettings) -> Person:
    return Person(tmp_path, studio)


def test_a_killed_render_goes_on_where_it_was_and_a_third_run_renders_nothing(person: Person) -> None:
    person.write()
    process = person.start()
    until(person.stored)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    until(lambda: not [each for each in psutil.process_iter() if str(person.studio.home) in command_of(each)])
    assert not person.film.exists()
    found = person.stored()
    assert found in (1, 2)

    status, out, _ = person.run()
    assert status == 0
    summary = json.loads(out.splitlines()[-1])
    assert summary.pop("seconds") > 0
    assert summary == {
        "output": str(person.film),
        "frames": 75,
        "fps": 30,
        "shots": 2,
        "rendered_sections": 3 - found,
        "reused_sections": found,
    }
    assert probe(person.film).frames == summary["frames"]

    person.film.unlink()
    status, out, _ = person.run()
    summary = json.loads(out.splitlines()[-1])
    assert (status, summary["rendered_sections"], summary["reused_sections"]) == (0, 0, 3)
    assert probe(person.film).frames == summary["frames"]


def test_the_real_pass_is_rendered_where_it_is_asked_for_and_the_draft_is_not(person: Person) -> None:
    person.write(storyboard=STORYBOARD + "[real]\nmodel = 'draft'\nsteps = 2\n")
    status, out, _ = person.run(str(person.file), "-o", str(person.film), "--pass", "real")
    assert (status, json.loads(out.splitlines()[-1])["frames"]) == (0, 75)
    assert probe(person.film).frames == 75
    assert person.stored() == 0


def test_a_file_without_a_real_pass_is_told_so(person: Person) -> None:
    person.write()
    status, out, said = person.run(str(person.file), "-o", str(person.film), "--pass", "real")
    assert (status, out, person.film.exists()) == (2, "", False)
    assert len(said.splitlines()) == 1, said
    assert "The project has no real pass yet" in said


def command_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("STUDIO_HOME", "")
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return ""


def test_ctrl_c_ends_with_130_leaves_nothing_half_written_and_no_order_behind(person: Person) -> None:
    person.write(steps=100)
    process = person.start()
    until(person.has_open_render)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err.splitlines()[-1]) == ("", "Stopped; what is finished is kept.")
    assert sorted(path.name for path in person.film.parent.iterdir()) == ["a.png", "board.toml", "studio"]
    assert not person.has_open_render()


@pytest.mark.parametrize(
    ("storyboard", "output", "sentence"),
    [
        (None, "film.mp4", "board.toml"),
        ("shot = 3", "film.mp4", "board.toml"),
        ("[[shot]]\nimage = 'none.png'\nprompt = 'x'\nseconds = 1", "film.mp4", "none.png"),
        ("[[shot]]\nimage = 'a.png'\nprompt = 'x'\nseconds = 0", "film.mp4", "seconds"),
        ("model = 'gpt'\n[[shot]]\nimage = 'a.png'\nprompt = 'x'\nseconds = 1", "film.mp4", "'gpt'"),
        ("model = 'f1'\n[[shot]]\nimage = 'a.png'\nprompt = 'x'\nseconds = 1", "film.mp4", "framepack download f1"),
        (STORYBOARD.format(steps=1), "no/such/film.mp4", "there is no folder"),
        (STORYBOARD.format(steps=1), "board.toml", "it would replace the storyboard"),
        (STORYBOARD.format(steps=1), "a.png", "it would replace the picture"),
        (STORYBOARD.format(steps=1), "link.mp4", "it would replace the picture"),
        (STORYBOARD.format(steps=1), "film.gif", "film.gif does not end as what is written, which is .mp4"),
        (STORYBOARD.format(steps=1), "film", "film does not end as what is written, which is .mp4"),
        (STORYBOARD.format(steps=1), "studio/takes/a.mp4", "among the studio's own files"),
        (STORYBOARD.format(steps=1), "\udcff.mp4", "is not text in UTF-8"),
        (None, "film.mp4\udce9", "is not text in UTF-8"),
        (STORYBOARD.format(steps=1), "studio", "is a folder"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_status_2(
    person: Person, storyboard: str | None, output: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_MODELS", str(person.studio.home / "none"))
    person.studio.make_folders()
    if storyboard is not None:
        person.file.write_text(storyboard)
    (person.film.parent / "link.mp4").hardlink_to(person.film.parent / "a.png")
    status, out, err = person.run_here(str(person.file), "-o", str(person.film.parent / output))
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1, err
    assert sentence in err


def test_a_storyboard_with_beats_in_both_notations_is_rendered_and_a_change_at_one_only_from_there_on(
    person: Person,
) -> None:
    person.write(storyboard=BEATS)
    status, out, err = person.run()
    assert status == 0, err
    first = person.sections()
    # Each part of a shot between two beats is cut into sections of its own.
    assert json.loads(out) == json.loads(out) | {"frames": 96, "rendered_sections": 4, "reused_sections": 0}

    person.write(storyboard=BEATS.replace("it sinks", "it burns"))
    status, out, err = person.run()
    assert status == 0, err
    assert [one == other for one, other in zip(first, person.sections(), strict=True)] == [True] * 3 + [False]
    assert json.loads(out) == json.loads(out) | {"frames": 96, "rendered_sections": 1, "reused_sections": 3}


def test_no_argument_of_any_command_may_be_in_another_encoding(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["worker", "--device", "\udcff"], ["render", "a.toml", "-o", "\udcff"], ["\udcff"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err == (
            "argument: 'ÿ' is not text in UTF-8. Have the terminal send UTF-8, or give the file another name.\n"
        )


def test_what_is_to_be_said_of_shots_is_said_with_the_shots_number(person: Person) -> None:
    late = '[[shot.beat]]\nat = 3\nprompt = "[1s: fog]"\n'
    said = STORYBOARD.replace("2.0", f"0.01\n{late}").replace('"the boat', '"[0s: she turns] the boat')
    write_video(person.file.with_name("v.mp4"), [moving(number, SIDE, SIDE) for number in range(12)])
    on = '[[shot]]\nvideo = "v.mp4"\nprompt = "she goes on"\nseconds = 0.2\n'
    person.write(storyboard=f"{said}literal = true\n{on}")
    status, _, err = person.run()
    assert status == 0, err
    assert "board.toml, shot 1: Times in this prompt, such as [3s: ...], are read as words" in err
    assert "board.toml, shot 1: What is said at 3 s changes nothing" in err
    assert "shot 2: Times" not in err  # it is literal
    assert "board.toml, shot 1: It is asked to last 0.01 s and lasts 0.17 s, the shortest it can." in err
    assert "shot 2: It" not in err
    assert "SH0030: The join to the video" in err


@pytest.mark.parametrize("device", ["../x", "cuda:77", "gpu"])
def test_a_device_that_is_not_there_is_one_sentence_that_names_those_there_are(person: Person, device: str) -> None:
    person.write()
    status, out, err = person.run_here(str(person.file), "-o", str(person.film), "--device", device)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1, err
    assert err.startswith(f"There is no device '{device}' on this computer; there is: ")
    assert not person.has_open_render()
