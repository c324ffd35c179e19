"""The pages about settings, gateways and alerts name what there is, in both languages."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from core.base.settings import CHOICES, Settings
from notify import alerts, gatewayplan
from notify.gatewayplan import Answering, Hooking, Plan, Replying, Reporting, Signing

DOCS = Path(__file__).resolve().parents[2] / "docs"
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def marked(language: str, page: str) -> set[str]:
    """Every word in a code span of a page."""
    text = (DOCS / language / page).read_text("utf-8")
    return {word for span in re.findall(r"`([^`]+)`", text) for word in re.findall(r"\w+", span)}


@LANGUAGES
def test_every_setting_stands_on_its_page(language: str) -> None:
    names = {one.name for one in fields(Settings)} | set(CHOICES["channel"])
    assert names - {"demo"} - marked(language, "settings.md") == set()


@LANGUAGES
def test_every_line_of_a_gateway_stands_on_its_page(language: str) -> None:
    kinds = (Plan, Signing, Answering, Reporting, Replying, Hooking)
    names = {one.name for kind in kinds for one in fields(kind)} | gatewayplan.SIGNED | {"sign"}
    assert names - marked(language, "gateway.md") == set()


@LANGUAGES
def test_every_service_of_our_own_stands_on_its_page(language: str) -> None:
    assert set(alerts.OWN) - marked(language, "alerts.md") == set()


@pytest.mark.parametrize("path", sorted((DOCS / "examples").glob("gateway-*.toml")), ids=lambda path: path.stem)
def test_each_example_describes_a_gateway(path: Path) -> None:
    plan = gatewayplan.read(path)
    assert plan.uses("key") and plan.uses("secret") and plan.status and plan.reply
