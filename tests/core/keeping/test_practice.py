"""A copy to practise on: made while the shop sells, taken for the shop by nobody, and gone when it must go."""

import fcntl
import stat
import threading
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import scheduler
from core.base import clock, db, i18n, settings
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.base.i18n import T
from core.base.settings import Settings
from core.books import outbox
from core.books.outbox import Letter
from core.keeping import copymark, doctor, erasure, firstday, practice
from core.keeping.copymark import NotForPractice, NotTheRealShop
from core.keeping.practice import Copy, NotACopy, PracticeInUse, PracticeNeedsSqlite
from core.outreach import webhooks
from core.people import staff
from core.selling import receipts
from notify.registry import DemoSendsNothing
from notify.webhook import Answer, Parcel
from tests import counter
from tests.shops import Shop


@pytest.fixture
def real(one_shop: Shop, sqlite: str) -> Iterator[Settings]:
    """The settings of the shop that is open; its clock stands still."""
    chosen = Settings(database=sqlite, secret="test secret", channel="twilio", printer="tcp://192.0.2.7", look="light")
    settings.use(chosen)
    one_shop.product("茶", 1800)
    with clock.set_to(one_shop.now):
        yield chosen
    settings.use(Settings(secret="test secret"))


def made(real: Settings, shop: Shop, *, now: Millis | None = None) -> Path:
    folder = practice.place_of(real)
    practice.make(folder, real, now=now or shop.now)
    return folder


def opened(folder: Path) -> Settings:
    """The copy instead of the shop, as a process on its folder would open it."""
    chosen = settings.load(folder, {})
    settings.use(chosen)
    db.open_database(chosen.database, durable=False)
    return chosen


def test_a_copy_holds_the_shop_and_leaves_it_open(real: Settings, one_shop: Shop) -> None:
    one_shop.member("13800138000")
    folder = made(real, one_shop)
    one_shop.sell(one_shop.basket(("茶", 1)))  # in the shop, which is open as before
    assert db.value("SELECT count(*) FROM sale") == 1
    opened(folder)
    assert (db.value("SELECT count(*) FROM sale"), db.value("SELECT count(*) FROM member")) == (0, 1)
    assert doctor.examine(now=one_shop.now) == []


def test_a_copy_is_whole_though_a_till_sells_meanwhile(real: Settings, one_shop: Shop) -> None:
    sold, done = threading.Event(), threading.Event()

    def sell() -> None:
        db.attach()
        while not done.is_set():
            one_shop.sell(one_shop.basket(("茶", 1)))
            sold.set()
        db.detach()

    till, target = threading.Thread(target=sell), Path(real.database).with_name("copy.db")
    till.start()
    try:
        assert sold.wait(20)
        practice.copy_into(target, real)
    finally:
        done.set()
        till.join()
    settings.use(Settings(secret="test secret"))
    db.open_database(str(target), durable=False)
    assert db.value("SELECT count(*) FROM sale") > 0
    assert doctor.examine(now=one_shop.now) == []


def test_a_copy_has_settings_of_its_own_and_only_its_account_reads_it(real: Settings, one_shop: Shop) -> None:
    folder = made(real, one_shop)
    told = tomllib.loads((folder / "regulars.toml").read_text("utf-8"))
    assert told == {
        "database": "practice.db", "channel": "file", "outbox_file": str(folder / "outbox.jsonl"), "look": "light",
        "printer": "tcp://192.0.2.7", "printer_columns": 32, "practice": True,
    }  # fmt: skip
    chosen = settings.load(folder, {})
    assert (chosen.practice, chosen.demo, chosen.secret) == (True, True, "test secret")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "secret.key")}
    assert modes == {".practice": 0o700, "secret.key": 0o600}
    assert stat.S_IMODE((folder / "practice.db").stat().st_mode) == 0o600


def test_nothing_that_waited_leaves_a_copy(real: Settings, one_shop: Shop) -> None:
    queued = _queue(one_shop)
    webhooks.add("https://shop.example/hook", ["sale.completed"], store_id=None, by=one_shop.owner, now=one_shop.now)
    folder = made(real, one_shop)
    assert db.value("SELECT state FROM outbox WHERE id = ?", (queued,)) == "queued"
    opened(folder)
    assert db.value("SELECT state FROM outbox WHERE id = ?", (queued,)) == "cancelled"
    assert [one.ended_at for one in webhooks.all_webhooks(by=one_shop.owner)] == [one_shop.now]


@db.atomic
def _queue(shop: Shop) -> int | None:
    letter = Letter("a", "code", "service", "zh", {}, Millis(shop.now + DAY), address="+8613800138000")
    return outbox.put(letter, now=shop.now)


def test_a_copy_sends_nothing_real_and_tells_no_online_shop(real: Settings, one_shop: Shop) -> None:
    chosen = opened(made(real, one_shop))
    told: list[Parcel] = []
    webhooks.add("https://shop.example/hook", ["sale.completed"], store_id=None, by=one_shop.owner, now=one_shop.now)
    one_shop.sell(one_shop.basket(("茶", 1)))

    def send(parcel: Parcel) -> Answer:
        told.append(parcel)
        return Answer(200)

    assert (scheduler.tell_due(send), told) == (0, [])
    twilio = Settings(**{**vars(chosen), "channel": "twilio", "demo": False})
    with pytest.raises(DemoSendsNothing):
        scheduler.channels_for(twilio)


def test_a_copy_is_never_taken_for_the_shop_nor_the_shop_for_a_copy(real: Settings, one_shop: Shop) -> None:
    folder = made(real, one_shop)
    copymark.check(real)
    with pytest.raises(NotForPractice):
        copymark.check(Settings(database=real.database, practice=True))
    chosen = opened(folder)
    copymark.check(chosen)
    with pytest.raises(NotTheRealShop):
        copymark.check(Settings(database=chosen.database))


def test_nobody_practises_on_a_copy_of_a_copy(real: Settings, one_shop: Shop) -> None:
    opened(made(real, one_shop))
    with pytest.raises(NotTheRealShop), practising(one_shop):
        raise AssertionError("it was opened")


def practising(shop: Shop, *, fresh: bool = False, said: list[str] | None = None):  # type: ignore[no-untyped-def]
    tell = (said if said is not None else []).append
    return practice.running(fresh=fresh, say=tell, ask=lambda question: bool(tell(question)), by=shop.owner)


def test_a_shop_on_postgres_is_told_what_to_do_instead(shop: Shop) -> None:
    settings.use(Settings(database="postgresql://shop", secret="test secret"))
    if db.is_sqlite():
        copymark.check(settings.current())
        return
    copymark.check(settings.current())
    with pytest.raises(PracticeNeedsSqlite, match="regulars demo"), practising(shop):
        raise AssertionError("it was opened")


def test_only_who_sets_up_the_shop_copies_it(real: Settings, one_shop: Shop) -> None:
    with (
        pytest.raises(NotAllowed),
        practice.running(fresh=False, say=print, ask=bool, by=counter.hired(one_shop, "clerk")),
    ):
        raise AssertionError("it was opened")


def test_a_folder_that_holds_something_else_is_left_alone(real: Settings, one_shop: Shop) -> None:
    folder = practice.place_of(real)
    folder.mkdir()
    (folder / "practice.db").write_text("somebody's")
    with pytest.raises(NotACopy), practising(one_shop):
        raise AssertionError("it was opened")
    with pytest.raises(NotACopy):
        practice.end(folder)
    assert (folder / "practice.db").read_text() == "somebody's"


def test_a_copy_is_deleted_and_the_shop_loses_nothing(real: Settings, one_shop: Shop) -> None:
    folder = made(real, one_shop)
    with practice.in_use(folder, fcntl.LOCK_SH), pytest.raises(PracticeInUse):
        practice.end(folder)
    assert practice.end(folder)
    assert not folder.exists()
    assert not practice.end(folder)
    assert db.value("SELECT count(*) FROM product") == 1


@pytest.mark.parametrize(
    ("copy", "erased_at", "why"),
    [
        (Copy(Millis(100), 17), None, None),
        (Copy(Millis(100), 17), Millis(99), None),
        (Copy(Millis(100), 16), None, T("The copy was made by another version of the program.")),
        (Copy(Millis(100), 17), Millis(100), T("Somebody who is in the copy has left the shop for good since.")),
    ],
)
def test_a_copy_is_used_while_it_fits(copy: Copy, erased_at: Millis | None, why: object) -> None:
    assert practice.unfit(copy, step=17, erased_at=erased_at) == why


def test_after_seven_days_a_new_copy_is_offered() -> None:
    copy = Copy(Millis(0), 17)
    assert [practice.is_old(copy, now=Millis(days * DAY)) for days in (0, 6, 7, 30)] == [False, False, True, True]


def test_at_night_a_forgotten_copy_goes(real: Settings, one_shop: Shop) -> None:
    folder = made(real, one_shop)
    assert not practice.sweep(now=Millis(one_shop.now + 29 * DAY))
    assert practice.sweep(now=Millis(one_shop.now + 30 * DAY))
    assert not folder.exists()


def test_at_night_a_copy_goes_that_holds_somebody_who_left(real: Settings, one_shop: Shop) -> None:
    member = one_shop.member("13800138000")
    folder = made(real, one_shop)
    mark = erasure.preview(member, now=one_shop.now).mark
    erasure.erase(member, mark=mark, by=one_shop.owner, now=Millis(one_shop.now + 1))
    scheduler.BY_NAME["retention"].do(one_shop.owner, Millis(one_shop.now + 2))
    assert not folder.exists()


def test_receipts_of_a_copy_say_so_at_the_top(real: Settings, one_shop: Shop) -> None:
    sale = one_shop.sell(one_shop.basket(("茶", 1)))
    assert "PRACTICE" not in receipts.as_text(receipts.of(sale))
    opened(made(real, one_shop))
    for language in ("en", "zh"):
        with i18n.use(language):
            first = receipts.as_text(receipts.of(sale)).splitlines()[0]
        assert first.strip() == "*** PRACTICE 练习 ***"


def test_who_practises_finds_everything_beside_and_the_shop_keeps_that_it_was_tried(
    real: Settings, one_shop: Shop
) -> None:
    said: list[str] = []
    with practising(one_shop, said=said) as held:
        assert settings.practising()
        assert "练习 PRACTICE" in _read(f"http://127.0.0.1:{held.settings.kiosk_port}/kiosk")
        assert any(f"pair it with {held.pairing}" in line for line in held.lines())
        one_shop.owner = staff.first_owner()
        sale = one_shop.sell(one_shop.basket(("茶", 1)))
        counter.give_back(one_shop, sale)
    assert (said, settings.practising()) == (["Making a copy of the shop …"], False)
    assert db.value("SELECT count(*) FROM sale") == 0
    steps = {one.id: one for one in firstday.checklist(by=one_shop.owner, now=one_shop.now)}
    assert str(steps["refund"].detail) == "in practice: 1, in the shop: 0"


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:  # loopback
        return str(answer.read().decode())
