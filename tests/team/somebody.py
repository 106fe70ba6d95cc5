"""A buyer of whom something is held everywhere, each with a word of its own that must not survive them."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from inbox import services
from inbox.files import store_upload
from inbox.models import Attachment, Channel, Consent, Conversation, Original, Payload, Received
from inbox.search import index_buyer, index_pending
from inbox.services.consent import change_consent
from orders.models import (
    BuyerRequest,
    Connection,
    Coupon,
    CouponCode,
    DemoShopOrder,
    OrderAction,
    OrderReturn,
    Payment,
    Product,
    Review,
    Shipment,
    StoreHook,
)  # fmt: skip
from orders.notes import add_note, edit_note
from orders.sync.orders import upsert_order
from people.models import Buyer, BuyerIdentity
from team.todo.services import change_task, create_task
from tests import factories

NAME, EMAIL, PHONE = "Kimberlina Zwetschge", "kimberlina@buyers.test", "+447700900123"
# What is nobody's: it stays.
STAYS = ("100234", "MUG-1")


@dataclass
class Somebody:
    buyer: Buyer
    conversation: Conversation
    token: str
    files: list[str]
    words: list[str]


def told(number: str = "100234", **more: Any) -> dict[str, Any]:
    """What the store says of the order, as often as it is asked."""
    address = {"name": NAME, "line1": "7 Quittenweg", "city": "Lindwurmstadt", "country": "DE"}
    return {
        "number": number,
        "buyer": {"external_id": "ext-1001", "name": NAME, "email": EMAIL, "phone": PHONE},
        "address": address,
        "buyer_note": "Ring at Fliedertor",
        "updated_at": timezone.now().isoformat(),
    } | more


def make(world: Any) -> Somebody:
    kim, words = world.kim, [NAME, EMAIL, PHONE.lstrip("+"), "kimberlina", "zwetschge"]

    def word(text: str) -> str:
        words.append(text)
        return text

    Buyer.objects.filter(pk=kim.pk).update(external_id="ext-1001", email=EMAIL, phone=PHONE)
    kim.refresh_from_db()
    services.update_buyer(
        agent=world.ann, buyer_id=kim.pk, changes={"name": NAME, "note": f"Has a {word('hovercraft')}"}
    )
    kim.refresh_from_db()
    token = factories.visit(kim)
    kim.sessions.update(page={"url": f"https://shop.test/{word('rhubarbpage')}"})
    for kind, value in (("store", "ext-1001"), ("email", EMAIL), ("phone", PHONE), ("telegram", "tg-778899")):
        BuyerIdentity.objects.create(store=world.store, buyer=kim, kind=kind, value=value, verified=True)
    services.tag_buyer(agent=world.ann, buyer_id=kim.pk, tags=["VIP"])
    services.block_buyer(agent=world.ann, buyer_id=kim.pk, reason=f"Shouted {word('balderdash')}")
    services.unblock_buyer(agent=world.ann, buyer_id=kim.pk)
    conversation, files = _say(world, kim, word)
    _merge(world, kim, word)
    _order(world, kim, conversation, word)
    _tasks(world, conversation, word)
    _payloads(world, conversation, word)
    kim.refresh_from_db()
    index_buyer(kim)
    index_pending()
    return Somebody(kim, conversation, token, files, words)


def _say(world: Any, kim: Buyer, word: Any) -> tuple[Conversation, list[str]]:
    mail = Channel.objects.create(
        store=world.store, kind="email", name="Mail", config={"address": "help@shop.test"}
    )
    upload = SimpleUploadedFile("scan.txt", b"My passport", "text/plain")
    mine = store_upload(upload, uploader=f"buyer:{kim.pk}")
    Attachment.objects.filter(pk=mine.pk).update(name=word("kimpassport") + ".txt")
    posted = factories.buyer_says(kim, f"I live at the {word('xylophone')}", attachments=(mine.pk,))
    c = posted.conversation
    Received.objects.create(
        channel=mail, external_id=f"<{word('messageid4711')}@buyers.test>", message=posted.message,
        context={"references": [f"<{word('reference4712')}@buyers.test>"]},
    )  # fmt: skip
    original = Original(message=posted.message, size=9)
    original.file.save("original", ContentFile(f"From: {NAME}".encode()), save=False)
    original.save()
    theirs = store_upload(
        SimpleUploadedFile("invoice.txt", b"Invoice", "text/plain"), uploader=f"agent:{world.ann.id}"
    )
    answer = factories.agent_says(
        world.ann, c, f"Dear {NAME}, here is the {word('marmalade')}", attachments=(theirs.pk,)
    )
    delivery = answer.message.deliveries.get()
    delivery.to, delivery.external_id, delivery.detail = EMAIL, word("providerid99"), word("bouncedetail")
    delivery.channel = mail
    delivery.save()
    factories.agent_says(world.ann, c, f"@Bob they are {word('cantankerous')}", private=True)
    services.save_draft(agent=world.ann, conversation_id=c.id, body=word("unsentdraft"), private=False)
    left = store_upload(
        SimpleUploadedFile("late.txt", b"never sent", "text/plain"), uploader=f"buyer:{kim.pk}"
    )
    change_consent(
        agent=world.ann, buyer_id=kim.pk, kind="email", state=Consent.State.ALL, reason=word("toldonthephone"),
        source=Consent.Source.AGENT,
    )  # fmt: skip
    services.resolve(agent=world.ann, conversation_id=c.id)
    services.rate(buyer_id=kim.pk, conversation_id=c.id, rating=5, comment=word("grandiose"))
    factories.buyer_says(kim, f"One more {word('afterthought')}", conversation_id=c.id)
    Conversation.objects.filter(pk=c.pk).update(subject=word("subjectline"))
    names = [one.file.name for one in (mine, theirs, left, original)]
    return Conversation.objects.get(pk=c.pk), [str(name) for name in names]


def _merge(world: Any, kim: Buyer, word: Any) -> None:
    """Somebody without a proof who turned out to be the same, with what they had said."""
    other = factories.make_buyer(
        world.store, name=word("Mirabelle Incognito"), email="kimberlina.alias@buyers.test"
    )
    factories.buyer_says(other, word("pseudonymously"))
    services.merge_buyers(
        agent=world.ann, buyer_id=kim.pk, other_id=other.pk, reason="kimberlina.alias@buyers.test"
    )


def _order(world: Any, kim: Buyer, conversation: Conversation, word: Any) -> None:
    upsert_order(store=world.store, payload=told())
    words = ("quittenweg", "lindwurmstadt", "fliedertor")
    for one in words:
        word(one)
    order = world.order
    order.refresh_from_db()
    order.pay_url = f"https://pay.test/{word('paytoken123')}"
    order.save(update_fields=["pay_url"])
    Payment.objects.create(order=order, amount=5490, method="card", reference="P-1")
    Shipment.objects.create(
        order=order, carrier="Post", tracking_number=word("TRACK998877"),
        events=[{"at": timezone.now().isoformat(), "text": f"Left with {word('neighbourola')}", "place": "X"}],
    )  # fmt: skip
    note = add_note(agent=world.ann, order_id=order.id, text=f"Says {word('flibbertigibbet')}")
    edit_note(agent=world.ann, order_id=order.id, note_id=note.id, text=word("curmudgeon"))
    values = {"address": order.address, "currency": "USD"}
    action = OrderAction.objects.create(
        order=order, agent=world.ann, kind="change_address", params={"address": order.address}, before=values,
        after=values, reason=word("movedaway"), state="done", idempotency_key="k1", run_at=timezone.now(), cost=690,
    )  # fmt: skip
    OrderReturn.objects.create(order=order, action=action, instructions=word("bringittoola"))
    BuyerRequest.objects.create(
        order=order, buyer=kim, kind="change_address", params=values, before=values, after=values,
        reason=word("pleasehurry"), client_id=word("clientkim"), answer=word("gladlykim"),
    )  # fmt: skip
    product = Product.objects.get(store=world.store, sku="MUG-1")
    Review.objects.create(
        store=world.store, external_id="r-1", product=product, buyer=kim, order=order, author=NAME, rating=4,
        title=word("splendiferous"), body=word("gobbledygook"), reply=f"Thanks {NAME}",
    )  # fmt: skip
    coupon = Coupon.objects.create(store=world.store, name="Sorry", value=500, currency="USD")
    CouponCode.objects.create(
        coupon=coupon, store=world.store, code="SORRY-1", buyer=kim, agent=world.ann, idempotency_key="c1", value=500,
        currency="USD", reason=word("disappointed"), state="active", expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    DemoShopOrder.objects.create(
        store=world.store,
        number=order.number,
        shipping_fee=690,
        address={"name": NAME, "line1": "7 Quittenweg"},
    )


def _tasks(world: Any, conversation: Conversation, word: Any) -> None:
    """One about the conversation, one about the order, and one that only calls them by their name."""
    about = {"agent": world.sue, "assignee_id": world.ann.id}
    create_task(
        **about, title=f"Ask about the {word('zeppelin')}", note=word("taskwhisper"), conversation_id=conversation.id
    )  # fmt: skip
    create_task(**about, title=f"Look for the {word('calliope')}", order_id=world.order.id)
    change_task(
        agent=world.sue,
        task_id=create_task(**about, title=f"Call {NAME} about the {word('dirigible')}").pk,
        note=f"Say {word('bonjourkim')} to {NAME}",
    )


def _payloads(world: Any, conversation: Conversation, word: Any) -> None:
    mail = Channel.objects.get(store=world.store, kind="email")
    kept = {"headers": {"x-sender": "1"}, "query": {}, "method": "POST"}
    by_address = {"channel": mail, "headers": kept, "state": "done"}
    Payload.objects.create(
        body=json.dumps({"from": PHONE, "text": word("rawpayload")}).encode(), **by_address
    )
    # What a provider wraps so that no address shows: known by when it came.
    wrapped = word("wrappedcipher").encode()
    Payload.objects.create(
        body=wrapped, received_at=conversation.messages.order_by("seq")[0].created_at, **by_address
    )
    Payload.objects.create(body=EMAIL.encode(), **(by_address | {"state": "failed"}))
    Payload.objects.create(
        body=b"somebody else, long ago", received_at=timezone.now() - timedelta(days=9), **by_address
    )
    shop = Connection.objects.get(store=world.store)
    body = json.dumps({"email": EMAIL, "note": word("hookednote")}).encode()
    StoreHook.objects.create(connection=shop, delivery="d-1", body=body, state="done")
    StoreHook.objects.create(connection=shop, delivery="d-2", body=b'{"email": "else@x.test"}', state="done")


# -- Looking for what is left


def traces(words: list[str]) -> set[tuple[str, str]]:
    """Return which of the words stand in which table, in any column, as text, JSON or bytes."""
    wanted = {word: _forms(word) for word in words}
    found = set()
    for table, text in dump():
        found |= {(table, word) for word, forms in wanted.items() if any(form in text for form in forms)}
    return found


def _forms(word: str) -> list[bytes]:
    low = word.lower()
    return [low.encode(), json.dumps(low)[1:-1].encode()]


def dump() -> list[tuple[str, bytes]]:
    """Return every row of every table (of SQLite also what its index of words is made of), folded to lower case."""
    rows: list[tuple[str, bytes]] = []
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab(main, inbox_search_fts, 'row')"
            )
            cursor.execute("SELECT term FROM temp.words")
            rows += [("the index of words", str(row[0]).encode()) for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                rows.append((table, b" ".join(map(_bytes, row)).lower()))
    return rows


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return (json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)).encode()


def on_disk(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
