"""Writing text of any script into a PDF file: each letter by the first font that has it, all of them embedded."""

from __future__ import annotations

from collections.abc import Sequence

from fpdf import FPDF

from projects.documents.fonts import Face, is_unseen
from projects.documents.wrapping import Measure, clusters

# What stands for a letter that no font of this computer has, which would be an empty box.
UNKNOWN = "?"
# The font that every reader of PDF files has; it has the letters of Latin 1.
_CORE = "Helvetica"
_LATIN_1 = 0x100
# Letters from here to there are those of Chinese, Japanese and Korean; from the third on they are emoji.
_FIRST_WIDE, _FIRST_BEYOND, _FIRST_PICTURE = 0x2E80, 0x10000, 0x1F000
_AS_PICTURE = "\ufe0f"
_MEASURED_AT = 10.0


class Pen:
    """Measures and writes lines in ``pdf`` with ``faces``, the first of which is for Latin letters."""

    def __init__(self, pdf: FPDF, faces: Sequence[Face]) -> None:
        self._pdf = pdf
        self._faces = {f"face{number}": face for number, face in enumerate(faces)}
        self._widths: dict[str, float] = {}
        pdf.c_margin = 0
        for name, face in self._faces.items():
            pdf.add_font(name, fname=face.path, collection_font_number=face.number)

    def measure(self, size: float) -> Measure:
        """Says how wide a text is at a size, in points."""
        return lambda text: size * self._width(text)

    def write(self, x: float, y: float, text: str, size: float) -> None:
        """Write a line, ``size`` high, whose upper left corner is there."""
        for name, run in self._runs(text):
            self._set(name, run, size)
            width = self._pdf.get_string_width(run)
            self._pdf.set_xy(x, y)
            self._pdf.cell(w=width, h=size, text=run)
            x += width

    def _width(self, text: str) -> float:
        """How wide a text is at a size of one point. Most are words and letters that come again and again."""
        if text not in self._widths:
            self._widths[text] = 0.0
            for name, run in self._runs(text):
                self._set(name, run, _MEASURED_AT)
                self._widths[text] += self._pdf.get_string_width(run) / _MEASURED_AT
        return self._widths[text]

    def _set(self, name: str, run: str, size: float) -> None:
        self._pdf.set_font(name, size=size)
        # Shaping joins emoji of several characters, and letters of Arabic or Hindi. Chinese needs none, and without it
        # stays text that can be searched and copied.
        wide = any(_FIRST_WIDE <= ord(letter) < _FIRST_BEYOND for letter in run)
        self._pdf.set_text_shaping(use_shaping_engine=name != _CORE and not wide)

    def _runs(self, text: str) -> list[tuple[str, str]]:
        """``text`` in runs of one font each, with the font's name."""
        runs: list[tuple[str, str]] = []
        for cluster in clusters(text):
            name, shown = self._of(cluster)
            if runs and runs[-1][0] == name:
                runs[-1] = (name, runs[-1][1] + shown)
            else:
                runs.append((name, shown))
        return runs

    def _of(self, cluster: str) -> tuple[str, str]:
        """The font that shows a cluster, and what it shows."""
        wanted = {ord(letter) for letter in cluster if not is_unseen(letter)}
        picture = _AS_PICTURE in cluster or any(letter >= _FIRST_PICTURE for letter in wanted)
        names = sorted(self._faces, key=lambda name: self._faces[name].coloured != picture)
        for name in names if picture else self._faces:
            if wanted <= self._faces[name].letters:
                return name, cluster if wanted else " " * cluster.isspace()
        if self._faces:
            return next(iter(self._faces)), UNKNOWN
        return _CORE, cluster if all(ord(letter) < _LATIN_1 for letter in cluster) else UNKNOWN
