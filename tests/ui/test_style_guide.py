"""Every component in a real browser: by keyboard, in both themes, under the security policy."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from tests.pages import CheckPage, SignIn, TakePicture
from tests.people import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def guide(page: Page, settings: Settings, sign_in: SignIn) -> Page:
    """The style guide, opened by somebody signed in."""
    settings.STYLE_GUIDE = True
    sign_in(page, person("Elena Varga"))
    page.goto("/style-guide")
    return page


def test_axe_finds_nothing_in_either_theme_and_a_phone_needs_no_sideways_scroll(
    guide: Page, axe: CheckPage, screenshot: TakePicture
) -> None:
    screenshot(guide, "style-guide")
    axe(guide)


def test_axe_finds_nothing_in_the_open_palette_and_dialogs(guide: Page, axe: CheckPage) -> None:
    guide.keyboard.press("Control+k")
    axe(guide)
    guide.keyboard.press("Escape")
    guide.get_by_role("button", name="Open a dialog").click()
    expect(guide.get_by_role("dialog", name="End Rafael’s grant now?")).to_be_visible()
    axe(guide)


def test_the_stylesheet_fonts_and_icons_come_from_ourselves_and_are_used(guide: Page) -> None:
    assert guide.evaluate("document.fonts.check('14px \"Inter Variable\"')")
    assert guide.evaluate("getComputedStyle(document.body).fontFamily").startswith(
        '"Inter Variable"'
    )
    origins = guide.evaluate(
        "[...new Set(performance.getEntriesByType('resource').map(e => new URL(e.name).origin))]"
    )
    assert origins == [guide.evaluate("location.origin")]
    icon = guide.locator(".s-nav__item .s-icon use").first
    assert icon.evaluate("use => use.getBBox().width") > 0


def test_the_focus_is_visible_on_everything_the_tab_key_reaches(guide: Page) -> None:
    guide.keyboard.press("Tab")
    expect(guide.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    unseen = []
    for _ in range(60):
        guide.keyboard.press("Tab")
        unseen += guide.evaluate(
            """() => {
              const at = document.activeElement;
              if (at === document.body) return [];
              const shown = (e) => {
                const style = e && getComputedStyle(e);
                return style?.outlineStyle !== "none" && parseFloat(style?.outlineWidth) >= 2;
              };
              const outlined = [at, at.closest("label"), at.closest(".s-row")].some(shown);
              return outlined ? [] : [at.outerHTML.slice(0, 120)];
            }"""
        )
    assert unseen == []


def test_single_keys_move_and_press_and_can_be_turned_off(guide: Page) -> None:
    guide.evaluate(
        "document.querySelector('[data-key=a]').addEventListener('click', e => {"
        " e.preventDefault(); document.body.dataset.pressed = 'a'; })"
    )
    guide.keyboard.press("j")
    first = guide.evaluate("document.activeElement.textContent")
    guide.keyboard.press("j")
    assert guide.evaluate("document.activeElement.textContent") != first
    guide.keyboard.press("a")
    expect(guide.locator("body")).to_have_attribute("data-pressed", "a")

    guide.keyboard.press("?")
    keys = guide.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Approve, 90 days")
    keys.get_by_role("switch", name="Single keys act").uncheck()
    guide.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    guide.evaluate("delete document.body.dataset.pressed")
    guide.keyboard.press("a")
    assert guide.evaluate("document.body.dataset.pressed ?? null") is None


def test_a_key_typed_into_a_field_stays_text(guide: Page) -> None:
    field = guide.get_by_label("Ticket")
    field.focus()
    guide.keyboard.type("ad?/jk")
    expect(field).to_have_value("ad?/jk")


def test_the_palette_finds_commands_and_places_and_runs_the_chosen_one(guide: Page) -> None:
    guide.keyboard.press("Control+k")
    palette = guide.get_by_role("dialog", name="Search or run a command")
    expect(palette.get_by_role("option").first).to_have_text("Approve, 90 daysA")
    guide.keyboard.type("> deny")
    expect(palette.get_by_role("option")).to_have_count(1)
    guide.keyboard.press("Control+a")
    guide.keyboard.type("gran")
    expect(palette.get_by_role("option")).to_have_text(["Grants"])
    guide.keyboard.press("Control+a")
    guide.keyboard.type("nothing like it")
    expect(palette.get_by_text("Nothing found")).to_be_visible()
    guide.keyboard.press("Escape")
    expect(palette).to_be_hidden()


def test_the_theme_follows_the_system_until_chosen_and_is_remembered(guide: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = guide.evaluate(background)
    guide.get_by_role("button", name="Light or dark").click()
    dark = guide.evaluate(background)
    assert dark != light
    guide.reload()
    assert guide.evaluate(background) == dark
    guide.get_by_role("button", name="Light or dark").click()
    guide.emulate_media(color_scheme="dark")
    assert guide.evaluate(background) == dark


def test_on_a_phone_the_sidebar_opens_over_the_page_and_closes_again(guide: Page) -> None:
    guide.set_viewport_size({"width": 390, "height": 844})
    place = guide.get_by_role("link", name="Audit trail")
    expect(place).to_be_hidden()
    guide.get_by_role("button", name="Menu", exact=True).click()
    expect(place).to_be_visible()
    guide.keyboard.press("Escape")
    expect(place).to_be_hidden()


def test_the_style_guide_is_not_there_unless_it_is_asked_for(
    page: Page, settings: Settings, sign_in: SignIn
) -> None:
    sign_in(page, person())
    settings.STYLE_GUIDE = False
    answer = page.goto("/style-guide")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
