"""The documents that people read, as what tests ask of them: blocks, commands, links, headings, words of the screen."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs"
LANGUAGES = ("en", "zh-TW")
READMES = (ROOT / "README.md", ROOT / "README.zh-TW.md")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_INDENTED = re.compile(r"(?:^|\n\n)((?: {4}\S[^\n]*(?:\n|$))+)")
_LINK = re.compile(r"\]\(([^)\s]+)\)|<(https?://[^>\s]+)>")
_HEADING = re.compile(r"^(#+) (.+)$", re.M)
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.S)
_CODE = re.compile(r"`([^`]+)`")
_NAME_IN_TREE = re.compile(r"^ {4,6}(\w+(?:/|\.py)) ", re.M)
_SETTING = re.compile(r"\b(?:STUDIO|FRAMEPACK)_[A-Z_]+\b")


@dataclass(frozen=True)
class Block:
    """A block of code; ``language`` is empty where none is said, as where it is indented."""

    language: str
    text: str

    @property
    def is_tree(self) -> bool:
        """Whether it shows folders, with words on each."""
        return self.text.lstrip().startswith("studio_app.py ")

    @property
    def is_indented_shell(self) -> bool:
        """Whether it is for a shell, as what is indented in READMEs is, but for the tree."""
        return not self.language and not self.is_tree

    @property
    def untranslated(self) -> str:
        """What is the same in every language: all of it, or the names in a tree."""
        return "\n".join(_NAME_IN_TREE.findall(self.text)) if self.is_tree else self.text


@dataclass(frozen=True)
class Command:
    """A command as a shell has it: what is set before it, and its words."""

    line: str
    settings: tuple[tuple[str, str], ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def blocks(self) -> list[Block]:
        """The blocks of code between fences, then those that are indented."""
        fenced = [Block(*found) for found in _FENCE.findall(self.text)]
        return fenced + [Block("", indented) for indented in _INDENTED.findall(_FENCE.sub("", self.text))]

    @property
    def prose(self) -> str:
        """The text without blocks of code."""
        return _INDENTED.sub("\n\n", _FENCE.sub("", self.text))

    @property
    def links(self) -> list[str]:
        """Where its links and pictures lead."""
        return [one or other for one, other in _LINK.findall(_CODE.sub("", self.prose))]

    @property
    def headings(self) -> list[tuple[int, str]]:
        """Level and words of each."""
        return [(len(marks), words) for marks, words in _HEADING.findall(_FENCE.sub("", self.text))]

    @property
    def anchors(self) -> set[str]:
        """What a link's ``#`` may name here."""
        return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for _, words in self.headings}

    @property
    def screen_words(self) -> list[str]:
        """What is bold."""
        return [" ".join(words.split()) for words in _BOLD.findall(_CODE.sub("`", self.prose))]

    @property
    def settings(self) -> set[str]:
        """The environment variables that it names."""
        return set(_SETTING.findall(self.text))

    @property
    def inline_commands(self) -> list[str]:
        """Commands of the project in the middle of a sentence."""
        spans = (" ".join(span.split()) for span in _CODE.findall(self.prose))
        return [span for span in spans if span.startswith(("python -m framepack ", "python -m projects "))]

    @property
    def commands(self) -> list[Command]:
        """The commands of its blocks, and those in its sentences."""
        shell = [block.text for block in self.blocks if block.language == "sh" or block.is_indented_shell]
        lines = [line.strip() for text in shell for line in text.splitlines() if line.strip()]
        return [command_of(one) for line in (*lines, *self.inline_commands) for one in line.split(" && ")]


def command_of(line: str) -> Command:
    """A line of a shell, taken apart. On Windows backslashes are part of a path."""
    words = shlex.split(line.replace("\\", "\\\\"))
    settings = []
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        name, _, value = words.pop(0).partition("=")
        settings.append((name, value))
    return Command(line, tuple(settings), tuple(words))


def document(path: Path) -> Document:
    return Document(path, path.read_text(encoding="utf-8"))


def pages(language: str) -> list[Document]:
    """The pages of a language, in the order in which the README names them; others come last."""
    order = [link.rpartition("/")[2] for link in document(READMES[0]).links if link.startswith("docs/en/")]
    paths = sorted((PAGES / language).glob("*.md"))
    named = [path for name in order for path in paths if path.name == name]
    return [document(path) for path in (*named, *(path for path in paths if path not in named))]


def documents() -> list[Document]:
    """All that people read: both READMEs and the pages of both languages."""
    return [document(path) for path in READMES] + [page for language in LANGUAGES for page in pages(language)]
