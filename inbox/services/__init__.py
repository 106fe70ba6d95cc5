"""Everything that changes conversations. Views, sockets, the API and tasks call these, and nothing else writes."""

from inbox.services.buyers import update_buyer
from inbox.services.conversations import (
    assign,
    rate,
    release_left,
    reopen,
    resolve,
    set_priority,
    set_tags,
    snooze,
    wake_due,
)
from inbox.services.messages import MAX_BODY, Draft, Posted, post_message, post_messages
from inbox.services.reading import mark_by_buyer, mark_read, save_draft
from inbox.services.tags import create_tag
from inbox.services.timeline import add_system_line, public_data
from inbox.services.visitors import end_session, set_contact, start_session

__all__ = [
    "MAX_BODY",
    "Draft",
    "Posted",
    "add_system_line",
    "assign",
    "create_tag",
    "end_session",
    "mark_by_buyer",
    "mark_read",
    "post_message",
    "post_messages",
    "public_data",
    "rate",
    "release_left",
    "reopen",
    "resolve",
    "save_draft",
    "set_contact",
    "set_priority",
    "set_tags",
    "snooze",
    "start_session",
    "update_buyer",
    "wake_due",
]
