"""Row `nightly`: the night's insight jobs over a shop with years of sales, and its large queries beside DuckDB's.

Members come from the file of members; visits, sales and their lines are added in bulk, in the order of their days.
The jobs are all of a day's, run as the scheduler runs them. The queries are reports over a year, made whole; DuckDB is
asked what the database heard of them, or where a report adds up by itself (`forecast/*.sql`) the same in one query.
"""

import importlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

import scheduler
from bench import members, peers
from bench.figures import SEED, Figure, Say, Size
from bench.process import peak_mb
from core.base import access, clock, db, settings
from core.base.clock import Millis
from core.books import rules
from core.goods import catalogue
from core.insight.visiting import Ints
from core.keeping import opening
from core.people import staff
from core.reports import asked

VISITS, LINES = 7, 2
"""Visits a member on average, a sale each, and lines a sale: 21 rows of sales and lines a member, and 7 tenders."""
ROWS = LINES + 2
"""Ids a sale takes."""
OUTSIDE = frozenset({"backup", "restore-drill", "report-mail"})
"""Jobs that need more than the shop's file."""
TOLD_S = 1.0
"""A job that takes longer is named."""
MOST_S, MOST_MB, TIMES = 600.0, 2000.0, 5.0
LOCK = Path(__file__).with_name("forecast") / "duckdb.lock"
ASKED = "queries.json"
PEER = Path(__file__).with_name("forecast") / "duck.py"
REPORTS = ("sales", "products", "hours", "people", "returning", "leaving", "cohorts")


@dataclass(frozen=True)
class Night:
    """Seconds of each job with what it said, seconds of each query, CPU seconds and the most memory held."""

    jobs: dict[str, tuple[float, str]]
    queries: dict[str, float]
    cpu_s: float
    peak_mb: float


def measure(size: Size, say: Say) -> Figure:
    """Build the shop, run the night, then ask the queries of both. Raises: Unmeasurable."""
    kept = members.file_of(size, say)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        file = Path(folder) / "shop.db"
        shutil.copy(kept, file)
        rows = _fill(file, members.ids_in(kept), say)
        night = _night(file, say)
        try:
            theirs, why = _theirs(file, say), ""
        except peers.Unavailable as error:
            theirs, why = {}, f" DuckDB not available: {error}"
    return figure(size, (members.COUNTS[size], rows), night, theirs, why)


def _fill(file: Path, ids: range, say: Say) -> int:
    """Sell so often to each member; how many sale rows there are then."""
    db.open_database(str(file), durable=False)
    owner = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner' ORDER BY id")))
    now = members.NOW
    products = [catalogue.create(f"Bench {number}", 1800, by=owner, now=now) for number in range(20)]
    store, draw = opening.stores()[0][0], np.random.default_rng(SEED)
    who, days, cents = _visits(np.array(ids), clock.day_of(now, "Asia/Shanghai").toordinal(), draw)
    next_id = int(db.value("SELECT next FROM id_counter"))
    for start in range(0, len(who), members.CHUNK):
        part = slice(start, start + members.CHUNK)
        _sell((who[part], days[part], cents[part]), (store, next_id + start * ROWS), products, draw)
        if start % 1_000_000 < members.CHUNK:
            say(f"nightly: {start:,} of {len(who):,} sales")
    _settle(len(who) * ROWS)
    db.close_database()
    return len(who) * (LINES + 1)


def _visits(ids: Ints, today: int, draw: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Who came, when and for how much, day by day as a shop's books grow; members come at a pace of their own and
    some stopped long ago."""
    often = draw.poisson(VISITS - 1, len(ids)) + 1
    who, last = np.repeat(ids, often), np.repeat(draw.integers(0, 400, len(ids)), often)
    days = today - last - draw.gamma(1.0, 90.0, len(who)).astype(int)
    order = np.argsort(days, kind="stable")
    return who[order], days[order], draw.integers(800, 9000, len(who))


def _sell(
    visits: tuple[Ints, Ints, Ints], where: tuple[int, int], products: list[int], draw: np.random.Generator
) -> None:
    """One sale a visit."""
    store, first = where
    picked = draw.integers(0, len(products), (len(visits[0]), LINES)).tolist()
    sales: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    days: list[tuple[object, ...]] = []
    tenders: list[tuple[object, ...]] = []
    for place, (member, day, amount) in enumerate(zip(*(column.tolist() for column in visits), strict=True)):
        sale = first + place * ROWS
        at = (day - 719_163) * clock.DAY
        sales.append((sale, store, member, day, day, sale, at, amount, amount, 0, 0, "[]", "bench"))
        days.append((member, day, amount))
        tenders.append((sale + LINES + 1, sale, 1, "cash", amount))
        for line in range(LINES):
            part = amount // 2 + line * (amount % 2)
            product = products[picked[place][line]]
            lines.append(
                (sale + 1 + line, sale, line + 1, product, "Bench", "goods", 1000, part, part, 0, 0, 0, part, 0)
            )
    _write(sales, lines, days, tenders)


@db.atomic
def _write(
    sales: list[tuple[object, ...]],
    lines: list[tuple[object, ...]],
    visits: list[tuple[object, ...]],
    tenders: list[tuple[object, ...]],
) -> None:
    db.run_many(
        "INSERT INTO sale (id, store_id, member_id, day, local_day, receipt_no, at, gross_cents, total_cents,"
        " redeemed_points, earned_points, versions, actor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        sales,
    )
    db.run_many(
        "INSERT INTO sale_line (id, sale_id, position, product_id, name, kind, quantity_milli, unit_cents,"
        " amount_cents, discount_cents, redeemed_points, redeemed_cents, net_cents, earned_points)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        lines,
    )
    db.run_many(
        "INSERT INTO member_day (member_id, day, net_cents, sales) VALUES (?, ?, ?, 1) ON CONFLICT (member_id, day)"
        " DO UPDATE SET net_cents = member_day.net_cents + excluded.net_cents, sales = member_day.sales + 1",
        visits,
    )
    db.run_many("INSERT INTO tender (id, sale_id, position, kind, cents) VALUES (?, ?, ?, ?, ?)", tenders)


@db.atomic
def _settle(ids: int) -> None:
    """What is kept of members is what their days sum to, and the next id is a free one."""
    db.run("UPDATE id_counter SET next = next + ?", (ids,))
    db.run(
        "INSERT INTO member_stats (member_id, visits, net_spend_cents, first_day, last_day, last_at) SELECT member_id,"
        " count(*), sum(net_cents), min(day), max(day), (max(day) - 719163) * 86400000 FROM member_day"
        " WHERE net_cents > 0 GROUP BY member_id ON CONFLICT (member_id) DO UPDATE SET visits = excluded.visits,"
        " net_spend_cents = excluded.net_spend_cents, first_day = excluded.first_day, last_day = excluded.last_day,"
        " last_at = excluded.last_at"
    )


def _night(file: Path, say: Say) -> Night:
    """Run the jobs, then the queries."""
    settings.use(settings.Settings(secret="bench", database=str(file)))
    db.open_database(str(file))
    now, done, before = Millis(members.NOW), {}, time.process_time()
    for work in scheduler.WORKS:
        if work.name in OUTSIDE:
            continue
        say(f"nightly: {work.name}")
        start = time.perf_counter()
        said = str(work.do(access.scheduler(work.name), now))
        done[work.name] = (time.perf_counter() - start, said)
    used, held = time.process_time() - before, peak_mb()
    took, heard = _reports(now)
    file.with_name(ASKED).write_text(json.dumps(heard))
    db.close_database()
    return Night(done, took, used, held)


def _reports(now: Millis) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Of each report over a year by month: its seconds, the best of three, and its great queries, values and all."""
    by = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner' ORDER BY id")))
    today = clock.day_of(now, "Asia/Shanghai")
    year = asked.ask(today - timedelta(days=364), today, step="month", store_id=None, by=by, now=now)
    values = {"first": year.days[0], "last": year.days[1], "silent": rules.current(now=now).churn_silent_days}
    took, great = {}, {}
    for report in REPORTS:
        make, heard = importlib.import_module(f"core.reports.library.{report}").make, list[str]()
        db.proxy.obj.connection().set_trace_callback(heard.append)
        make(year, by=by)
        db.proxy.obj.connection().set_trace_callback(None)
        instead = PEER.with_name(f"{report}.sql")
        great[report] = (
            [_filled(instead.read_text("utf-8"), values)]
            if instead.exists()
            else [sql for sql in heard if " sale " in sql or " member_day " in sql]
        )
        took[report] = min(_timed(lambda make=make: make(year, by=by)) for _ in range(3))
    return took, great


def _filled(sql: str, values: dict[str, int]) -> str:
    for name, value in values.items():
        sql = sql.replace(f"{{{name}}}", str(value))
    return sql


def _timed(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def _theirs(file: Path, say: Say) -> dict[str, float]:
    python = peers.python_of("duckdb", [LOCK], say)
    say("nightly: DuckDB")
    try:
        done = subprocess.run(
            [python, PEER, file, file.with_name(ASKED)],
            capture_output=True,
            text=True,
            timeout=peers.PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise peers.Unavailable(said[-1][:200]) from error
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def figure(size: Size, made: tuple[int, int], night: Night, theirs: dict[str, float], why: str) -> Figure:
    """The row: met if the jobs end in time and memory, and no query takes five times as long as DuckDB's."""
    total = sum(seconds for seconds, _ in night.jobs.values())
    ratios = {name: night.queries[name] / theirs[name] for name in theirs}
    long = [(name, *one) for name, one in night.jobs.items() if one[0] >= TOLD_S or name in ("back-test", "churn")]
    jobs = "; ".join(f"{name} {seconds:.1f} s ({said})" for name, seconds, said in long)
    queries = ", ".join(
        f"{name} {seconds:.2f} s" + (f" (DuckDB {theirs[name]:.2f})" if name in theirs else "")
        for name, seconds in night.queries.items()
    )
    worst = max(ratios.values(), default=None)
    return Figure(
        row="nightly",
        ours=total,
        floor=None,
        peer=sum(theirs.values()) if theirs else None,
        ratio=worst,
        bar="≤ 10 min, ≤ 2 GB, queries ≤ 5 × DuckDB",
        met=total <= MOST_S and night.peak_mb <= MOST_MB and worst is not None and worst <= TIMES,
        cpu_s=night.cpu_s,
        peak_mb=night.peak_mb,
        size=size,
        seed=SEED,
        n=made[0],
        rounds=1,
        unit="s",
        note=f"{made[1]:,} sale rows; {len(night.jobs)} jobs: {jobs}. Queries: {queries}.{why}",
    )
