"""A service for staff messages on loopback: takes what is posted and answers as told, codes inside 200 too."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.serving import Quiet, listening


@dataclass
class Desk:
    """`answers` are (status, body) of what comes next; then 200 with a code of 0 in every service's spelling."""

    url: str
    answers: list[tuple[int, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def desk() -> Iterator[Desk]:
    """A receiver while the block runs."""

    class Handler(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.paths.append(self.path)
            here.taken.append(json.loads(body))
            self.answer(*(here.answers.pop(0) if here.answers else (200, '{"errcode": 0, "code": 0}')))

    with listening(Handler) as url:
        here = Desk(url)
        yield here
