from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import Session

from framepack.messages import worded
from projects.database.tables import Project, ProjectUpdate, ShotUpdate
from projects.english import ENGLISH
from projects.errors import StoryboardFileProblem
from projects.interchange.file_content import FileContent, ShotContent
from projects.interchange.file_projects import project_for_file, seed_example
from projects.interchange.file_reading import read_storyboard
from projects.interchange.storyboard_file import FileShot, StoryboardFile
from projects.settings import StudioSettings
from projects.storage.places import picture_path
from projects.storyboard.projects import create_project, delete_project, edit_project, rename_project
from projects.storyboard.reading import get_project, list_projects, shots_of
from projects.storyboard.shots import edit_shot, give_new_seeds
from tests.projects.interchange import frozen_files
from tests.support.plain_pictures import png

TWO_SHOTS = """
title = "Two shots"
model = "draft"
steps = 6

[[shot]]
image = "灯塔.png"
prompt = "The camera pans."
seconds = 2.4
seed = 7

[[shot]]
prompt = "Night falls."
seconds = 3
start = "continue"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "灯塔.png").write_bytes(png(320, 180))
    (tmp_path / "notes.png").write_text("not a picture")
    return tmp_path


def written(folder: Path, text: str, name: str = "two.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def project_of(session: Session, studio: StudioSettings, path: Path) -> Project:
    return project_for_file(session=session, settings=studio, file=read_storyboard(path))


# --- reading


def test_a_storyboard_file_says_what_its_shots_are(folder: Path) -> None:
    file = read_storyboard(written(folder, TWO_SHOTS))
    first, second = file.shots
    assert (file.name, file.title, file.settings["checkpoint"], file.settings["steps"]) == (
        "two.toml",
        "Two shots",
        "draft",
        6,
    )
    assert (first.prompt, first.seconds, first.start, first.seed) == ("The camera pans.", 2.4, "cut", 7)
    assert first.image == folder / "灯塔.png"
    assert (second.prompt, second.seconds, second.start, second.image) == ("Night falls.", 3.0, "continue", None)


def test_a_file_without_a_title_is_called_as_the_file(folder: Path) -> None:
    assert read_storyboard(written(folder, TWO_SHOTS.replace("title", "# title"))).title == "two"


def test_a_seed_that_is_not_given_is_the_same_at_every_reading_wherever_the_shot_stands(folder: Path) -> None:
    shot = '[[shot]]\nimage = "灯塔.png"\nprompt = "{}"\nseconds = 1\n'
    one = read_storyboard(written(folder, shot.format("a") + shot.format("b")))
    other = read_storyboard(written(folder, shot.format("a") + shot.format("between") + shot.format("b")))
    seeds = {file_shot.prompt: file_shot.seed for file_shot in other.shots}
    assert {file_shot.prompt: file_shot.seed for file_shot in one.shots} == {"a": seeds["a"], "b": seeds["b"]}
    assert len(set(seeds.values())) == 3
    third = read_storyboard(written(folder, "seed = 5\n" + shot.format("a")))
    assert third.shots[0].seed != seeds["a"]


def test_a_file_saved_by_an_editor_on_windows_is_read(folder: Path) -> None:
    path = folder / "two.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TWO_SHOTS.replace("\n", "\r\n").encode())
    assert len(read_storyboard(path).shots) == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("seconds = 2.4", "seconds = 0"), "two.toml, shot 1: seconds: 0 is not more than 0 and at most 600."),
        (("seconds = 2.4", ""), "two.toml, shot 1: it does not say how many seconds it lasts."),
        (("seconds = 3", 'seconds = "3"'), "two.toml, shot 2: seconds is a number, not 3."),
        (("seed = 7", "seed = 1.5"), "two.toml, shot 1: seed is a whole number, not 1.5."),
        (("seed = 7", "seed = -7"), "two.toml, shot 1: seed: -7 is not between"),
        (("The camera pans.", " "), "two.toml, shot 1: prompt: it is empty"),
        (
            ("灯塔.png", "nowhere.png"),
            "two.toml, shot 1: The picture nowhere.png cannot be used: there is no such file.",
        ),
        (("灯塔.png", "notes.png"), "two.toml, shot 1: The picture notes.png cannot be used: it is not a picture"),
        (
            ('image = "灯塔.png"', ""),
            "two.toml, shot 1: it has no image and no video, and a shot",
        ),
        (("seed = 7", 'start = "continue"'), "two.toml, shot 1: there is no shot before it to continue from"),
        (('"continue"', '"fade"'), 'two.toml, shot 2: start is "cut" or "continue", not "fade".'),
        (("prompt =", "promt ="), "two.toml, shot 1: there is no 'promt'; there is: image, prompt, seconds"),
        (("steps = 6", "step = 6"), "two.toml: there is no 'step'; there is: title, model, preset"),
        (("steps = 6", "steps = 600"), "two.toml: steps: 600 is not between 1 and 100."),
        (("steps = 6", "steps = true"), "two.toml: steps is a whole number, not True."),
        (('"draft"', '"sora"'), "two.toml: model: there is no 'sora'; there is: draft, f1, original."),
        (("steps = 6", 'preset = "best"'), "two.toml: preset: there is no 'best'; there is: exact, balanced, quick."),
        (("steps = 6", 'shape = "round"'), "two.toml: shape: there is no 'round'; there is: picture, wide"),
        (("steps = 6", "shape = 16"), "two.toml: shape is a text in quotes, not 16."),
        (("steps = 6", 'fit = "stretch"'), 'two.toml: fit is "fill", "fit" or "place", not "stretch".'),
        (('"draft"', '"original"'), "two.toml, shot 2: 'original' works backwards"),
        (("[[shot]]", "[shot]"), "two.toml: it is not a TOML file: "),
        (("title =", "title"), "two.toml: it is not a TOML file: "),
    ],
)
def test_a_mistake_in_a_file_is_one_sentence_that_names_the_shot(
    folder: Path, change: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(StoryboardFileProblem) as caught:
        read_storyboard(written(folder, TWO_SHOTS.replace(*change)))
    assert str(caught.value).startswith(sentence)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("灯塔.png", r"C:\Users\me\sea.png"), "in line 7 a backslash stands within double quotes"),
        (("灯塔.png", r"C:\me\sea.png"), "in line 7 a backslash stands within double quotes"),
        (
            ("灯塔.png", r"shots\new\tall.png"),
            r"""shot 1: its image cannot be called "shots\new\tall.png": a backslash""",
        ),
        (("灯塔.png", r"灯塔\bay.png"), r"""shot 1: its image cannot be called "灯塔\x08ay.png": a backslash"""),
        (("灯塔.png", r"new\tall.png"), r"""shot 1: its image cannot be called "new\tall.png": a backslash"""),
        (("灯塔.png", r"a\u0000.png"), "shot 1: image holds a NUL character"),
        (("灯塔.png", "a" * 5000), "its image cannot be read: File name too long."),
        (("Two shots", r"\u0000"), "title holds a NUL character"),
        (("The camera", r"The\u0000 camera"), "shot 1: prompt holds a NUL character"),
        (("steps = 6", "steps = " + "[" * 5000 + "]" * 5000), "it is nested too deeply"),
        (("steps = 6", "steps = " + "6" * 5000), "it holds a number of far too many digits"),
        (("steps = 6", "steps = 0x" + "f" * 5000), "it holds a number of far too many digits"),
        (("seed = 7", "seed = 0x" + "f" * 5000), "shot 1: it holds a number of far too many digits"),
        (("seed = 7", "seed = " + "7" * 5000), "it holds a number of far too many digits"),
        (("seconds = 3", "seconds = 0x" + "f" * 5000), "shot 2: it holds a number of far too many digits"),
        (("seconds = 3", "seconds = 1e999"), "shot 2: seconds: inf is not more than 0"),
        (("steps = 6", 'steps = "' + "6" * 5000 + '"'), f"steps is a whole number, not {'6' * 60}…."),
        (("steps = 6", "6" * 5000 + " = 6"), "there is no '666"),
        (("[[shot]]", "[[shot.shot]]"), "it has no shots"),
    ],
)
def test_slips_and_monsters_are_one_sentence_too(folder: Path, change: tuple[str, str], sentence: str) -> None:
    with pytest.raises(StoryboardFileProblem) as caught:
        read_storyboard(written(folder, TWO_SHOTS.replace(*change)))
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_a_name_of_any_letters_that_a_file_has_is_taken(folder: Path) -> None:
    for name in ("Screenshot at 3.00\u202fPM.png", "👩\u200d🚀.png", "two\nlines.png"):
        (folder / name).write_bytes(png(64, 64))
        text = TWO_SHOTS.replace('"灯塔.png"', json.dumps(name, ensure_ascii=False))
        assert read_storyboard(written(folder, text)).shots[0].image == folder / name


def test_a_windows_path_in_single_quotes_or_with_slashes_is_no_slip(folder: Path) -> None:
    for name in ("'灯塔.png'", '"./灯塔.png"', "'" * 3 + "灯塔.png" + "'" * 3):
        assert read_storyboard(written(folder, TWO_SHOTS.replace('"灯塔.png"', name))).shots[0].media_id
    with pytest.raises(StoryboardFileProblem, match="there is no such file"):
        read_storyboard(written(folder, TWO_SHOTS.replace('"灯塔.png"', r"'C:\Users\me\new.png'")))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_what_is_no_file_is_no_picture_and_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    (folder / "link.png").symlink_to("/dev/zero")
    for name in ("/dev/zero", "pipe.png", "link.png", ".", "灯塔.png/"):
        with pytest.raises(StoryboardFileProblem, match=r"shot 1: The picture .* cannot be used: it is not a file"):
            read_storyboard(written(folder, TWO_SHOTS.replace("灯塔.png", name.replace("灯塔.png/", ".."))))
    for path in (folder / "pipe.png", Path("/dev/zero")):
        with pytest.raises(StoryboardFileProblem, match="it is not a file"):
            read_storyboard(path)


def test_every_wrong_value_of_every_kind_is_one_sentence(folder: Path) -> None:
    values = ("true", "1979-05-27", "[]", "{}", '"x"', "1", "-1.5", "nan", "[[1]]")
    lines = [line for line in TWO_SHOTS.splitlines() if "=" in line]
    for line in [
        *lines,
        "teacache = 0.1",
        "guidance = 1",
        "cfg = 1",
        "real = 1",
        "fit = 1",
        'negative_prompt = "x"',
        'preset = "exact"',
    ]:
        for value in values:
            key = line.split("=")[0].strip()
            text = TWO_SHOTS.replace(line, f"{key} = {value}") if line in TWO_SHOTS else f"{key} = {value}\n{TWO_SHOTS}"
            path = written(folder, text)
            said = problem_with(path)
            assert not said or (said.startswith("two.toml") and said.endswith("."))


def problem_with(path: Path) -> str:
    try:
        read_storyboard(path)
    except StoryboardFileProblem as problem:
        return str(problem)
    return ""


def test_what_is_no_storyboard_file_is_said_so(folder: Path) -> None:
    for path, reason in (
        (folder / "none.toml", "there is no such file"),
        (folder, "it is not a file"),
        (written(folder, "title = 'Nothing'"), "it has no shots"),
        (written(folder, "shot = 3"), "it has no shots"),
    ):
        with pytest.raises(StoryboardFileProblem, match=reason):
            read_storyboard(path)
    (folder / "picture.toml").write_bytes(png(64, 64))
    with pytest.raises(StoryboardFileProblem, match="not a text file in UTF-8"):
        read_storyboard(folder / "picture.toml")


# --- the project


def test_a_file_becomes_a_project(session: Session, studio: StudioSettings, folder: Path) -> None:
    project = project_of(session, studio, written(folder, TWO_SHOTS))
    first, second = shots_of(session=session, project_id=project.id)
    assert (project.name, project.steps, project.height, project.width) == ("Two shots", 6, 144, 256)
    assert (first.label, first.seed, first.start, first.seconds) == ("SH0010", 7, "cut", 2.4)
    assert first.media_id is not None
    assert (second.label, second.start, second.media_id) == ("SH0020", "continue", None)


def test_a_file_may_name_a_preset(session: Session, studio: StudioSettings, folder: Path) -> None:
    project = project_of(session, studio, written(folder, TWO_SHOTS.replace("steps = 6", 'preset = "quick"')))
    assert (project.preset, project.steps) == ("quick", None)
    assert project_of(session, studio, written(folder, TWO_SHOTS)).preset == "exact"


def test_the_project_is_found_again_by_the_files_name_and_content(
    session: Session, studio: StudioSettings, folder: Path, tmp_path: Path
) -> None:
    project = project_of(session, studio, written(folder, TWO_SHOTS))
    rename_project(session=session, project_id=project.id, name="Another name")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "灯塔.png").write_bytes(png(320, 180))
    moved = written(elsewhere, "# A comment.\n" + TWO_SHOTS)
    assert project_of(session, studio, moved).id == project.id
    delete_project(session=session, project_id=project.id)
    assert project_of(session, studio, moved).id == project.id
    assert get_project(session=session, project_id=project.id).name == "Another name"


def test_another_name_content_or_picture_is_another_project(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    ids = {project_of(session, studio, written(folder, TWO_SHOTS)).id}
    ids.add(project_of(session, studio, written(folder, TWO_SHOTS, "other.toml")).id)
    ids.add(project_of(session, studio, written(folder, TWO_SHOTS.replace("Night", "Day"))).id)
    (folder / "灯塔.png").write_bytes(png(320, 180, "red"))
    ids.add(project_of(session, studio, written(folder, TWO_SHOTS)).id)
    assert len(ids) == 4


def test_a_project_that_was_edited_is_left_as_it_is_and_the_file_gets_a_new_one(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    path = written(folder, TWO_SHOTS)
    edited = project_of(session, studio, path)
    shot = shots_of(session=session, project_id=edited.id)[0]
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(prompt="Something else."))
    fresh = project_of(session, studio, path)
    assert fresh.id != edited.id
    assert shots_of(session=session, project_id=fresh.id)[0].prompt == "The camera pans."
    assert shots_of(session=session, project_id=edited.id)[0].prompt == "Something else."
    assert project_of(session, studio, path).id == fresh.id


@pytest.mark.parametrize("name", frozen_files.FILES)
def test_a_file_of_the_first_release_is_called_as_it_was_then(name: str, tmp_path: Path) -> None:
    frozen_files.write(tmp_path)
    assert read_storyboard(tmp_path / name).source == f"{name}:{frozen_files.SOURCES[name]}"


def test_what_files_say_since_later_versions_enters_their_name_only_where_it_says_something_else() -> None:
    plain = StoryboardFile("a.toml", "A", FileContent.unsaid().of_project(), (a_shot({}),), ())
    usual = ShotContent(name="", place=(500, 500, 1000)).of_shot()

    assert replace(plain, shots=(a_shot(usual),)).source == plain.source
    others = [replace(plain, shots=(a_shot({field: "x"}),)).source for field in usual]
    others += [replace(plain, settings={**plain.settings, field: "x"}).source for field in plain.settings]
    # A step cache is its threshold.
    assert len({plain.source, *others}) == len(others)
    assert replace(plain, settings={**plain.settings, "cache": "x"}).source == plain.source


def a_shot(more: dict[str, object]) -> FileShot:
    return FileShot("Waves.", 1.0, "cut", 7, None, None, {**ShotContent().of_shot(), **more})


def test_a_file_may_say_the_shape_and_how_pictures_are_fitted(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    path = written(folder, 'shape = "tall"\nfit = "fit"\n' + TWO_SHOTS)
    project = project_of(session, studio, path)
    assert (project.width, project.height, project.fit) == (144, 256, "fit")
    assert project_of(session, studio, path).id == project.id
    plain = project_of(session, studio, written(folder, TWO_SHOTS))
    assert (plain.id != project.id, plain.width, plain.height, plain.fit) == (True, 256, 144, "fill")
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(shape="wide"))
    assert project_of(session, studio, path).id != project.id


WHOLE = """
title = "Whole"
fit = "place"
words_before = "A film still,"
words_after = "35 mm"
default_seconds = 1.5
default_start = "continue"

[[shot]]
image = "灯塔.png"
prompt = "The camera pans."
name = "Morning 灯塔"
dialogue = "— Who is there?"
notes = "wide lens"
place = [0, 500, 1500]

[[shot]]
prompt = "Night falls."

[real]
model = "f1"
preset = "balanced"
steps = 20
"""


def test_a_file_may_say_names_dialogue_notes_places_words_around_defaults_and_a_real_pass(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    path = written(folder, WHOLE)
    project = project_of(session, studio, path)
    first, second = shots_of(session=session, project_id=project.id)
    assert (project.words_before, project.words_after) == ("A film still,", "35 mm")
    assert (project.default_seconds, project.default_start) == (1.5, "continue")
    assert (project.real_checkpoint, project.real_preset, project.real_steps) == ("f1", "balanced", 20)
    assert (first.name, first.dialogue, first.notes) == ("Morning 灯塔", "— Who is there?", "wide lens")
    assert (first.start, first.seconds, first.place_x, first.place_zoom) == ("cut", 1.5, 0, 1500)
    assert (second.start, second.seconds, second.place_x) == ("continue", 1.5, 500)
    assert project_of(session, studio, path).id == project.id
    other = written(folder, WHOLE.replace("wide lens", "long lens"))
    assert project_of(session, studio, other).id != project.id


OWN = """
seed_policy = "one"
seed = 99

[[shot]]
image = "灯塔.png"
prompt = "The camera pans."
seconds = 1
model = "f1"

[[shot]]
prompt = "Night falls."
seconds = 1
start = "continue"
preset = "quick"
steps = 12
guidance = 7.5
"""


def test_a_file_may_say_settings_of_shots_their_own_model_and_whether_they_share_a_seed(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    path = written(folder, OWN)
    project = project_of(session, studio, path)
    first, second = shots_of(session=session, project_id=project.id)
    assert (project.checkpoint, project.seed_policy, project.seed) == ("draft", "one", 99)
    assert (first.checkpoint, first.preset, first.steps, first.guidance) == ("f1", None, None, None)
    assert (second.checkpoint, second.preset, second.steps, second.guidance) == (None, "quick", 12, 7.5)
    assert project_of(session, studio, path).id == project.id
    for change in (('"one"', '"each"'), ("99", "98"), ('"f1"', '"draft"'), ('"quick"', '"balanced"'), ("7.5", "7.4")):
        assert project_of(session, studio, written(folder, OWN.replace(*change))).id != project.id


def test_new_seeds_with_every_render_leave_a_project_what_its_file_says(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    path = written(folder, OWN.replace('"one"', '"new"'))
    project = project_of(session, studio, path)
    assert project.seed_policy == "new"
    give_new_seeds(session=session, shots=shots_of(session=session, project_id=project.id))
    assert project_of(session, studio, path).id == project.id


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('"one"', '"any"'), 'two.toml: seed_policy is "each", "one" or "new", not "any".'),
        (('"one"', "1"), "two.toml: seed_policy is a text in quotes, not 1."),
        (("seed = 99", "seed = -1"), "two.toml: seed: -1 is not between 0 and"),
        (('"quick"', '"quick"\nmodel = "f1"'), "two.toml, shot 2: a shot that continues another is made with the same"),
        (('"f1"', '"sora"'), "two.toml, shot 1: model: there is no 'sora'; there is: draft, f1, original."),
        (('"f1"', '"original"'), "two.toml, shot 2: 'original' works backwards"),
        (('"f1"', "1"), "two.toml, shot 1: model is a text in quotes, not 1."),
        (('"quick"', '"best"'), "two.toml, shot 2: preset: there is no 'best'; there is: exact, balanced, quick."),
        (("steps = 12", "steps = 0"), "two.toml, shot 2: steps: 0 is not between 1 and 100."),
        (("steps = 12", "steps = 1.5"), "two.toml, shot 2: steps is a whole number, not 1.5."),
        (("7.5", "true"), "two.toml, shot 2: guidance is a number, not True."),
        (("7.5", "-1.0"), "two.toml, shot 2: guidance: -1.0 is not between"),
    ],
)
def test_a_mistake_in_settings_of_shots_is_one_sentence(folder: Path, change: tuple[str, str], sentence: str) -> None:
    with pytest.raises(StoryboardFileProblem) as caught:
        read_storyboard(written(folder, OWN.replace(*change)))
    assert str(caught.value).startswith(sentence)


def test_a_model_that_works_backwards_leaves_chains_that_have_another_as_they_are(folder: Path) -> None:
    assert len(read_storyboard(written(folder, 'model = "original"\n' + OWN)).shots) == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("default_seconds = 1.5", ""), "two.toml, shot 1: it does not say how many seconds it lasts."),
        (("default_seconds = 1.5", "default_seconds = 0"), "two.toml: seconds: 0 is not more than 0"),
        (('"continue"', '"fade"'), 'two.toml: default_start is "cut" or "continue", not "fade".'),
        (("[0, 500, 1500]", "[0, 500]"), "two.toml, shot 1: place is three whole numbers, such as [500, 500, 1000]"),
        (("[0, 500, 1500]", "[0, 0.5, 1500]"), "two.toml, shot 1: place is three whole numbers"),
        (("[0, 500, 1500]", "7"), "two.toml, shot 1: place is three whole numbers, such as [500, 500, 1000], not 7."),
        (("[0, 500, 1500]", "[0, 500, 999]"), "two.toml, shot 1: place: 999 is not between 1000 and 10000."),
        (('fit = "place"', ""), 'two.toml, shot 1: a shot has a place only where the file says fit = "place".'),
        (("notes =", "note ="), "two.toml, shot 1: there is no 'note'; there is: image, prompt"),
        (('model = "f1"', ""), "two.toml, [real]: it does not name a model."),
        (('model = "f1"', 'model = "sora"'), "two.toml: model: there is no 'sora'"),
        (('model = "f1"', 'model = "original"'), "two.toml, shot 2: 'original' works backwards"),
        (("steps = 20", "steps = 2.5"), "two.toml, [real]: steps is a whole number, not 2.5."),
        (("steps = 20", "guidance = 2.5"), "two.toml, [real]: there is no 'guidance'; there is: model, preset, steps."),
        (("steps = 20", "steps = 0x" + "f" * 5000), "two.toml: it holds a number of far too many digits."),
        (("[real]", "[[real]]"), "two.toml: real is a table: write its values below a line [real]."),
        (('"A film still,"', '"' + "x" * 4001 + '"'), "two.toml: words_before: it is longer than 4000 characters."),
        (('"A film still,"', '"' + "x" * 3999 + '"'), "two.toml, shot 1: prompt: it is longer than 4000 characters."),
    ],
)
def test_a_mistake_in_what_files_say_since_later_versions_is_one_sentence(
    folder: Path, change: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(StoryboardFileProblem) as caught:
        read_storyboard(written(folder, WHOLE.replace(*change)))
    assert str(caught.value).startswith(sentence)
    assert len(str(caught.value)) < 400


def test_a_project_whose_notes_were_edited_is_no_longer_what_the_file_says(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    path = written(folder, TWO_SHOTS)
    project = project_of(session, studio, path)
    shot = shots_of(session=session, project_id=project.id)[0]
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(notes="mine"))
    assert project_of(session, studio, path).id != project.id


def test_teacache_in_a_file_is_the_step_cache_of_that_name(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    project = project_of(session, studio, written(folder, "teacache = 0.15\n" + TWO_SHOTS))
    assert (project.cache, project.threshold) == ("teacache", 0.15)
    without = project_of(session, studio, written(folder, "teacache = 0\n" + TWO_SHOTS))
    assert (without.cache, without.threshold) == (None, None)


# --- the example


def test_the_example_is_there_on_the_first_start_and_stays_deleted(session: Session, studio: StudioSettings) -> None:
    example = seed_example(session=session, settings=studio)
    assert example is not None
    starts = [shot.start for shot in shots_of(session=session, project_id=example.id)]
    assert starts == ["cut", "continue", "cut"]
    assert seed_example(session=session, settings=studio) is None
    delete_project(session=session, project_id=example.id)
    assert seed_example(session=session, settings=studio) is None
    assert list_projects(session=session) == []


def test_the_example_does_not_come_to_somebody_who_has_projects(session: Session, studio: StudioSettings) -> None:
    create_project(session=session, name="My own")
    assert seed_example(session=session, settings=studio) is None


# --- pictures


@pytest.mark.parametrize("damage", [None, b"", bytes(500)], ids=["gone", "empty", "overwritten"])
def test_reading_the_file_again_brings_back_a_picture_that_was_damaged(
    session: Session, studio: StudioSettings, folder: Path, damage: bytes | None
) -> None:
    path = written(folder, TWO_SHOTS)
    project = project_of(session, studio, path)
    media_id = shots_of(session=session, project_id=project.id)[0].media_id
    assert media_id is not None
    kept = picture_path(studio, media_id)
    kept.unlink()
    if damage is not None:
        kept.write_bytes(damage)

    assert project_of(session, studio, path).id == project.id

    assert kept.read_bytes() == (folder / "灯塔.png").read_bytes()


def test_what_is_to_be_said_of_its_pictures_is_no_part_of_what_a_file_says(folder: Path) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "灯塔.png", "PNG", save_all=True, append_images=frames[1:])
    file = read_storyboard(written(folder, TWO_SHOTS))
    (remark,) = file.remarks
    assert worded(remark, ENGLISH).startswith("About the picture 灯塔.png: it is an animation")
    assert replace(file, remarks=()).source == file.source


def test_a_picture_file_of_too_many_bytes_is_said_as_such(folder: Path) -> None:
    with (folder / "灯塔.png").open("r+b") as file:
        file.truncate(64 * 2**20 + 1)
    with pytest.raises(StoryboardFileProblem, match="its file is larger than 64 MiB"):
        read_storyboard(written(folder, TWO_SHOTS))
