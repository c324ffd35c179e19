"""The bench runs, and writes what it promises."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"row", "ours", "floor", "peer", "ratio", "bar", "met", "cpu_s", "peak_mb", "size", "seed", "n", "rounds"}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--no-peers", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")


def measured(row: str, out: Path) -> dict[str, Any]:
    done = bench("--rows", row, "--size", "tiny", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    (found,) = (json.loads(line) for line in out.read_text("utf-8").splitlines())
    assert found.keys() >= KEYS
    assert (found["row"], found["size"], found["seed"], found["rounds"]) == (row, "tiny", 20261121, 1)
    assert f"{row}: {found['note']}" in done.stdout.splitlines()
    return dict(found)


def test_bench_writes_one_json_object_a_measured_row(tmp_path: Path) -> None:
    row = measured("sale", tmp_path / "bench.json")
    assert row["n"] == 100
    assert row["ours"] > row["floor"] > 0


def test_a_row_goes_on_without_its_peer(tmp_path: Path) -> None:
    row = measured("quote", tmp_path / "bench.json")
    assert (row["n"], row["peer"], row["peer_ratio"]) == (100, None, None)
    assert row["note"].endswith("Peer not available: peers were left out")
    assert "300 running" in row["note"]
    assert row["ours"] > 0


def test_processes_sell_at_once_without_an_error(tmp_path: Path) -> None:
    row = measured("processes", tmp_path / "bench.json")
    assert row["n"] > 0
    assert "error" not in row["note"].replace("no error", "")


def test_an_import_finds_what_was_planted_and_is_compared(tmp_path: Path) -> None:
    row = measured("import", tmp_path / "bench.json")
    assert (row["n"], row["bar"]) == (600, "≤ 4 × floor")
    assert row["ours"] > row["floor"] > 0


def test_messages_are_sent_once_each_and_planned(tmp_path: Path) -> None:
    row = measured("messages", tmp_path / "bench.json")
    assert (row["n"], row["floor"]) == (80, None)
    assert row["peer_ratio"] > 0
    assert "a campaign frozen and 2,000 rows queued" in row["note"]


def test_a_night_is_run_over_sales_and_its_queries_are_asked(tmp_path: Path) -> None:
    row = measured("nightly", tmp_path / "bench.json")
    assert (row["n"], row["peer"], row["met"]) == (2000, None, False)
    assert "12 months tested" in row["note"]
    assert row["note"].endswith("DuckDB not available: peers were left out")
    assert 0 < row["ours"] < 60


def test_the_forecast_finds_what_its_members_were_made_of(tmp_path: Path) -> None:
    row = measured("churn", tmp_path / "bench.json")
    assert (row["n"], row["peer_ratio"], row["met"]) == (2000, None, False)
    assert "made of 0.9, 25, 0.5, 3" in row["note"]


def test_bench_refuses_a_row_it_does_not_know() -> None:
    done = bench("--rows", "sales")
    assert done.returncode == 2
    assert "no row sales" in done.stderr
