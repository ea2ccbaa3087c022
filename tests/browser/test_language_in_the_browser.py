"""The language of a browser and of its reader, in a real one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import until_true
from tests.support.running_studio import Studio

pytestmark = pytest.mark.browser


def await_language(page: Page, tag: str, title: str) -> None:
    """Wait until the page, and what it tells the browser of itself, is in that language."""
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    until_true(page, f"document.documentElement.lang === '{tag}'")


def test_a_language_is_the_browsers_own_until_one_is_chosen_which_then_stays(page: Page, shared_studio: Studio) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(shared_studio.url)
    await_language(page, "en", "Projects")

    page.get_by_label("Language").select_option("繁體中文")
    await_language(page, "zh-Hant-TW", "專案")
    expect(page.get_by_role("link", name="開啟分鏡表")).to_be_visible()

    page.reload()
    await_language(page, "zh-Hant-TW", "專案")
    # Another tab, by an address that says nothing of languages; and a file that is not there.
    other = page.context.new_page()
    other.goto(f"{shared_studio.url}/film")
    expect(other.get_by_text("沒有開啟的專案")).to_be_visible()
    answer = page.context.request.get(f"{shared_studio.url}/files/nothing")
    assert answer.text() == "這裡什麼都沒有。"

    other.get_by_label("語言").select_option("English")
    expect(other.get_by_text("No project is open")).to_be_visible()
    page.reload()
    await_language(page, "en", "Projects")
    assert complaints == []


def test_a_browser_in_chinese_opens_in_chinese_and_an_address_may_say_otherwise(
    chromium: Browser, shared_studio: Studio
) -> None:
    context = chromium.new_context(locale="zh-TW")
    page = context.new_page()
    page.goto(shared_studio.url)
    await_language(page, "zh-Hant-TW", "專案")
    # Letters have the shapes of Taiwan: its fonts stand before those of Japan.
    fonts = page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
    assert fonts.index("Noto Sans CJK TC") < fonts.index("Hiragino Sans")

    # The box for files is Streamlit's, which has no other language than English.
    page.get_by_role("button", name="從圖片或文字建立").click()
    box = page.get_by_test_id("stFileUploader")
    expect(box.get_by_role("button", name="選擇檔案")).to_be_visible()
    expect(box.get_by_text("64MB per file")).to_be_hidden()
    with page.expect_file_chooser() as chooser:
        box.get_by_role("button", name="選擇檔案").click()
    assert chooser.value.is_multiple()

    page.goto(f"{shared_studio.url}/?lang=en")
    await_language(page, "en", "Projects")
    page.get_by_label("Language").select_option("繁體中文")
    await_language(page, "zh-Hant-TW", "專案")
    until_true(page, "!location.search.includes('lang=')")
    context.close()
