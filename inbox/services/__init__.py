"""Everything that changes conversations. Views, sockets, the API and tasks call these, and nothing else writes."""

from inbox.services.buyers import update_buyer
from inbox.services.conversations import (
    assign,
    reopen,
    resolve,
    set_priority,
    set_tags,
    snooze,
    wake_due,
)
from inbox.services.handing import hand_over
from inbox.services.identity import join_proven, same_person, suggestions, tell_apart
from inbox.services.joining import merge_conversations, mergeable, separate
from inbox.services.merging import merge_buyers, split_buyer
from inbox.services.messages import MAX_BODY, Draft, Posted, post_message, post_messages
from inbox.services.profile import Blocked, block_buyer, set_mood, tag_buyer, unblock_buyer
from inbox.services.rating import rate
from inbox.services.reading import mark_by_buyer, mark_read, save_draft
from inbox.services.splitting import join_back, split_conversation
from inbox.services.tags import create_tag
from inbox.services.timeline import add_system_line, public_data
from inbox.services.visitors import end_session, set_contact, start_session

__all__ = [
    "MAX_BODY",
    "Blocked",
    "Draft",
    "Posted",
    "add_system_line",
    "assign",
    "block_buyer",
    "create_tag",
    "end_session",
    "hand_over",
    "join_back",
    "join_proven",
    "mark_by_buyer",
    "mark_read",
    "merge_buyers",
    "merge_conversations",
    "mergeable",
    "post_message",
    "post_messages",
    "public_data",
    "rate",
    "reopen",
    "resolve",
    "same_person",
    "save_draft",
    "separate",
    "set_contact",
    "set_mood",
    "set_priority",
    "set_tags",
    "snooze",
    "split_buyer",
    "split_conversation",
    "start_session",
    "suggestions",
    "tag_buyer",
    "tell_apart",
    "unblock_buyer",
    "update_buyer",
    "wake_due",
]
