"""Transactions, views and ids on both engines."""

import contextlib
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import peewee
import pytest

from core.base import db, ids, storage
from core.base.errors import Refused


@db.atomic
def note(key: str) -> None:
    db.add("request", scope="test", key=key, fingerprint="", answer="", at=0)


@db.atomic
def note_and_refuse(key: str) -> None:
    note(key)
    raise Refused(problem="no")


def noted() -> list[str]:
    return [row[0] for row in db.rows("SELECT key FROM request ORDER BY key")]


@db.atomic
def new_id() -> int:
    return ids.new()


def in_thread(work: Callable[[], object]) -> list[object]:
    """What a piece of work gives in a thread with a connection of its own, or its error."""
    given: list[object] = []

    def run() -> None:
        db.attach()
        try:
            given.append(work())
        except Exception as error:
            given.append(error)
        finally:
            db.detach()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return given


def test_a_verb_is_kept_when_it_returns(engine: str) -> None:
    note("a")
    assert noted() == ["a"]


def test_a_refused_verb_leaves_nothing(engine: str) -> None:
    with pytest.raises(Refused):
        note_and_refuse("a")
    assert noted() == []


def test_an_inner_verb_joins_the_outer_one(engine: str) -> None:
    @db.atomic
    def outer() -> None:
        note("a")
        raise Refused(problem="later")

    with pytest.raises(Refused):
        outer()
    assert noted() == []


def test_a_swallowed_refusal_dooms_the_whole(engine: str) -> None:
    @db.atomic
    def outer() -> None:
        note("before")
        try:
            note_and_refuse("half")
        except Refused:
            note("after")

    with pytest.raises(db.Doomed, match="Refused"):
        outer()
    assert noted() == []


def test_a_doomed_transaction_does_not_doom_the_next(engine: str) -> None:
    @db.atomic
    def outer() -> None:
        with contextlib.suppress(Refused):
            note_and_refuse("half")

    with pytest.raises(db.Doomed):
        outer()
    note("next")
    assert noted() == ["next"]


def test_a_verb_is_retried_as_a_whole_when_the_engine_asks(engine: str) -> None:
    tries: list[int] = []

    @db.atomic
    def verb() -> None:
        tries.append(1)
        note("a")
        if len(tries) < 3:
            raise peewee.OperationalError("database is locked")

    verb()
    assert (len(tries), noted()) == (3, ["a"])


def test_a_retry_ends_and_tells_the_engines_own_error(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "RETRIES", 2)

    @db.atomic
    def verb() -> None:
        raise peewee.OperationalError("database is locked")

    with pytest.raises(peewee.OperationalError) as told:
        verb()
    assert len(list(storage.causes(told.value))) < 5


def test_other_errors_of_the_engine_are_not_retried(engine: str) -> None:
    tries: list[int] = []

    @db.atomic
    def verb() -> None:
        tries.append(1)
        note("a")
        note("a")

    with pytest.raises(peewee.IntegrityError):
        verb()
    assert (len(tries), noted()) == (1, [])


@pytest.mark.postgres
def test_two_verbs_that_wait_for_each_other_both_end(engine: str) -> None:
    note("a")
    note("b")
    meet = threading.Barrier(2)

    @db.atomic
    def touch(first: str, second: str, met: list[int]) -> None:
        db.run("UPDATE request SET at = at + 1 WHERE key = ?", (first,))
        if not met and not db.is_sqlite():
            met.append(1)
            meet.wait(10)
        db.run("UPDATE request SET at = at + 1 WHERE key = ?", (second,))

    other = threading.Thread(target=lambda: in_thread(lambda: touch("b", "a", [])))
    other.start()
    touch("a", "b", [])
    other.join(20)
    assert db.rows("SELECT at FROM request") == [(2,), (2,)]


def test_a_read_is_one_view(engine: str) -> None:
    note("a")
    with db.read():
        first = noted()
        in_thread(lambda: note("b"))
        assert noted() == first
    assert noted() == ["a", "b"]


def test_a_read_inside_a_verb_sees_what_the_verb_wrote(engine: str) -> None:
    @db.atomic
    def verb() -> list[str]:
        note("a")
        with db.read():
            return noted()

    assert verb() == ["a"]


def test_a_verb_inside_a_read_is_a_mistake_and_says_so(engine: str) -> None:
    with db.read(), pytest.raises(RuntimeError, match="inside a read"):
        note("a")
    assert noted() == []


def test_a_failing_read_gives_its_connection_back(engine: str) -> None:
    with pytest.raises(peewee.DatabaseError), db.read():
        db.rows("SELECT nothing FROM nowhere")
    assert noted() == []


def test_ids_rise_and_fit_json(engine: str) -> None:
    given = [new_id() for _ in range(5)]
    assert given == sorted(set(given))
    assert 0 < given[-1] < 2**53


def test_an_id_outside_a_verb_is_a_mistake(engine: str) -> None:
    with pytest.raises(RuntimeError, match="outside a writing verb"):
        ids.new()


def test_ids_of_a_rolled_back_verb_are_never_given_twice(engine: str) -> None:
    @db.atomic
    def take_and_fail() -> None:
        raise Refused(problem=str(ids.new()))

    with pytest.raises(Refused):
        take_and_fail()
    mine = {new_id() for _ in range(3)}
    other = in_thread(new_id)[0]
    assert other not in mine


def test_ids_of_threads_never_meet(engine: str) -> None:
    given = [in_thread(lambda: [new_id() for _ in range(3)])[0] for _ in range(4)]
    every = [one for some in given for one in some]  # type: ignore[attr-defined]
    assert len(set(every)) == 12


def test_ids_beyond_a_block_go_on_in_the_next(sqlite: str) -> None:
    @db.atomic
    def many() -> list[int]:
        return [ids.new() for _ in range(ids.BLOCK * 2 + 1)]

    given = many()
    assert len(set(given)) == ids.BLOCK * 2 + 1


def test_a_database_opened_again_does_not_go_on_with_an_old_block(sqlite: str) -> None:
    before = new_id()
    db.open_database(sqlite, durable=False)
    db.run("UPDATE id_counter SET next = next + ?", (ids.RESTORE_GAP,))
    assert new_id() > before + ids.RESTORE_GAP


def _hold(path: str, held: object, let_go: object) -> None:
    db.open_database(path, durable=False)

    @db.atomic
    def freeze() -> None:
        held.set()  # type: ignore[attr-defined]
        let_go.wait(20)  # type: ignore[attr-defined]

    freeze()
    db.close_database()


def test_a_writer_that_freezes_is_named(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "WAIT_S", 0.2)
    fresh = multiprocessing.get_context("spawn")
    held, let_go = fresh.Event(), fresh.Event()
    holder = fresh.Process(target=_hold, args=(sqlite, held, let_go))
    holder.start()
    held.wait(20)
    with pytest.raises(db.WriterStuck, match=rf"freeze.*process {holder.pid}"):
        note("a")
    let_go.set()
    holder.join(20)


def test_a_file_that_cannot_be_written_is_told_plainly(sqlite: str) -> None:
    db.run("PRAGMA query_only = 1")
    with pytest.raises((db.StorageReadOnly, peewee.OperationalError), match=r"cannot be written|readonly"):
        note("a")


def test_a_damaged_file_is_told_plainly(tmp_path: object) -> None:
    path = tmp_path / "shop.db"  # type: ignore[operator]
    path.write_bytes(b"no database at all " * 1000)
    with pytest.raises(db.StorageBroken):
        db.open_database(str(path))
    db.close_database()


def test_a_full_disk_is_told_plainly(sqlite: str) -> None:
    pages = db.value("PRAGMA page_count")
    db.run(f"PRAGMA max_page_count = {pages}")

    @db.atomic
    def much() -> None:
        for number in range(5000):
            note(f"{number:0200}")

    with pytest.raises(db.StorageFull):
        much()
    assert noted() == []


def test_waiting_writers_of_one_process_all_get_their_turn(sqlite: str) -> None:
    started = time.monotonic()
    threads = [
        threading.Thread(target=in_thread, args=(lambda number=number: note(str(number)),)) for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(noted()) == 8
    assert time.monotonic() - started < 10


def test_a_process_on_sqlite_does_not_load_the_driver_of_postgresql() -> None:
    """It would cost each of them 0.2 s of CPU and 24 MB."""
    program = "import sys, scheduler, tui.app, kiosk.app; print([name for name in sys.modules if 'psycopg' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
