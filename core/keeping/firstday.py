"""What a new shop has done so far, read for its checklist, and what its owner leaves as it is."""

import json
from dataclasses import replace
from urllib.parse import urlsplit

from core.base import db, settings
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text
from core.books import audit, rules
from core.keeping import doctor, golive, opening, publicaccess
from core.keeping.golive import Facts, Step, StoreFact

SMALL = 1000
"""The doctor looks at books of so few rows whenever it is asked; of larger ones its nightly word is taken."""
POINTS_RULES = ("cents_per_point", "points_per_unit", "redeem_cap_bp", "points_expiry", "points_months")
VALUE_RULES = ("wallet_order", "wallet_cap_cents", "wallet_cap_unnamed_cents", "topup_free_days")


class NothingToConfirm(Invalid):
    """This step of the first day is done by doing it."""

    code = "nothing_to_confirm"
    text = N_("“{step}” is no step that can be left as it is. Those are: {known}.")


def checklist(*, by: Actor, now: Millis) -> tuple[Step, ...]:
    """Every step of the first day. Raises: NotAllowed."""
    require(by, "settings")
    return golive.steps(facts(now=now))


def waiting(*, by: Actor, now: Millis) -> tuple[Step, ...] | None:
    """The steps of a new shop for its first page; None for a shop that is not new, and for who does not set it up."""
    if not by.may("settings"):
        return None
    with db.read():
        sales = db.value("SELECT count(*) FROM (SELECT 1 FROM sale LIMIT ?) few", (golive.FEW_SALES,))
        if not golive.is_new(opened_at=_opened_at(), sales=sales, now=now):
            return None
        return golive.steps(facts(now=now))


@db.atomic
def confirm(step_id: str, *, by: Actor, now: Millis) -> None:
    """Leave a step as it is. Raises: NotAllowed, NothingToConfirm."""
    _require_confirmable(step_id, by)
    audit.record("golive.confirmed", "first_day", 0, by=by, now=now, after={"step": step_id})


@db.atomic
def withdraw(step_id: str, *, by: Actor, now: Millis) -> None:
    """Take that back: the step is done by doing it again. Raises: NotAllowed, NothingToConfirm."""
    _require_confirmable(step_id, by)
    audit.record("golive.withdrawn", "first_day", 0, by=by, now=now, after={"step": step_id})


def _require_confirmable(step_id: str, by: Actor) -> None:
    require(by, "settings")
    if step_id not in golive.CONFIRMABLE:
        raise NothingToConfirm(field="step", step=step_id, known=", ".join(golive.CONFIRMABLE))


# --- facts ---------------------------------------------------------------------------------------


def facts(*, now: Millis) -> Facts:
    """What is in the shop now; a shop that sells for years is read as quickly as a new one, but for its members."""
    with db.read():
        sales = _count("sale")
        shop = rules.current(now=now)
        found = Facts(
            now=now,
            opened_at=_opened_at(),
            shop_name=shop.shop_name,
            language=shop.language,
            stores=tuple(StoreFact(one.name, one.zone, one.day_ends_hour) for one in opening.open_stores()),
            cents_per_point=shop.cents_per_point,
            sales=sales,
            refunds=_count("refund"),
            confirmed=_confirmed(),
        )
        found = _with_machines(_with_people(_with_rules(found)))
        count, said = doctors_word(is_small=_is_small(), now=now)
        return replace(found, doctor_found=count, doctor_said=said)


def _with_rules(found: Facts) -> Facts:
    return replace(
        found,
        products=_count("product", "active = 1 AND kind <> 'top_up'"),
        sells_value=_count("product", "active = 1 AND kind = 'top_up'") > 0,
        points_set=_is_set(POINTS_RULES),
        tiers=tuple(name for (name,) in db.rows("SELECT name FROM tier ORDER BY rank")),
        tiers_set=_count("tier_version", "at > ?", found.opened_at) > 0,
        value_rules=_count("topup_rule", "active = 1"),
        value_set=_is_set(VALUE_RULES),
    )


def _with_people(found: Facts) -> Facts:
    others = db.rows("SELECT role, pin_hash IS NOT NULL FROM staff WHERE active = 1 ORDER BY role <> 'owner', id")
    pins = [bool(has_pin) for _role, has_pin in others]
    return replace(
        found,
        owner_pin=bool(pins and pins[0]),
        staff=max(len(pins) - 1, 0),
        staff_pins=sum(pins[1:]),
        imported=_count("member", "source = 'import'"),
        phones=_count("member m JOIN member_person p ON p.member_id = m.id", "m.source <> 'import' AND p.phone <> ''"),
        practised=_practised(),
    )


def _with_machines(found: Facts) -> Facts:
    own = settings.current()
    has_address = bool(own.public_url) and not publicaccess.is_loopback(urlsplit(own.public_url).hostname or "")
    wrong = publicaccess.findings(own) if has_address else []
    return replace(
        found,
        kiosks=_count("device", "revoked_at IS NULL"),
        kiosk_seen_at=db.value("SELECT max(seen_at) FROM device WHERE revoked_at IS NULL"),
        ssh_keys=_count("staff_key", "removed_at IS NULL"),
        shifts=_count("shift"),
        channel=own.channel,
        delivered=_count("outbox", "state = 'delivered' AND channel = 'sms'"),
        address=own.public_url if has_address else "",
        address_wrong=wrong[0].what if wrong else None,
        job_at=db.value("SELECT max(started_at) FROM job_run"),
        backup_at=db.value("SELECT max(at) FROM audit WHERE entity = 'backup' AND action = 'backup.taken'"),
    )


def _is_small() -> bool:
    """Whether sales, members and ledger rows are few: a shop that moved its members in is large from its first day."""
    return all(
        db.value(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT ?) few", (SMALL + 1,)) <= SMALL
        for table in ("sale", "member", "entry")
    )


def doctors_word(*, is_small: bool, now: Millis) -> tuple[int | None, Text | None]:
    """How much the doctor finds and what first; where looking would take long, its word of last night.

    None where it has not looked yet.
    """
    if is_small:
        found = doctor.examine(now=now)
        return len(found), found[0].what if found else None
    last = db.one("SELECT state, result FROM job_run WHERE job = 'doctor' ORDER BY started_at DESC LIMIT 1")
    if last is None or last[0] == "running":
        return None, None
    return (0, None) if last[0] == "done" else (1, T("at night: {result}", result=last[1] or last[0]))


def _opened_at() -> Millis:
    return Millis(db.value("SELECT min(created_at) FROM staff") or 0)


def _count(table: str, test: str = "1 = 1", *given: object) -> int:
    return int(db.value(f"SELECT count(*) FROM {table} WHERE {test}", given))


def _is_set(names: tuple[str, ...]) -> bool:
    marks = ", ".join("?" * len(names))
    return bool(db.value(f"SELECT count(*) FROM shop_rule WHERE name IN ({marks})", names))


def _confirmed() -> frozenset[str]:
    sql = "SELECT action, after FROM audit WHERE entity = 'first_day' AND entity_id = 0 ORDER BY id"
    said = {json.loads(after)["step"]: action == "golive.confirmed" for action, after in db.rows(sql)}
    return frozenset(step for step, fine in said.items() if fine)


def _practised() -> int:
    sql = "SELECT after FROM audit WHERE entity = 'practice' AND entity_id = 0 AND action = 'practice.held'"
    return sum(json.loads(after)["refunds"] for (after,) in db.rows(sql))
