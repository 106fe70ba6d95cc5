"""What an agent who looks elsewhere hears and sees."""

from playwright.sync_api import expect

from tests.browser.conftest import Desk, OpenPage
from tests.browser.console_page import Buyer, rows

# What the page asks of the loudspeaker and of the desktop, noted. The real ones stand behind it.
NOTED = """
window.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones.push(this.frequency.value); start.call(this, at); };
window.notices = [];
window.Notification = class {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) { window.notices.push([title, options.body]); }
  close() {}
};
document.hasFocus = () => false;
"""


def test_an_agent_hears_a_message_and_is_told_on_the_desktop(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/?view=all", agent="agent@demo.test")
    page.add_init_script(NOTED)
    page.reload()
    expect(rows(page).first).to_be_visible()
    page.locator("body").click(
        position={"x": 700, "y": 5}
    )  # browsers are silent until somebody has been there
    page.locator("[popovertarget=bell-menu]").click()
    page.locator("[data-desktop]").click()
    page.keyboard.press("Escape")

    words = Buyer(desk.url).say()

    expect(page.locator("#bell-count")).to_have_text("1")
    page.wait_for_function("window.tones.length >= 2")
    page.wait_for_function("window.notices.length === 1")
    assert words in page.evaluate("window.notices[0][1]")


def test_one_who_turned_the_sound_off_hears_nothing(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/?view=all", agent="agent@demo.test")
    page.add_init_script(NOTED)
    page.reload()
    expect(rows(page).first).to_be_visible()
    page.locator("[popovertarget=bell-menu]").click()
    page.locator("[data-sound]").click()
    page.keyboard.press("Escape")

    Buyer(desk.url).say()

    expect(page.locator("#bell-count")).to_have_text("1")
    assert page.evaluate("window.tones") == []
    assert page.evaluate("window.notices") == []
