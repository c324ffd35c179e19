"""The same key with the same request gives the first answer and writes nothing."""

import threading

import pytest

from core.base import db
from core.base.clock import Millis
from core.books import requests
from tests.core.books.test_db import in_thread


@db.atomic
def ask(key: str | None, request: object, done: list[int], *, scope: str = "till") -> int:
    def do() -> int:
        done.append(1)
        return len(done)

    return requests.once(key, do, scope=scope, request=request, now=Millis(5))


def test_a_repeated_request_is_done_once(engine: str) -> None:
    done: list[int] = []
    assert [ask("k", {"a": 1}, done) for _ in range(3)] == [1, 1, 1]
    assert len(done) == 1


def test_the_order_of_fields_does_not_matter(engine: str) -> None:
    done: list[int] = []
    ask("k", {"a": 1, "b": [1, 2]}, done)
    assert ask("k", {"b": [1, 2], "a": 1}, done) == 1


def test_another_request_with_the_same_key_is_refused(engine: str) -> None:
    ask("k", {"a": 1}, [])
    with pytest.raises(requests.KeyReused):
        ask("k", {"a": 2}, [])


def test_keys_of_different_scopes_do_not_meet(engine: str) -> None:
    done: list[int] = []
    assert (ask("k", 1, done), ask("k", 2, done, scope="kiosk")) == (1, 2)


def test_without_a_key_it_is_done_each_time(engine: str) -> None:
    done: list[int] = []
    assert [ask(None, 1, done) for _ in range(2)] == [1, 2]


def test_a_refused_request_may_be_tried_again_with_its_key(engine: str) -> None:
    @db.atomic
    def fail() -> int:
        return requests.once("k", lambda: 1 // 0, scope="till", request=1, now=Millis(5))

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ask("k", 1, []) == 1


def test_answers_are_forgotten_after_their_time(engine: str) -> None:
    ask("k", 1, [])
    assert requests.forget_before(Millis(5)) == 0
    assert requests.forget_before(Millis(6)) == 1
    assert not requests.was_answered("k", scope="till")


def test_a_twin_at_the_same_moment_finds_the_first_answer(engine: str) -> None:
    done: list[int] = []
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.extend(in_thread(lambda: ask("k", 1, done)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (answers, len(done)) == ([1] * 6, 1)


@pytest.mark.postgres
def test_a_different_twin_at_the_same_moment_is_refused(engine: str) -> None:
    started, answers = threading.Event(), []

    @db.atomic
    def slow() -> int:
        def do() -> int:
            started.set()
            threading.Event().wait(0.3)
            return 1

        return requests.once("k", do, scope="till", request=1, now=Millis(5))

    first = threading.Thread(target=in_thread, args=(slow,))
    first.start()
    started.wait(10)
    answers = in_thread(lambda: ask("k", 2, []))
    first.join(20)
    assert [type(answer) for answer in answers] == [requests.KeyReused]
