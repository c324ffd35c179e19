"""Row `nightly`: the night's insight jobs over a shop with years of sales, and its large queries beside DuckDB's.

Members come from the file of members; visits, sales and their lines are added in bulk. The jobs are all of a day's,
run as the scheduler runs them; the queries are what reports over a year ask, as the database heard them.
"""

import importlib
import json
import shutil
import subprocess
import tempfile
import time
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
    today = clock.day_of(now, "Asia/Shanghai").toordinal()
    next_id = int(db.value("SELECT next FROM id_counter"))
    many = 0
    for start in range(0, len(ids), members.CHUNK):
        chunk = np.array(ids[start : start + members.CHUNK])
        who = np.repeat(chunk, draw.poisson(VISITS - 1, len(chunk)) + 1)
        many += _sell(who, draw, (store, today, next_id + many * ROWS), products)
        say(f"nightly: {start + len(chunk):,} of {len(ids):,} members have bought")
    _settle(many * ROWS)
    db.close_database()
    return many * (LINES + 1)


def _sell(who: Ints, draw: np.random.Generator, where: tuple[int, int, int], products: list[int]) -> int:
    """One sale a visit, in the shop's days; members come at a pace of their own and some stopped long ago."""
    store, today, first = where
    last = np.repeat(draw.integers(0, 400, len(np.unique(who))), np.unique(who, return_counts=True)[1])
    days = (today - last - draw.gamma(1.0, 90.0, len(who)).astype(int)).tolist()
    cents = draw.integers(800, 9000, len(who)).tolist()
    picked = draw.integers(0, len(products), (len(who), LINES)).tolist()
    sales: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    visits: list[tuple[object, ...]] = []
    tenders: list[tuple[object, ...]] = []
    for place, (member, day, amount) in enumerate(zip(who.tolist(), days, cents, strict=True)):
        sale = first + place * ROWS
        at = (day - 719_163) * clock.DAY
        sales.append((sale, store, member, day, day, sale, at, amount, amount, 0, 0, "[]", "bench"))
        visits.append((member, day, amount))
        tenders.append((sale + LINES + 1, sale, 1, "cash", amount))
        for line in range(LINES):
            part = amount // 2 + line * (amount % 2)
            product = products[picked[place][line]]
            lines.append(
                (sale + 1 + line, sale, line + 1, product, "Bench", "goods", 1000, part, part, 0, 0, 0, part, 0)
            )
    _write(sales, lines, visits, tenders)
    return len(who)


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
    heard = _heard(now)
    file.with_name(ASKED).write_text(json.dumps(heard), "utf-8")
    took = {name: min(_timed(sql) for _ in range(3)) for name, sql in heard.items()}
    db.close_database()
    return Night(done, took, used, held)


def _heard(now: Millis) -> dict[str, str]:
    """The great queries of the reports over a year by month, as SQLite heard them, values and all."""
    by = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner' ORDER BY id")))
    today = clock.day_of(now, "Asia/Shanghai")
    year = asked.ask(today - timedelta(days=364), today, step="month", store_id=None, by=by, now=now)
    heard: list[str] = []
    found = {}
    db.proxy.obj.connection().set_trace_callback(heard.append)
    for report in REPORTS:
        heard.clear()
        importlib.import_module(f"core.reports.library.{report}").make(year, by=by)
        great = [sql for sql in heard if " sale " in sql or " member_day " in sql or " sale_line " in sql]
        found |= {f"{report}{number or ''}": sql for number, sql in enumerate(great)}
    db.proxy.obj.connection().set_trace_callback(None)
    return found


def _timed(sql: str) -> float:
    start = time.perf_counter()
    db.rows(sql)
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
