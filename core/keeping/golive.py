"""The first day: what a new shop has still to do before it sells, in the order in which one does it.

Each step ticks itself from what is in the shop. A few can be left as they are; those a person may confirm, and the
audit log is where that is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.base.clock import DAY, Millis
from core.base.i18n import T, Text

YOUNG, FEW_SALES = 30 * DAY, 20
"""A shop is new for so long, and until it has made so many sales."""
KIOSK_ALIVE, JOBS_ALIVE = DAY, DAY
"""A screen asks its server all the time, and some job runs every ten minutes."""


@dataclass(frozen=True)
class StoreFact:
    """An open store: its zone, and the hour at which its day ends."""

    name: str
    zone: str
    day_ends_hour: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is in the shop at a moment. Counts are of what is in use; a moment is None where nothing happened yet.

    `points_set`, `tiers_set` and `value_set` say whether anybody changed those rules since the shop was opened;
    `practised` counts the refunds made in practice. `doctor_found` is None where the doctor has not looked yet.
    """

    now: Millis
    opened_at: Millis
    shop_name: str
    language: str
    stores: tuple[StoreFact, ...] = ()
    products: int = 0
    sells_value: bool = False
    cents_per_point: int = 100
    points_set: bool = False
    tiers: tuple[str, ...] = ()
    tiers_set: bool = False
    value_rules: int = 0
    value_set: bool = False
    owner_pin: bool = False
    staff: int = 0
    staff_pins: int = 0
    imported: int = 0
    kiosks: int = 0
    kiosk_seen_at: Millis | None = None
    ssh_keys: int = 0
    shifts: int = 0
    channel: str = "console"
    delivered: int = 0
    address: str = ""
    address_wrong: Text | None = None
    job_at: Millis | None = None
    backup_at: Millis | None = None
    doctor_found: int | None = None
    doctor_said: Text | None = None
    phones: int = 0
    sales: int = 0
    refunds: int = 0
    practised: int = 0
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One thing to do: what it is, whether it is done, the figures, and how it is done.

    `confirm` is what a person may say instead of doing it; None where only doing it counts.
    """

    id: str
    title: Text
    done: bool
    detail: Text
    next_step: Text
    confirm: Text | None = None
    confirmed: bool = False


def steps(facts: Facts) -> tuple[Step, ...]:
    """Every step of this shop, in the order of a first day; stored value is left out where none is sold."""
    made = [one(facts) for one in ORDER if one is not _value or facts.sells_value]
    return tuple(_with_confirmation(one, facts) for one in made)


def open_steps(found: tuple[Step, ...]) -> tuple[Step, ...]:
    """Those that are not done."""
    return tuple(one for one in found if not one.done)


def is_new(*, opened_at: Millis, sales: int, now: Millis) -> bool:
    """Whether a shop is still reminded of its first day."""
    return now - opened_at < YOUNG or sales < FEW_SALES


def _with_confirmation(step: Step, facts: Facts) -> Step:
    if step.done or step.confirm is None or step.id not in facts.confirmed:
        return step
    return replace(step, done=True, detail=step.confirm, confirmed=True)


NOT_YET = T("not yet")


# --- the shop and what it sells ------------------------------------------------------------------


def _shop(facts: Facts) -> Step:
    named = facts.shop_name not in ("", "Regulars")
    language = T("Chinese") if facts.language == "zh" else T("English")
    return Step(
        "shop",
        T("The shop has its name and language"),
        named,
        T("{name}, {language}", name=facts.shop_name, language=language) if named else NOT_YET,
        T("Settings (ctrl+g), Shop rules; or `regulars rule set shop_name NAME`."),
    )


def _stores(facts: Facts) -> Step:
    first = facts.stores[0] if facts.stores else None
    said = NOT_YET
    if first is not None:
        said = T(
            "{count} in use; {name}: {zone}, its day ends at {hour}",
            count=len(facts.stores), name=first.name, zone=first.zone, hour=f"{first.day_ends_hour:02d}:00",
        )  # fmt: skip
    step = T("Settings (ctrl+g), Stores: n adds one.")
    return Step("stores", T("A store with its time zone"), first is not None, said, step)


def _products(facts: Facts) -> Step:
    said = T("{count} for sale", count=facts.products) if facts.products else NOT_YET
    step = T("Goods (F9): n adds one; or `regulars product add 珍珠奶茶 18.00`.")
    return Step("products", T("Products to sell"), facts.products > 0, said, step)


def _points(facts: Facts) -> Step:
    return Step(
        "points",
        T("Points: how many, for what"),
        facts.points_set,
        T("1 point for each {each_cents}", each_cents=facts.cents_per_point),
        T("Settings (ctrl+g), Shop rules: what earns a point and what it is worth. c here leaves it as it is."),
        T("left as it is"),
    )


def _tiers(facts: Facts) -> Step:
    said = T("{count}: {names}", count=len(facts.tiers), names=", ".join(facts.tiers)) if facts.tiers else NOT_YET
    step = T("Settings (ctrl+g), Tiers: Enter changes one. c here leaves them as they are.")
    return Step("tiers", T("Tiers: what they ask and give"), facts.tiers_set, said, step, T("left as they are"))


def _value(facts: Facts) -> Step:
    return Step(
        "value",
        T("Stored value: what a top-up brings"),
        facts.value_rules > 0 or facts.value_set,
        T("rules for top-ups: {count}", count=facts.value_rules) if facts.value_rules else NOT_YET,
        T(
            "Marketing (F5), n, top-up rule; the ceiling of the law stands in Shop rules (wallet_cap_cents)."
            " c here leaves it as it is."
        ),
        T("top-ups bring nothing more"),
    )


# --- who works here ------------------------------------------------------------------------------


def _pin(facts: Facts) -> Step:
    said = T("set") if facts.owner_pin else NOT_YET
    step = T("Settings (ctrl+g), p: six digits with which you approve at a till.")
    return Step("pin", T("The owner's PIN"), facts.owner_pin, said, step)


def _staff(facts: Facts) -> Step:
    said = T("{count} beside you, {pins} of them with a PIN", count=facts.staff, pins=facts.staff_pins)
    return Step(
        "staff",
        T("A second person with an account and a PIN"),
        facts.staff_pins > 0,
        said if facts.staff else NOT_YET,
        T("Settings (ctrl+g), Staff: n adds one; or `regulars staff add anna`. c here if you work alone."),
        T("one person works here"),
    )


def _members(facts: Facts) -> Step:
    said = T("{count} moved in", count=facts.imported) if facts.imported else NOT_YET
    step = T("Bring the members you have from a file: `regulars import members FILE`. c here if you start from zero.")
    return Step("members", T("The members you have"), facts.imported > 0, said, step, T("starts from zero"))


# --- machines ------------------------------------------------------------------------------------


def _kiosk(facts: Facts) -> Step:
    seen = facts.kiosk_seen_at
    alive = seen is not None and facts.now - seen < KIOSK_ALIVE
    said = T("{count} paired, not seen for a day", count=facts.kiosks) if facts.kiosks else NOT_YET
    return Step(
        "kiosk",
        T("A kiosk for customers"),
        alive,
        T("{count} paired, last seen at {seen_at}", count=facts.kiosks, seen_at=seen) if alive else said,
        T(
            "Start `regulars kiosk`, then Settings (ctrl+g), Kiosks: p makes a code that pairs one. c here if you have"
            " none."
        ),
        T("no kiosk here"),
    )


def _till(facts: Facts) -> Step:
    used = facts.ssh_keys + facts.shifts > 0
    said = T("SSH keys: {keys}; shifts opened: {shifts}", keys=facts.ssh_keys, shifts=facts.shifts)
    step = T("Open a shift at the till (F3, ctrl+s), or let a terminal in: Settings (ctrl+g), SSH keys, n.")
    return Step("till", T("A till that is open"), used, said if used else NOT_YET, step)


def _address(facts: Facts) -> Step:
    said = T("phones open {address}", address=facts.address) if facts.address else NOT_YET
    return Step(
        "address",
        T("An address phones can open"),
        bool(facts.address) and facts.address_wrong is None,
        facts.address_wrong or said,
        T("Set public_url in regulars.toml: docs/en/public-access.md shows three ways."),
    )


def _messages(facts: Facts) -> Step:
    real = facts.channel not in ("console", "file")
    said = T("channel {channel}: nothing leaves this machine", channel=facts.channel)
    if real:
        said = T("channel {channel}, delivered: {count}", channel=facts.channel, count=facts.delivered)
    return Step(
        "messages",
        T("Messages arrive"),
        real and facts.delivered > 0,
        said,
        T(
            "Set the channel in regulars.toml (docs/en/settings.md), then join with your own number: the code that"
            " comes by text is the proof."
        ),
    )


def _scheduler(facts: Facts) -> Step:
    runs = facts.job_at is not None and facts.now - facts.job_at < JOBS_ALIVE
    said = NOT_YET if facts.job_at is None else T("last job at {job_at}", job_at=facts.job_at)
    step = T("Start `regulars scheduler`, best as a service that begins with the machine.")
    return Step("scheduler", T("The scheduler runs"), runs, said, step)


def _backup(facts: Facts) -> Step:
    said = NOT_YET if facts.backup_at is None else T("taken at {taken_at}", taken_at=facts.backup_at)
    step = T("`regulars backup` takes one and proves that it can be read back.")
    return Step("backup", T("A first backup"), facts.backup_at is not None, said, step)


def _doctor(facts: Facts) -> Step:
    found = facts.doctor_found
    said = facts.doctor_said or T("all is well")
    return Step(
        "doctor",
        T("The doctor finds nothing"),
        found == 0,
        NOT_YET if found is None else said,
        T("Settings (ctrl+g), Doctor, or `regulars doctor`: each finding says what to do."),
    )


# --- trying it -----------------------------------------------------------------------------------


def _refund(facts: Facts) -> Step:
    tried = facts.practised + facts.refunds
    said = T("in practice: {practised}, in the shop: {refunds}", practised=facts.practised, refunds=facts.refunds)
    step = T("`regulars practice` opens a copy of the shop: sell something and take it back there.")
    return Step("refund", T("A refund was tried"), tried > 0, said if tried else NOT_YET, step)


def _phones(facts: Facts) -> Step:
    said = T("{count} joined with a number", count=facts.phones) if facts.phones else NOT_YET
    step = T("Scan the code of the kiosk or of a poster with your own phone; or Members (F4), ctrl+n.")
    return Step("phones", T("The first member joined by phone"), facts.phones > 0, said, step)


def _sales(facts: Facts) -> Step:
    said = T("{count} made", count=facts.sales) if facts.sales else NOT_YET
    return Step("sales", T("The first sale"), facts.sales > 0, said, T("Till (F3): type a product, ctrl+t, Enter."))


ORDER: tuple[Callable[[Facts], Step], ...] = (
    _shop, _stores, _products, _points, _tiers, _value, _pin, _staff, _address, _messages, _scheduler, _kiosk, _till,
    _members, _backup, _doctor, _refund, _phones, _sales,
)  # fmt: skip
"""The order of a first day: the shop, its people, its machines, then trying it."""

CONFIRMABLE = ("points", "tiers", "value", "staff", "kiosk", "members")
"""What a person may leave as it is; all else is done by doing it."""
