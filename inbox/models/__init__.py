"""The rows of the inbox, by noun."""

from inbox.models.channels import Channel, Payload, Received
from inbox.models.consent import Consent
from inbox.models.conversations import Conversation, Tag, Tagging
from inbox.models.merges import BulkAction, ConversationMerge
from inbox.models.messages import Attachment, Delivery, Draft, Mention, Message, ReadMark, attachment_path
from inbox.models.originals import Original
from inbox.models.ratings import Rating, RatingAsk, RatingRule
from inbox.models.routing import RoutingRule, SpecialDay, StoreHours
from inbox.models.targets import ReplyTarget, ReplyTargets
from inbox.models.words import CannedReply, SearchEntry

__all__ = [
    "Attachment",
    "BulkAction",
    "CannedReply",
    "Channel",
    "Consent",
    "Conversation",
    "ConversationMerge",
    "Delivery",
    "Draft",
    "Mention",
    "Message",
    "Original",
    "Payload",
    "Rating",
    "RatingAsk",
    "RatingRule",
    "ReadMark",
    "Received",
    "ReplyTarget",
    "ReplyTargets",
    "RoutingRule",
    "SearchEntry",
    "SpecialDay",
    "StoreHours",
    "Tag",
    "Tagging",
    "attachment_path",
]
