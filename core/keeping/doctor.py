"""The doctor: replays every ledger, checks every invariant, and names each difference with its rows."""

from collections.abc import Iterator

from core.base import db, i18n, settings
from core.base.clock import DAY, HOUR, Millis
from core.base.drivers import peewee
from core.base.i18n import T
from core.base.storage import StorageBroken
from core.books import alerts, rules
from core.keeping import accesskeys, channels, machine, publicaccess
from core.keeping.copies import findings as backups
from core.keeping.findings import Finding
from core.keeping.proofs import giving, ledgers, merges, prepaid, sales
from core.keeping.proofs.check import differences, ranges
from core.outreach import telling, webhooks
from core.tables import fingerprint, schema

LARGE = 2_000_000
"""SQLite looks through a table of so many rows in about a second."""

CHECKS = (*ledgers.CHECKS, *sales.CHECKS, *prepaid.CHECKS, *giving.CHECKS, *merges.CHECKS)


LEDGER_STEP = T("Do not correct it by hand. Restore the last good backup beside it and send us both reports.")

FILE_STEP = T("Stop selling and restore the last backup.")
SCHEMA_STEP = T("Somebody changed the tables by hand. Restore the last good backup, or send us this report.")


def examine(*, now: Millis, limit: int = 20) -> list[Finding]:
    """Run every check; an empty list means all is well. At most `limit` rows of each check are named.

    What is read in one go is small, so that the shop may go on selling meanwhile.
    """
    found = books(limit=limit)
    if any(one.check == "file" for one in found):
        return found  # nothing else can be read, and nothing else matters
    return [
        *found,
        *_library(),
        *_left_undone(now),
        *_running(now),
        *_untold(now),
        *accesskeys.findings(now=now),
        *publicaccess.findings(settings.current()),
        *channels.findings(settings.current()),
        *machine.findings(now=now),
        *backups.findings(settings.current(), now=now),
    ]


@db.atomic
def tell(found: list[Finding], *, now: Millis) -> None:
    """Have staff told how much was found, and of it the first."""
    shop = rules.current(now=now)
    with i18n.use(shop.language, zone=shop.zone, symbol=shop.symbol):
        alerts.note("doctor", found[0].check, now=now, count=len(found), first=str(found[0].what))


def books(*, limit: int = 20) -> list[Finding]:
    """The part that is about the books themselves, as true of a backup as of the shop it was made of."""
    found = [*_schema(limit), *_storage(limit)]
    if any(one.check == "file" for one in found):
        return found
    for check in CHECKS:
        found += [Finding(check.name, check.said(row), LEDGER_STEP) for row in differences(check, limit=limit)]
    return found


def _schema(limit: int) -> list[Finding]:
    """Whether the tables are those of this program: their step, and each by its making."""
    level, known = schema.level(), schema.steps()[-1][0]
    if level > known:
        what = T("The database is at step {found}, this program is made for {known}.", found=level, known=known)
        return [Finding("schema", what, T("Install the newer program that made it; do not sell with this one."))]
    if level < known:
        what = T("The database is at step {found}, this program is made for {known}.", found=level, known=known)
        return [Finding("schema", what, T("Run `regulars upgrade`."))]
    try:
        differing = fingerprint.differences()
    except peewee.ProgrammingError:  # an account that may make no schema to compare with
        return []
    said = {"missing": T("is missing"), "changed": T("is not as this program makes it")}
    return [
        Finding("schema", T("{object} of the database {state}.", object=name, state=said[how]), SCHEMA_STEP)
        for name, how in differing[:limit]
    ]


def _storage(limit: int) -> Iterator[Finding]:
    """What SQLite says of its own file, table by table; PostgreSQL looks after its files itself.

    A table too large for that while the shop is open is examined with the backup.
    """
    if not db.is_sqlite():
        return
    tables = [name for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    damaged = [(table, verdict) for table in tables for verdict in _damage(table)]
    for table, verdict in damaged:
        yield Finding("file", T("The database file is damaged: {table}: {verdict}.", table=table, verdict=verdict),
                      FILE_STEP)  # fmt: skip
    if damaged:
        return
    for table in tables:
        for column, parent, row in _missing_parents(table, limit):
            what = T("Row {row} of table {table} names a {column} of {parent} that does not exist.", row=row,
                     table=table, column=column, parent=parent)  # fmt: skip
            yield Finding("references", what, LEDGER_STEP)


def _library() -> Iterator[Finding]:
    if db.is_sqlite() and db.value("PRAGMA journal_mode") != "wal":
        what = T("This SQLite library is too old to share a database safely, so a slower mode is used.")
        yield Finding("library", what, T("Install pysqlite3 0.6.1 or newer."))


def _damage(table: str) -> list[str]:
    """What is wrong with a table's pages and those of its indexes."""
    try:
        small = db.value(f"SELECT count(*) FROM {table}") <= LARGE
        found = db.rows(f"PRAGMA quick_check('{table}')") if small else []
    except StorageBroken:
        return ["malformed"]
    return [verdict for (verdict,) in found if verdict != "ok"]


def _missing_parents(table: str, limit: int) -> list[tuple[str, str, str]]:
    """References of a table to rows that are not there: (column, table it names, row)."""
    found: list[tuple[str, str, str]] = []
    for _id, _seq, parent, column, key, *_ in db.rows(f"PRAGMA foreign_key_list('{table}')"):
        sql = (
            f"SELECT c.rowid FROM {table} c WHERE c.rowid BETWEEN ? AND ? AND c.{column} IS NOT NULL"
            f" AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.{key or 'id'} = c.{column}) LIMIT ?"
        )
        for first, last in ranges(table, 20_000, key="rowid"):
            rows = db.rows(sql, (first, last, max(limit - len(found), 0)))
            found += [(column, parent, str(row)) for (row,) in rows]
    return found


def _left_undone(now: Millis) -> list[Finding]:
    """What the nightly jobs should have written off long ago; it cannot be spent, but it is still counted."""
    expired = db.value(
        "SELECT count(*) FROM lot WHERE remaining > 0 AND remaining > held AND expires_at <= ?", (now - 2 * DAY,)
    )
    over = sum(
        db.value(f"SELECT count(*) FROM {table} WHERE state = 'held' AND lapses_at <= ?", (now - DAY,))
        for table in ("hold", "coupon_hold")
    )
    found = []
    if expired:
        what = T("{count} lots expired over two days ago and are not written off.", count=expired)
        found.append(Finding("expired lots", what, T("Run it again: `regulars job run {job}`.", job="points-expire")))
    if over:
        what = T("{count} holds ran out over a day ago and were not given free.", count=over)
        found.append(Finding("holds run out", what, T("Run it again: `regulars job run {job}`.", job="reserves-lapse")))
    return found


def _running(now: Millis) -> list[Finding]:
    """Jobs that failed or crashed lately, and messages nobody sends."""
    found = []
    sql = (
        "SELECT job, slot, state FROM job_run WHERE state IN ('failed', 'crashed') AND job <> 'doctor'"
        " AND started_at > ? ORDER BY started_at"
    )
    for job, slot, state in db.rows(sql, (now - 24 * HOUR,)):
        what = T("Job {job} of {slot} has {state}.", job=job, slot=slot, state=state)
        found.append(Finding("jobs", what, T("Run it again: `regulars job run {job}`.", job=job)))
    stuck = db.value(
        "SELECT count(*) FROM outbox WHERE state = 'queued' AND not_before < ? AND expires_at > ?", (now - HOUR, now)
    )
    if stuck:
        what = T("1 message has been waiting for over an hour.")
        if stuck > 1:
            what = T("{count} messages have been waiting for over an hour.", count=stuck)
        found.append(Finding("messages", what, T("Is the scheduler running? Start it with `regulars scheduler`.")))
    return found


def _untold(now: Millis) -> list[Finding]:
    """Online shops that took nothing for three days, and events nobody posts."""
    found = []
    for webhook_id, host in webhooks.paused():
        what = T(
            "Webhook {webhook} ({host}) took nothing for three days and is paused.", webhook=str(webhook_id), host=host
        )
        step = T("Repair the receiver, then `regulars webhook test {webhook}`: it goes on where it stopped.",
                 webhook=str(webhook_id))  # fmt: skip
        found.append(Finding("webhooks", what, step))
    waiting = telling.overdue(now=now)
    if waiting:
        what = T("{count} events for online shops have been waiting for over an hour.", count=waiting)
        found.append(Finding("webhooks", what, T("Is the scheduler running? Start it with `regulars scheduler`.")))
    return found
