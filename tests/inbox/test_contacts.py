"""At which addresses a buyer is known: each once, and vouched for only where somebody did."""

import pytest
from django.test import Client

from inbox.contacts import contacts_of
from people.models import BuyerIdentity
from tests.factories import World, buyer_says

pytestmark = pytest.mark.django_db


def known(world: World, kind: str, value: str, *, verified: bool = True) -> None:
    BuyerIdentity.objects.create(
        store=world.store, buyer=world.kim, kind=kind, value=value, verified=verified
    )


def listed(world: World) -> list[tuple[str, str, bool]]:
    return [(str(one.label), one.value, one.is_verified) for one in contacts_of(world.kim)]


def test_an_address_that_was_typed_in_is_vouched_for_by_nobody(world: World) -> None:
    world.kim.phone = "(212) 555-0135"
    world.kim.country = "US"
    assert listed(world) == [("E-mail", "kim@buyers.test", False), ("Phone", "(212) 555-0135", False)]


def test_each_address_is_listed_once_and_verified_by_whoever_proves_it(world: World) -> None:
    world.kim.phone = "+1 212 555 0135"
    known(world, "telegram", "700000143")
    known(world, "phone", "+12125550135")
    known(world, "store_email", "kim@buyers.test")
    known(world, "email", "other@buyers.test", verified=False)
    known(world, "store", "1001")
    assert listed(world) == [
        ("E-mail", "kim@buyers.test", True),
        ("E-mail", "other@buyers.test", False),
        ("Phone", "+1 212 555 0135", True),
        ("Telegram", "700000143", True),
    ]


def test_the_panel_shows_them(world: World, client: Client) -> None:
    known(world, "telegram", "700000143")
    conversation = buyer_says(world.kim).conversation
    client.force_login(world.ann)
    page = client.get(f"/inbox/{conversation.id}/panel/buyer/").content.decode()
    assert "700000143" in page
    assert page.count("contact-verified") == 1
    assert "kim@buyers.test" in client.get(f"/orders/{world.order.id}/").content.decode()
