"""The bench runs, and writes what it promises."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"row", "ours", "floor", "peer", "ratio", "bar", "met", "cpu_s", "peak_mb", "size", "seed", "n", "rounds"}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")


def test_bench_writes_one_json_object_a_measured_row(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    done = bench("--rows", "sale,nightly", "--size", "tiny", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert "nightly: not built yet" in done.stdout.splitlines()
    (row,) = (json.loads(line) for line in out.read_text("utf-8").splitlines())
    assert row.keys() >= KEYS
    assert (row["row"], row["size"], row["n"], row["rounds"], row["seed"]) == ("sale", "tiny", 20, 1, 20261121)
    assert row["ours"] > row["floor"] > 0


def test_bench_refuses_a_row_it_does_not_know() -> None:
    done = bench("--rows", "sales")
    assert done.returncode == 2
    assert "no row sales" in done.stderr
