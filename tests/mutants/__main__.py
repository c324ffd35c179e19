"""`python -m tests.mutants core/selling/pricing`: changes one thing at a time and asks whether a test sees it.

Each file is mutated in copies of the tree, the tests run in processes of their own. Printed is every
mutation that no test saw and that `harmless.tsv` does not excuse; with such the exit code is 1.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import mutations
from tests.mutants.mutations import Mutation

ROOT = Path(__file__).resolve().parents[2]
HARMLESS = Path(__file__).with_name("harmless.tsv")
PRICING = (
    "tests/core/selling/test_pricing_figures.py",
    "tests/core/selling/test_pricing_twin.py",
    "tests/core/selling/test_promotion_effects.py",
    "tests/core/selling/test_coupon_effects.py",
    "tests/core/selling/test_tax_and_rounding.py",
    "tests/core/selling/test_pricing_sums.py",
)
REFUNDS = (
    "tests/core/selling/test_return_parts.py",
    "tests/core/selling/test_refund_sums.py",
    "tests/core/selling/test_refund_effects.py",
    "tests/core/selling/test_refund_ways.py",
    "tests/core/selling/test_voids.py",
    "tests/core/selling/test_top_up_reversals.py",
    "tests/core/loyalty/test_passes.py",
    "tests/core/loyalty/test_plan_endings.py",
    "tests/core/loyalty/test_gift_cards.py",
    "tests/core/loyalty/test_families.py",
    "tests/core/selling/test_worked_examples.py",
    "tests/core/selling/test_exchanges.py",
    "tests/core/selling/test_tax_and_rounding.py",
    "tests/core/selling/test_peers_mistakes.py",
    "tests/core/selling/test_refusals.py",
)
LEDGERS = (
    "tests/core/books/test_posting.py",
    "tests/core/books/test_holds.py",
    "tests/core/books/test_books_machine.py",
    "tests/core/books/test_debts.py",
    "tests/core/loyalty/test_reserves.py",
    "tests/core/loyalty/test_transfers.py",
    "tests/core/loyalty/test_points_rules.py",
    "tests/core/loyalty/test_wallet.py",
    "tests/core/reports/test_liability.py",
    "tests/core/selling/test_refund_effects.py",
    "tests/core/selling/test_refusals.py",
)
TESTS = {
    "core/books/accounts.py": LEDGERS,
    "core/books/holds.py": LEDGERS,
    "core/books/posting.py": LEDGERS,
    "core/selling/pricing": PRICING,
    "core/loyalty/limits.py": ("tests/core/selling/test_promotion_matching.py", *PRICING[2:4]),
    "core/selling/returns.py": REFUNDS,
    "core/selling/refunds.py": REFUNDS,
    "core/selling/reversals.py": REFUNDS,
}
"""The tests that watch over a file or folder, if none are named; the quickest to notice first."""
SKIPPED = shutil.ignore_patterns(".*", "__pycache__", "bench", "docs", "*.egg-info")


def main(arguments: Sequence[str] | None = None) -> int:
    """Mutate, test, print; 0 if every mutation was seen or is excused."""
    asked = _asked(arguments)
    found = [one for path in _files(asked.targets) for one in mutations.of_file(path, (ROOT / path).read_text("utf-8"))]
    if asked.sample and asked.sample < len(found):
        print(f"{asked.sample} of {len(found)} mutations, seed {asked.seed}")
        found = [found[at] for at in sorted(random.Random(asked.seed).sample(range(len(found)), asked.sample))]
    began, unseen = time.monotonic(), _run(found, asked)
    left = [one for one in unseen if one.key not in _harmless()]
    minutes, seen = (time.monotonic() - began) / 60, len(found) - len(unseen)
    harmless = len(unseen) - len(left)
    print(f"{len(found)} mutations in {minutes:.1f} min: {seen} seen, {harmless} harmless, {len(left)} not seen")
    return int(bool(left))


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("targets", nargs="+", help="files or folders to mutate")
    parser.add_argument("--tests", nargs="+", default=[], help="test files or folders, the quickest to notice first")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, help="only so many mutations, by chance")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--timeout", type=int, default=120, help="seconds until a run counts as having seen it")
    parser.add_argument("--marks", default="not long and not postgres and not browser")
    asked = parser.parse_args(arguments)
    known = (test for one in asked.targets for test in TESTS.get(one.rstrip("/"), ()))
    asked.tests = asked.tests or list(dict.fromkeys(known))
    if not asked.tests:
        parser.error(f"no tests are known for {', '.join(asked.targets)}; name them with --tests")
    return asked


def _files(targets: Sequence[str]) -> list[str]:
    found = []
    for target in targets:
        path = ROOT / target
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        found += [str(one.relative_to(ROOT)) for one in files]
    return found


def _harmless() -> dict[tuple[str, ...], str]:
    """The mutations that change nothing anyone could see, and why."""
    rows = [line.split("\t") for line in HARMLESS.read_text("utf-8").splitlines() if line]
    return {tuple(row[:4]): row[4] for row in rows}


# --- running -------------------------------------------------------------------------------------------


def _run(found: Sequence[Mutation], asked: argparse.Namespace) -> list[Mutation]:
    """The mutations that no test saw, printed as they are found.

    The tests must pass on each copy before anything is changed.
    """
    with tempfile.TemporaryDirectory(prefix="regulars-mutants-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for at in range(asked.jobs):
            copy = Path(folder, str(at))
            shutil.copytree(ROOT, copy, ignore=SKIPPED)
            failing = _noticed_by(copy, asked.tests, asked, warm=True)
            if failing is not None:
                raise SystemExit(f"{failing} fails before anything is changed")
            copies.put(copy)
        orders: dict[str, list[str]] = {}
        excused = _harmless()

        def survives(one: Mutation) -> bool:
            copy, order = copies.get(), orders.get(one.path, asked.tests)
            try:
                noticed = _tried(one, copy, order, asked)
            finally:
                copies.put(copy)
            if noticed:  # asked first for the next mutation of this file
                orders[one.path] = sorted(order, key=lambda test: not noticed.startswith(test))
            elif noticed is None and one.key not in excused:
                print(f"{one.path}:{one.line} {one.function}\n  - {one.before}\n  + {one.after}", flush=True)
            return noticed is None

        with ThreadPoolExecutor(asked.jobs) as pool:
            return [one for one, alive in zip(found, pool.map(survives, found), strict=True) if alive]


def _tried(one: Mutation, copy: Path, tests: Sequence[str], asked: argparse.Namespace) -> str | None:
    """Which test file noticed a mutation, if any."""
    path = copy / one.path
    kept = path.read_text("utf-8")
    # Python trusts compiled files by size and second of change; a mutation may have both.
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()
    path.write_text(one.source, "utf-8")
    try:
        return _noticed_by(copy, tests, asked)
    finally:
        path.write_text(kept, "utf-8")


def _noticed_by(copy: Path, tests: Sequence[str], asked: argparse.Namespace, *, warm: bool = False) -> str | None:
    """The test file that fails, '' if the run breaks or takes too long, None if all pass.

    Only a `warm` run leaves compiled files behind.
    """
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "tests.mutants.quick", "-m", asked.marks]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    environment = os.environ | ({} if warm else {"PYTHONDONTWRITEBYTECODE": "1"})
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=asked.timeout)
    except subprocess.TimeoutExpired:
        return ""
    failed = re.search(r"^FAILED (.+?)::", done.stdout, re.M)
    return (failed[1] if failed else "") if done.returncode else None


if __name__ == "__main__":
    sys.exit(main())
