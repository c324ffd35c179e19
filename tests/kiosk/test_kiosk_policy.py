"""The policy in deploy/kiosk as Chromium enforces it.

Under the file as shipped no driver can look into a page, which is one of the tests; the others leave out
that single key.
"""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from core.base.settings import Settings
from tests.conftest import FLAGS
from tests.kiosk import managed

pytestmark = pytest.mark.browser
SHIPPED = json.loads(managed.POLICY.read_text("utf-8"))
ORIGIN = f"http://127.0.0.1:{Settings().kiosk_port}"
DEVTOOLS = "DeveloperToolsAvailability"
FORBIDDEN = "ERR_BLOCKED_BY_ADMINISTRATOR"
CAMERA = "navigator.mediaDevices.getUserMedia({video: true}).then(s => s.getTracks()[0].kind, e => e.name)"
ROWS = """() => {
  const rows = {};
  const walk = (root) => { for (const one of root.querySelectorAll('*')) {
    if (one.tagName === 'POLICY-ROW') {
      const told = [...one.shadowRoot.querySelectorAll('.policy.row > div')].map(e => e.textContent.trim());
      if (told[2]) rows[told[0]] = told[5];
    }
    if (one.shadowRoot) walk(one.shadowRoot);
  } };
  walk(document);
  return rows;
}"""


@contextmanager
def driven(browser: Browser, folder: Path, *without: str, flags: tuple[str, ...] = ()) -> Iterator[BrowserContext]:
    """Chromium under the policy without devtools' key, as the driver needs, and without others."""
    program = managed.chromium(folder, DEVTOOLS, *without)
    context = browser.browser_type.launch_persistent_context(
        folder / "profile", executable_path=program, headless=True, args=[*FLAGS, *flags]
    )
    try:
        yield context
    finally:
        context.close()


@pytest.fixture(scope="module")
def closed(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser under the policy, with no server behind it."""
    with driven(browser, tmp_path_factory.mktemp("closed")) as context:
        yield context


@pytest.fixture
def page(browser: Browser, site: str, tmp_path: Path) -> Iterator[Page]:
    """A page of a browser that finds the kiosk's server at the address the policy names."""
    port = urlsplit(site).port
    flags = (f"--host-resolver-rules=MAP 127.0.0.1:8080 127.0.0.1:{port}", "--use-fake-device-for-media-stream")
    with driven(browser, tmp_path, flags=flags) as context:
        yield context.new_page()


# --- what is open ----------------------------------------------------------------------------------


def test_the_policy_names_the_kiosk_at_its_default_address() -> None:
    assert SHIPPED["URLAllowlist"] == [f"{ORIGIN}/kiosk"]
    assert SHIPPED["NewTabPageLocation"] == f"{ORIGIN}/kiosk"
    assert SHIPPED["VideoCaptureAllowedUrls"] == [ORIGIN]


def test_the_kiosks_page_opens_and_works(page: Page) -> None:
    page.goto(f"{ORIGIN}/kiosk")
    expect(page.locator('[data-key="A"]')).to_be_visible()
    page.locator('[data-key="A"]').click()
    expect(page.locator("#typed")).to_contain_text("A")


def test_a_new_tab_is_the_kiosk_again(page: Page) -> None:
    page.goto("chrome://newtab")
    assert page.url == f"{ORIGIN}/kiosk"


def test_the_camera_needs_no_consent_at_the_screen(page: Page) -> None:
    page.goto(f"{ORIGIN}/kiosk")
    assert page.evaluate(CAMERA) == "video"


# --- what is closed --------------------------------------------------------------------------------


def test_the_same_server_at_another_address_is_blocked(page: Page, site: str) -> None:
    with pytest.raises(Error, match=FORBIDDEN):
        page.goto(f"{site}/kiosk")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8081/kiosk", "http://localhost:8080/kiosk", "https://127.0.0.1:8080/kiosk",
        "http://127.0.0.1:8080/", "http://127.0.0.1:8080/join", "http://example.com/",
        "file:///etc/passwd", "file:///", "view-source:http://127.0.0.1:8080/kiosk", "data:text/html,hi",
        "filesystem:http://127.0.0.1:8080/temporary/", "mailto:a@example.com", "tel:110",
        "chrome://version", "chrome://policy", "chrome://settings", "chrome://flags", "chrome://inspect",
        "chrome://downloads", "chrome://extensions", "chrome://history", "chrome-untrusted://print/",
        "devtools://devtools/bundled/devtools_app.html",
    ],
)  # fmt: skip
def test_everything_else_is_blocked(closed: BrowserContext, address: str) -> None:
    page = closed.new_page()
    with pytest.raises(Error, match=FORBIDDEN):
        page.goto(address)
    page.close()


def test_a_script_in_the_address_does_not_run(closed: BrowserContext) -> None:
    page = closed.new_page()
    with pytest.raises(Error, match="ERR_ABORTED"):
        page.goto("javascript:document.title = 'ran'")
    assert page.title() == ""
    page.close()


def test_chromium_knows_every_key_and_takes_its_value(browser: Browser, tmp_path: Path) -> None:
    with driven(browser, tmp_path, "URLBlocklist") as context:
        page = context.new_page()
        page.goto("chrome://policy")
        page.locator("policy-row").first.wait_for(state="attached")
        rows = page.evaluate(ROWS)
    assert rows.keys() == SHIPPED.keys() - {DEVTOOLS, "URLBlocklist"}
    assert set(rows.values()) <= {"OK", "Deprecated"}


# --- nothing looks into a page ---------------------------------------------------------------------


def test_the_shipped_policy_lets_no_debugger_into_a_page(browser: Browser, tmp_path: Path) -> None:
    shipped = managed.chromium(tmp_path)
    with managed.running(shipped, tmp_path, "about:blank") as opened, pytest.raises(Error, match="Not allowed"):
        attach(browser, opened.url)


def test_without_its_key_a_debugger_comes_in(browser: Browser, tmp_path: Path) -> None:
    with managed.running(managed.chromium(tmp_path, DEVTOOLS), tmp_path, "about:blank") as opened:
        assert attach(browser, opened.url)


def attach(browser: Browser, url: str) -> bool:
    """Whether a debugger gets a session with the browser's first page. Raises: Error, in the browser's words."""
    session = browser.browser_type.connect_over_cdp(url).new_browser_cdp_session()
    found = session.send("Target.getTargets")["targetInfos"]
    target = next(one["targetId"] for one in found if one["type"] == "page")
    return "sessionId" in session.send("Target.attachToTarget", {"targetId": target, "flatten": True})


@pytest.mark.parametrize(("without", "opens"), [(("URLBlocklist",), False), (("URLBlocklist", DEVTOOLS), True)])
def test_the_window_of_the_developer_tools_stays_shut(tmp_path: Path, without: tuple[str, ...], opens: bool) -> None:
    """Told to open them with each tab, Chromium does so unless the key forbids it."""
    program = managed.chromium(tmp_path, *without)
    with managed.running(program, tmp_path, "--auto-open-devtools-for-tabs", "data:text/html,hi") as opened:
        end = time.monotonic() + 5
        while time.monotonic() < end and not _devtools(opened):
            time.sleep(0.2)
        assert _devtools(opened) is opens


def _devtools(opened: managed.Debugged) -> bool:
    return any(url.startswith("devtools://") for url in opened.targets())


# --- nothing is saved ------------------------------------------------------------------------------


class _Shelf(http.server.ThreadingHTTPServer):
    """A kiosk that hands out a file instead of a page, and keeps count."""

    handed = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hand)


class _Hand(http.server.BaseHTTPRequestHandler):
    server: _Shelf

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Disposition", "attachment; filename=kept.txt")
        self.end_headers()
        self.wfile.write(b"kept")
        self.server.handed += 1

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def shelf() -> Iterator[_Shelf]:
    """It, served."""
    server = _Shelf()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("without", "kept"), [((), False), (("DownloadRestrictions",), True)])
def test_a_download_leaves_no_file(shelf: _Shelf, tmp_path: Path, without: tuple[str, ...], kept: bool) -> None:
    mapped = f"--host-resolver-rules=MAP 127.0.0.1:8080 127.0.0.1:{shelf.server_port}"
    with managed.running(managed.chromium(tmp_path, *without), tmp_path, mapped, f"{ORIGIN}/kiosk"):
        end = time.monotonic() + 5
        while time.monotonic() < end and not list(tmp_path.rglob("kept*.txt")):
            time.sleep(0.2)
    assert (shelf.handed > 0, bool(list(tmp_path.rglob("kept*.txt")))) == (True, kept)
