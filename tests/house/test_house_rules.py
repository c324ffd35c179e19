"""The rules of the house that no other tool checks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import catalogue, keys

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "tui", "kiosk", "notify", "commands")
SOURCES = sorted(
    path
    for path in [
        *(p for room in ROOMS for p in (ROOT / room).rglob("*.py")),
        ROOT / "scheduler.py",
        ROOT / "sending.py",
        ROOT / "mailing.py",
        ROOT / "printing.py",
        ROOT / "regulars.py",
    ]
)


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in SOURCES:
        yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_is_longer_than_seventy_lines() -> None:
    long = [
        f"{path}:{f.name} has {f.end_lineno - f.lineno + 1}"
        for path, tree in trees()
        for f in functions(tree)
        if (f.end_lineno or 0) - f.lineno + 1 > 70
    ]
    assert long == []


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    assert [str(p.relative_to(ROOT)) for p in SOURCES if p.read_text("utf-8").count("\n") > 500] == []


def test_only_the_clock_reads_the_clock() -> None:
    reads = re.compile(r"datetime\.(now|utcnow)\(|date\.today\(|time\.time(_ns)?\(")
    allowed = {"core/base/clock.py"}
    found = [str(path.relative_to(ROOT)) for path in SOURCES if reads.search(path.read_text("utf-8"))]
    assert set(found) <= allowed


def test_nothing_catches_everything_and_nothing_is_left_to_do() -> None:
    bad = re.compile(r"except Exception\b|except BaseException:\s*pass|except:\s*$|\b(TODO|FIXME|XXX|HACK)\b", re.M)
    assert [str(path.relative_to(ROOT)) for path in SOURCES if bad.search(path.read_text("utf-8"))] == []


def test_no_float_stands_near_money() -> None:
    floats = [
        f"{path}:{node.lineno}"
        for path, tree in trees()
        if path.parts[0] == "core" and path.parts[1] not in ("insight", "keeping", "base", "tables", "locale")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and path.name != "quotes.py")
    ]
    assert floats == []


def test_doors_touch_no_table() -> None:
    writes = re.compile(r"\bdb\.(run|rows|one|value|change|add|add_many|records)\(")
    doors = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ("tui", "kiosk", "notify", "commands")]
    assert [str(path.relative_to(ROOT)) for path in doors if writes.search(path.read_text("utf-8"))] == []


def test_the_scheduler_and_the_front_door_import_only_what_they_may() -> None:
    front = {"core", "commands", "tui", "kiosk", "scheduler"}
    groups = [(f"commands/{path.name}", {"core", "commands"}) for path in (ROOT / "commands").glob("*.py")]
    sends = ("sending.py", {"core", "notify"}), ("mailing.py", {"core", "notify", "sending"})
    for name, allowed in (
        ("scheduler.py", {"core", "sending", "mailing"}),
        *sends,
        ("regulars.py", front),
        ("printing.py", {"core", "commands", "tui"}),
        *groups,
    ):
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        ours = {
            (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        } & {"core", "commands", "tui", "kiosk", "notify", "scheduler", "sending", "mailing", "regulars"}
        assert ours <= allowed, name


WRITERS = {
    "books": {
        "shop_rule",
        "account",
        "revision",
        "entry",
        "lot",
        "lot_use",
        "hold",
        "hold_lot",
        "request",
        "audit",
        "outbox",
        "event",
        "event_delivery",
        "alert",
        "member_stats",
        "member_day",
        "member_merge",
        "merge_move",
    },
    "people": {
        "member",
        "member_person",
        "member_search",
        "credential",
        "consent",
        "staff",
        "staff_store",
        "staff_right",
        "staff_key",
        "device",
        "pairing",
        "api_key",
        "challenge",
        "web_session",
        "door_day",
        "tag",
        "member_tag",
        "own_field",
        "own_value",
        "source_link",
        "source_day",
        "blank_card",
        "punch",
        "punch_correction",
        "punch_decision",
        "staff_badge",
        "staff_role",
        "staff_card",
        "card_open_day",
    },
    "goods": {
        "category",
        "product",
        "stock",
        "stock_move",
        "stock_reason",
        "stock_batch",
        "stock_batch_move",
        "stock_delivery",
        "stock_delivery_line",
        "stock_transfer",
        "stock_transfer_line",
        "stock_place",
        "count_sheet",
        "count_line",
        "supplier",
        "store_price",
        "other_barcode",
        "bundle_part",
    },
    "loyalty": {
        "tier",
        "tier_version",
        "member_tier",
        "tier_change",
        "coupon_kind",
        "coupon",
        "coupon_use",
        "coupon_hold",
        "plan",
        "member_plan",
        "topup_rule",
        "gift_card",
        "gift_card_entry",
        "pass_kind",
        "pass_service",
        "pass",
        "pass_entry",
        "wallet_share",
    },
    "giving": {
        "join_trace",
        "referral",
        "checkin",
        "share_visit",
        "award",
        "handout",
        "reward",
        "redemption",
        "lottery",
        "lottery_seed",
        "lottery_prize",
        "lottery_draw",
        "punch_card",
        "punch_filled",
    },
    "selling": {
        "promotion",
        "promotion_version",
        "shift",
        "cash_move",
        "receipt_number",
        "sale",
        "sale_line",
        "sale_discount",
        "tender",
        "refund",
        "refund_line",
        "refund_tender",
        "parked",
        "tender_count",
        "sale_server",
        "commission_rule",
        "commission_version",
    },
    "insight": {"churn_warning", "member_insight", "backtest", "basket_run", "neighbour", "popular", "shop_slot"},
    "outreach": {
        "suppression",
        "contact_gap",
        "care_rule",
        "festival",
        "wording",
        "channel_rest",
        "rate_card",
        "budget_use",
        "short_link",
        "delivery_status",
        "inbound",
        "outbox",
        "webhook",
        "event_delivery",
        "segment",
        "segment_version",
        "campaign",
        "campaign_audience",
        "campaign_link",
        "alert",
    },
    "service": {
        "winback_strategy",
        "winback_batch",
        "winback_case",
        "follow_up",
        "follow_rule",
        "follow_planned",
        "survey",
        "survey_question",
        "survey_invite",
        "survey_reply",
        "survey_answer",
        "service_time",
        "service_staff",
        "work_hours",
        "work_change",
        "booking",
        "gathering",
        "gathering_opening",
        "gathering_signup",
        "gathering_staff",
        "gathering_supply",
        "gathering_cost",
        "ticket",
        "ticket_note",
    },
    "reports": {"goal", "staff_goal", "report_mail", "report_mail_sent"},
    "keeping": {"store", "job", "job_run", "import_batch", "import_row", "quality_finding", "not_double"},
}
WRITE = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)|db\.add(?:_many)?\(\s*\"(\w+)\"")


def test_each_table_is_written_by_its_owner_only() -> None:
    strangers = []
    for room, tables in WRITERS.items():
        for path in sorted((ROOT / "core" / room).rglob("*.py")):
            source = path.read_text("utf-8").replace("DO UPDATE SET", "").replace("FOR UPDATE", "")
            written = {a or b for a, b in WRITE.findall(source)}
            strangers += [f"{path.relative_to(ROOT)} writes {table}" for table in sorted(written - tables)]
    assert strangers == []


def test_every_refusal_has_its_own_code() -> None:
    codes = [one.code for one in catalogue.classes()]
    assert [code for code in codes if codes.count(code) > 1] == []


@pytest.mark.parametrize("language", keys.PAGES)
def test_the_page_of_keys_is_up_to_date(language: str) -> None:
    assert keys.PAGES[language].read_text("utf-8") == keys.page(language)


def test_the_catalogue_of_refusals_is_up_to_date() -> None:
    assert catalogue.PAGE.read_text("utf-8") == catalogue.page()


def test_every_refusal_is_provoked_by_a_test() -> None:
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert [one.__name__ for one in catalogue.classes() if one.__name__ not in tests and one.code not in tests] == []


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_locks_hold_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "://" not in text
    assert "--hash=sha256:" in text
