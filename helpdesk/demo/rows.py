"""What is to be written, table by table, and its writing in large statements."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from events.models import Event
from events.record import Actor
from helpdesk.demo.phone.models import PhoneFile, PhoneMessage
from helpdesk.lib.text import index_terms
from inbox.models import (
    Attachment,
    Conversation,
    Delivery,
    Draft,
    Mention,
    Message,
    Rating,
    RatingAsk,
    ReadMark,
    Received,
    SearchEntry,
    Tagging,
)
from orders.models import (
    BuyerRequest,
    CouponCode,
    DemoShopCommand,
    DemoShopCoupon,
    DemoShopOrder,
    Order,
    OrderAction,
    OrderLine,
    OrderNote,
    OrderReturn,
    Payment,
    PaymentReminder,
    Review,
    Shipment,
)
from people.models import Agent, Buyer, BuyerIdentity, Notice
from team.models import Task

# Each after what it refers to.
TABLES: tuple[type[Model], ...] = (
    Buyer,
    BuyerIdentity,
    Order,
    OrderLine,
    Payment,
    Shipment,
    DemoShopOrder,
    OrderAction,
    DemoShopCommand,
    OrderReturn,
    OrderNote,
    Review,
    BuyerRequest,
    Conversation,
    PaymentReminder,
    CouponCode,
    DemoShopCoupon,
    Tagging,
    Message,
    Received,
    Attachment,
    Delivery,
    PhoneMessage,
    PhoneFile,
    Rating,
    RatingAsk,
    Mention,
    ReadMark,
    Draft,
    Task,
    Notice,
    SearchEntry,
    Event,
)
BATCH = 5_000


@dataclass
class Rows:
    tables: dict[type[Model], list[Any]] = field(default_factory=lambda: {table: [] for table in TABLES})
    # What waits for its order's final state: cards that show it, commands that the demo shop carried out.
    cards: list[tuple[Message, Any]] = field(default_factory=list)
    coupons: list[tuple[Message, Conversation, Agent]] = field(default_factory=list)  # who sent it where
    reminders: list[tuple[Message, Any, Agent]] = field(default_factory=list)  # its order's sale, who sent it
    commands: list[tuple[Any, DemoShopCommand]] = field(default_factory=list)
    on_phones: list[tuple[PhoneMessage, Message]] = field(
        default_factory=list
    )  # which says what it says at last

    def add(self, *rows: Model) -> None:
        for row in rows:
            self.tables[type(row)].append(row)

    def add_event(
        self,
        name: str,
        actor: Actor,
        at: datetime,
        store: UUID | None,
        conversation: UUID | None,
        order: UUID | None,
        data: dict[str, Any],
    ) -> None:
        self.tables[Event].append(
            Event(
                at=at,
                name=name,
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_name=actor.name[:120],
                store_id=store,
                conversation_id=conversation,
                order_id=order,
                data=data,
            )
        )

    def write(self) -> None:
        # In the order in which things happened, as the tables that count upwards would have them.
        self.tables[Event].sort(key=lambda event: event.at)
        self.tables[PhoneMessage].sort(key=lambda message: message.at)
        self.tables[Message].sort(
            key=lambda message: (message.created_at, message.conversation_id, message.seq)
        )
        self.tables[SearchEntry] += [
            SearchEntry(store_id=m.conversation.store_id, message=m, terms=index_terms(m.body))
            for m in self.tables[Message]
            if m.body and m.kind != Message.Kind.SYSTEM
        ]
        for shown, message in self.on_phones:
            shown.text = message.body
        self.on_phones.clear()
        for table, rows in self.tables.items():
            table._default_manager.bulk_create(rows, batch_size=BATCH)
            rows.clear()


def uid(at: datetime, rng: random.Random) -> UUID:
    """Return what new_id would have given at that moment, but the same for the same seed."""
    value = (int(at.timestamp() * 1000) & (1 << 48) - 1) << 80 | rng.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
