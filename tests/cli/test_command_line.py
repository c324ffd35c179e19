"""The `regulars` command as it is typed: sentences, exit codes, nothing half done."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def regulars(folder: Path, *arguments: str, language: str = "en_US.UTF-8") -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    return subprocess.run(
        [sys.executable, "-m", "regulars", "--folder", str(folder), *arguments],
        capture_output=True, text=True, env=kept | {"LANG": language, "LC_ALL": language}, stdin=subprocess.DEVNULL,
        timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop opened by flags alone."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "password").write_text("long enough\n")
    done = regulars(folder, "init", "--shop", "Tea", "--password-file", str(folder / "password"), "--product", "Tea=18")
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("product", "add", "Cake", "32.5"), "Cake is sold for $32.50."),
        (("rule", "set", "refund_limit_cents", "100"), "refund_limit_cents is 100 from now on."),
        (("device", "pair"), "Type "),
        (("key", "new", "web"), "sk_"),
        (("job", "list"), "birthdays"),
        (("job", "run", "birthdays"), "birthdays: 0"),
        (("rule", "list"), "shop_name                Tea"),
        (("scheduler", "--once"), "sent: 0"),
        (("migrate",), "The database is up to date."),
        (("doctor",), "All is well"),
        (("churn", "list", "--json"), "[]"),
        (("churn", "backtest", "--json"), "[]"),
    ],
)
def test_verbs_do_what_they_say(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = regulars(folder, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("product", "add", "Cake", "free"), "price: “free” is no amount. Write it like 18 or 18.50."),
        (("rule", "set", "colour", "red"), "There is no shop rule “colour”."),
        (("rule", "set", "leap_day", "02-30"), "“leap_day” needs 02-28 | 03-01"),
        (("key", "new", "web", "--scope", "everything"), "There is no scope “everything”."),
        (("init", "--shop", "Tea"), "--password-file"),
    ],
)
def test_refusals_are_one_sentence_and_exit_code_one(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = regulars(folder, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("fly",), ("scheduler", "--on", "2026-01-01"), ("job", "run", "nothing")])
def test_wrong_use_is_exit_code_two(folder: Path, arguments: tuple[str, ...]) -> None:
    assert regulars(folder, *arguments).returncode == 2


def test_a_folder_without_a_shop_says_how_to_open_one(tmp_path: Path) -> None:
    done = regulars(tmp_path, "doctor")
    assert (done.returncode, "regulars init" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_help_is_in_the_language_of_the_terminal(tmp_path: Path) -> None:
    assert "由商户自己运行的会员系统" in regulars(tmp_path, "--help", language="zh_CN.UTF-8").stdout
    assert "the membership system a shop runs itself" in regulars(tmp_path, "--help").stdout


def test_the_doctor_speaks_json_and_fails_when_something_differs(folder: Path) -> None:
    done = regulars(folder, "doctor", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_ctrl_c_among_the_questions_opens_nothing(tmp_path: Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(LANG="en_US.UTF-8", LC_ALL="en_US.UTF-8")
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a run in the background has it ignored
        os.execv(sys.executable, [sys.executable, "-m", "regulars", "--folder", str(tmp_path / "shop"), "init"])
    said = b""
    for question, answer in ((b"Language", b"en\r"), (b"Name of the shop", b"\x03")):
        while question not in said:
            said += os.read(terminal, 1024)
        os.write(terminal, answer)
    try:
        while True:
            if not select.select([terminal], [], [], 1.0)[0]:
                os.write(terminal, b"\x03")  # one that fell between the prompt and the wait is seen with the next
                continue
            said += os.read(terminal, 1024)
    except OSError:
        pass  # the terminal closes with the program
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert b"Nothing is half done" in said
    assert not (tmp_path / "shop").exists()


def test_the_public_bench_names_bad_rows_and_prints_json(tmp_path: Path) -> None:
    rows = ["member_id,date,amount", "a,2026-01-01,10", "a,2026-02-01,12", "b,2026-01-05,8", "c,yesterday,1"]
    (tmp_path / "visits.csv").write_text("\n".join(rows) + "\n")
    arguments = ("--visits", str(tmp_path / "visits.csv"), "--as-of", "2026-03-01")
    fitted = regulars(tmp_path, "churn", "fit", *arguments)
    assert (fitted.returncode, json.loads(fitted.stdout)["members"]) == (0, 2)
    assert "line 5" in fitted.stderr
    scored = regulars(tmp_path, "churn", "score", *arguments, "--horizon-days", "30")
    assert scored.stdout.splitlines()[0] == "member_id,p_visit,expected_visits,expected_spend"


# --- offers, sales and days ------------------------------------------------------------------------


def test_a_promotion_is_added_listed_changed_measured_and_ended(folder: Path) -> None:
    half = ("--set", "effect=nth", "--set", "every=2", "--set", "off_bp=5000")
    made = regulars(folder, "promotion", "add", "half", *half).stdout.strip()
    listed = json.loads(regulars(folder, "promotion", "list", "--json").stdout)
    assert listed[0]["terms"] == {"effect": "nth", "every": 2, "off_bp": 5000}
    (folder / "terms.json").write_text('{"effect": "percent", "weekdays": [1, 2]}')
    changed = regulars(folder, "promotion", "change", made, str(folder / "terms.json"), "--set", "off_bp=1000")
    assert changed.stdout == "Version 2 is in force.\n"
    assert json.loads(regulars(folder, "promotion", "show", made).stdout)["terms"]["weekdays"] == [1, 2]
    assert "sales: 0" in regulars(folder, "promotion", "result", made).stdout
    assert regulars(folder, "promotion", "end", made).stdout == "“half” has ended.\n"
    assert "ended" in regulars(folder, "promotion", "list").stdout


@pytest.mark.parametrize(
    ("sets", "status", "said"),
    [
        (("effect=nth", "off_bp=5000"), 1, "every does not fit"),
        (("effect=nth", "colour=red"), 2, "There is no term “colour”"),
        (("off_bp=5000",), 2, "Say what it does"),
        (("effect",), 2, "Write --set name=value"),
        (("effect=percent", "off_bp=1,2"), 2, "“off_bp” is one value"),
    ],
)
def test_terms_that_cannot_be_right_are_named(folder: Path, sets: tuple[str, ...], status: int, said: str) -> None:
    given = [word for one in sets for word in ("--set", one)]
    done = regulars(folder, "promotion", "add", "odd", *given)
    assert done.returncode == status
    assert said in done.stderr


def test_coupons_by_hand(folder: Path) -> None:
    kind = regulars(folder, "coupon", "add", "5 off", "--set", "effect=amount", "--set", "off_cents=500").stdout.strip()
    assert "5 off" in regulars(folder, "coupon", "list").stdout
    nobody = regulars(folder, "coupon", "give", kind, "1")
    assert (nobody.returncode, "There is no member 1" in nobody.stderr) == (1, True)
    assert regulars(folder, "coupon", "retire", kind).stdout == "Done.\n"
    assert regulars(folder, "coupon", "retire", kind).returncode == 1


def test_days_without_sales(folder: Path) -> None:
    assert "sales: 0" in regulars(folder, "day").stdout
    assert json.loads(regulars(folder, "day", "2026-05-29", "--json").stdout)["day"] == "2026-05-29"
    assert regulars(folder, "parked", "list", "--json").stdout == "[]\n"
    draft = ("--set", "effect=percent", "--set", "off_bp=1000", "--from", "2020-01-01", "--until", "2020-01-31")
    empty = regulars(folder, "promotion", "replay", *draft)
    assert (empty.returncode, "there are no sales in these days" in empty.stderr) == (1, True)


@pytest.mark.parametrize("line", ["tea", "12=x", "12=1.0005"])
def test_a_line_that_cannot_be_read_is_wrong_use(folder: Path, line: str) -> None:
    done = regulars(folder, "sale", "refund", "1", "--line", line)
    assert (done.returncode, "Write --line ID" in done.stderr) == (2, True)


def test_an_unknown_sale_is_refused(folder: Path) -> None:
    for verb in ("show", "void"):
        done = regulars(folder, "sale", verb, "12345")
        assert (done.returncode, "There is no sale 12345" in done.stderr) == (1, True)


@pytest.mark.parametrize("price", ["2,50", "2,8", "1,00,0", "18元整", ""])
def test_a_price_is_never_guessed(folder: Path, price: str) -> None:
    done = regulars(folder, "product", "add", "Guess", price)
    assert (done.returncode, "is no amount" in done.stderr) == (1, True)


@pytest.mark.parametrize(("price", "said"), [("1,800.00", "$1,800.00"), ("１８元", "$18.00"), ("￥18.5", "$18.50")])
def test_a_price_is_read_as_people_write_it(folder: Path, price: str, said: str) -> None:
    assert f"is sold for {said}." in regulars(folder, "product", "add", f"Priced {price}", price).stdout


def test_a_first_product_without_a_name_is_refused_before_a_shop_is_opened(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("long enough\n")
    done = regulars(tmp_path, "init", "--shop", "Tea", "--password-file", str(tmp_path / "password"), "--product", "=4")
    assert (done.returncode, "has no name" in done.stderr) == (1, True)
    assert not (tmp_path / "regulars.db").exists()
