"""Phrases for the sentence of a shot, in English and Traditional Chinese, whatever language the page is in.

They are written into prompts, not said by the page. What the embedded draft follows is marked as its model card has
it; ``tests/training`` holds the marks against what it was trained with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["camera", "subject", "mood"]


@dataclass(frozen=True)
class Phrase:
    """One phrase in both languages; ``drafted``: the draft follows it."""

    en: str
    zh: str
    drafted: bool


def _followed(*pairs: tuple[str, str]) -> tuple[Phrase, ...]:
    return tuple(Phrase(en, zh, drafted=True) for en, zh in pairs)


def _others(*pairs: tuple[str, str]) -> tuple[Phrase, ...]:
    return tuple(Phrase(en, zh, drafted=False) for en, zh in pairs)


PHRASES: Mapping[Kind, tuple[Phrase, ...]] = MappingProxyType(
    {
        "camera": (
            *_followed(
                ("the camera holds still", "鏡頭保持不動"),
                ("the camera pans left slowly", "鏡頭緩緩向左平移"),
                ("the camera pans right slowly", "鏡頭緩緩向右平移"),
                ("the camera tilts up slowly", "鏡頭緩緩向上移動"),
                ("the camera tilts down slowly", "鏡頭緩緩向下移動"),
                ("the camera zooms in slowly", "鏡頭緩緩拉近"),
                ("the camera zooms out slowly", "鏡頭緩緩拉遠"),
                ("handheld camera", "手持鏡頭"),
            ),
            *_others(
                ("the camera follows them from behind", "鏡頭從後方跟隨"),
                ("the camera circles around them", "鏡頭環繞著他們"),
                ("close-up shot", "特寫鏡頭"),
                ("wide shot", "遠景鏡頭"),
            ),
        ),
        "subject": (
            *_followed(
                ("the boat moves to the left", "船向左移動"),
                ("the clouds drift to the right", "雲向右飄動"),
                ("the water ripples", "水面泛起漣漪"),
                ("smoke rises", "煙升起"),
                ("leaves sway in the wind", "樹葉隨風搖曳"),
            ),
            *_others(
                ("the woman turns her head and smiles", "女子轉過頭來微笑"),
                ("the man walks towards the camera", "男子走向鏡頭"),
                ("the girl dances gracefully, with clear movements", "女孩優雅地跳舞，動作清晰"),
                ("they talk and gesture with their hands", "他們說話，雙手比劃著"),
                ("her hair moves in the wind", "她的頭髮隨風飄動"),
                ("the waves roll onto the beach", "海浪湧上沙灘"),
            ),
        ),
        "mood": (
            *_followed(
                ("day turns to night slowly", "慢慢由白天變成黑夜"),
                ("snow falls", "雪花飄落"),
                ("rain falls", "雨落下來"),
                ("fog rolls in", "霧氣湧入"),
                ("the picture fades to black slowly", "畫面慢慢淡出至黑"),
            ),
            *_others(
                ("warm evening light", "溫暖的夕陽光線"),
                ("soft morning light", "柔和的晨光"),
                ("calm and dreamlike", "平靜而夢幻"),
                ("tense, with hard shadows", "緊張的氣氛，陰影分明"),
                ("cinematic, shallow depth of field", "電影感，淺景深"),
            ),
        ),
    }
)
