"""The OpenAPI document is kept: schemathesis asks each operation for all it may and may not take."""

import collections
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from core.base import settings as deployment
from kiosk import app as door
from kiosk.api import door as api
from kiosk.api import examples
from kiosk.api.schemas import Shape
from tests import shops
from tests.kiosk.counter import Counter
from tests.kiosk.furnished import app as app
from tests.kiosk.furnished import counter as counter
from tests.kiosk.furnished import furnished as furnished
from tests.kiosk.furnished import one_shop as one_shop

pytestmark = pytest.mark.slow

load_all_checks()
KEPT = CHECKS.get_by_names([
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header",
])  # fmt: skip
CASES = 200


def operations() -> list[tuple[str, str]]:
    """Method and path of every operation of the document."""
    with door.create_app(deployment.Settings(secret="s")).app_context():
        return [(way, path) for path, ways in api.written(examples.IDS)["paths"].items() for way in ways]


EACH = pytest.mark.parametrize(("method", "path"), operations(), ids=lambda part: part.removeprefix("/api/v1"))


@pytest.fixture
def schema(counter: Counter, app: Flask, one_shop: shops.Shop) -> Any:
    """The document with the ids of this shop, answered by its own door; a key is let in as often as it likes."""
    one_shop.rule("api_per_minute", 10**9)
    with app.app_context():
        document = api.written(counter.all_ids())
    found = schemathesis.openapi.from_dict(document)
    found.app = app
    return found


def live(operation: Any) -> dict[str, Any]:
    """Path parameters that name something of this shop."""
    return {one.name: one.definition["example"] for one in operation.path_parameters}


def asked(operation: Any, key: dict[str, str]) -> st.SearchStrategy[Case]:
    """What may be sent and what may not, to something that exists and to something that does not.

    Of what may be sent to something that exists some is the example with a few fields of another body.
    """
    there = operation.as_strategy(path_parameters=live(operation), headers=key)
    near = st.tuples(there, st.integers(0, 2**12)).map(lambda drawn: mixed(operation, *drawn))
    anything, nothing = (operation.as_strategy(mode, headers=key) for mode in GenerationMode)
    return st.one_of(near, there, anything, nothing)


def mixed(operation: Any, case: Case, which: int) -> Case:
    """The example of an operation with some fields of a case's body."""
    if operation.body:
        fields = [one for place, one in enumerate(sorted(case.body)) if which >> place & 1]
        case.body = operation.body[0].definition["example"] | {one: case.body[one] for one in fields}
    return case


def tried(counter: Counter, operation: Any, cases: int) -> None:
    """So many cases, the same ones each time."""

    @settings(
        max_examples=cases, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(asked(operation, counter.key))
    def run(case: Case) -> None:
        case.call_and_validate(headers=counter.key, checks=KEPT)

    run()


REFUSED = {"/gift-cards/load": "gift_card_short", "/members/{member_id}/payer/end": "no_shared_wallet"} | {
    f"/sales/{{sale_id}}/{verb}": "nothing_to_reverse" for verb in ("reversal", "cancel-pass", "cancel-plan")
}
"""What the shop of the examples has not: a top-up, pass or plan sold, a gift card's full amount, a shared wallet."""


def test_no_two_shapes_have_one_name() -> None:
    names = collections.Counter(shape.__name__ for shape in every_shape(Shape))
    assert [name for name, count in names.items() if count > 1] == []


def every_shape(of: type[Shape]) -> list[type[Shape]]:
    """All shapes made from one: the document holds them by name, and one of two would be lost."""
    return [one for shape in of.__subclasses__() for one in (shape, *every_shape(shape))]


@EACH
def test_its_example_runs(counter: Counter, schema: Any, method: str, path: str) -> None:
    operation = schema[path][method]
    parts = {one.name: one.definition["example"] for one in operation.path_parameters}
    body = {"body": operation.body[0].definition["example"]} if operation.body else {}
    case = operation.Case(path_parameters=parts, headers={"Idempotency-Key": "one"}, **body)
    answer = case.call_and_validate(headers=counter.key, checks=KEPT)
    refused = REFUSED.get(path.removeprefix(api.PREFIX))
    assert answer.status_code < 300 or answer.json()["code"] == refused, answer.json()


@EACH
def test_the_document_is_kept(counter: Counter, schema: Any, method: str, path: str) -> None:
    tried(counter, schema[path][method], CASES)


@pytest.mark.long
@EACH
def test_the_document_is_kept_in_a_thousand_cases(counter: Counter, schema: Any, method: str, path: str) -> None:
    tried(counter, schema[path][method], 1000)
