"""Storyboard files as people had them in the first release, whose names (``StoryboardFile.source``) must stay."""

from __future__ import annotations

from pathlib import Path

# A picture whose bytes, unlike those of an encoder, never change.
PICTURE = b"P6 16 16 255\n" + bytes(range(256)) * 3

FILES = {
    "plain.toml": '[[shot]]\nimage = "a.ppm"\nprompt = "a boat"\nseconds = 2',
    "titled.toml": (
        'title = "  Two   shots "\nmodel = "f1"\npreset = "quick"\n'
        '[[shot]]\nimage = "a.ppm"\nprompt = "一艘船 ⛵"\nseconds = 2.4\nseed = 7\n'
        '[[shot]]\nprompt = "Night falls."\nseconds = 0.1\nstart = "continue"'
    ),
    "settings.toml": (
        'steps = 6\nguidance = 10\ncfg = 1.5\nnegative_prompt = "blurred"\nteacache = 0.15\nseed = 11\n'
        '[[shot]]\nimage = "a.ppm"\nprompt = "a"\nseconds = 600\nstart = "cut"\n'
        '[[shot]]\nimage = "a.ppm"\nprompt = "b"\nseconds = 1e-3\nseed = 9223372036854775807'
    ),
    "nothing.toml": (
        'title = ""\nteacache = 0\ncfg = 1\n'
        '[[shot]]\nimage = "a.ppm"\nprompt = "a\\nb\\t\\"c\\""\nseconds = 1\nseed = 0'
    ),
    "灯塔.toml": 'model = "original"\n[[shot]]\nimage = "a.ppm"\nprompt = "le phare — la nuit"\nseconds = 3.3',
}

# What the first release called them.
SOURCES = {
    "plain.toml": "efa3e7e24519771e368ab9e3f80a1b1f6061a7bbc8cf4dc5e9333c4bde8887f7",
    "titled.toml": "9935852699f490e07567eb0ec25854c5c84f08f3f13b2ad31b401b68710a37df",
    "settings.toml": "6d6b0723d757bc020bba6c06944355bbf2ff8dbedb3b399a27f88588c4f612d2",
    "nothing.toml": "b34d3480e72dd1c0fd254d0f23c6ebbbd6f8c8682e81327cf0418b281836bcf8",
    "灯塔.toml": "5aa7a7ebf776d8d137357b63f49f46c61fde45d55c3fbf16d9df6c915bd3a65d",
}


def write(folder: Path) -> list[Path]:
    """The files in ``folder``, with the picture they name."""
    (folder / "a.ppm").write_bytes(PICTURE)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in FILES]
