"""Draws ``sections.svg``, the picture of how sections follow each other: ``python -m docs.draw_sections``.

There are no words in it, so that it serves every language; the page that shows it says what the colours mean.
"""

from __future__ import annotations

from pathlib import Path

PICTURE = Path(__file__).parent / "sections.svg"
WIDTH, HEIGHT = 760, 300
ANCHOR, HISTORY, NEW, EMPTY, LINE = "#f2c14e", "#5b8def", "#58b368", "#ffffff", "#44505e"
LATENTS = 9
"""New latents of a section."""
SECTIONS = 5
FINISHED = 3


def square(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="3" '
        f'fill="{colour}" stroke="{LINE}" stroke-width="1.5"/>'
    )


def arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<path d="M{x:g} {y:g} L{to_x:g} {to_y:g}" stroke="{LINE}" stroke-width="2" marker-end="url(#head)"/>'


def context() -> list[str]:
    """The upper row, all standing on one line: the anchor, 16 latents small, 2 larger, 1 in full, and the new ones."""
    foot = 110.0
    drawn = [square(30, foot - 48, 48, 48, ANCHOR)]
    drawn += [square(112 + 14 * (k % 8), foot - 28 + 14 * (k // 8), 12, 12, HISTORY) for k in range(16)]
    drawn += [square(232 + 28 * k, foot - 24, 24, 24, HISTORY) for k in range(2)]
    drawn.append(square(292, foot - 48, 48, 48, HISTORY))
    return drawn + [square(374 + 39 * k, foot - 48, 36, 48, NEW) for k in range(LATENTS)]


def sections() -> list[str]:
    """The lower row: the finished sections, the one that is made from the upper row, and those to come."""
    top, width, gap = 210.0, 116.0, 30.0
    drawn = []
    for number in range(SECTIONS):
        colour = HISTORY if number < FINISHED else NEW if number == FINISHED else EMPTY
        left = 30 + number * (width + gap)
        drawn.append(square(left, top, width, 50, colour))
        if number < SECTIONS - 1:
            drawn.append(arrow(left + width + 3, top + 25, left + width + gap - 7, top + 25))
    made = 30 + FINISHED * (width + gap) + width / 2
    before = made - width - gap
    return [*drawn, arrow(before, top - 4, 316, 124), arrow(548, 118, made, top - 8)]


def drawing() -> str:
    """The whole picture; its ground is white, so that it reads on dark pages, too."""
    head = '<marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
            f'<defs>{head}<path d="M0 0 L8 4 L0 8 z" fill="{LINE}"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>',
            *context(),
            *sections(),
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8", newline="\n")
