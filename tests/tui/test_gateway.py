"""Calls of core on their own threads: stale reads, writes that end, no connection on the screen's thread."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.base import db, i18n
from core.base.errors import Refused
from tests.tui.office import ListPage, office, running
from tui.gateway import Gateway, Stale

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

pytestmark = pytest.mark.usefixtures("database")


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    way = Gateway()
    way.start()
    try:
        yield way
    finally:
        way.close()


def endless() -> int:
    return int(db.value(ENDLESS))


def plus(left: int, *, right: int) -> int:
    return left + int(db.value("SELECT ?", (right,)))


def test_reads_and_writes_run_on_threads_of_their_own() -> None:
    async def body() -> None:
        async with gateway() as way:
            threads = {await way.read(threading.get_ident), await way.write(threading.get_ident)}
            assert len(threads) == 2 and threading.get_ident() not in threads
            assert await way.read(plus, 40, right=2) == 42

    asyncio.run(body())


def test_call_of_core_beside_the_gateway_fails_by_itself() -> None:
    async def body() -> None:
        async with gateway():
            with pytest.raises(Exception, match="connection"):
                db.value("SELECT 1")

    asyncio.run(body())


def test_newer_read_interrupts_the_stale_one_in_its_lane() -> None:
    async def body() -> None:
        async with gateway() as way:
            older = asyncio.create_task(way.latest("search", endless))
            await asyncio.sleep(0.05)
            assert await asyncio.wait_for(way.latest("search", plus, 1, right=1), 5) == 2
            with pytest.raises(Stale):
                await older

    asyncio.run(body())


def test_answer_overtaken_on_its_way_is_dropped() -> None:
    async def body() -> None:
        async with gateway() as way:
            older = [asyncio.create_task(way.latest("search", plus, n, right=0)) for n in range(20)]
            await asyncio.sleep(0)
            newest = await way.latest("search", plus, 20, right=0)
            answers = await asyncio.gather(*older, return_exceptions=True)
            assert newest == 20 and all(isinstance(answer, Stale) for answer in answers)

    asyncio.run(body())


def test_reads_of_other_lanes_are_not_interrupted() -> None:
    async def body() -> None:
        async with gateway() as way:
            stale = asyncio.create_task(way.latest("search", endless))
            waiting = asyncio.create_task(way.latest("tiles", plus, 1, right=1))
            await asyncio.sleep(0.05)
            way.drop("search")
            assert await asyncio.wait_for(waiting, 5) == 2
            with pytest.raises(Stale):
                await stale

    asyncio.run(body())


def test_read_is_given_up_with_its_asker() -> None:
    async def body() -> None:
        async with gateway() as way:
            asker = asyncio.create_task(way.read(endless))
            await asyncio.sleep(0.05)
            asker.cancel()
            assert await asyncio.wait_for(way.read(plus, 1, right=1), 5) == 2

    asyncio.run(body())


def test_write_ends_though_its_asker_is_gone() -> None:
    begun, gate, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        gate.wait(5)
        ended.set()

    async def body() -> None:
        async with gateway() as way:
            asker = asyncio.create_task(way.write(slow))
            await asyncio.to_thread(begun.wait, 5)
            asker.cancel()
            gate.set()
        assert ended.is_set()

    asyncio.run(body())


def test_refusal_comes_back_as_it_was_raised() -> None:
    def refuse() -> None:
        raise Refused(problem="closed")

    async def body() -> None:
        async with gateway() as way:
            with pytest.raises(Refused):
                await way.write(refuse)

    asyncio.run(body())


def test_verbs_speak_the_language_of_whoever_asks() -> None:
    async def body() -> None:
        async with gateway() as way:
            with i18n.use("zh"):
                assert await way.read(i18n.say, "Today") == "今日"
            assert await way.read(i18n.say, "Today") == "Today"

    asyncio.run(body())


def test_running_read_does_not_hold_up_the_end() -> None:
    async def body() -> None:
        async with gateway() as way:
            reading = asyncio.create_task(way.read(endless))
            await asyncio.sleep(0.05)
        with pytest.raises(Stale):
            await asyncio.wait_for(reading, 5)

    asyncio.run(body())


def test_thread_that_cannot_connect_says_so_at_the_start(database: Path) -> None:
    db.detach()
    database.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(Exception, match="database"):
        Gateway().start()


def test_escape_does_not_stop_a_write() -> None:
    begun, gate, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        gate.wait(5)
        ended.set()

    class Writing(ListPage):
        def do_join(self) -> None:
            self.writing(self.join)

        async def join(self) -> None:
            await self.gateway.write(slow)
            self.office.tell("joined")

    async def body() -> None:
        app = office(page=Writing)
        app.gateway.start()
        try:
            async with running(app) as (pilot, page):
                app.push_screen(Writing())
                await pilot.pause()
                await pilot.press("n")
                await asyncio.to_thread(begun.wait, 5)
                await pilot.press("escape")
                assert app.page is page
                gate.set()
                await asyncio.to_thread(ended.wait, 5)
                await pilot.pause(0.05)
                assert [notice.message for notice in app._notifications] == ["joined"]
        finally:
            app.gateway.close()

    asyncio.run(body())
