"""What events of conversations, buyers and channels say."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events import names
from events.models import Event
from events.wording import NOTHING, Called, Told, Vocabulary, Words, changes, reason, show
from inbox.models import Consent, Conversation


def _message(event: Event, called: Called) -> Told:
    return Told(_("wrote a note") if event.data.get("private") else _("wrote a message"))


def _assigned(event: Event, called: Called) -> Told:
    assignee, team = event.data.get("assignee"), event.data.get("team")
    if assignee and assignee == event.actor_name:
        return Told(_("took the conversation"))
    if assignee:
        return Told(_("assigned it to %(agent)s") % {"agent": assignee})
    return Told(
        _("gave it to the team %(team)s") % {"team": team} if team else _("put it back: nobody has it now")
    )


def _tagged(event: Event, called: Called) -> Told:
    signed = [f"+{tag}" for tag in event.data["added"]] + [f"−{tag}" for tag in event.data["removed"]]
    return Told(_("changed the tags: %(tags)s") % {"tags": ", ".join(signed)})


def _priority(event: Event, called: Called) -> Told:
    return Told(
        _("set the priority: %(priority)s")
        % {"priority": Conversation.Priority(event.data["priority"]).label}
    )


def _rated(event: Event, called: Called) -> Told:
    return Told(_("rated it %(n)s of 5") % {"n": event.data["rating"]}, reason=event.data.get("comment", ""))


def _buyer(text: str, event: Event, called: Called) -> Told:
    who = {"buyer": show(event.data.get("buyer"), called), "other": show(event.data.get("other"), called)}
    return Told(text % who, changes(event.data, called), reason(event))


def _tagged_buyer(event: Event, called: Called) -> Told:
    return _buyer(_("changed the tags of %(buyer)s"), event, called)


def _blocked(event: Event, called: Called) -> Told:
    return _buyer(_("blocked %(buyer)s"), event, called)


def _unblocked(event: Event, called: Called) -> Told:
    return _buyer(_("unblocked %(buyer)s"), event, called)


def _merged(event: Event, called: Called) -> Told:
    return _merging(_("made %(other)s and %(buyer)s one buyer"), event, called)


def _split(event: Event, called: Called) -> Told:
    return _merging(_("made %(other)s and %(buyer)s two buyers again"), event, called)


def _merging(text: str, event: Event, called: Called) -> Told:
    """A merge is told twice: by its rows, and as the line of a conversation that ended with it."""
    return (
        _buyer(text, event, called) if "other" in event.data else Told(_("goes on in another conversation"))
    )


def _consent(event: Event, called: Called) -> Told:
    data = event.data
    states = dict(Consent.State.choices)
    change = {"before": states.get(data["before"], ""), "after": states.get(data["state"], data["state"])}
    where = {"channel": data["channel"], "address": data["address"]}
    told = changes({name: str(value) for name, value in change.items()}, {})
    return Told(_("noted who may be written to: %(channel)s %(address)s") % where, told, reason(event))


def _moved_on(event: Event, called: Called) -> Told:
    return Told(_("sent a message over %(to)s as well: %(from)s did not reach the buyer") % event.data)


def _channel(event: Event, called: Called) -> Told:
    before, after = event.data["before"], event.data["after"]
    name = after.get("name") or before.get("name") or show(event.data["channel"], called)
    told = changes(event.data, called)
    if event.data.get("new_secrets"):
        return Told(_("changed the channel %(name)s, with new credentials") % {"name": name}, told)
    return Told(_("changed the channel %(name)s") % {"name": name}, told)


def _store(event: Event, called: Called) -> Told:
    name = {"store": called.get(str(event.store_id), NOTHING)}
    text = _("changed the store %(store)s") if event.data.get("before") else _("set up the store %(store)s")
    return Told(text % name, changes(event.data, called))


def _due_soon(event: Event, called: Called) -> Told:
    texts = {
        "first": _("warned that the first reply is due soon"),
        "next": _("warned that the next reply is due soon"),
    }
    return Told(texts[event.data["kind"]])


def _overdue(event: Event, called: Called) -> Told:
    texts = {
        "first": _("noted that the first reply is overdue"),
        "next": _("noted that the next reply is overdue"),
    }
    return Told(texts[event.data["kind"]])


WORDS = [
    Vocabulary(
        "conversations",
        gettext_lazy("Conversations"),
        "messages",
        {
            names.MESSAGE_CREATED: Words(gettext_lazy("Message"), tell=_message),
            names.CONVERSATION_OPENED: Words(
                gettext_lazy("Conversation begun"), gettext_lazy("began a conversation ({channel})")
            ),
            names.CONVERSATION_ASSIGNED: Words(gettext_lazy("Conversation assigned"), tell=_assigned),
            names.CONVERSATION_RESOLVED: Words(
                gettext_lazy("Conversation resolved"), gettext_lazy("resolved the conversation")
            ),
            names.CONVERSATION_REOPENED: Words(
                gettext_lazy("Conversation reopened"), gettext_lazy("opened the conversation again")
            ),
            names.CONVERSATION_SNOOZED: Words(
                gettext_lazy("Conversation snoozed"), gettext_lazy("put the conversation aside")
            ),
            names.CONVERSATION_WOKEN: Words(
                gettext_lazy("Snooze ended"), gettext_lazy("brought the conversation back")
            ),
            names.CONVERSATION_TAGGED: Words(gettext_lazy("Conversation tagged"), tell=_tagged),
            names.CONVERSATION_PRIORITY: Words(gettext_lazy("Priority set"), tell=_priority),
            names.CONVERSATION_MOVED: Words(
                gettext_lazy("Conversation moved"),
                gettext_lazy("gave the conversation to the buyer who was identified"),
            ),
            names.CONVERSATION_SPLIT: Words(
                gettext_lazy("Conversation split"), gettext_lazy("split the conversation in two")
            ),
            names.CONVERSATION_JOINED: Words(
                gettext_lazy("Conversations joined"), gettext_lazy("made two conversations one again")
            ),
            names.CONVERSATION_MERGED: Words(
                gettext_lazy("Conversations merged"),
                gettext_lazy("made an earlier conversation part of another"),
            ),
            names.CONVERSATION_SEPARATED: Words(
                gettext_lazy("Conversations separated"),
                gettext_lazy("made a merged conversation one of its own again"),
            ),
            names.REPLY_DUE_SOON: Words(gettext_lazy("Answer due soon"), tell=_due_soon),
            names.REPLY_OVERDUE: Words(gettext_lazy("Answer overdue"), tell=_overdue),
            names.CONVERSATION_RATED: Words(gettext_lazy("Conversation rated"), tell=_rated),
            names.RATING_ASKED: Words(
                gettext_lazy("Rating asked for"), gettext_lazy("asked the buyer how it was ({channel})")
            ),
            names.CARD_ANSWERED: Words(
                gettext_lazy("Card answered"), gettext_lazy("answered a card: {label}")
            ),
            names.DELIVERY_MOVED_ON: Words(gettext_lazy("Sent over another channel"), tell=_moved_on),
        },
    ),
    Vocabulary(
        "buyers",
        gettext_lazy("Buyers"),
        "user",
        {
            names.BUYER_IDENTIFIED: Words(
                gettext_lazy("Buyer identified"), gettext_lazy("was identified by the store")
            ),
            names.BUYER_UPDATED: Words(gettext_lazy("Buyer changed"), gettext_lazy("changed {buyer}")),
            names.BUYER_TOLD_APART: Words(
                gettext_lazy("Buyers told apart"),
                gettext_lazy("said that {buyer} and {other} are two people"),
            ),
            names.BUYER_TAGGED: Words(gettext_lazy("Buyer tagged"), tell=_tagged_buyer),
            names.BUYER_BLOCKED: Words(gettext_lazy("Buyer blocked"), tell=_blocked),
            names.BUYER_UNBLOCKED: Words(gettext_lazy("Buyer unblocked"), tell=_unblocked),
            names.BUYER_MERGED: Words(gettext_lazy("Buyers merged"), tell=_merged),
            names.BUYER_SPLIT: Words(gettext_lazy("Buyers split"), tell=_split),
            names.CONSENT_CHANGED: Words(gettext_lazy("Consent changed"), tell=_consent),
        },
        {
            "email": gettext_lazy("E-mail"),
            "phone": gettext_lazy("Phone"),
            "language": gettext_lazy("Language"),
            "note": gettext_lazy("Note"),
            "mood": gettext_lazy("Friendliness"),
        },
    ),
    Vocabulary(
        "settings",
        pgettext_lazy("events", "Stores and channels"),
        "settings",
        {
            names.STORE_CHANGED: Words(gettext_lazy("Store changed"), tell=_store),
            names.CHANNEL_CHANGED: Words(gettext_lazy("Channel changed"), tell=_channel),
            names.HOURS_CHANGED: Words(
                gettext_lazy("Opening hours changed"), gettext_lazy("changed the opening hours of the store")
            ),
            names.RATING_RULE_CHANGED: Words(
                gettext_lazy("Ratings changed"), gettext_lazy("changed when buyers are asked for a rating")
            ),
            names.TARGETS_CHANGED: Words(
                gettext_lazy("Reply targets changed"),
                gettext_lazy("changed by when buyers of the store are to be answered"),
            ),
            names.ROUTING_CHANGED: Words(
                gettext_lazy("Routing changed"),
                gettext_lazy("changed who gets the conversations of the store"),
            ),
            names.FAILOVER_CHANGED: Words(
                gettext_lazy("Failover changed"), gettext_lazy("changed the failover of the store")
            ),
        },
        {
            "unread_after": gettext_lazy("Minutes unread"),
            "takes_over": gettext_lazy("Takes over"),
            "color": gettext_lazy("Colour"),
            "currency": gettext_lazy("Currency"),
            "country": gettext_lazy("Country"),
            "time_zone": gettext_lazy("Time zone"),
            "greeting": gettext_lazy("Greeting"),
            "origins": gettext_lazy("Allowed origins"),
            "identity_secret": gettext_lazy("Identity secret"),
            "address": gettext_lazy("Address"),
        },
    ),
]
