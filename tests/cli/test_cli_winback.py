"""`regulars winback`, run in this process on a real shop."""

import json

from core.service import winback
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.core.service.test_winback_batches import judged
from tests.core.service.test_winback_cases import case_of
from tests.shops import Shop


def test_cases_are_listed_in_words_and_as_json(run: Run, one_shop: Shop) -> None:
    case_id = case_of(one_shop)
    winback.note_reason(case_id, "price", by=one_shop.owner, now=one_shop.now)
    assert "in work · +8613800138000 · price" in ok(run("winback", "list"))
    (told,) = json.loads(ok(run("winback", "list", "--json")))
    assert (told["id"], told["state"], told["reason"], told["last_visit_on"]) == (
        str(case_id), "open", "price", "2026-04-14",
    )  # fmt: skip
    assert ok(run("winback", "list", "--over")) == ""


def test_results_name_the_interval(run: Run, one_shop: Shop) -> None:
    judged(one_shop, offered=(56, 70), held=(48, 80))
    said = ok(run("winback", "result"))
    assert "56 of 70 came again" in said and "more than held out" in said
    (told,) = json.loads(ok(run("winback", "result", "--json")))
    assert (told["strategy"], told["held"], told["came_bp"]["low"]) == ("price", 80, 524)
    assert ok(run("winback", "result", "--since", "2026-01-01")) == ""
