"""Row `nightly`: the night's insight jobs over a shop with years of sales, and its large queries beside DuckDB's.

Members come from the file of members; visits, sales and their lines are added in bulk. The jobs are those of the
scheduler, run as the scheduler runs them; the queries are what reports and jobs ask of all sales.
"""

import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import scheduler
from bench import members, peers
from bench.figures import SEED, Figure, Say, Size
from bench.process import peak_mb
from core.base import access, clock, db
from core.base.clock import Millis
from core.goods import catalogue
from core.insight.visiting import Ints
from core.keeping import opening
from core.people import staff

VISITS, LINES = 7, 2
"""Visits a member on average, a sale each, and lines a sale: 21 sale rows a member."""
JOBS = ("back-test", "churn")
MOST_S, MOST_MB, TIMES = 600.0, 2000.0, 5.0
LOCK = Path(__file__).with_name("forecast") / "duckdb.lock"
PEER = Path(__file__).with_name("forecast") / "duck.py"
QUERIES = {
    "days": "SELECT local_day, count(*), sum(total_cents) FROM sale GROUP BY local_day ORDER BY local_day",
    "products": "SELECT product_id, sum(quantity_milli), sum(net_cents) FROM sale_line GROUP BY product_id ORDER BY 1",
    "visits": "SELECT member_id, count(*), min(day), max(day), sum(net_cents) FROM member_day WHERE net_cents > 0"
    " GROUP BY member_id ORDER BY 5 DESC LIMIT 100",
}


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
        many += _sell(who, draw, (store, today, next_id + many), products)
        say(f"nightly: {start + len(chunk):,} of {len(ids):,} members have bought")
    _move_counter(many)
    db.close_database()
    return many


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
    for place, (member, day, amount) in enumerate(zip(who.tolist(), days, cents, strict=True)):
        sale = first + place * (LINES + 1)
        at = (day - 719_163) * clock.DAY
        sales.append((sale, store, member, day, day, sale, at, amount, amount, 0, 0, "[]", "bench"))
        visits.append((member, day, amount))
        for line in range(LINES):
            part = amount // 2
            product = products[picked[place][line]]
            lines.append(
                (sale + 1 + line, sale, line + 1, product, "Bench", "goods", 1000, part, part, 0, 0, 0, part, 0)
            )
    _write(sales, lines, visits)
    return len(who) * (LINES + 1)


@db.atomic
def _write(sales: list[tuple[object, ...]], lines: list[tuple[object, ...]], visits: list[tuple[object, ...]]) -> None:
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


@db.atomic
def _move_counter(many: int) -> None:
    db.run("UPDATE id_counter SET next = next + ?", (many,))


def _night(file: Path, say: Say) -> Night:
    """Run the jobs, then the queries."""
    db.open_database(str(file))
    now, done, before = Millis(members.NOW), {}, time.process_time()
    for name in JOBS:
        say(f"nightly: {name}")
        start = time.perf_counter()
        said = str(scheduler.BY_NAME[name].do(access.scheduler(name), now))
        done[name] = (time.perf_counter() - start, said)
    used, held = time.process_time() - before, peak_mb()
    asked = {name: min(_timed(sql) for _ in range(3)) for name, sql in QUERIES.items()}
    db.close_database()
    return Night(done, asked, used, held)


def _timed(sql: str) -> float:
    start = time.perf_counter()
    db.rows(sql)
    return time.perf_counter() - start


def _theirs(file: Path, say: Say) -> dict[str, float]:
    python = peers.python_of("duckdb", [LOCK], say)
    say("nightly: DuckDB")
    asked = file.with_name("queries.json")
    asked.write_text(json.dumps(QUERIES), "utf-8")
    try:
        done = subprocess.run(
            [python, PEER, file, asked], capture_output=True, text=True, timeout=peers.PATIENCE_S, check=True
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
    jobs = "; ".join(f"{name} {seconds:.1f} s ({said})" for name, (seconds, said) in night.jobs.items())
    asked = ", ".join(
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
        note=f"{made[1]:,} sale rows; {jobs}. Queries: {asked}.{why}",
    )
