"""The API, asked what its schema allows and what it does not: it answers as the schema says, and never stumbles.

`API_EXAMPLES=300 pytest tests/api/test_schemathesis.py` looks much further than a run of the suite has time for.
"""

import os
import random
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.core.failures import FailureGroup

from helpdesk.lib.ids import parse_id
from people.keys import create_key
from tests import factories
from tests.api.test_routes import ids as make_ids
from tests.factories import World

EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
EDGES = 2 * EXAMPLES
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
WIDGET = "/api/widget/"

ids = make_ids


class Asked:
    """The API of a desk with one of everything, asked as its admin and as a buyer with the widget open."""

    def __init__(self, world: World, ids: dict[str, str]) -> None:
        self.ids = ids
        self.key = create_key(agent=world.eve, name="Schemathesis", scopes=["*"])[1]
        self.visitor = factories.visit(world.kim)
        app = get_wsgi_application()
        self.schema = schemathesis.openapi.from_wsgi(
            "/api/v1/schema/?format=json", app, headers=self.authorization("")
        )
        self.failures: dict[str, str] = {}

    def authorization(self, path: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.visitor if path.startswith(WIDGET) else self.key}"}

    def operations(self) -> Iterator[Any]:
        for result in self.schema.get_all_operations():
            operation = result.ok()
            # It waits for a provider, which may not be done in a transaction, and this test is one.
            if operation.label != "POST /api/v1/channels/{channel_id}/test/":
                yield operation

    def call(self, case: Any, *more: Callable[..., Any]) -> None:
        """Ask once, check the answer, and take back what it did."""
        cache.clear()  # nobody is made to wait
        before = transaction.savepoint()  # (inside an atomic block nobody would call a provider)
        try:
            case.call_and_validate(headers=self.authorization(case.operation.path), checks=[*CHECKS, *more])
        except (FailureGroup, AssertionError) as failure:
            told = "\n".join(str(one) for one in getattr(failure, "exceptions", [failure]))
            what = f"{case.operation.label}: {told[:2000]}"
            self.failures.setdefault(what[:300], f"{what}\n{case.as_curl_command()[:1000]}")
        transaction.savepoint_rollback(before)

    def about_what_there_is(self, case: Any) -> None:
        """Have a case name things that exist, as far as it names things at all."""
        for name, value in (case.path_parameters or {}).items():
            if name in self.ids and (name == "code" or parse_id(value)):
                case.path_parameters[name] = self.ids[name]
        if isinstance(case.body, dict) and isinstance(case.body.get("store"), str):
            case.body["store"] = "shop"

    def tell(self) -> None:
        if self.failures:
            pytest.fail("\n\n".join(self.failures.values()), pytrace=False)


@pytest.fixture
def asked(world: World, ids: dict[str, str], settings: Any) -> Iterator[Asked]:
    settings.API_REQUESTS_PER_MINUTE = 10**9
    # The test's own connection stays open between requests, as with Django's client.
    both = (request_started, request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield Asked(world, ids)
    for signal in both:
        signal.connect(close_old_connections)


def drawn(cases: Any, ask: Callable[..., None]) -> None:
    """Ask with EXAMPLES cases, the same ones in every run."""

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=cases, known=st.sampled_from([True, True, True, False]))
    def run(case: Any, known: bool) -> None:
        ask(case, known)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()


def test_it_stands_at_the_edges_and_lets_in_nobody_without_a_key(asked: Asked) -> None:
    random.seed(0)  # what is drawn for them is the same in every run
    edges = [checks.unsupported_method, checks.missing_required_header]
    for operation in asked.operations():
        config = asked.schema.config.generation_for(operation=operation, phase="coverage")
        cases = asked.schema.iter_coverage_cases(
            operation, generation_modes=list(schemathesis.GenerationMode), generation_config=config
        )
        for number, case in enumerate(islice(cases, EDGES)):
            asked.about_what_there_is(case)
            asked.call(case, *edges, *([checks.ignored_auth] if number == 0 else []))
    asked.tell()


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_it_answers_as_its_schema_says(asked: Asked, mode: schemathesis.GenerationMode) -> None:
    def ask(case: Any, known: bool) -> None:
        if known:
            asked.about_what_there_is(case)
        asked.call(case)

    for operation in asked.operations():
        try:
            drawn(operation.as_strategy(generation_mode=mode), ask)
        except hypothesis.errors.Unsatisfiable:
            assert mode is schemathesis.GenerationMode.NEGATIVE, operation.label  # nothing in it can be wrong
    asked.tell()
