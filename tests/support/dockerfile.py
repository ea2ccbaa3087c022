"""Reads a Dockerfile as a list of instructions, as far as ours goes: no heredocs, no parser directives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

KNOWN = frozenset(
    (*("FROM", "ARG", "RUN", "WORKDIR", "COPY", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK"), "STOPSIGNAL", "CMD")
)


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word, and what stands behind it in one line."""

    word: str
    rest: str

    @property
    def listed(self) -> list[str]:
        """What stands behind it as a JSON list; a list of a HEALTHCHECK stands behind CMD. Raises ValueError."""
        values = json.loads(self.rest[self.rest.index("[") :])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ValueError(self.rest)
        return values


def read_dockerfile(path: Path) -> list[Instruction]:
    """The instructions of the file at ``path``. Raises ValueError for a line that is none."""
    instructions: list[Instruction] = []
    whole = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip().startswith("#") or (not line.strip() and not whole):
            continue
        whole += line.rstrip().removesuffix("\\")
        if line.rstrip().endswith("\\"):
            whole += "\n"
            continue
        word, _, rest = whole.strip().partition(" ")
        if word not in KNOWN or not rest.strip():
            raise ValueError(f"no instruction: {whole}")
        instructions.append(Instruction(word, rest.strip()))
        whole = ""
    if whole:
        raise ValueError(f"the file ends within: {whole}")
    return instructions
