"""The card beside the till 收银速查卡: one page of A4 with the keys as they are, what may be typed, what to say and
what to do when something fails.

The keys come from the door that has them, so that the card cannot name another. reportlab costs 0.3 s: imported when
it is printed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from reportlab.lib.pagesizes import A4

from core.base import db, i18n
from core.base.clock import Millis
from core.base.i18n import N_, _
from core.books import rules
from core.keeping import kitwords, opening, pen
from core.keeping.tillkeys import TillKey

WIDE, HIGH = A4
EDGE, GAP = 36.0, 16.0
COLUMN = (WIDE - 2 * EDGE - GAP) / 2
SIZES = (10.5, 10.0, 9.5, 9.0, 8.5, 8.0)
"""Of the words, the largest that fits on the page is taken."""
SHADE, INK, QUIET = 0.93, 0.0, 0.35
"""Greys: behind titles, of words, of what a key does in full."""

TYPED = (
    (N_("3*tea"), N_("three of one; the name, its pinyin, initials, number or barcode")),
    ("2046", N_("a member: last four digits, whole number, name, pinyin, card, code on the phone")),
    ("20260529-0012", N_("a receipt, to take back, exchange or print it again; or scan its square")),
    (N_("a card or code"), N_("gift card: what is on it · reward: it is handed over · printed card: who it is")),
)
DEEDS = (
    (N_("In the morning"), N_("{till_shift}, type what is in the drawer."), ""),
    (N_("Somebody joins"), N_("They scan the card on the counter; or {till_join}."),
     N_("“Would you like to collect points? Scan this. You need not leave a number.”")),
    (N_("Sell"), N_("Goods, member, {till_pay}, how it is paid, Enter. In two ways: an amount first, then {till_pay}."),
     N_("“Your number or your code, please.”")),
    (N_("Pay with points"),
     N_("{till_points}. If proof is asked for: {till_prove}, they show the code on their phone."),
     N_("“You have points. Shall I use them?”")),
    (N_("Coupons"), N_("Count by themselves. Why one does not is said below the goods."), ""),
)  # fmt: skip
LATER = (
    (N_("Somebody waits"), N_("{till_park} puts the counter aside and takes it up again."), ""),
    (N_("In the evening"), N_("{till_shift}: count, close. What should be there is shown after the count."), ""),
)
FAILS = (
    (N_("No internet"),
     N_("Go on selling: the till does not need it. Codes by text and phones do not get through: collect by the number,"
        " spend another day.")),
    (N_("Their phone is off"),
     N_("Type the last four digits: points are collected all the same. They are spent another day, or with the printed"
        " card as far as the shop allows it.")),
    (N_("The printer is silent"), N_("Paper, cable, power; then type the receipt's number, Enter, {receipt_print}.")),
    (N_("A barcode is not read"), N_("Type a part of the name and choose.")),
    (N_("The till stands still"),
     N_("Sell on paper: goods, money, time, last four digits. Sign in again, look whether the last sale is there, enter"
        " what is not.")),
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What a shop's card says of the shop: its names, its top-ups, its limit, and who helps."""

    shop_name: str
    store: str
    top_ups: tuple[tuple[int, int], ...]
    refund_limit_cents: int
    ask: tuple[str, ...]


def facts(store_id: int, *, now: Millis) -> Facts:
    """The facts of a store as they are now."""
    shop, stores = rules.current(now=now), dict(opening.stores())
    store = stores[store_id] if len(stores) > 1 else ""
    top_ups = kitwords.offer(now=now).top_ups[:3]
    return Facts(shop.shop_name, store, top_ups, shop.refund_limit_cents, tuple(_helpers(store_id)))


def _helpers(store_id: int) -> list[str]:
    """Who approves in a store: owners first, then managers, by name."""
    sql = (
        "SELECT f.name FROM staff f WHERE f.active = 1 AND f.role IN ('owner', 'manager')"
        " AND (NOT EXISTS (SELECT 1 FROM staff_store w WHERE w.staff_id = f.id)"
        " OR EXISTS (SELECT 1 FROM staff_store w WHERE w.staff_id = f.id AND w.store_id = ?))"
        " ORDER BY f.role = 'manager', f.name, f.id"
    )
    return [name for (name,) in db.rows(sql, (store_id,))]


def card(keys: Sequence[TillKey], shop: Facts, *, language: str) -> bytes:
    """The card in a language, with the keys in the order they are given; one page, whatever the words need."""
    with i18n.use(language):
        page, done = pen.begun(_("At the till"), shop.shop_name, language)
        named = {one.id.replace(".", "_"): one.shown for one in keys}
        for size in SIZES:
            sheet = _Sheet(page, size, draws=False)
            _all(sheet, keys, named, shop)
            if sheet.y >= EDGE or size == SIZES[-1]:
                break
        _all(_Sheet(page, size, draws=True), keys, named, shop)
        page.showPage()
    return done()


def _all(sheet: "_Sheet", keys: Sequence[TillKey], named: Mapping[str, str], shop: Facts) -> None:
    sheet.head(_("At the till"), " · ".join(one for one in (shop.shop_name, shop.store) if one))
    here = {part: [one for one in keys if one.id.startswith(f"{part}.")] for part in ("till", "receipt", "office")}
    half = (len(here["till"]) + 1) // 2
    sheet.title(_("Keys at the till"))
    sheet.keys(here["till"][:half], here["till"][half:])
    sheet.title(_("Keys on a receipt"), _("Keys on every page"))
    sheet.keys(here["receipt"], here["office"])
    sheet.title(_("In the box"))
    for typed, meaning in TYPED:
        sheet.row(_(typed), _(meaning))
    sheet.title(_("What to do, and what to say"))
    for title, does, says in (*_said(DEEDS, named), _top_up(shop, named), _back(shop, named), *_said(LATER, named)):
        sheet.row(title, does, says)
    sheet.title(_("When something fails"))
    for title, does in FAILS:
        sheet.row(_(title), _(does, **named))
    sheet.end(shop.ask)


def _said(rows: Sequence[tuple[str, str, str]], named: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(_(title), _(does, **named), _(says) if says else "") for title, does, says in rows]


def _top_up(shop: Facts, named: Mapping[str, str]) -> tuple[str, str, str]:
    brings = "\n".join(_("“Pay {pay_cents}, get {bonus_cents} more.”", pay_cents=pay, bonus_cents=bonus)
                      for pay, bonus in shop.top_ups)  # fmt: skip
    return _("Top up"), _("{till_top_up}, choose the amount, then as any sale.", **named), brings


def _back(shop: Facts, named: Mapping[str, str]) -> tuple[str, str, str]:
    does = _(
        "The number of the receipt, Enter, then {receipt_return} to take back, {receipt_exchange} to exchange.", **named
    )
    if shop.refund_limit_cents:
        does += " " + _("Above {limit_cents} a manager enters a PIN.", limit_cents=shop.refund_limit_cents)
    return _("Take back"), does, _("“May I see the receipt?”")


class _Sheet:
    """The page from top to bottom, drawn or only measured."""

    def __init__(self, page: Any, size: float, *, draws: bool) -> None:
        self.page, self.size, self.draws = page, size, draws
        self.y = HIGH - EDGE

    def head(self, title: str, shop: str) -> None:
        """Title on the left, whose card it is on the right."""
        self.y -= 22
        self._say(EDGE, title, 24, bold=True)
        size, lines = pen.fitted(shop, 13, WIDE - 2 * EDGE - pen.width(title, 24, True) - 20, most=1, bold=False)
        self._say(WIDE - EDGE - pen.width(lines[0], size), lines[0], size)
        self.y -= 6

    def title(self, words: str, beside: str = "") -> None:
        """The name of a part, on a grey band; a second one above the right half."""
        high = self.size + 7
        self.y -= high + 8
        if self.draws:
            self.page.setFillGray(SHADE)
            self.page.rect(EDGE, self.y - 1, WIDE - 2 * EDGE, high, stroke=0, fill=1)
            self.page.setFillGray(INK)
        self._say(EDGE + 5, words, self.size, bold=True, lift=3.5)
        self._say(EDGE + COLUMN + GAP, beside, self.size, bold=True, lift=3.5)
        self.y -= 3

    def keys(self, left: Sequence[TillKey], right: Sequence[TillKey]) -> None:
        """Two columns of keys: the key, its word on the screen, and what it does."""
        for pair in zip_longest(left, right):
            top, ends = self.y, []
            for x, one in zip((EDGE, EDGE + COLUMN + GAP), pair, strict=True):
                self.y = top
                if one is not None:
                    self._key(x, one)
                ends.append(self.y)
            self.y = min(ends)
        self.y -= 2

    def _key(self, x: float, one: TillKey) -> None:
        wide, cap = 46.0, self.size - 0.5
        self.y -= self.size + 7
        if self.draws:
            self.page.setLineWidth(0.6)
            self.page.roundRect(x, self.y - 3.5, wide, self.size + 4, 3, stroke=1, fill=0)
        self._say(x + (wide - pen.width(one.shown, cap, True)) / 2, one.shown, cap, bold=True)
        label = _(one.label)
        self._say(x + wide + 7, label, self.size, bold=True)
        begins = x + wide + 7 + max(pen.width(label, self.size, True) + 7, 54)
        small = self.size - 1.5
        for number, line in enumerate(pen.wrapped(_(one.help), small, x + COLUMN - begins)):
            self.y -= (small + 1.5) if number else 0
            self._say(begins, line, small, grey=QUIET)

    def row(self, title: str, does: str, says: str = "") -> None:
        """A line of a part: its name, what to do, and what to say beside it."""
        middle = EDGE + 108
        room = (WIDE - EDGE - middle) if not says else 252.0
        columns = [(EDGE + 5, 100.0, title, True), (middle, room, does, False)]
        if says:
            columns.append((middle + 262, WIDE - EDGE - middle - 262, says, False))
        self.y -= self.size + 4
        top, most = self.y, 1
        for x, wide, words, bold in columns:
            lines = [line for one in words.split("\n") for line in pen.wrapped(one, self.size, wide, bold=bold)]
            for number, line in enumerate(lines):
                self.y = top - number * (self.size + 2)
                self._say(x, line, self.size, bold=bold)
            most = max(most, len(lines))
        self.y = top - (most - 1) * (self.size + 2)

    def end(self, ask: Sequence[str]) -> None:
        """What is never done, and who helps."""
        told = [_("No number, no name, no balance is said aloud. Nobody signs in as somebody else.")]
        if ask:
            told.append(_("Ask: {names}", names=", ".join(ask)))
        self.y -= 8
        if self.draws:
            self.page.setLineWidth(0.8)
            self.page.line(EDGE, self.y, WIDE - EDGE, self.y)
        for words in told:
            for line in pen.wrapped(words, self.size, WIDE - 2 * EDGE, bold=True):
                self.y -= self.size + 4
                self._say(EDGE, line, self.size, bold=True)

    def _say(
        self, x: float, words: str, size: float, *, bold: bool = False, lift: float = 0, grey: float = INK
    ) -> None:
        if self.draws:
            self.page.setFillGray(grey)
            pen.say(self.page, x, self.y + lift, words, size, bold=bold)
            self.page.setFillGray(INK)
