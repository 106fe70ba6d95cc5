"""What is open closes at once, over the real socket: long before the heartbeat would find out."""

import pytest
from django.test import Client

from events.sockets import db
from people import services
from tests.factories import World, log_in
from tests.sockets import Connect

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE_S = 3  # a heartbeat is ten


def post(cookie: str, path: str, **form: str) -> None:
    client = Client()
    client.cookies["sessionid"] = cookie
    client.post(path, form)


async def test_logging_out_closes_the_tabs_of_that_log_in_only(connect: Connect, world: World) -> None:
    cookie = await db(log_in, world.ann)
    tab, other_tab = [await connect.console(world.ann, cookie=cookie) for _ in range(2)]
    phone, colleague = await connect.console(world.ann), await connect.console(world.bob)

    await db(post, cookie, "/accounts/logout/")

    assert await tab.closed(AT_ONCE_S) == await other_tab.closed(AT_ONCE_S) == 4401
    await phone.settled()
    assert phone.code is None
    assert colleague.code is None


async def test_a_disabled_agent_is_cut_off_everywhere(connect: Connect, world: World) -> None:
    desk, phone = await connect.console(world.ann), await connect.console(world.ann)
    colleague = await connect.console(world.bob)

    await db(services.disable_agent, actor=world.eve, agent=world.ann)

    assert await desk.closed(AT_ONCE_S) == await phone.closed(AT_ONCE_S) == 4401
    await colleague.settled()
    assert colleague.code is None


async def test_a_session_ended_from_another_device_closes(connect: Connect, world: World) -> None:
    here, there = await db(log_in, world.ann), await db(log_in, world.ann)
    for cookie in (here, there):
        await db(post, cookie, "/settings/language/", language="en")  # seen, and so listed
    tab = await connect.console(world.ann, cookie=there)

    await db(post, here, "/settings/security/sessions/end-others/")

    assert await tab.closed(AT_ONCE_S) == 4401


async def test_other_teams_mean_saying_hello_again(connect: Connect, world: World) -> None:
    line = await connect.console(world.ann)

    await db(
        services.update_agent,
        actor=world.eve,
        agent=world.ann,
        name="Ann",
        role="agent",
        teams=[world.other_team],
    )

    assert await line.closed(AT_ONCE_S) == 4012, "a code after which a console connects again"
