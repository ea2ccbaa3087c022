"""The storyboard on paper, opened by readers of PDF files that know nothing of us."""

from __future__ import annotations

from pathlib import Path

import pypdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from sqlmodel import Session

from framepack.errors import InvalidRequest
from projects.database.tables import Shot
from projects.documents.fonts import faces_for, weighted
from projects.documents.panels import Panel, Storyboard, storyboard_of
from projects.documents.storyboard_pdf import PAPERS, Page, Paper, write_pdf, write_sheet
from projects.errors import StoryboardProblem
from projects.settings import StudioSettings
from projects.words import fonts
from tests.support.papers import DIALOGUE, HOSTILE, PROMPT, said_in_many_ways


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "board.pdf"


def text_of(file: Path) -> str:
    """All the words of a PDF file, as a reader that lets them be searched has them."""
    pages = pypdfium2.PdfDocument(file)
    return "\n".join(page.get_textpage().get_text_range() for page in pages).replace("\r\n", "\n")


def many(count: int) -> Storyboard:
    """A storyboard of shots without pictures."""
    shots = [Shot(project_id="p", number=10 * n, position=n - 1, prompt=f"shot {n}") for n in range(1, count + 1)]
    return Storyboard("Many", tuple(Panel(shot, 4.0 * n, 4.0) for n, shot in enumerate(shots)), (480, 832), "fill")


def test_all_that_is_said_is_on_the_page_in_every_script(session: Session, studio: StudioSettings, out: Path) -> None:
    project = said_in_many_ways(session, studio, rendered=True)
    write_pdf(storyboard_of(session=session, project_id=project.id), studio, out, Page())
    text = text_of(out)
    for said in ("燈塔 The lighthouse", "SH0010", "夜", PROMPT, DIALOGUE, "-40 °C", HOSTILE, "No picture yet", "1.2 s"):
        assert said in text.replace("\n", ""), said
    # Another reader has the letters, too.
    said = pypdf.PdfReader(out).pages[0].extract_text().replace("\0", "")
    assert PROMPT in "".join(said.split())


def test_a_computer_without_fonts_writes_with_those_that_came_with_the_studio(
    session: Session, studio: StudioSettings, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "_on_this_computer", dict)
    project = said_in_many_ways(session, studio)
    write_pdf(storyboard_of(session=session, project_id=project.id), studio, out, Page())

    text = text_of(out).replace("\n", "")
    assert all(said in text for said in ("燈塔 The lighthouse", PROMPT, DIALOGUE))
    assert faces_for("a")[0].path.stem == "NotoSans[wght]"
    chinese = next(face for face in faces_for("a燈") if ord("燈") in face.letters)
    with TTFont(weighted(chinese, "a燈", out.parent).path) as font:
        assert "fvar" not in font
        assert font["OS/2"].usWeightClass == fonts.WEIGHT


def test_every_font_is_within_the_file(session: Session, studio: StudioSettings, out: Path) -> None:
    project = said_in_many_ways(session, studio)
    write_pdf(storyboard_of(session=session, project_id=project.id), studio, out, Page())
    fonts = [font.get_object() for font in pypdf.PdfReader(out).pages[0]["/Resources"]["/Font"].values()]
    assert {font["/Subtype"] for font in fonts} == {"/Type0", "/Type3"}  # words, and emoji as drawings
    for font in fonts:
        if font["/Subtype"] == "/Type0":
            descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)
    assert out.stat().st_size < 300_000  # only the letters that are used


def test_a_picture_shows_a_frame_of_the_take_and_else_the_shots_picture(
    session: Session, studio: StudioSettings, out: Path
) -> None:
    project = said_in_many_ways(session, studio, rendered=True)
    storyboard = storyboard_of(session=session, project_id=project.id)
    assert [panel.shows for panel in storyboard.panels] == ["take", "still", "nothing"]
    write_pdf(storyboard, studio, out, Page())
    shown = [
        image.image.convert("RGB").resize((1, 1)).getpixel((0, 0)) for image in pypdf.PdfReader(out).pages[0].images
    ]
    (grey, red) = shown
    assert max(grey) - min(grey) < 8
    assert red[0] > 230 > 30 > red[1]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("landscape", [True, False])
def test_a_page_has_the_size_of_its_paper(studio: StudioSettings, out: Path, paper: Paper, landscape: bool) -> None:
    write_sheet(many(2), studio, out, Page(paper, landscape))
    box = pypdf.PdfReader(out).pages[0].mediabox
    width, height = PAPERS[paper]
    expected = (height, width) if landscape else (width, height)
    assert (float(box.width), float(box.height)) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("panels", range(1, 13))
def test_a_page_has_as_many_panels_as_asked_and_nothing_leaves_it(
    studio: StudioSettings, out: Path, panels: int
) -> None:
    write_pdf(many(13), studio, out, Page("A4", panels % 2 == 0, panels))
    pages = pypdfium2.PdfDocument(out)
    texts = [page.get_textpage() for page in pages]
    counts = [text.get_text_range().count("SH0") for text in texts]
    assert counts == [panels] * (13 // panels) + [13 % panels] * (13 % panels > 0)
    for page, text in zip(pages, texts, strict=True):
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        assert min(box[0] for box in boxes) >= 30
        assert max(box[2] for box in boxes) <= page.get_width() - 30


def test_panels_are_one_to_twelve() -> None:
    for panels in (0, 13):
        with pytest.raises(InvalidRequest, match="1 and 12"):
            Page(panels=panels)


def test_what_is_too_long_for_its_panel_ends_in_an_ellipsis(studio: StudioSettings, out: Path) -> None:
    board = many(1)
    board.panels[0].shot.prompt = PROMPT * 200
    board.panels[0].shot.dialogue = "the last word"
    write_pdf(board, studio, out, Page(panels=6))
    assert "…" in text_of(out)
    assert "the last word" in text_of(out)


def test_a_letter_that_no_font_has_is_no_empty_box(studio: StudioSettings, out: Path) -> None:
    board = many(1)
    board.panels[0].shot.prompt = "before\U000e8000after"
    write_pdf(board, studio, out, Page())
    assert "before?after" in text_of(out)


def test_words_may_be_of_another_language(studio: StudioSettings, out: Path) -> None:
    words = dict.fromkeys(("page", "length", "one_shot", "no_picture", "said", "noted"), "尚無圖片")
    write_pdf(many(1), studio, out, Page(), words)
    assert "尚無圖片" in text_of(out)


def test_a_storyboard_without_shots_makes_no_pages(studio: StudioSettings, out: Path) -> None:
    with pytest.raises(StoryboardProblem, match="no shots yet"):
        write_pdf(many(0), studio, out, Page())
    assert not out.exists()


def test_chinese_letters_are_drawn_as_the_language_of_the_text_does() -> None:
    def number(text: str) -> int:
        return next(face.number for face in faces_for(text) if ord("骨") in face.letters)

    assert number("骨") != number("骨を") != number("骨 뼈")
