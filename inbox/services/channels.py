"""Connecting channels to their providers. What was changed is in the audit trail, credentials by their names only."""

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib import sealed
from helpdesk.lib.jobs import enqueue
from inbox import transports
from inbox.errors import Conflict, NotFound
from inbox.models import Channel, Conversation, Delivery, Payload, Received
from inbox.transports.base import TransportError
from people.models import Agent, Store

log = logging.getLogger(__name__)


@transaction.atomic
def connect_channel(*, actor: Agent, store: Store, kind: str, name: str, values: dict[str, Any]) -> Channel:
    """Save a new channel with what the form of its transport holds. Raises Conflict where its account is in use."""
    config, secrets = _sorted(kind, values)
    _refuse_twice(kind, config, secrets)
    channel = Channel.objects.create(store=store, kind=kind, name=name, config=config, secrets=secrets)
    _record(channel, actor, before={}, after=_public(channel), new_secrets=sorted(secrets))
    return channel


@transaction.atomic
def change_channel(
    *, actor: Agent, channel: Channel, name: str | None = None, values: dict[str, Any] | None = None
) -> Channel:
    """Rename a channel, or save what its form holds now: all of it, the secrets that are kept included.

    What it suffered from with the old values is forgotten. Raises Conflict.
    """
    channel = _locked(channel)
    before, new_secrets = _public(channel), []
    if name is not None:
        channel.name = name
    if values is not None:
        config, secrets = _sorted(channel.kind, values)
        if channel.active:
            _refuse_twice(channel.kind, config, secrets, but=channel.pk)
        kept, account = secrets_of(channel), account_of(channel)
        hidden = transports.get(channel.kind).secret_fields
        secrets |= {key: value for key, value in kept.items() if key not in hidden}  # no form knows of them
        new_secrets = sorted(key for key in {*kept, *secrets} if kept.get(key) != secrets.get(key))
        channel.config, channel.secrets = {**channel.config, **config}, secrets
        # Whoever looks into its mailbox with the old values has no claim to it any more.
        channel.trouble, channel.paused_until, channel.claimed_until = "", None, None
        if account != account_of(channel):
            channel.mark, channel.fetched_at = "", None  # another mailbox is read from its own beginning
    channel.save(
        update_fields=[
            "name",
            "config",
            "secrets",
            "trouble",
            "paused_until",
            "claimed_until",
            "mark",
            "fetched_at",
        ]
        if values is not None
        else ["name"]
    )
    after = _public(channel)
    if after != before or new_secrets:
        changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        _record(
            channel,
            actor,
            before={key: before.get(key) for key in changed},
            after={key: after.get(key) for key in changed},
            new_secrets=new_secrets,
        )
    if values is not None:
        enqueue("inbox.tasks.send_deliveries", str(channel.pk))
    return channel


@transaction.atomic
def switch_channel(*, actor: Agent, channel: Channel, active: bool) -> Channel:
    """Switch a channel on or off. Off: its provider is turned away, and nothing is sent. Raises Conflict."""
    channel = _locked(channel)
    if active and not channel.active and channel.kind in transports.all_transports():
        _refuse_twice(channel.kind, channel.config, secrets_of(channel), but=channel.pk)
    if channel.active != active:
        channel.active = active
        channel.save(update_fields=["active"])
        _record(channel, actor, before={"active": not active}, after={"active": active})
    return channel


@transaction.atomic
def delete_channel(*, actor: Agent, channel: Channel) -> None:
    """Delete a channel by which nothing ever came or went. Raises Conflict for any other."""
    channel = _locked(channel)
    if not may_be_deleted(channel):
        raise Conflict(_("Messages came or went by it, so it can only be switched off."), code="in_use")
    _record(channel, actor, before=_public(channel), after={})
    try:
        channel.delete()
    except ProtectedError:
        raise Conflict(
            _("Messages came or went by it, so it can only be switched off."), code="in_use"
        ) from None


def may_be_deleted(channel: Channel) -> bool:
    """Return whether nothing ever came or went by it. What a store is set up with belongs to the store."""
    transport = transports.all_transports().get(channel.kind)
    if transport is not None and not transport.form.base_fields:
        return False
    uses = (Conversation, Delivery, Payload, Received)
    return not any(model._default_manager.filter(channel=channel).exists() for model in uses)


def resume(channel: Channel) -> None:
    """Send what waits for a provider that was away, without waiting any longer."""
    Channel.objects.filter(pk=channel.pk).update(paused_until=None)
    waiting = Delivery.objects.filter(channel=channel, state=Delivery.State.QUEUED)
    waiting.update(run_at=timezone.now())
    enqueue("inbox.tasks.send_deliveries", str(channel.pk))


def read_again(channel: Channel, payload_id: int) -> None:
    """Have what could not be taken in read once more. Raises NotFound."""
    failed = Payload.objects.filter(pk=payload_id, channel=channel, state=Payload.State.FAILED)
    if not failed.update(state=Payload.State.NEW, attempts=0, error="", run_at=timezone.now()):
        raise NotFound("No such payload, or it has not failed.")
    enqueue("inbox.tasks.read_payload", payload_id)


# -- Asking the provider: never inside a transaction


def check_channel(channel: Channel) -> str:
    """Ask the provider whether it lets us in; return as whom. Raises TransportError, which the channel remembers."""
    _outside_of_a_transaction()
    try:
        found = transports.get(channel.kind).check(channel)
    except Exception as error:
        told = _told(error)
        Channel.objects.filter(pk=channel.pk).update(trouble=str(told)[:300])
        raise told from None
    Channel.objects.filter(pk=channel.pk).update(trouble="", paused_until=None)
    enqueue("inbox.tasks.send_deliveries", str(channel.pk))
    return found


def tell_address(channel: Channel) -> None:
    """Tell the provider where to bring what buyers write. Raises TransportError."""
    _outside_of_a_transaction()
    try:
        transports.get(channel.kind).connect(channel, hook_address(channel))
    except Exception as error:
        raise _told(error) from None


def hook_address(channel: Channel) -> str:
    return f"{settings.PUBLIC_URL}{reverse('channel-hook', args=[channel.hook_key])}"


def _told(error: Exception) -> TransportError:
    if isinstance(error, TransportError):
        return error
    if isinstance(error, sealed.Unreadable):
        return TransportError(str(error))
    log.warning("a provider answered what its transport did not expect", exc_info=error)
    return TransportError(gettext_noop("The provider's answer is not as it documents it."))


def _outside_of_a_transaction() -> None:
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError(
            "a provider is never called inside a transaction: it may be slow, and rows are locked"
        )


# -- What a channel holds


def secrets_of(channel: Channel) -> dict[str, Any]:
    """Return a channel's credentials; none where no key opens them: then they have to be typed in anew."""
    return sealed.opened(channel.secrets)


def account_of(channel: Channel) -> str:
    return transports.get(channel.kind).account(channel.config, secrets_of(channel))


def _sorted(kind: str, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what may be shown, and what is sealed. An empty secret is none."""
    hidden = transports.get(kind).secret_fields
    config = {name: value for name, value in values.items() if name not in hidden}
    return config, {name: values[name] for name in sorted(hidden) if values.get(name)}


def _refuse_twice(
    kind: str, config: dict[str, Any], secrets: dict[str, Any], *, but: UUID | None = None
) -> None:
    """A provider brings what it has to one address: the second channel of an account would hear nothing."""
    transport = transports.get(kind)
    account = transport.account(config, secrets)
    if not account:
        return
    # One after the other: two admins cannot connect the same account at once.
    list(Store.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)[:1])
    for other in Channel.objects.select_related("store").filter(kind=kind, active=True):
        if other.pk != but and transport.account(other.config, secrets_of(other)) == account:
            told = {"channel": other.name, "store": other.store.name}
            raise Conflict(
                _("“%(channel)s” of %(store)s has this account already. Switch it off first.") % told,
                code="connected_already",
            )


def _locked(channel: Channel) -> Channel:
    rows = Channel.objects.select_for_update(of=("self",)).select_related("store")
    found = rows.filter(pk=channel.pk).first()
    if found is None:
        raise NotFound("No such channel.")
    return found


def _public(channel: Channel) -> dict[str, Any]:
    return {"name": channel.name, **{name: channel.config[name] for name in sorted(channel.config)}}


def _record(
    channel: Channel,
    actor: Agent,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    new_secrets: list[str] | None = None,
) -> None:
    data = {"channel": str(channel.pk), "kind": channel.kind, "before": before, "after": after}
    if new_secrets:
        data["new_secrets"] = new_secrets
    record(Happening(names.CHANNEL_CHANGED, Actor.agent(actor), store_id=channel.store_id, data=data))
