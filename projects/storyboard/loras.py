"""LoRAs as a storyboard chooses them: which, how strongly, and the words that its prompts get for them.

A choice holds all that counts for it, so that an edit in the library changes no shot that was made already. It knows
no files: those are the library's (``projects.loras``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.request import MAX_LORA_STRENGTH, MAX_LORAS
from projects.database.tables import Project, Shot
from projects.names import shown_name

MAX_NAME_CHARACTERS = 200
MAX_WORDS_CHARACTERS = 1000
# Between words that are added, as people write them.
_BETWEEN = re.compile(r"[,，、;；\n]")
# Scripts that put no spaces between words.
_UNSPACED = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
_OF_UNSPACED = re.compile(f"[{_UNSPACED}]")
_LETTER = rf"[^\W{_UNSPACED}]"


class ChosenLora(BaseModel):
    """A LoRA by its SHA-256 (``framepack.checkpoints.loras.lora_sha256``), with the name it had when it was chosen.

    ``words`` are put into prompts, parted by commas. At ``strength`` 0 it is left out, words and all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    name: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)] = ""
    strength: Annotated[float, Field(ge=-MAX_LORA_STRENGTH, le=MAX_LORA_STRENGTH, allow_inf_nan=False)] = 1.0
    words: Annotated[str, Field(max_length=MAX_WORDS_CHARACTERS)] = ""

    @property
    def called(self) -> str:
        """Its name, or the beginning of its SHA-256 where it has none."""
        return self.name or self.sha256[:12]

    def stored(self) -> dict[str, Any]:
        """As a project or shot keeps it."""
        said = {"sha256": self.sha256, "name": shown_name(self.name), "strength": float(self.strength)}
        words = ", ".join(_parts(self.words))
        return said | ({"words": words} if words else {})


def stored_loras(loras: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    """LoRAs as a project or shot keeps them; None stays None. Raises InvalidRequest where they cannot be."""
    if loras is None:
        return None
    try:
        found = [ChosenLora.model_validate(one) for one in loras]
    except ValidationError as problem:
        fault = problem.errors(include_url=False)[0]
        raise InvalidRequest("loras", Message("lora-value", {"key": ".".join(map(str, fault["loc"]))})) from None
    if len(found) > MAX_LORAS:
        raise InvalidRequest("loras", Message("loras-many", {"most": MAX_LORAS}))
    for place, one in enumerate(found):
        if one.sha256 in [other.sha256 for other in found[:place]]:
            raise InvalidRequest("loras", Message("lora-twice", {"name": one.called}))
    return [one.stored() for one in found]


def takes_loras(checkpoint: str) -> bool:
    """Whether LoRAs fit a checkpoint at all: they are made for the published models, not for the embedded draft."""
    return not checkpoint_named(checkpoint).embedded


def chosen_loras(project: Project, shot: Shot) -> tuple[ChosenLora, ...]:
    """What a shot chooses, or its project where it has no list of its own."""
    said = project.loras if shot.loras is None else shot.loras
    return tuple(ChosenLora.model_validate(one) for one in said)


def loras_of(project: Project, shot: Shot, checkpoint: str) -> tuple[ChosenLora, ...]:
    """The LoRAs that a shot is made with in a chain of ``checkpoint``, in order."""
    if not takes_loras(checkpoint):
        return ()
    return tuple(one for one in chosen_loras(project, shot) if one.strength)


def added_words(loras: Sequence[ChosenLora], text: str) -> tuple[str, ...]:
    """The trigger words of ``loras`` that ``text`` does not say yet, each once, in order."""
    found: list[str] = []
    for word in (part for one in loras for part in _parts(one.words)):
        if not any(_says(said, word) for said in (text, *found)):
            found.append(word)
    return tuple(found)


def with_words(loras: Sequence[ChosenLora], text: str) -> str:
    """``text`` with the trigger words of ``loras`` before it, as far as it does not say them."""
    between = "，" if _OF_UNSPACED.search(text) else ", "
    return between.join((*added_words(loras, text), text))


def _parts(words: str) -> list[str]:
    return [part for said in _BETWEEN.split(words) if (part := " ".join(said.split()))]


def _says(text: str, word: str) -> bool:
    """Whether ``word`` stands in ``text`` as a whole word, or anywhere where its script knows no spaces."""
    before = f"(?<!{_LETTER})" if re.match(_LETTER, word) else ""
    after = f"(?!{_LETTER})" if re.match(_LETTER, word[-1]) else ""
    pattern = r"\s+".join(map(re.escape, word.split()))
    return re.search(f"{before}{pattern}{after}", text, re.IGNORECASE) is not None
