"""The API's page for people: grouped by noun, examples and plain kinds, readable on a phone and a desk."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient

from core.people.devices import SCOPES
from kiosk.api import reading
from tests.kiosk.conftest import Windows


def test_every_link_of_the_page_leads_somewhere_and_every_operation_is_there(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs").text
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
    document = client.get("/api/v1/openapi.json").json or {}
    assert page.count("<article>") == sum(len(ways) for ways in document["paths"].values())
    assert all(f"<td><code>{scope}</code></td>" in page for scope in SCOPES)
    assert "<script" not in page


def test_the_page_shows_examples_and_plain_kinds(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs").text
    assert "&#34;amount&#34;: 50,\n  &#34;reference&#34;: &#34;70012&#34;" in page
    assert "whole number, 1 to 200; 50 if left out" in page
    assert "$ref" not in page and "anyOf" not in page and "maxLength" not in page


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9}, "whole number, 1 to 9"),
        ({"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1}, "whole number"),
        ({"type": "string", "pattern": "^[0-9]{1,15}$"}, "id"),
        ({"anyOf": [{"type": "string", "maxLength": 256}, {"type": "null"}]}, "text, at most 256 characters or null"),
        ({"enum": ["zh", "en"], "type": "string", "default": "zh"}, "one of zh, en; zh if left out"),
        ({"type": "array", "items": {"$ref": "#/x/LineIn"}, "maxItems": 20}, "list of LineIn, at most 20"),
        ({"type": "boolean", "default": False}, "true or false; false if left out"),
        ({"type": "array", "items": {"type": "string"}, "default": []}, "list of text; [] if left out"),
        ({"allOf": [{"$ref": "#/x/TierOut"}]}, "TierOut"),
        ({"const": 3}, "one of 3"),
        ({}, "object"),
    ],
)
def test_a_kind_is_said_in_plain_words(schema: dict[str, object], said: str) -> None:
    assert reading.kind(schema) == said


@pytest.mark.browser
@pytest.mark.parametrize("phone", [True, False])
def test_the_page_is_readable_on_a_phone_and_on_a_desk(
    windows: Windows, site: str, phone: bool, tmp_path: Path
) -> None:
    page = windows.open(phone=phone)
    page.goto(f"{site}/api/v1/docs")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    page.locator("nav a", has_text="sales").click()
    assert page.locator("#on-sales").is_visible()
    found = Axe().run(
        page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
    )
    assert [(one["id"], one["nodes"][0]["target"]) for one in found.response["violations"]] == []
    if not phone:
        page.set_viewport_size({"width": 1440, "height": 900})
        assert page.locator("nav").bounding_box()["x"] == 0  # type: ignore[index]
    page.screenshot(path=tmp_path / "docs.png")
