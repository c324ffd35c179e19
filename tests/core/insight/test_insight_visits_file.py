from datetime import date
from pathlib import Path

import numpy as np
import pytest

from core.insight.visit_rows import NotAVisitsFile
from core.insight.visits_file import VisitsFile, fit_report, read, score_csv, score_rows

AS_OF = date(2025, 6, 30)
HEADER = "member_id,date,amount\n"


def visits(folder: Path, text: str, as_of: date = AS_OF) -> VisitsFile:
    path = folder / "visits.csv"
    path.write_bytes(text.encode())
    return read(path, as_of=as_of)


def test_purchases_of_a_day_are_one_visit(tmp_path: Path) -> None:
    found = visits(tmp_path, HEADER + "7,2025-06-01,5\n7,2025-06-15,3.50\n7,2025-06-15,1.25\n")
    assert found.histories.repeats.tolist() == [1]
    assert found.histories.last_days.tolist() == [14]
    assert found.histories.age_days.tolist() == [29]
    assert found.spend_mean.tolist() == [4.75]


def test_rows_in_any_order_give_the_same_members(tmp_path: Path) -> None:
    rows = ["b,2025-06-09,2", "a,2025-06-05,3", "b,2025-06-01,7", "a,2025-06-01,9", "c,2025-05-01,1"]
    found = visits(tmp_path, HEADER + "\n".join(rows))
    assert found.member_ids == ["a", "b", "c"]
    assert found.histories.last_days.tolist() == [4, 8, 0]
    assert found.spend_mean.tolist() == [3.0, 2.0, 1.0]


def test_rows_after_the_as_of_date_take_no_part(tmp_path: Path) -> None:
    found = visits(tmp_path, HEADER + "1,2025-06-30,5\n1,2025-07-01,5\n2,2025-07-02,5\n")
    assert (found.member_ids, found.used_rows, found.later_rows) == (["1"], 1, 2)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,2025-06-31,5", "date '2025-06-31' is not YYYY-MM-DD"),
        ("1,20250601,5", "date '20250601' is not YYYY-MM-DD"),
        ("1,2025-0:-01,5", "date '2025-0:-01' is not YYYY-MM-DD"),
        ("1,2025-06-01,", "amount '' is not a number"),
        ("1,2025-06-01,1.2.3", "amount '1.2.3' is not a number"),
        ("1,2025-06-01,12:.00", "amount '12:.00' is not a number"),
        ("1,2025-06-01,1e999", "amount '1e999' is not a number"),
        (",2025-06-01,5", "no member_id"),
        ("1,2025-06-01", "2 fields instead of 3"),
        ("1,2025-06-01,5,6", "4 fields instead of 3"),
    ],
)
def test_bad_row_is_named_by_its_line(tmp_path: Path, row: str, reason: str) -> None:
    found = visits(tmp_path, HEADER + "1,2025-06-01,5\n\n" + row + "\n2,2025-06-01,5\n")
    assert [(bad.line, bad.reason) for bad in found.bad] == [(4, reason)]
    assert (found.member_ids, found.bad_rows) == (["1", "2"], 1)


@pytest.mark.parametrize(
    "amount",
    ["5", "0.5", ".5", "-12.30", "+4.10", "12345.67", "123456.78", "1e2", "9.123456789012", " 7.00 "],
)
def test_amounts_are_read_as_python_reads_them(tmp_path: Path, amount: str) -> None:
    assert visits(tmp_path, f"{HEADER}1,2025-06-01,{amount}\n").spend_mean.tolist() == [float(amount)]


def test_windows_file_with_mark_and_quotes_is_read(tmp_path: Path) -> None:
    found = visits(tmp_path, '\ufeffmember_id,date,amount\r\n"1",2025-06-01,"5.25"\r\n2,2025-06-01,3.00\r\n')
    assert (found.member_ids, found.spend_mean.tolist(), found.bad_rows) == (["1", "2"], [5.25, 3.0], 0)


def test_long_and_foreign_ids_are_kept_whole(tmp_path: Path) -> None:
    ids = ["张三", "member-000017", "member-000018", "0017", "17"]
    found = visits(tmp_path, HEADER + "".join(f"{text},2025-06-01,5\n" for text in ids * 2))
    assert found.member_ids == ["0017", "17", "member-000017", "member-000018", "张三"]


def test_file_without_header_is_read_from_its_first_line(tmp_path: Path) -> None:
    assert visits(tmp_path, "1,2025-06-01,5\n2,2025-06-01,5\n").member_ids == ["1", "2"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAVisitsFile, match="line 1 should be member_id,date,amount"):
        visits(tmp_path, "name,phone\nWang,139\n")


def test_lines_are_counted_across_blocks(tmp_path: Path) -> None:
    found = visits(tmp_path, HEADER + "1,2025-06-01,5.00\n" * 150_000 + "x\n" + "2,2025-06-01,5.00\n" * 9)
    assert [bad.line for bad in found.bad] == [150_002]
    assert found.used_rows == 150_009


@pytest.mark.parametrize("rows", ["", "1,2025-06-30,5\n2,2025-06-30,6\n", "1,2025-01-30,5\n"])
def test_shop_without_repeats_is_answered_without_models(tmp_path: Path, rows: str) -> None:
    found = visits(tmp_path, HEADER + rows)
    members = rows.count("\n")
    report = {"members": members, "repeat_visits": 0, "one_time": members}
    assert fit_report(found) == report | {"bgnbd": None, "mbgnbd": None, "spend": None}
    assert [row[1:] for row in score_rows(found, horizon_days=30)] == [(0.0, 0.0, 0.0)] * members


def test_report_names_the_parameters_of_each_model(tmp_path: Path) -> None:
    report = fit_report(visits(tmp_path, HEADER + some_rows()))
    assert list(report["bgnbd"]) == list(report["mbgnbd"]) == ["r", "alpha", "a", "b", "loglik"]
    assert list(report["spend"]) == ["p", "q", "v"]


def test_scores_are_written_with_quotes_only_where_needed(tmp_path: Path) -> None:
    found = visits(tmp_path, HEADER + some_rows() + '"a,b",2025-06-30,5\n')
    lines = "".join(score_csv(found, horizon_days=30)).splitlines()
    assert lines[0] == "member_id,p_visit,expected_visits,expected_spend"
    assert lines[1].startswith("0,0.") and lines[-1].startswith('"a,b",0.')
    assert len(lines) == 202


def some_rows() -> str:
    draw = np.random.default_rng(7)
    members = np.repeat(np.arange(200), draw.integers(1, 9, 200))
    days = AS_OF.toordinal() - draw.integers(0, 500, len(members))
    amounts = draw.gamma(4, 9, len(members))
    rows = zip(members.tolist(), days.tolist(), amounts.tolist(), strict=True)
    return "".join(f"{member},{date.fromordinal(day)},{amount:.2f}\n" for member, day, amount in rows)
