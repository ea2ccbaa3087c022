"""What every table of a storyboard file has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Table(BaseModel):
    """A table of a file: its keys are known, and its values are what they are."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "a text with a NUL character")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
