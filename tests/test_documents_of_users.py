"""What the documents tell people to do works: commands are run, or at least parsed; links, settings, names exist."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlparse

import pytest
from babel.messages.pofile import read_po

from docs.draw_sections import PICTURE, drawing
from framepack.checkpoints.table import CHECKPOINTS
from framepack.commands.parser import _parser as framepack_parser
from framepack.commands.parser import main as framepack_main
from framepack.fetching.hub import HubOptions
from framepack.shots.presets import PRESETS
from pages.api.routes import ADDRESS, operations
from pages.languages.catalogue import catalogue_path
from projects.__main__ import _parser as projects_parser
from projects.__main__ import main as projects_main
from projects.interchange.file_reading import read_storyboard
from projects.rewriting.endpoint import named_endpoint
from projects.settings import StudioSettings
from tests.support.small_loras import small_lora
from tests.support.users_documents import (
    LANGUAGES,
    PAGES,
    READMES,
    ROOT,
    Command,
    Document,
    command_of,
    document,
    documents,
    pages,
)

LIGHTHOUSE = ROOT / "examples" / "lighthouse"

NOT_RUN = {
    "framepack animate": "it takes half a minute; tests/framepack/commands/test_animate.py makes small ones",
    "framepack download": "it fetches 42 GB; tests/framepack/fetching has a hub of its own for it",
    "framepack benchmark": "it measures for minutes; tests/framepack/benchmark has a small one",
    "projects render": "it renders for minutes; tests/projects/commands/test_render.py renders a small storyboard",
    "projects worker": "it goes on until it is stopped; tests/projects/generator has it",
    "projects mcp": "it serves until its input closes; tests/projects/assistants has it",
    "projects password": "it asks in a terminal; tests/projects/door has one",
    "projects people": "it asks in a terminal, or needs the project; tests/pages/door has people",
    "projects serve start": "it begins a studio; tests/projects/serving has one",
    "projects serve stop": "it ends a studio",
    "projects serve restart": "it ends a studio and begins one",
    "projects serve logs": "it prints what a studio said that was begun so",
    "projects verify": "it needs a film that was rendered; tests/projects/commands/test_verify.py has one",
    "projects queue move": "it names orders; tests/projects/commands/test_queue.py has some",
    "projects queue retry": "it names an order",
    'projects export "The kite" --as otio': "it needs takes; tests/projects/commands/test_export.py has some",
    "projects import kite-recut.otio": "it needs an editing program's cut; tests/projects/timelines has some",
}
"""The commands that are only parsed, by how they begin, and why. All others of the project are run."""

RUN_ALTHOUGH = ("--dry-run",)
"""With one of these a command that begins as in ``NOT_RUN`` is run all the same, for it only looks."""

MAY_FIND = {"framepack doctor", "projects doctor", "projects serve status"}
"""Their status is 1 where something is the matter with the computer that the tests run on, or no studio runs."""

BY_HAND: dict[str, Callable[[tuple[str, ...]], bool]] = {
    "python3 -m venv .venv": lambda rest: not rest,
    "python -m venv .venv": lambda rest: not rest,
    ". .venv/bin/activate": lambda rest: not rest,
    ".venv\\Scripts\\activate": lambda rest: not rest,
    "pip install -r": lambda rest: (ROOT / rest[0]).is_file(),
    "pip install --require-hashes --no-deps -r": lambda rest: (ROOT / rest[0]).is_file(),
    "pip install": lambda rest: all(re.fullmatch(r"uv|[\w-]+==[\d.]+", word) for word in rest),
    "uv pip install --torch-backend=auto --reinstall-package torch": lambda rest: pinned(rest[0]),
    "streamlit run": lambda rest: (ROOT / rest[0]).is_file(),
    "python -m pytest": lambda rest: rest == ("-n", "3", "--dist", "loadfile"),
    "docker compose run --rm studio": lambda rest: rest == ("python", "-m", "projects", "password"),
    "docker compose": lambda rest: rest[-2:] == ("up", "--build") and all((ROOT / f).is_file() for f in rest[1:-2:2]),
    "curl": lambda rest: served(rest[-1], "POST" if "-d" in rest else "GET"),
}
"""The lines that set up a computer or ask a running studio: not run, but what they name is looked at."""


def pinned(package: str) -> bool:
    return re.search(rf"^{re.escape(package)}\b", (ROOT / "requirements.txt").read_text("utf-8"), re.M) is not None


def served(url: str, method: str) -> bool:
    """Whether the studio answers at this address of this computer."""
    asked = urlparse(url)
    if asked.netloc not in ("localhost:8501", "127.0.0.1:8501"):
        return False
    return asked.path in ("", "/", ADDRESS) or (method, asked.path) in {(one.method, one.path) for one in operations()}


def begins(command: Command, beginning: str) -> bool:
    """Whether a command of the project begins with these words."""
    words = ("python", "-m", *shlex.split(beginning))
    return command.words[: len(words)] == words


def reason_not_to_run(command: Command) -> str | None:
    if command.settings:
        return "it names folders, cards and servers of whoever reads it; its settings are read instead"
    if any(word in command.words for word in RUN_ALTHOUGH):
        return None
    return next((reason for beginning, reason in NOT_RUN.items() if begins(command, beginning)), None)


COMMANDS = {command.line: command for one in documents() for command in one.commands}
OF_THE_PROJECT = [
    one for one in COMMANDS.values() if one.words[:3] in (("python", "-m", "framepack"), ("python", "-m", "projects"))
]
OTHERS = [one for one in COMMANDS.values() if one not in OF_THE_PROJECT]
TO_RUN = [one for one in OF_THE_PROJECT if reason_not_to_run(one) is None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in, with what the documents' commands name, and a studio of its own."""
    for name in [name for name in os.environ if name.startswith(("STUDIO_", "FRAMEPACK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "studio"))
    monkeypatch.setenv("STUDIO_OFFLINE", "1")
    work = tmp_path / "work"
    shutil.copytree(ROOT / "examples", work / "examples")
    monkeypatch.chdir(work)
    small_lora(work / "rain.safetensors")
    storyboard = (LIGHTHOUSE / "storyboard.toml").read_text(encoding="utf-8")
    mine = storyboard.replace('title = "The lighthouse"', 'title = "Lighthouse"')
    for picture in LIGHTHOUSE.glob("*.png"):
        shutil.copy(picture, work)
    (work / "storyboard.toml").write_text(mine + '\n[real]\nmodel = "draft"\n', encoding="utf-8")
    (work / "screenplay.fountain").write_text("INT. LIGHTHOUSE - DAY\n\nThe lamp turns.\n", encoding="utf-8")
    assert projects_main(["import", "storyboard.toml"]) == 0


@pytest.mark.usefixtures("home")
def test_the_commands_that_only_look_or_write_a_document_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(TO_RUN) > 20
    wrong = []
    for command in TO_RUN:
        run = framepack_main if command.words[2] == "framepack" else projects_main
        status = run(list(command.words[3:]))
        said = capsys.readouterr()
        allowed = (0, 1) if any(begins(command, beginning) for beginning in MAY_FIND) else (0,)
        if status not in allowed:
            wrong.append(f"{command.line}: {said.err}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("command", OF_THE_PROJECT, ids=lambda one: one.line)
def test_every_command_of_the_project_is_one_that_it_knows(command: Command) -> None:
    given = list(command.words[3:])
    asked = (framepack_parser() if command.words[2] == "framepack" else projects_parser(given)).parse_args(given)
    assert getattr(asked, "model", None) in (None, *CHECKPOINTS)
    assert getattr(asked, "preset", None) in (None, *PRESETS)


@pytest.mark.parametrize("command", OTHERS, ids=lambda one: one.line)
def test_every_other_command_names_what_is_there(command: Command) -> None:
    beginning = next((one for one in BY_HAND if command.words[: len(one.split())] == tuple(one.split())), None)
    assert beginning is not None, "nobody looks at this command"
    assert BY_HAND[beginning](command.words[len(beginning.split()) :])


@pytest.mark.parametrize("beginning", NOT_RUN)
def test_no_reason_is_given_for_a_command_that_nobody_is_told_of(beginning: str) -> None:
    assert any(begins(command, beginning) for command in OF_THE_PROJECT)


@pytest.mark.parametrize("command", [one for one in COMMANDS.values() if one.settings], ids=lambda one: one.line)
def test_settings_before_a_command_are_understood(command: Command) -> None:
    settings = dict(command.settings)
    if command.words[0] == "docker":
        text = "".join((ROOT / name).read_text("utf-8") for name in ("compose.yaml", "compose.cuda.yaml"))
        assert all(f"${{{name}" in text for name in settings)
    else:
        StudioSettings.from_environment(settings)
        HubOptions.from_environment(settings)
        named_endpoint(settings)


def test_every_setting_that_is_named_is_one_of_the_readme_and_of_the_code() -> None:
    code = "".join(
        (ROOT / path).read_text("utf-8")
        for path in (
            "framepack/environment.py",
            "framepack/fetching/hub.py",
            "projects/settings.py",
            "projects/sign_in.py",
            "projects/rewriting/endpoint.py",
        )
    )
    table = set(re.findall(r"^\| `((?:STUDIO|FRAMEPACK)_\w+)`", document(READMES[0]).text, re.M))
    for one in documents():
        assert one.settings <= table, one.path
    assert all(f'"{name}"' in code for name in table)


@pytest.mark.parametrize("one", documents(), ids=lambda one: str(one.path.relative_to(ROOT)))
def test_every_link_leads_somewhere(one: Document) -> None:
    for link in one.links:
        if link.startswith("http"):
            assert served(link, "GET"), link
            continue
        target, _, anchor = link.partition("#")
        path = (one.path.parent / target).resolve() if target else one.path
        assert path.is_file(), link
        assert path.is_relative_to(ROOT), link
        assert not anchor or anchor in document(path).anchors, link


def test_both_readmes_lead_to_every_page() -> None:
    for readme, language in zip(READMES, LANGUAGES, strict=True):
        assert {f"docs/{language}/{page.path.name}" for page in pages(language)} <= set(document(readme).links)


def twins() -> list[tuple[Document, Document]]:
    """Each English document with its translation."""
    translated = [document(PAGES / "zh-TW" / page.path.name) for page in pages("en")]
    return [(document(READMES[0]), document(READMES[1])), *zip(pages("en"), translated, strict=True)]


TWINS = pytest.mark.parametrize(("english", "chinese"), twins(), ids=lambda one: str(one.path.relative_to(ROOT)))


@TWINS
def test_a_translation_has_the_same_headings_blocks_tables_and_links(english: Document, chinese: Document) -> None:
    assert [level for level, _ in chinese.headings] == [level for level, _ in english.headings]
    assert [one.untranslated for one in chinese.blocks] == [one.untranslated for one in english.blocks]
    assert rows(chinese) == rows(english)
    assert sorted(chinese.links) == sorted(in_chinese(link) for link in english.links)
    assert sorted(chinese.inline_commands) == sorted(english.inline_commands)
    assert chinese.settings == english.settings


def rows(one: Document) -> list[int]:
    """How many cells each row of its tables has."""
    return [line.count("|") for line in one.prose.splitlines() if line.lstrip().startswith("|")]


def in_chinese(link: str) -> str:
    """Where the translation of a link leads."""
    return {"README.zh-TW.md": "README.md"}.get(link, link.replace("docs/en/", "docs/zh-TW/"))


def screen() -> dict[str, set[str]]:
    """What is on the screen in English, without what is counted behind it, and what that is in Chinese."""
    said: dict[str, set[str]] = {}
    with catalogue_path("zh_TW").open("rb") as file:
        for message in read_po(file, locale="zh_TW"):
            if isinstance(message.id, str) and message.id:
                said.setdefault(re.sub(r" \(\{n\}\)$", "", message.id), set()).add(
                    re.sub(r"（\{n\}）$", "", str(message.string))
                )
    return said


@pytest.mark.parametrize(("english", "chinese"), twins()[1:], ids=lambda one: str(one.path.relative_to(ROOT)))
def test_what_is_bold_is_on_the_screen_in_either_language(english: Document, chinese: Document) -> None:
    said, left = screen(), chinese.screen_words
    for words in english.screen_words:
        assert words in said, words
        found = next((one for one in left if one in said[words]), None)
        assert found is not None, f"{words}: {said[words]}, left: {left}"
        left.remove(found)
    assert not left


STORYBOARDS = [
    pytest.param(block.text, id=f"{page.path.stem}-{number}")
    for page in pages("en")
    for number, block in enumerate(block for block in page.blocks if block.language == "toml")
]


@pytest.mark.parametrize("text", STORYBOARDS)
def test_every_storyboard_that_is_shown_can_be_read(text: str, tmp_path: Path) -> None:
    for name in re.findall(r'^(?:end_)?image = "(.+)"$', text, re.M):
        shutil.copy(LIGHTHOUSE / "morning.png", tmp_path / name)
    for name in re.findall(r'"([\w-]+\.safetensors)', text):
        small_lora(tmp_path / name, seed=len(name))
    (tmp_path / "storyboard.toml").write_text(text, encoding="utf-8")
    assert read_storyboard(tmp_path / "storyboard.toml").shots


def test_the_picture_is_what_its_program_draws_and_has_no_words() -> None:
    assert PICTURE.read_text(encoding="utf-8") == drawing()
    assert "<text" not in drawing()


def test_a_path_of_windows_keeps_its_backslashes() -> None:
    assert command_of(r".venv\Scripts\activate").words == (r".venv\Scripts\activate",)
