"""The demo's accounts have a password that everybody knows, so outside the demo they have none."""

import pytest

from people.models import Agent
from tests.people.conftest import PASSWORD, is_logged_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("demo", [True, False])
def test_a_demo_account_logs_in_where_the_demo_runs_and_nowhere_else(
    people, log_in, settings, demo: bool
) -> None:
    settings.DEMO = demo
    agent = Agent.objects.create_user("agent@demo.test", PASSWORD, name="Mia")
    assert is_logged_in(log_in(agent)) is demo
