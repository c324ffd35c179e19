"""The kiosk and the phone in Chromium against a real server; consoles stay silent throughout."""

import base64
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests import shops
from tests.kiosk.conftest import Windows, code_sent, rotating
from tests.kiosk.faces import visit_url

pytestmark = pytest.mark.browser

CAMERA = """() => {
  const canvas = document.createElement('canvas'); canvas.width = 640; canvas.height = 480;
  const brush = canvas.getContext('2d');
  window.__show = (url) => new Promise(done => { const image = new Image(); image.onload = () => {
    setInterval(() => { brush.fillStyle = '#ccc'; brush.fillRect(0, 0, 640, 480);
      brush.drawImage(image, 140, 60, 360, 360) }, 50); done() }; image.src = url });
  Object.defineProperty(navigator, 'mediaDevices',
    { value: { getUserMedia: async () => canvas.captureStream(10) } });
}"""


TYPE = """keys => { for (const key of keys) {
  for (const kind of ['keydown', 'keyup']) {
    document.activeElement.dispatchEvent(new KeyboardEvent(kind, { key, bubbles: true, cancelable: true }));
  } } }"""


def _scan(page: Page, code: str) -> None:
    """Type as fast as a scanner does, however busy this machine is."""
    page.evaluate(TYPE, [*code, "Enter"])


def _join(phone: Page, url: str, *, shot: Path | None = None) -> None:
    phone.goto(url)
    phone.get_by_label("Phone number").fill("13800138000")
    phone.get_by_role("button", name="Send the code").click()
    phone.get_by_label("Code").fill(code_sent())
    phone.get_by_role("button", name="Continue").click()
    if shot:
        phone.screenshot(path=shot, full_page=True)
    phone.get_by_label("I want to be a member.").check()
    phone.get_by_label("Yes").check()
    phone.get_by_role("button", name="Join").click()


def test_joining_on_the_phone_shows_on_the_kiosk(kiosk_page: Page, windows: Windows, tmp_path: Path) -> None:
    phone = windows.open(phone=True)
    phone.goto(visit_url(kiosk_page))
    kiosk_page.clock.run_for(1500)
    match = kiosk_page.locator(".match").inner_text()
    expect(phone.locator(".match")).to_have_text(match)
    kiosk_page.screenshot(path=tmp_path / "matched.png")
    _join(phone, phone.url, shot=tmp_path / "terms.png")
    kiosk_page.clock.run_for(1500)
    expect(kiosk_page.locator(".face-welcome")).to_be_visible()
    kiosk_page.screenshot(path=tmp_path / "welcome.png")
    phone.screenshot(path=tmp_path / "profile.png", full_page=True)
    expect(phone.get_by_role("heading", name="About you")).to_be_visible()
    kiosk_page.clock.fast_forward(9000)
    expect(kiosk_page.locator(".face-wipe, .face-attract")).to_be_visible()


def test_the_join_code_is_read_from_the_screen(kiosk_page: Page, site: str) -> None:
    assert visit_url(kiosk_page).startswith(f"{site.upper()}/J/")


def test_a_scan_shows_the_card_and_the_clock_wipes_it(kiosk_page: Page, wang: int) -> None:
    _scan(kiosk_page, rotating(wang))
    expect(kiosk_page.locator("#screen h1")).to_contain_text("王**")
    kiosk_page.clock.fast_forward(14_000)
    expect(kiosk_page.locator("#still")).to_be_hidden()
    kiosk_page.clock.fast_forward(2000)
    expect(kiosk_page.locator("#still")).to_be_visible()
    kiosk_page.clock.fast_forward(20_000)
    expect(kiosk_page.locator(".face-wipe, .face-attract")).to_be_visible()
    assert "王" not in kiosk_page.content()


def test_a_touch_keeps_the_card(kiosk_page: Page, wang: int, tmp_path: Path) -> None:
    _scan(kiosk_page, rotating(wang))
    expect(kiosk_page.locator(".face-card")).to_be_visible()
    kiosk_page.clock.fast_forward(20_000)
    kiosk_page.screenshot(path=tmp_path / "still.png")
    kiosk_page.locator("#still button").click()
    expect(kiosk_page.locator("#still")).to_be_hidden()
    kiosk_page.clock.fast_forward(20_000)
    expect(kiosk_page.locator(".face-card")).to_be_visible()


def test_a_new_scan_replaces_any_face(kiosk_page: Page, wang: int, one_shop: shops.Shop) -> None:
    other = one_shop.member("13900139000", name="Anna")
    _scan(kiosk_page, rotating(wang))
    expect(kiosk_page.locator("#screen h1")).to_contain_text("王**")
    _scan(kiosk_page, rotating(other))
    expect(kiosk_page.locator("#screen h1")).to_contain_text("A***")
    assert "王" not in kiosk_page.content()


def test_enter_and_space_never_press_the_focused_button(kiosk_page: Page) -> None:
    kiosk_page.locator('[data-value="phone"]').focus()
    kiosk_page.keyboard.press("Enter")
    kiosk_page.keyboard.press("Space")
    kiosk_page.clock.run_for(1500)
    expect(kiosk_page.locator(".face-attract")).to_be_visible()


def test_a_scanner_that_sends_no_enter_is_read_too(kiosk_page: Page, wang: int) -> None:
    kiosk_page.evaluate(TYPE, list(rotating(wang)))
    kiosk_page.clock.run_for(100)
    expect(kiosk_page.locator("#screen h1")).to_contain_text("王**")


def test_what_a_person_types_is_no_scan(kiosk_page: Page, wang: int) -> None:
    for char in rotating(wang)[:6]:
        kiosk_page.keyboard.press(char)
        kiosk_page.wait_for_timeout(100)
    kiosk_page.keyboard.press("Enter")
    kiosk_page.clock.run_for(1500)
    expect(kiosk_page.locator(".face-attract")).to_be_visible()


def test_a_code_held_to_the_camera_opens_the_card(kiosk_page: Page, wang: int) -> None:
    import qrcode

    kiosk_page.evaluate(CAMERA)
    kiosk_page.locator('[data-value="code"]').click()
    expect(kiosk_page.locator("#eye")).to_be_visible()
    made = qrcode.QRCode(border=4)
    made.add_data(rotating(wang))
    file = BytesIO()
    made.make_image().save(file)
    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    kiosk_page.evaluate("url => window.__show(url)", url)
    expect(kiosk_page.locator("#screen h1")).to_contain_text("王**")


def test_without_a_server_the_screen_sends_to_the_staff_and_recovers(kiosk_page: Page, windows: Windows) -> None:
    kiosk_page.context.set_offline(True)
    for _ in range(5):
        kiosk_page.clock.run_for(1100)
        kiosk_page.wait_for_timeout(50)
    expect(kiosk_page.locator("#offline")).to_be_visible()
    kiosk_page.context.set_offline(False)
    kiosk_page.clock.run_for(1100)
    expect(kiosk_page.locator("#offline")).to_be_hidden()
    expect(kiosk_page.locator(".face-attract")).to_be_visible()
    lost = [one for one in windows.complaints if "ERR_INTERNET_DISCONNECTED" in one]
    windows.complaints[:] = [one for one in windows.complaints if one not in lost]


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_phone_pages_in_both_languages(
    kiosk_page: Page, windows: Windows, wang: int, tmp_path: Path, locale: str
) -> None:
    phone = windows.open(phone=True, locale=locale)
    phone.goto(visit_url(kiosk_page))
    phone.screenshot(path=tmp_path / f"join-{locale}.png", full_page=True)
    phone.locator("#phone").fill("13800138000")
    phone.locator("button.main").click()
    phone.screenshot(path=tmp_path / f"code-{locale}.png", full_page=True)
    phone.locator("#code").fill(code_sent())
    phone.locator("button.main").click()
    expect(phone.locator("#code")).to_be_visible()
    assert "王伟芳" in phone.content()
    phone.screenshot(path=tmp_path / f"me-{locale}.png", full_page=True)
    code = zxingcpp.read_barcodes(Image.open(BytesIO(phone.locator("#code").screenshot())))
    assert [one.text[:3] for one in code] == ["R1."]


def test_the_code_on_the_phone_renews_itself(kiosk_page: Page, windows: Windows, wang: int) -> None:
    phone = windows.open(phone=True)
    phone.clock.install()
    phone.goto(visit_url(kiosk_page))
    phone.get_by_label("Phone number").fill("13800138000")
    phone.get_by_role("button", name="Send the code").click()
    phone.get_by_label("Code").fill(code_sent())
    phone.get_by_role("button", name="Continue").click()
    expect(phone.locator("#code")).to_have_attribute("src", "/me/code.svg")
    with phone.expect_response("**/me/code.svg?t=*") as answer:
        phone.clock.fast_forward(15_500)
    assert answer.value.status == 200
